"""Freed times go to those who wait, one after another, and are claimed once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.release_hold import ReleaseHold, release_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.directory.business import NOTIFY_FIRST
from core.kernel.errors import NotFound
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.leave import LeaveWaitlist, leave_waitlist
from core.waitlist.offer import OfferClosed
from tests.core.waitlist.waiting import (
    DAY,
    HOUR,
    THREE,
    Told,
    call_off,
    offers,
    someone,
    statuses,
    stranger,
    taken,
    token_in,
    waits,
)
from tests.kit.houses import NOW, Studio, counted
from tests.kit.posts import at


async def notify_first(studio: Studio) -> None:
    """Have everybody told, and nothing kept."""
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(
            text("UPDATE businesses SET waitlist_mode = :mode WHERE business_id = :business"),
            {"mode": NOTIFY_FIRST, "business": studio.business_id},
        )
        await connection.commit()


async def test_a_cancelled_time_is_kept_for_whoever_joined_first(told: Told) -> None:
    """An hour, for a day; one letter, one event, nobody else is asked."""
    studio, posts = told
    key = await taken(studio)
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    first, _ = await waits(studio, ada), await waits(studio, ben)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED", "WAITING"]
    (offer,) = await studio.table("waitlist_offers")
    (hold,) = await studio.table("holds")
    assert (hold["kind"], hold["client_id"], hold["duration_minutes"]) == ("offer", ada, 60)
    (told_event,) = await studio.payloads("waitlist.slot_offered")
    assert told_event == {
        "offer_id": offer["id"],
        "entry_id": first,
        "client_id": ada,
        "provider_id": studio.provider_id,
        "starts_at": "2027-03-08T15:00:00Z",
        "ends_at": "2027-03-08T16:00:00Z",
        "expires_at": "2027-03-02T09:00:00Z",
    }
    (letter,) = posts.letters
    assert (letter.template, letter.to) == ("waitlist_offer", "ada@example.com")
    token = token_in(letter)
    assert token not in str(await studio.state())
    assert offer["nonce"] not in token


async def test_a_claim_turns_the_hold_into_an_appointment_once(told: Told) -> None:
    """By the token alone; a second click answers the same booking and changes nothing."""
    studio, posts = told
    key = await taken(studio)
    ada = await someone(studio, "Ada")
    entry = await waits(studio, ada, description="A heron", style="fine line")
    await call_off(studio, key)
    await at(studio.house, NOW)
    command = ClaimWaitlistOffer(token=token_in(posts.letters[0]))
    async with stranger(studio.house, studio) as ctx:
        claimed = await claim_waitlist_offer(ctx, command)
        before = await studio.state()
        assert await claim_waitlist_offer(ctx, command) == claimed
        with pytest.raises(OfferClosed):
            await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=command.token))
    assert await studio.state() == before
    appointment = (await studio.table("appointments"))[-1]
    assert {name: appointment[name] for name in ("id", "client_id", "status", "awaiting")} == {
        "id": claimed.appointment_id,
        "client_id": ada,
        "status": "PENDING",
        "awaiting": "BUSINESS",
    }
    assert (appointment["description"], appointment["style"]) == ("A heron", "fine line")
    assert await statuses(studio) == ["BOOKED"]
    (hold,) = await studio.table("holds")
    assert hold["ended_as"] == "BOOKED"
    active = [row for row in await studio.table("allocations") if row["is_active"]]
    assert [row["appointment_id"] for row in active] == [claimed.appointment_id]
    assert await studio.payloads("waitlist.claimed") == [
        {
            "offer_id": claimed.waitlist_offer_id,
            "entry_id": entry,
            "client_id": ada,
            "appointment_id": claimed.appointment_id,
        }
    ]
    await at(studio.house, NOW + 2 * DAY)
    assert await statuses(studio) == ["BOOKED"]


async def test_an_offer_goes_on_to_the_second_and_the_third(told: Told) -> None:
    """One lets it run out, one declines, one takes it; whoever let it pass waits on."""
    studio, posts = told
    key = await taken(studio)
    for name in ("Ada", "Ben", "Cleo"):
        await waits(studio, await someone(studio, name))
    await call_off(studio, key)
    await at(studio.house, NOW)
    await at(studio.house, NOW + DAY - timedelta(seconds=1))
    assert await statuses(studio) == ["OFFERED", "WAITING", "WAITING"]
    await at(studio.house, NOW + DAY)
    assert await statuses(studio) == ["WAITING", "OFFERED", "WAITING"]
    async with stranger(studio.house, studio) as ctx:
        before = await studio.state()
        with pytest.raises(OfferClosed):
            await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))
        assert await studio.state() == before
        await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=token_in(posts.letters[1])))
    await at(studio.house, NOW + DAY + HOUR)
    assert await statuses(studio) == ["WAITING", "WAITING", "OFFERED"]
    async with stranger(studio.house, studio) as ctx:
        await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[2])))
    assert await statuses(studio) == ["WAITING", "WAITING", "BOOKED"]
    assert [status for _, status in await offers(studio)] == ["EXPIRED", "DECLINED", "CLAIMED"]
    assert [row["expired_offers"] for row in await studio.table("waitlist_entries")] == [1, 0, 0]
    assert [letter.to for letter in posts.letters if letter.template == "waitlist_offer"] == [
        "ada@example.com",
        "ben@example.com",
        "cleo@example.com",
    ]


async def test_an_opening_that_nobody_takes_comes_to_rest(told: Told) -> None:
    """Everybody is asked once about it, and then the time is simply free."""
    studio, posts = told
    key = await taken(studio)
    for name in ("Ada", "Ben"):
        await waits(studio, await someone(studio, name))
    await call_off(studio, key)
    for days in range(5):
        await at(studio.house, NOW + days * DAY)
    assert await statuses(studio) == ["WAITING", "WAITING"]
    assert [status for _, status in await offers(studio)] == ["EXPIRED", "EXPIRED"]
    assert len(posts.letters) == 2
    assert [row for row in await studio.table("allocations") if row["is_active"]] == []


@pytest.mark.parametrize("way", ["rescheduled", "released", "ran out", "left"])
async def test_every_way_in_which_time_becomes_free(told: Told, way: str) -> None:
    """An appointment that moves away, a hold that ends, somebody to whom it was offered who leaves."""
    studio, _ = told
    if way in ("rescheduled", "left"):
        key = await taken(studio)
    else:
        held = await hold_slot(
            studio.ctx, HoldSlot(provider_id=studio.provider_id, starts_at=THREE, duration_minutes=60)
        )
    if way == "left":
        leaving = await waits(studio, await someone(studio, "Zoe"))
        await call_off(studio, key)
        await at(studio.house, NOW)
    entry = await waits(studio, await someone(studio, "Ada"))
    when = NOW
    if way == "rescheduled":
        move = RescheduleAppointment(appointment_id=key, starts_at=THREE + 2 * DAY, tell_client=False)
        await reschedule(studio.ctx, move)
    elif way == "released":
        await release_hold(studio.ctx, ReleaseHold(hold_id=held.hold_id))
    elif way == "ran out":
        when = NOW + 10 * timedelta(minutes=1)
    else:
        await leave_waitlist(studio.ctx, LeaveWaitlist(waitlist_entry_id=leaving))
    await at(studio.house, when)
    assert (await offers(studio))[-1] == (entry, "OPEN")
    assert (await studio.table("waitlist_offers"))[-1]["starts_at"] in (
        THREE,
        int(THREE.timestamp() * 1_000_000),
    )


@pytest.mark.parametrize(
    ("wish", "suits"),
    [
        ({}, True),
        ({"weekdays": ["monday"]}, True),
        ({"weekdays": ["tuesday"]}, False),
        ({"days": [THREE.date()]}, True),
        ({"days": [(THREE + DAY).date()]}, False),
        ({"first_day": (THREE + DAY).date()}, False),
        ({"last_day": (THREE - DAY).date()}, False),
        ({"first_day": THREE.date(), "last_day": THREE.date()}, True),
        ({"times": [[15 * 60, 16 * 60]]}, True),
        ({"times": [[15 * 60, 16 * 60 - 1]]}, False),
        ({"times": [[9 * 60, 11 * 60], [14 * 60, 18 * 60]]}, True),
        ({"duration_minutes": 181}, False),
        ({"duration_minutes": 180}, True),
    ],
)
async def test_only_what_suits_is_offered(told: Told, wish: dict[str, Any], suits: bool) -> None:
    """By days, weekdays, times of day and length; the business closes at 18:00 and has another booking."""
    studio, _ = told
    key = await taken(studio)
    await studio.appointment(
        await studio.client("Before"), starts_at=THREE - 2 * HOUR, duration_minutes=120, tell_client=False
    )
    await waits(studio, await someone(studio, "Ada"), **wish)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED" if suits else "WAITING"]


async def test_who_is_busy_then_or_gave_the_time_up_is_passed_over(told: Told) -> None:
    """The next in the list has it."""
    studio, _ = told
    zoe = await someone(studio, "Zoe")
    key = await studio.appointment(zoe, starts_at=THREE, tell_client=False)
    mara = await studio.provider()
    ada = await someone(studio, "Ada")
    await studio.appointment(ada, starts_at=THREE, provider_id=mara, tell_client=False)
    for client_id in (zoe, ada, await someone(studio, "Ben")):
        await waits(studio, client_id)
    await waits(studio, await someone(studio, "Cleo"), provider_id=mara)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["WAITING", "WAITING", "OFFERED", "WAITING"]


async def test_a_long_time_goes_to_several(told: Told) -> None:
    """Three hours became free: an hour for each of the first three, none of them at the same time."""
    studio, _ = told
    key = await taken(studio, duration_minutes=180)
    await studio.appointment(
        await studio.client("Before"), starts_at=THREE - 5 * HOUR, duration_minutes=300, tell_client=False
    )
    for name in ("Ada", "Ben", "Cleo", "Dora"):
        await waits(studio, await someone(studio, name))
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED", "OFFERED", "OFFERED", "WAITING"]
    active = [row for row in await studio.table("allocations") if row["is_active"] and row["hold_id"]]
    assert len({row["starts_minute"] for row in active}) == 3


async def test_a_service_and_its_rules_hold_for_offers_too(told: Told) -> None:
    """Buffers are kept, notice refuses, approval makes the claim pending."""
    studio, posts = told
    service = await studio.service(buffer_after_minutes=30)
    key = await taken(studio, service_id=service)
    await waits(studio, await someone(studio, "Ada"), service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    (row,) = [row for row in await studio.table("allocations") if row["is_active"]]
    assert row["ends_minute"] - row["starts_minute"] == 90
    async with stranger(studio.house, studio) as ctx:
        claimed = await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))
    made = (await studio.table("appointments"))[-1]
    assert (made["id"], made["status"], made["service_id"]) == (claimed.appointment_id, "CONFIRMED", service)


async def test_told_first_keeps_nothing_and_the_first_to_book_has_it(told: Told) -> None:
    """Everybody whom it suits is told once; the second to click hears that it is gone."""
    studio, posts = told
    await notify_first(studio)
    key = await taken(studio)
    for name in ("Ada", "Ben"):
        await waits(studio, await someone(studio, name))
    await waits(studio, await someone(studio, "Cleo"), weekdays=["sunday"])
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["WAITING", "WAITING", "WAITING"]
    assert [status for _, status in await offers(studio)] == ["TOLD", "TOLD"]
    assert [row for row in await studio.table("allocations") if row["is_active"]] == []
    assert [(letter.template, letter.to) for letter in posts.letters] == [
        ("waitlist_opening", "ada@example.com"),
        ("waitlist_opening", "ben@example.com"),
    ]
    async with stranger(studio.house, studio) as ctx:
        await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[1])))
        before = await studio.state()
        with pytest.raises(Exception, match=r"taken|free"):
            await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))
    assert await studio.state() == before
    assert await statuses(studio) == ["WAITING", "BOOKED", "WAITING"]


async def test_tokens_that_are_worth_nothing(told: Told, other_studio: Studio) -> None:
    """Garbage, another business's, and one that was never given: not there, and nothing changed."""
    studio, posts = told
    key = await taken(studio)
    await waits(studio, await someone(studio, "Ada"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    token = token_in(posts.letters[0])
    before = await studio.state()
    async with stranger(studio.house, studio) as ctx:
        for bad in ("", "x", "\x00", token[:-1], token[:-1] + ("a" if token[-1] != "a" else "b"), "é" * 100):
            with pytest.raises(NotFound):
                await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=bad))
            with pytest.raises(NotFound):
                await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=bad))
    async with stranger(other_studio.house, other_studio) as ctx:
        with pytest.raises(NotFound):
            await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token))
    assert await studio.state() == before


