"""Feeds: made, read, changed and revoked, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from auth.permissions import permissions_of
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.choose_provider import COLLECTIVE, ProviderSelection
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.calendars.create_feed import CreateCalendarFeed, create_calendar_feed
from core.calendars.feed_token import business_of_feed_token, hash_of_feed_token, new_feed_token
from core.calendars.read_feed import Feed, ReadCalendarFeed, read_calendar_feed
from core.calendars.revoke_feed import RevokeCalendarFeed, revoke_calendar_feed
from core.directory.archive_client import ArchiveClient, archive_client
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.close_business import CloseBusiness, close_business
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.errors import Forbidden, Invalid, NotFound
from tests.core.appointments.shop import TEN, offered, sold
from tests.kit.houses import NOW, Studio, counted


def as_role(studio: Studio, role: str, provider_id: int | None) -> Context:
    """The studio's Context for somebody else."""
    actor = Actor(
        name="user:9",
        identity_id=9,
        business_id=studio.business_id,
        role=role,
        provider_id=provider_id,
        permissions=frozenset(permissions_of(role)),
    )
    return replace(studio.ctx, actor=actor)


async def made(ctx: Context, **owner: Any) -> tuple[int, str]:
    """A new feed's key and token."""
    answer = await create_calendar_feed(ctx, CreateCalendarFeed(**owner))
    assert answer.token is not None
    return answer.feed_id, answer.token


async def read(studio: Studio, token: str) -> Feed:
    """The feed as a stranger reads it."""
    async with studio.house.stranger_at(studio.business_id, client_ip="", request_id="") as ctx:
        return await read_calendar_feed(ctx, ReadCalendarFeed(token=token))


def test_a_token_is_256_bits_and_names_its_business() -> None:
    """Other texts name none."""
    tokens = {new_feed_token(41) for _ in range(100)}
    assert len(tokens) == 100
    assert {business_of_feed_token(token) for token in tokens} == {41}
    token = tokens.pop()
    assert len(token) == len("feed_") + 12 + 52
    for other in ("", token[:-1], token + "a", token.upper(), token[:-1] + "1", token + "\n", "feed_\x00"):
        assert business_of_feed_token(other) is None
    assert len(hash_of_feed_token(token)) == 64


async def test_only_a_hash_is_kept_and_a_repeat_shows_no_token(studio: Studio) -> None:
    """The token is nowhere in the database; the same command again answers without it."""
    command = CreateCalendarFeed(provider_id=studio.provider_id, idempotency_key="once")
    first = await create_calendar_feed(studio.ctx, command)
    again = await create_calendar_feed(studio.ctx, command)
    assert (again.feed_id, again.created_at, again.token) == (first.feed_id, first.created_at, None)
    (row,) = await studio.table("calendar_feeds")
    assert first.token is not None
    assert row["token_hash"] == hash_of_feed_token(first.token)
    tail = first.token[-52:]
    for name in ("calendar_feeds", "idempotency", "audit", "events"):
        assert tail not in str(await studio.table(name))
    assert tail not in repr(first)


async def test_a_provider_sees_who_comes_and_not_for_what(studio: Studio) -> None:
    """Name, place and state; neither service nor notes, which may tell of somebody's health."""
    ada = await studio.client("Ada Quinn", allergies="latex", medical_notes="ill", internal_notes="secret")
    service = await studio.service("Scar cover-up")
    appointment = await studio.appointment(ada, service_id=service, notes="after surgery", description="scar")
    _, token = await made(studio.ctx, provider_id=studio.provider_id)
    feed = await read(studio, token)
    (entry,) = feed.entries
    assert feed.name == "Kai Rodriguez: " + feed.name.partition(": ")[2]
    assert entry.appointment_id == appointment
    assert (entry.summary, entry.status, entry.sequence) == ("Ada Quinn", "CONFIRMED", 0)
    assert entry.starts_at == NOW.replace(hour=15) + timedelta(days=7)
    assert entry.ends_at - entry.starts_at == timedelta(hours=1)
    told = str(feed)
    assert not any(word in told for word in ("latex", "ill'", "secret", "surgery", "scar", "Scar"))


