"""Holds: what is kept turns into exactly that booking, once, and is given back in time."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import HoldExpired, OutsidePolicy, SlotTaken
from core.appointments.book import BookAppointment, book
from core.appointments.choose_provider import COLLECTIVE, ProviderSelection
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.release_hold import ReleaseHold, expire_hold, release_hold
from core.appointments.series import Repeats
from core.availability.recurrence import Recurrence
from core.availability.rulebook import ResourceNeed
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.create_location import CreateLocation, create_location
from core.kernel.clock import minute_of
from core.kernel.errors import Invalid, NotFound
from tests.core.appointments.shop import TEN, active, at, held, offered, resource_of, room, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import FAR, issues, refused

HOUR = timedelta(hours=1)


async def test_a_hold_is_a_row_with_an_end_and_a_timer(studio: Studio) -> None:
    """Held as long as the service says: the row, what it takes, the event and the job agree."""
    service_id = await offered(studio, 60, hold_minutes=7, buffer_after_minutes=15)
    key = await held(studio, TEN, service_id=service_id)
    (row,) = await studio.table("holds")
    assert (row["id"], row["kind"], row["provider_id"], row["service_id"]) == (
        key,
        "hold",
        studio.provider_id,
        service_id,
    )
    assert (row["duration_minutes"], row["seats"], row["ended_at"], row["ended_as"]) == (60, 1, None, None)
    (taken,) = await active(studio)
    assert (taken["hold_id"], taken["appointment_id"], taken["kind"]) == (key, None, "hold")
    assert (taken["starts_minute"], taken["ends_minute"]) == (minute_of(TEN), minute_of(TEN) + 75)
    assert await studio.payloads("slot.held") == [
        {
            "hold_id": key,
            "provider_id": studio.provider_id,
            "starts_at": "2027-03-08T10:00:00Z",
            "expires_at": "2027-03-01T09:07:00Z",
        }
    ]


async def test_a_hold_becomes_the_booking_after_the_notice_has_passed(studio: Studio) -> None:
    """Held an hour before the notice ends, booked after it: the hold was given by the rules of its moment."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, notice_minutes=120)
    starts_at = NOW + timedelta(hours=2)
    key = await held(studio, starts_at, service_id=service_id, for_minutes=30)
    later = NOW + timedelta(minutes=20)
    command = BookAppointment(
        client_id=client_id, provider_id=studio.provider_id, service_id=service_id, starts_at=starts_at
    )

    async def without(ctx: Any) -> None:
        with pytest.raises(OutsidePolicy) as error:
            await book(ctx, command)
        assert error.value.rule == "NOTICE"

    await at(studio, later, without)
    command.hold_id = key
    made = await at(studio, later, lambda ctx: book(ctx, command))
    (row,) = await studio.table("holds")
    assert row["ended_as"] == "BOOKED"
    (taken,) = await active(studio)
    assert (taken["appointment_id"], taken["hold_id"]) == (made.appointment_id, None)
    jobs = [job["state"] for job in await studio.table("jobs") if job["kind"] == "expire_hold"]
    assert jobs == ["CANCELLED"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"starts_at": TEN + timedelta(minutes=1)},
        {"starts_at": TEN - timedelta(minutes=1), "within_policies": False},
        {"duration_minutes": 61, "within_policies": False},
        {"hold_id": FAR},
        {"hold_id": 0},
        {"hold_id": -1},
        {"service_id": None, "duration_minutes": 60},
        {"service_id": "another"},
        {"provider_id": "another"},
        {"location_id": "another"},
    ],
)
async def test_a_hold_of_something_else_is_gone(studio: Studio, wrong: dict[str, Any]) -> None:
    """Another start, provider, place or service, a longer time, another key: HoldExpired, and it stays held."""
    client_id = await studio.client()
    others = {
        "service_id": await offered(studio, 60),
        "provider_id": await studio.provider(),
        "location_id": (await create_location(studio.ctx, CreateLocation(name="North"))).location_id,
    }
    service_id = await offered(studio, 60, buffer_after_minutes=30)
    key = await held(studio, TEN, service_id=service_id)
    change = {name: others[name] if value == "another" else value for name, value in wrong.items()}
    asked: dict[str, Any] = {"starts_at": TEN, "hold_id": key, "service_id": service_id, **change}
    await refused(studio, sold(studio, client_id, **asked), HoldExpired)
    assert len(await active(studio)) == 1
    await sold(studio, client_id, TEN, service_id=service_id, hold_id=key)


async def test_a_hold_serves_less_than_it_keeps(studio: Studio) -> None:
    """A shorter appointment at its start is booked, and the rest of the time is free."""
    client_id = await studio.client()
    key = await held(studio, TEN, duration_minutes=90)
    await sold(studio, client_id, TEN, duration_minutes=60, hold_id=key)
    await sold(studio, client_id, TEN + HOUR, duration_minutes=30)
    assert [row["ends_minute"] - row["starts_minute"] for row in await active(studio)] == [60, 30]