async def test_an_entry_expires_when_its_last_day_is_over(told: Told) -> None:
    """In the business's zone, with an event; an open offer is looked at first."""
    studio, _ = told
    last = (NOW + 2 * DAY).date()
    entry = await waits(studio, await someone(studio, "Ada"), last_day=last)
    midnight = datetime(2027, 3, 4, tzinfo=NOW.tzinfo)
    await at(studio.house, midnight - timedelta(seconds=1))
    assert await statuses(studio) == ["WAITING"]
    await at(studio.house, midnight)
    assert await statuses(studio) == ["EXPIRED"]
    (event,) = await studio.payloads("waitlist.expired")
    assert event["entry_id"] == entry


async def test_where_nobody_waits_a_freed_time_costs_few_statements(told: Told) -> None:
    """Three: the appointment, its company, and who waits."""
    from core.waitlist.freed import offer_freed_time

    studio, _ = told
    await call_off(studio, await taken(studio))
    last = len(await studio.table("events"))
    event = await studio.house.log.at(studio.business_id, last)
    assert event is not None
    async with studio.house.system_at(studio.business_id) as ctx:
        with counted(studio.house) as seen:
            await offer_freed_time(ctx, event)
    assert len([one for one in seen if "set_config" not in one and "SET" not in one[:4]]) == 3
