"""Races on the waitlist: two clicks, a click and the clock, two freed times and one who waits."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from app.reactions import BY_NAME, Happened
from core.kernel.context import Context
from core.kernel.errors import Conflict, DomainError
from core.kernel.unit_of_work import UnitOfWork
from core.waitlist import claim as claiming
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.entry import WaitlistEntry
from core.waitlist.expire import expire_waitlist_offer
from core.waitlist.offer import OfferClosed, WaitlistOffer
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from core.waitlist.offer_token import hash_of_offer_token
from core.waitlist.questions import WaitlistQuestions
from tests.core.waitlist.waiting import DAY, THREE, Told, call_off, offers, someone, statuses, stranger, waits
from tests.kit.houses import NOW, Studio
from tests.kit.posts import at


async def at_once(studio: Studio, *verbs: Callable[[Context], Awaitable[Any]]) -> list[Any]:
    """Each verb in a Context of its own, all at the same time; a refusal is an answer, a fault is raised."""

    async def one(verb: Callable[[Context], Awaitable[Any]]) -> Any:
        async with stranger(studio.house, studio) as ctx:
            try:
                return await verb(ctx)
            except DomainError as refusal:
                return refusal

    return list(await asyncio.gather(*(one(verb) for verb in verbs)))


async def offered(studio: Studio, name: str = "Ada", **more: Any) -> tuple[str, int]:
    """An open offer at THREE: its token and its key."""
    entry = await waits(studio, await someone(studio, name))
    command = OfferWaitlistSlot(
        **{"waitlist_entry_id": entry, "starts_at": THREE, "provider_id": studio.provider_id, **more}
    )
    made = await offer_waitlist_slot(studio.ctx, command)
    assert made.claim_token is not None
    return made.claim_token, made.waitlist_offer_id


async def test_two_clicks_are_one_booking(told: Told) -> None:
    """Five at once answer the same appointment, and there is one."""
    studio, _ = told
    token, _ = await offered(studio)
    command = ClaimWaitlistOffer(token=token)
    answers = await at_once(studio, *[lambda ctx: claim_waitlist_offer(ctx, command)] * 5)
    (appointment,) = await studio.table("appointments")
    assert [answer.appointment_id for answer in answers] == [appointment["id"]] * 5
    assert len(await studio.payloads("waitlist.claimed")) == 1


async def test_without_the_lock_two_clicks_are_not_one_answer(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: where entry and offer are read and not locked, somebody is refused or worse."""
    studio, _ = told
    token, _ = await offered(studio)

    async def unlocked(uow: UnitOfWork, given: str) -> tuple[WaitlistEntry, WaitlistOffer]:
        found = await uow.ask(WaitlistQuestions).offer_of(hash_of_offer_token(given))
        assert found is not None
        entry = await uow.get(WaitlistEntry, found.entry_id)
        offer = await uow.get(WaitlistOffer, found.offer_id)
        assert entry is not None
        assert offer is not None
        await asyncio.sleep(0.2)
        return entry, offer

    if not studio.house.database.is_postgresql:
        pytest.skip("on SQLite the transaction itself is the lock")
    monkeypatch.setattr(claiming, "locked_offer", unlocked)
    command = ClaimWaitlistOffer(token=token)
    answers = await at_once(studio, *[lambda ctx: claim_waitlist_offer(ctx, command)] * 3)
    assert any(isinstance(answer, DomainError) for answer in answers)


async def test_a_click_and_a_change_of_mind(told: Told) -> None:
    """Taken and declined at once, and the timer early: one of the two is done, and the time is given once."""
    studio, _ = told
    for number in range(4):
        token, key = await offered(studio, f"Ada{number}", starts_at=THREE + number * DAY)
        take, leave = ClaimWaitlistOffer(token=token), DeclineWaitlistOffer(token=token)
        answers = await at_once(
            studio,
            lambda ctx, take=take: claim_waitlist_offer(ctx, take),  # type: ignore[misc]
            lambda ctx, leave=leave: decline_waitlist_offer(ctx, leave),  # type: ignore[misc]
            lambda ctx, key=key: expire_waitlist_offer(ctx, key),  # type: ignore[misc]
        )
        assert [isinstance(answer, OfferClosed) for answer in answers].count(True) == 1
    ends = [status for _, status in await offers(studio)]
    active = [row for row in await studio.table("allocations") if row["is_active"]]
    assert len(active) == len(await studio.table("appointments")) == ends.count("CLAIMED")
    assert set(ends) <= {"CLAIMED", "DECLINED"}


async def test_a_click_at_the_very_end(told: Told) -> None:
    """When the offer has run out, the click comes too late, whether or not anybody has noticed yet."""
    studio, _ = told
    token, key = await offered(studio)
    studio.house.clock.instant = NOW + DAY  # type: ignore[attr-defined]
    take = ClaimWaitlistOffer(token=token)
    answers = await at_once(
        studio,
        lambda ctx: claim_waitlist_offer(ctx, take),
        lambda ctx: expire_waitlist_offer(ctx, key),
        lambda ctx: expire_waitlist_offer(ctx, key),
    )
    assert isinstance(answers[0], OfferClosed)
    assert (await statuses(studio), [status for _, status in await offers(studio)]) == (
        ["WAITING"],
        ["EXPIRED"],
    )
    assert len(await studio.payloads("waitlist.offer_expired")) == 1
    assert await studio.table("appointments") == []


async def test_two_freed_times_and_one_who_waits(told: Told) -> None:
    """Both are offered by two workers at once: one of them to the client, the other to nobody."""
    studio, _ = told
    mara = await studio.provider()
    other = await studio.client("Somebody Else")
    keys = [
        await studio.appointment(other, starts_at=THREE, provider_id=provider, tell_client=False)
        for provider in (studio.provider_id, mara)
    ]
    await waits(studio, await someone(studio, "Ada"))
    for key in keys:
        await call_off(studio, key)
    events = [
        row["sequence"] for row in await studio.table("events") if row["type"] == "appointment.cancelled"
    ]
    react = BY_NAME["offer_to_those_who_wait"]

    async def reaction(ctx: Context, sequence: int) -> None:
        event = await studio.house.log.at(studio.business_id, sequence)
        assert event is not None
        await react(ctx, Happened(event=event, mailer=studio.house.mailer, message_id="x@y"))

    twice = [sequence for sequence in events for _ in range(2)]
    answers = await at_once(
        studio,
        *[lambda ctx, sequence=sequence: reaction(ctx, sequence) for sequence in twice],
    )
    assert not any(isinstance(answer, Conflict) for answer in answers)
    assert await statuses(studio) == ["OFFERED"]
    assert [status for _, status in await offers(studio)] == ["OPEN"]
    assert len([row for row in await studio.table("allocations") if row["is_active"]]) == 1
    await at(studio.house, NOW)
    assert [status for _, status in await offers(studio)] == ["OPEN"]