async def test_a_hold_is_used_once_released_once_and_by_its_own_business(
    studio: Studio, other_studio: Studio
) -> None:
    """Used, released, run out, or somebody else's: HoldExpired, and nothing changes."""
    client_id = await studio.client()
    used = await held(studio, TEN, duration_minutes=60)
    foreign = {"duration_minutes": 60, "hold_id": used}
    await refused(other_studio, sold(other_studio, await other_studio.client(), TEN, **foreign), HoldExpired)
    await refused(other_studio, release_hold(other_studio.ctx, ReleaseHold(hold_id=used)), NotFound)
    await sold(studio, client_id, TEN, duration_minutes=60, hold_id=used)
    await refused(studio, sold(studio, client_id, TEN, duration_minutes=60, hold_id=used), HoldExpired)
    given_back = await held(studio, TEN + HOUR, duration_minutes=60)
    await release_hold(studio.ctx, ReleaseHold(hold_id=given_back))
    again = sold(studio, client_id, TEN + HOUR, duration_minutes=60, hold_id=given_back)
    await refused(studio, again, HoldExpired)
    late = await held(studio, TEN + HOUR, duration_minutes=60, for_minutes=10)
    command = BookAppointment(
        client_id=client_id,
        provider_id=studio.provider_id,
        starts_at=TEN + HOUR,
        duration_minutes=60,
        hold_id=late,
    )

    async def too_late(ctx: Any) -> None:
        await refused(studio, book(ctx, command), HoldExpired)

    await at(studio, NOW + timedelta(minutes=10), too_late)
    await at(studio, NOW + timedelta(minutes=10) - timedelta(seconds=1), lambda ctx: book(ctx, command))


async def test_running_out_is_reported_once_and_never_early(studio: Studio) -> None:
    """Nothing a second before, one event at the time, nothing afterwards, nor for what never was."""
    key = await held(studio, TEN, duration_minutes=60, for_minutes=10)
    end = NOW + timedelta(minutes=10)
    before = await studio.state()
    await at(studio, end - timedelta(seconds=1), lambda ctx: expire_hold(ctx, key))
    await at(studio, end, lambda ctx: expire_hold(ctx, FAR))
    assert await studio.state() == before
    await at(studio, end, lambda ctx: expire_hold(ctx, key))
    assert await studio.payloads("hold.expired") == [{"hold_id": key}]
    (row,) = await studio.table("holds")
    assert row["ended_as"] == "EXPIRED"
    assert await active(studio) == []
    before = await studio.state()
    await at(studio, end, lambda ctx: expire_hold(ctx, key))
    await at(studio, end, lambda ctx: release_hold(ctx, ReleaseHold(hold_id=key)))
    assert await studio.state() == before


async def test_running_out_is_reported_where_somebody_took_the_time_already(studio: Studio) -> None:
    """A booking over a hold that ran out switches it off; the timer still reports it, once."""
    client_id = await studio.client()
    key = await held(studio, TEN, duration_minutes=60, for_minutes=10)
    later = NOW + timedelta(minutes=11)
    command = BookAppointment(
        client_id=client_id, provider_id=studio.provider_id, starts_at=TEN, duration_minutes=60
    )
    made = await at(studio, later, lambda ctx: book(ctx, command))
    await at(studio, later, lambda ctx: expire_hold(ctx, key))
    assert await studio.payloads("hold.expired") == [{"hold_id": key}]
    assert [row["appointment_id"] for row in await active(studio)] == [made.appointment_id]


async def test_a_hold_keeps_a_room(studio: Studio) -> None:
    """The one room is held with the provider's time; others wait until it is booked or given back."""
    client_id = await studio.client()
    mara = await studio.provider()
    only = await room(studio)
    service_id = await offered(studio, 60, needs=(ResourceNeed(resource_ids=(only,)),))
    key = await held(studio, TEN, service_id=service_id)
    with_her = {"service_id": service_id, "provider_id": mara}
    error = await refused(studio, sold(studio, client_id, TEN, **with_her), SlotTaken)
    assert error.next_free == [TEN + number * timedelta(minutes=15) for number in (4, 5, 6)]
    made = await sold(studio, client_id, TEN, service_id=service_id, hold_id=key)
    taken = {row["resource_id"]: row["appointment_id"] for row in await active(studio)}
    assert taken == dict.fromkeys((only, await resource_of(studio, studio.provider_id)), made.appointment_id)
    other = await held(studio, TEN + HOUR, service_id=service_id)
    await release_hold(studio.ctx, ReleaseHold(hold_id=other))
    await sold(studio, client_id, TEN + HOUR, **with_her)


