"""Joining, changing, leaving, and offers by hand: exact values, and refusals that change nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from core.appointments.appointment import SlotTaken
from core.catalog.policies import Policies
from core.directory.archive_client import ArchiveClient, archive_client
from core.kernel.errors import DomainError, IdempotencyMismatch, Invalid, NotFound
from core.waitlist.change import ChangeWaitlistEntry, change_waitlist_entry
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.entry import EntryNotWaiting
from core.waitlist.give import expiry
from core.waitlist.join import JoinWaitlist, join_waitlist
from core.waitlist.leave import LeaveWaitlist, leave_waitlist
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.waitlist.waiting import DAY, HOUR, THREE, offers, statuses, taken, waits
from tests.kit.houses import NOW, Studio, counted

MONDAY, TUESDAY, YESTERDAY = date(2027, 3, 8), date(2027, 3, 9), (NOW - DAY).date()


async def refused(studio: Studio, error: type[DomainError], verb: Any, command: Any) -> Any:
    """The refusal of the verb, which changed nothing."""
    before = await studio.state()
    with pytest.raises(error) as found:
        await verb(studio.ctx, command)
    assert await studio.state() == before
    return found.value


async def test_joining_keeps_what_is_wanted(studio: Studio) -> None:
    """Days and weekdays in order, once each; again under the same key is the same entry."""
    client_id, service_id = await studio.client(), await studio.service()
    command = JoinWaitlist(
        client_id=client_id,
        service_id=service_id,
        provider_id=studio.provider_id,
        days=[date(2027, 3, 9), date(2027, 3, 8), date(2027, 3, 8)],
        weekdays=["tuesday", "monday"],
        times=[[780, 1020], [540, 720]],
        notes="mornings rather",
        idempotency_key="j",
    )
    joined = await join_waitlist(studio.ctx, command)
    assert await join_waitlist(studio.ctx, command) == joined
    (row,) = await studio.table("waitlist_entries")
    kept = {name: row[name] for name in ("client_id", "service_id", "provider_id", "status", "seats")}
    assert kept == {
        "client_id": client_id,
        "service_id": service_id,
        "provider_id": studio.provider_id,
        "status": "WAITING",
        "seats": 1,
    }
    assert await studio.payloads("waitlist.joined") == [
        {"entry_id": joined.waitlist_entry_id, "client_id": client_id}
    ]
    command.notes = "evenings"
    await refused(studio, IdempotencyMismatch, join_waitlist, command)


async def test_bad_wishes_are_refused(studio: Studio, other_studio: Studio) -> None:
    """Unknown keys, another business's, past days, words and numbers out of range, NUL."""
    client_id = await studio.client()
    gone = await studio.client("Gone")
    await archive_client(studio.ctx, ArchiveClient(client_id=gone))
    good: dict[str, Any] = {"client_id": client_id, "duration_minutes": 60}
    for bad, error in (
        ({"client_id": 2**53 - 1}, NotFound),
        ({"client_id": gone}, NotFound),
        ({"client_id": await other_studio.client()}, NotFound),
        ({"provider_id": other_studio.provider_id}, NotFound),
        ({"service_id": await other_studio.service()}, NotFound),
        ({"location_id": 2**53 - 1}, NotFound),
        ({"duration_minutes": None}, Invalid),
        ({"duration_minutes": 0}, Invalid),
        ({"duration_minutes": 1_441}, Invalid),
        ({"seats": 0}, Invalid),
        ({"seats": 2**40}, Invalid),
        ({"first_day": date(2027, 4, 2), "last_day": date(2027, 4, 1)}, Invalid),
        ({"last_day": (NOW - DAY).date()}, Invalid),
        ({"days": [(NOW - DAY).date()]}, Invalid),
        ({"days": [date(2027, 4, 1) + timedelta(days=n) for n in range(101)]}, Invalid),
        ({"days": [date.max]}, Invalid),
        ({"weekdays": ["someday"]}, Invalid),
        ({"times": [[-1, 60]]}, Invalid),
        ({"times": [[60, 60]]}, Invalid),
        ({"notes": "a\x00b"}, Invalid),
        ({"style": "x" * 101}, Invalid),
    ):
        await refused(studio, error, join_waitlist, JoinWaitlist(**{**good, **bad}))