async def test_everybody_of_an_appointment_together_has_it(studio: Studio, other_studio: Studio) -> None:
    """The lead and the others, each once; it leaves their calendars together, and nobody else's ever had it."""
    mara, nils = await studio.provider("Mara"), await studio.provider("Nils")
    service = await offered(studio, 60)
    selection = ProviderSelection(mode=COLLECTIVE, provider_ids=[studio.provider_id, mara])
    sold_one = await sold(studio, await studio.client("Ada"), TEN, service_id=service, selection=selection)
    alone = await studio.appointment(
        await studio.client("Ben"), provider_id=mara, starts_at=TEN + timedelta(days=1)
    )
    tokens = {key: (await made(studio.ctx, provider_id=key))[1] for key in (studio.provider_id, mara, nils)}

    async def entries(provider_id: int) -> list[tuple[int, str]]:
        found = (await read(studio, tokens[provider_id])).entries
        return [(one.appointment_id, one.status) for one in found]

    both = (sold_one.appointment_id, "CONFIRMED")
    assert await entries(studio.provider_id) == [both]
    assert await entries(mara) == [both, (alone, "CONFIRMED")]
    assert await entries(nils) == []
    await cancel(studio.ctx, CancelAppointment(appointment_id=sold_one.appointment_id))
    assert (await entries(mara))[0] == (sold_one.appointment_id, "CANCELLED")


async def test_a_client_sees_what_where_and_with_whom(studio: Studio) -> None:
    """Their own appointments with everybody, and nobody else's."""
    ada, ben = await studio.client("Ada Quinn"), await studio.client("Ben Okafor")
    service = await studio.service("Small piece")
    mara = await studio.provider("Mara Voss")
    first = await studio.appointment(ada, service_id=service)
    second = await studio.appointment(ada, provider_id=mara, starts_at=NOW + timedelta(days=8))
    await studio.appointment(ben, starts_at=NOW + timedelta(days=9))
    _, token = await made(studio.ctx, client_id=ada)
    feed = await read(studio, token)
    business = (await studio.table("businesses"))[0]["name"]
    assert feed.name == f"Ada Quinn: {business}"
    assert [(one.appointment_id, one.summary) for one in feed.entries] == [
        (first, f"Small piece – {business} (Kai Rodriguez)"),
        (second, f"Appointment – {business} (Mara Voss)"),
    ]


async def test_a_change_raises_the_sequence_and_keeps_the_name(studio: Studio) -> None:
    """A move, then a cancellation, each a second later; what is off goes after thirty days."""
    clock = FixedClock(NOW)
    appointment = await studio.appointment(await studio.client())
    _, token = await made(studio.ctx, provider_id=studio.provider_id)
    anybody = Actor(name="anonymous", business_id=studio.business_id)

    async def seen() -> list[tuple[int, str, int]]:
        async with studio.house.context(anybody, "", clock) as ctx:
            feed = await read_calendar_feed(ctx, ReadCalendarFeed(token=token))
        return [(one.appointment_id, one.status, one.sequence) for one in feed.entries]

    async with studio.house.context(studio.ctx.actor, "", clock) as ctx:
        assert await seen() == [(appointment, "CONFIRMED", 0)]
        clock.advance(timedelta(milliseconds=400))
        later = NOW.replace(hour=15) + timedelta(days=3)
        await reschedule(ctx, RescheduleAppointment(appointment_id=appointment, starts_at=later))
        assert await seen() == [(appointment, "CONFIRMED", 1)]
        clock.instant = NOW + timedelta(seconds=2)
        await cancel(ctx, CancelAppointment(appointment_id=appointment))
    assert await seen() == [(appointment, "CANCELLED", 2)]
    clock.advance(timedelta(days=30, microseconds=-1))
    assert await seen() == [(appointment, "CANCELLED", 2)]
    clock.advance(timedelta(microseconds=1))
    assert await seen() == []


async def test_a_feed_reaches_ninety_days_back_and_two_years_ahead(studio: Studio) -> None:
    """Both ends included, and nothing beyond."""
    ada = await studio.client()
    for days in (1, 731, 732):
        await studio.appointment(ada, starts_at=NOW + timedelta(days=days))
    _, token = await made(studio.ctx, client_id=ada)
    assert [(one.starts_at - NOW).days for one in (await read(studio, token)).entries] == [1, 731]

    async def at(days: int, minutes: int = 0) -> list[int]:
        clock = FixedClock(NOW + timedelta(days=days, minutes=minutes))
        actor = Actor(name="anonymous", business_id=studio.business_id)
        async with studio.house.context(actor, "", clock) as ctx:
            feed = await read_calendar_feed(ctx, ReadCalendarFeed(token=token))
        return [(one.starts_at - NOW).days for one in feed.entries]

    assert await at(91) == [1, 731, 732]
    assert await at(91, 1) == [731, 732]


async def test_a_feed_is_one_statement(studio: Studio) -> None:
    """However many appointments, clients, services and places it tells of."""
    _, token = await made(studio.ctx, provider_id=studio.provider_id)
    for number in range(3):
        with counted(studio.house) as statements:
            assert len((await read(studio, token)).entries) == number
        assert len(statements) == 1
        client = await studio.client(f"Client {number}")
        await studio.appointment(client, starts_at=NOW + timedelta(days=number + 1))