async def test_the_held_seats_of_a_group_become_booked_seats(studio: Studio) -> None:
    """Two seats are held of a session nobody sits in: they are booked, and four are left of six."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=6)
    key = await held(studio, TEN, service_id=service_id, seats=2)
    three = sold(studio, client_id, TEN, service_id=service_id, hold_id=key, seats=3)
    await refused(studio, three, HoldExpired)
    await refused(studio, sold(studio, client_id, TEN, service_id=service_id, seats=5), SlotTaken)
    await sold(studio, client_id, TEN, service_id=service_id, hold_id=key, seats=2)
    await sold(studio, client_id, TEN, service_id=service_id, seats=4)
    await refused(studio, sold(studio, client_id, TEN, service_id=service_id), SlotTaken)
    (session,) = [row for row in await studio.table("group_sessions") if row["ended_at"] is None]
    seats = [row["quantity"] for row in await active(studio) if row["resource_id"] == session["seats_id"]]
    assert seats == [2, 4]
    assert {row["group_session_id"] for row in await studio.table("appointments")} == {session["id"]}


async def test_held_seats_join_a_session_and_leave_it_as_it_was(studio: Studio) -> None:
    """A hold in a session that somebody sits in: released, the session goes on; alone, it ends."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    first = await held(studio, TEN, service_id=service_id)
    second = await held(studio, TEN, service_id=service_id, seats=2)
    await refused(studio, sold(studio, client_id, TEN, service_id=service_id), SlotTaken)
    await release_hold(studio.ctx, ReleaseHold(hold_id=second))
    await sold(studio, client_id, TEN, service_id=service_id, hold_id=first)
    (session,) = [row for row in await studio.table("group_sessions") if row["ended_at"] is None]
    alone = await held(studio, TEN + HOUR, service_id=service_id)
    await release_hold(studio.ctx, ReleaseHold(hold_id=alone))
    assert [row["id"] for row in await studio.table("group_sessions") if row["ended_at"] is None] == [
        session["id"]
    ]
    assert len(await active(studio)) == 2


@pytest.mark.parametrize("as_group", [True, False])
async def test_a_session_whose_only_seat_ran_out_takes_no_time(studio: Studio, as_group: bool) -> None:
    """Before the timer has noticed: the time can be had again, by the group or by anybody else."""
    client_id = await studio.client()
    only = await room(studio)
    service_id = await offered(studio, 60, capacity=3, needs=(ResourceNeed(resource_ids=(only,)),))
    key = await held(studio, TEN, service_id=service_id, seats=3, for_minutes=10)
    command = BookAppointment(client_id=client_id, provider_id=studio.provider_id, starts_at=TEN)
    if as_group:
        command.service_id, command.seats = service_id, 3
    else:
        command.duration_minutes = 60
    later = NOW + timedelta(minutes=10)
    await at(studio, later, lambda ctx: book(ctx, command))
    await at(studio, later, lambda ctx: expire_hold(ctx, key))
    sessions = [row["ended_at"] is None for row in await studio.table("group_sessions")]
    assert sessions == ([False, True] if as_group else [False])
    mara = await studio.provider()
    in_the_room = BookAppointment(client_id=client_id, provider_id=mara, starts_at=TEN, service_id=service_id)
    if not as_group:
        await at(studio, later, lambda ctx: book(ctx, in_the_room))
    rooms = [row for row in await active(studio) if row["resource_id"] == only]
    assert len(rooms) == 1