async def test_what_nothing_can_ever_suit_is_refused(studio: Studio) -> None:
    """Days that are past, beside the stretch or not on the weekdays, and seats that no start has; their neighbours are taken, and
    a change is judged together with what stays."""
    client_id, alone = await studio.client(), await studio.service()
    group = await studio.service("Class", policies=Policies(capacity=3))
    never = "must leave a day that suits the other wishes for days"
    bad: list[tuple[dict[str, Any], tuple[str, str, str]]] = [
        ({"days": [TUESDAY], "last_day": MONDAY}, ("days", "NEVER", never)),
        ({"days": [MONDAY], "first_day": TUESDAY}, ("days", "NEVER", never)),
        ({"days": [MONDAY], "weekdays": ["tuesday"]}, ("days", "NEVER", never)),
        (
            {"days": [MONDAY, TUESDAY], "first_day": TUESDAY, "weekdays": ["monday"]},
            ("days", "NEVER", never),
        ),
        (
            {"first_day": MONDAY, "last_day": MONDAY + 5 * DAY, "weekdays": ["sunday"]},
            ("weekdays", "NEVER", never),
        ),
        ({"last_day": YESTERDAY}, ("last_day", "PAST", "must not be past")),
        ({"days": [YESTERDAY]}, ("days", "PAST", "must not all be past")),
        (
            {"days": [YESTERDAY, YESTERDAY + 2 * DAY], "weekdays": [f"{YESTERDAY:%A}".lower()]},
            ("days", "PAST", "must not all be past"),
        ),
        ({"seats": 2}, ("seats", "OUT_OF_RANGE", "must be 1")),
        ({"seats": 2, "service_id": alone}, ("seats", "OUT_OF_RANGE", "must be 1")),
        ({"seats": 4, "service_id": group}, ("seats", "OUT_OF_RANGE", "must be 1 to 3 seats")),
    ]
    good: dict[str, Any] = {"client_id": client_id, "duration_minutes": 60}
    for more, expected in bad:
        error = await refused(studio, Invalid, join_waitlist, JoinWaitlist(**{**good, **more}))
        assert [(one.path, one.code, one.message) for one in error.issues] == [expected], more
    assert await studio.table("waitlist_entries") == []
    for more in (
        {"days": [MONDAY, TUESDAY], "last_day": MONDAY},
        {"days": [MONDAY], "first_day": MONDAY, "last_day": MONDAY, "weekdays": ["monday"]},
        {"first_day": MONDAY, "last_day": MONDAY + 6 * DAY, "weekdays": ["sunday"]},
        {"first_day": MONDAY, "weekdays": ["sunday"]},
        {"seats": 3, "service_id": group},
    ):
        last = (await join_waitlist(studio.ctx, JoinWaitlist(**{**good, **more}))).waitlist_entry_id
    for change in ({"service_id": alone}, {"service_id": None}, {"seats": 4}):
        command = ChangeWaitlistEntry(waitlist_entry_id=last, **change)
        error = await refused(studio, Invalid, change_waitlist_entry, command)
        assert [(one.path, one.code) for one in error.issues] == [("seats", "OUT_OF_RANGE")]


async def test_changing_keeps_the_place(studio: Studio) -> None:
    """What is not given stays; whoever is booked or gone is not changed."""
    first, second = await waits(studio, await studio.client()), await waits(studio, await studio.client())
    change = ChangeWaitlistEntry(waitlist_entry_id=first, duration_minutes=90, weekdays=["friday"])
    await change_waitlist_entry(studio.ctx, change)
    rows = await studio.table("waitlist_entries")
    assert [(row["id"], row["duration_minutes"]) for row in rows] == [(first, 90), (second, 60)]
    await refused(
        studio,
        Invalid,
        change_waitlist_entry,
        ChangeWaitlistEntry(waitlist_entry_id=first, duration_minutes=None),
    )
    await refused(studio, NotFound, change_waitlist_entry, ChangeWaitlistEntry(waitlist_entry_id=2**53 - 1))
    await leave_waitlist(studio.ctx, LeaveWaitlist(waitlist_entry_id=first))
    await refused(
        studio, EntryNotWaiting, change_waitlist_entry, ChangeWaitlistEntry(waitlist_entry_id=first)
    )


async def test_leaving_twice_is_leaving_once(studio: Studio, other_studio: Studio) -> None:
    """One event; nobody takes another business's client off."""
    entry = await waits(studio, await studio.client())
    await refused(other_studio, NotFound, leave_waitlist, LeaveWaitlist(waitlist_entry_id=entry))
    for _ in range(2):
        await leave_waitlist(studio.ctx, LeaveWaitlist(waitlist_entry_id=entry))
    assert await statuses(studio) == ["REMOVED"]
    assert len(await studio.payloads("waitlist.left")) == 1