async def test_unknown_revoked_and_foreign_tokens_answer_alike(studio: Studio, other_studio: Studio) -> None:
    """A token is good in its own business only; a revoked one never again."""
    feed_id, token = await made(studio.ctx, provider_id=studio.provider_id)
    _, foreign = await made(other_studio.ctx, provider_id=other_studio.provider_id)
    assert (await read(studio, token)).entries == ()
    refused = []
    for wrong in (new_feed_token(studio.business_id), foreign, "x", "feed_\x00"):
        with pytest.raises(NotFound) as one:
            await read(studio, wrong)
        refused.append(str(one.value))
    await revoke_calendar_feed(studio.ctx, RevokeCalendarFeed(feed_id=feed_id))
    with pytest.raises(NotFound) as one:
        await read(studio, token)
    assert {*refused, str(one.value)} == {"No such calendar feed."}
    assert (await read(other_studio, foreign)).entries == ()


async def test_a_feed_ends_with_its_owner(studio: Studio) -> None:
    """An archived client's, an archived provider's, and all of a closed business."""
    ada, mara = await studio.client(), await studio.provider("Mara Voss")
    tokens = [
        (await made(studio.ctx, **owner))[1]
        for owner in ({"client_id": ada}, {"provider_id": mara}, {"provider_id": studio.provider_id})
    ]
    for token in tokens:
        await read(studio, token)
    await archive_client(studio.ctx, ArchiveClient(client_id=ada))
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    for token in tokens[:2]:
        with pytest.raises(NotFound):
            await read(studio, token)
    await read(studio, tokens[2])
    for owner, noun in (({"client_id": ada}, "client"), ({"provider_id": mara}, "provider")):
        with pytest.raises(NotFound) as one:
            await made(studio.ctx, **owner)
        assert one.value.noun == noun
    await close_business(studio.ctx, CloseBusiness())
    with pytest.raises(NotFound):
        await read(studio, tokens[2])


async def test_providers_manage_their_own_and_no_others(studio: Studio, other_studio: Studio) -> None:
    """A refusal changes nothing; front desks manage clients' feeds; ids of elsewhere do not exist."""
    mara, ada = await studio.provider("Mara Voss"), await studio.client()
    as_mara = as_role(studio, "provider", mara)
    own, _ = await made(as_mara, provider_id=mara)
    kais, _ = await made(as_role(studio, "manager", None), provider_id=studio.provider_id)
    await made(as_mara, client_id=ada)
    theirs, _ = await made(other_studio.ctx, provider_id=other_studio.provider_id)
    before = (await studio.table("calendar_feeds"), await studio.state(), await other_studio.state())
    for owner in (studio.provider_id, other_studio.provider_id, 2**53 - 1):
        with pytest.raises(Forbidden) as refused:
            await made(as_mara, provider_id=owner)
        assert refused.value.permission == "providers:write"
    for feed_id in (theirs, 0, 2**53 - 1):
        with pytest.raises(NotFound):
            await revoke_calendar_feed(studio.ctx, RevokeCalendarFeed(feed_id=feed_id))
    with pytest.raises(Forbidden):
        await revoke_calendar_feed(as_mara, RevokeCalendarFeed(feed_id=kais))
    for owner_given in ({"provider_id": other_studio.provider_id}, {"client_id": 2**53 - 1}):
        with pytest.raises(NotFound):
            await made(studio.ctx, **owner_given)
    for both in ({}, {"provider_id": mara, "client_id": ada}):
        with pytest.raises(Invalid) as unclear:
            await made(studio.ctx, **both)
        assert [one.code for one in unclear.value.issues] == ["EITHER_OR"]
    assert (await studio.table("calendar_feeds"), await studio.state(), await other_studio.state()) == before
    await revoke_calendar_feed(as_mara, RevokeCalendarFeed(feed_id=own))
    with pytest.raises(NotFound):
        await revoke_calendar_feed(as_mara, RevokeCalendarFeed(feed_id=own))


async def test_ten_feeds_are_enough(studio: Studio) -> None:
    """The eleventh is refused until one is revoked; another owner's do not count."""
    ada = await studio.client()
    feeds = [(await made(studio.ctx, client_id=ada))[0] for _ in range(10)]
    with pytest.raises(Invalid) as refused:
        await made(studio.ctx, client_id=ada)
    assert [(one.path, one.code) for one in refused.value.issues] == [("client_id", "TOO_MANY")]
    await made(studio.ctx, provider_id=studio.provider_id)
    await revoke_calendar_feed(studio.ctx, RevokeCalendarFeed(feed_id=feeds[0]))
    await made(studio.ctx, client_id=ada)