async def test_seats_that_ran_out_come_back_before_the_timer_notices(studio: Studio) -> None:
    """Somebody sits in the session: the seats whose hold has run out are sold again."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    await sold(studio, client_id, TEN, service_id=service_id)
    await held(studio, TEN, service_id=service_id, seats=2, for_minutes=10)
    command = BookAppointment(
        client_id=client_id, provider_id=studio.provider_id, starts_at=TEN, service_id=service_id, seats=2
    )
    await at(studio, NOW + timedelta(minutes=10), lambda ctx: book(ctx, command))
    (session,) = await studio.table("group_sessions")
    seats = [row["quantity"] for row in await active(studio) if row["resource_id"] == session["seats_id"]]
    assert seats == [1, 2]


async def test_a_hold_is_for_one_time_with_one_provider(studio: Studio) -> None:
    """Neither a series nor all together can be booked with it."""
    client_id = await studio.client()
    key = await held(studio, TEN, duration_minutes=60)
    repeats = Repeats(recurrence=Recurrence(frequency="DAILY", count=3))
    series = sold(studio, client_id, TEN, duration_minutes=60, hold_id=key, repeats=repeats)
    assert await issues(studio, series) == [("hold_id", "NOT_WITH_A_SERIES")]
    together = ProviderSelection(mode=COLLECTIVE)
    collective = sold(studio, client_id, TEN, duration_minutes=60, hold_id=key, selection=together)
    assert await issues(studio, collective) == [("hold_id", "NOT_FOR_ALL_TOGETHER")]


@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"for_minutes": 0}, "for_minutes", "OUT_OF_RANGE"),
        ({"for_minutes": 61}, "for_minutes", "OUT_OF_RANGE"),
        ({"seats": 0}, "seats", "OUT_OF_RANGE"),
        ({"seats": 2}, "seats", "OUT_OF_RANGE"),
        ({"starts_at": NOW}, "starts_at", "IN_THE_PAST"),
        ({"starts_at": NOW + timedelta(days=2_000)}, "starts_at", "TOO_FAR_AHEAD"),
        ({"starts_at": TEN + timedelta(seconds=1)}, "starts_at", "NOT_A_WHOLE_MINUTE"),
        ({"duration_minutes": 2**60}, "duration_minutes", "OUT_OF_RANGE"),
        ({"duration_minutes": None}, "duration_minutes", "REQUIRED"),
    ],
)
async def test_bad_values_hold_nothing(studio: Studio, change: dict[str, Any], path: str, code: str) -> None:
    """Each is named, and nothing is kept."""
    asked: dict[str, Any] = {"starts_at": TEN, "duration_minutes": 60, **change}
    assert await issues(studio, held(studio, **asked)) == [(path, code)]


@pytest.mark.parametrize(("field", "noun"), [("location_id", "location"), ("service_id", "service")])
async def test_unknown_keys_hold_nothing(studio: Studio, other_studio: Studio, field: str, noun: str) -> None:
    """What is not there, or another business's."""
    (place,) = await other_studio.table("locations")
    foreign = {"location_id": place["id"], "service_id": await other_studio.service()}[field]
    for key in (foreign, FAR):
        more: dict[str, Any] = {field: key}
        error = await refused(studio, held(studio, TEN, duration_minutes=60, **more), NotFound)
        assert error.noun == noun
    hold = HoldSlot(provider_id=other_studio.provider_id, starts_at=TEN, duration_minutes=60)
    assert (await refused(studio, hold_slot(studio.ctx, hold), NotFound)).noun == "provider"


async def test_a_hold_outside_the_rules_is_for_staff(studio: Studio) -> None:
    """At eight nothing is open: refused by the public's door, held by the other, never over taken time."""
    eight = TEN - 2 * HOUR
    error = await refused(studio, held(studio, eight, duration_minutes=60), OutsidePolicy)
    assert error.rule == "HOURS"
    await held(studio, eight, duration_minutes=60, within_policies=False)
    again = held(studio, eight, duration_minutes=60, within_policies=False)
    await refused(studio, again, SlotTaken)


async def test_a_repeated_key_answers_the_same_hold(studio: Studio) -> None:
    """One key, one hold; and one release."""
    first = await held(studio, TEN, duration_minutes=60, idempotency_key="h")
    before = await studio.state()
    assert await held(studio, TEN, duration_minutes=60, idempotency_key="h") == first
    assert await studio.state() == before
    give_back = ReleaseHold(hold_id=first, idempotency_key="r")
    await release_hold(studio.ctx, give_back)
    before = await studio.state()
    assert (await release_hold(studio.ctx, give_back)).hold_id == first
    assert await studio.state() == before


async def test_where_nobody_is_left_to_choose_from_nothing_is_held(studio: Studio) -> None:
    """The only one who gave the service has left."""
    mara = await studio.provider()
    service_id = await offered(studio, 60, weights={mara: 1})
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    command = HoldSlot(selection=ProviderSelection(), service_id=service_id, starts_at=TEN)
    assert (await refused(studio, hold_slot(studio.ctx, command), NotFound)).noun == "provider"


@pytest.mark.parametrize("more", [{}, {"provider_id": 2**53 - 1}, {"location_id": 2**53 - 1}])
async def test_what_is_wrong_with_a_hold_is_told_before_ids_and_times(
    studio: Studio, more: dict[str, Any]
) -> None:
    """All of it, with a time that is taken, with an unknown provider and with an unknown place."""
    await held(studio, TEN, duration_minutes=60)
    before = await studio.state()
    for starts_at, issues_of_start in ((TEN, []), (NOW, [("starts_at", "IN_THE_PAST")])):
        with pytest.raises(Invalid) as told:
            await held(studio, starts_at, duration_minutes=0, for_minutes=61, **more)
        assert [(issue.path, issue.code) for issue in told.value.issues] == [
            ("duration_minutes", "OUT_OF_RANGE"),
            ("for_minutes", "OUT_OF_RANGE"),
            *issues_of_start,
        ]
    with pytest.raises(NotFound if more else SlotTaken):
        await held(studio, TEN, duration_minutes=60, **more)
    assert await studio.state() == before