async def test_staff_offer_a_time_by_hand(studio: Studio) -> None:
    """Past the rules, at night; the first provider who is free, where none is named."""
    mara = await studio.provider()
    night = THREE.replace(hour=3)
    await studio.appointment(await studio.client(), starts_at=night)
    entry = await waits(studio, await studio.client())
    command = OfferWaitlistSlot(
        waitlist_entry_id=entry, starts_at=night, message="Yours?", expires_in_hours=3, idempotency_key="o"
    )
    offered = await offer_waitlist_slot(studio.ctx, command)
    (row,) = await studio.table("waitlist_offers")
    assert (row["provider_id"], row["message"], row["status"]) == (mara, "Yours?", "OPEN")
    again = await offer_waitlist_slot(studio.ctx, command)
    assert (again.waitlist_offer_id, again.claim_token) == (offered.waitlist_offer_id, None)
    assert offered.claim_token is not None
    assert offered.claim_token not in repr(offered)
    claimed = await claim_waitlist_offer(studio.ctx, ClaimWaitlistOffer(token=offered.claim_token))
    booked = (await studio.table("appointments"))[-1]
    assert (booked["id"], booked["provider_id"]) == (claimed.appointment_id, mara)


async def test_offers_by_hand_that_cannot_be(studio: Studio, other_studio: Studio) -> None:
    """Taken time, past times, hours out of range, who does not wait, other businesses' ids."""
    await taken(studio)
    entry = await waits(studio, await studio.client(), provider_id=studio.provider_id)
    good: dict[str, Any] = {"waitlist_entry_id": entry, "starts_at": THREE + DAY}
    for bad, error in (
        ({"waitlist_entry_id": 2**53 - 1}, NotFound),
        ({"provider_id": other_studio.provider_id}, NotFound),
        ({"starts_at": THREE}, SlotTaken),
        ({"starts_at": NOW - HOUR}, Invalid),
        ({"starts_at": THREE.replace(second=1)}, Invalid),
        ({"starts_at": NOW + timedelta(days=5_000)}, Invalid),
        ({"expires_in_hours": 0}, Invalid),
        ({"expires_in_hours": 2**40}, Invalid),
        ({"duration_minutes": 0}, Invalid),
        ({"message": "a\x00b"}, Invalid),
    ):
        await refused(studio, error, offer_waitlist_slot, OfferWaitlistSlot(**{**good, **bad}))
    await refused(other_studio, NotFound, offer_waitlist_slot, OfferWaitlistSlot(**good))
    await offer_waitlist_slot(studio.ctx, OfferWaitlistSlot(**good))
    await refused(
        studio,
        EntryNotWaiting,
        offer_waitlist_slot,
        OfferWaitlistSlot(**{**good, "starts_at": THREE + 2 * DAY}),
    )
    assert [status for _, status in await offers(studio)] == ["OPEN"]


@pytest.mark.parametrize(
    ("ahead", "hours", "life"),
    [
        (7 * DAY, None, DAY),
        (DAY, None, 22 * HOUR),
        (2 * HOUR, None, HOUR / 2),
        (HOUR / 4, None, HOUR / 4),
        (7 * DAY, 3, 3 * HOUR),
        (HOUR, 3, HOUR),
    ],
)
def test_how_long_an_offer_stands(ahead: timedelta, hours: int | None, life: timedelta) -> None:
    """A day, or until two hours before the start; what is asked for, but never beyond the start."""
    assert expiry(NOW, NOW + ahead, hours) == NOW + life


async def test_what_offering_and_claiming_cost(studio: Studio) -> None:
    """Exact statements, however many wait."""
    for _ in range(3):
        entry = await waits(studio, await studio.client())
    start = THREE
    command = OfferWaitlistSlot(waitlist_entry_id=entry, starts_at=start, provider_id=studio.provider_id)
    with counted(studio.house) as offering:
        offered = await offer_waitlist_slot(studio.ctx, command)
    assert offered.claim_token is not None
    with counted(studio.house) as claiming:
        await claim_waitlist_offer(studio.ctx, ClaimWaitlistOffer(token=offered.claim_token))
    assert (len(offering), len(claiming)) == (16, 21)
