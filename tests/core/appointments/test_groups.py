"""Groups: many clients share one stretch of a provider's time, exactly as many as there are seats."""

from __future__ import annotations

import random
from collections import Counter
from datetime import timedelta
from typing import Any

from core.appointments.appointment import SlotTaken
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.rulebook import ResourceNeed
from core.kernel.clock import minute_of
from core.kernel.money import Money
from tests.core.appointments.shop import TEN, active, at_once, offered, resource_of, room, ruled, sold
from tests.kit.houses import Studio
from tests.kit.rules import issues, refused

HOUR = timedelta(hours=1)


async def seats_of(studio: Studio) -> dict[int, int]:
    """The open sessions, and how many seats are taken of each."""
    taken: Counter[int] = Counter()
    for row in await active(studio):
        taken[row["resource_id"]] += row["quantity"]
    return {
        row["id"]: taken[row["seats_id"]]
        for row in await studio.table("group_sessions")
        if row["ended_at"] is None
    }


async def test_exactly_ten_seats_are_sold_to_a_crowd(studio: Studio) -> None:
    """Four times twenty-five attempts at once, for one to three seats each: ten seats in one session, the rest SlotTaken."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=10, price=Money(2_000, "USD"))
    draw = random.Random(7)

    def wish(seats: int) -> Any:
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            service_id=service_id,
            starts_at=TEN,
            seats=seats,
        )
        return lambda ctx: book(ctx, command)

    answers = []
    for _ in range(4):
        answers += await at_once(studio, [wish(draw.choice((1, 2, 3))) for _ in range(25)])
    assert {type(answer) for answer in answers} == {Booked, SlotTaken}
    (seats,) = (await seats_of(studio)).values()
    rows = await studio.table("appointments")
    assert seats == sum(row["seats"] for row in rows) == 10
    assert all(row["price_minor"] == 2_000 * row["seats"] for row in rows)
    assert len({row["group_session_id"] for row in rows}) == 1
    own = await resource_of(studio, studio.provider_id)
    assert len([row for row in await active(studio) if row["resource_id"] == own]) == 1


async def test_a_session_ends_with_its_last_seat_and_starts_anew(studio: Studio) -> None:
    """The first leaves: it goes on. The last leaves: its time is free. The next begins another."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3, buffer_before_minutes=10, buffer_after_minutes=5)
    first = await sold(studio, client_id, TEN + HOUR, service_id=service_id, seats=2)
    last = await sold(studio, client_id, TEN + HOUR, service_id=service_id)
    own = await resource_of(studio, studio.provider_id)
    (place,) = [row for row in await active(studio) if row["resource_id"] == own]
    begins = minute_of(TEN + HOUR)
    assert (place["kind"], place["begins_minute"]) == ("session", begins)
    assert (place["starts_minute"], place["ends_minute"]) == (begins - 10, begins + 65)
    error = await refused(studio, sold(studio, client_id, TEN + HOUR, service_id=service_id), SlotTaken)
    assert error.next_free[0] == TEN + 2 * HOUR + timedelta(minutes=15)
    await cancel(studio.ctx, CancelAppointment(appointment_id=first.appointment_id))
    (key,) = await seats_of(studio)
    await refused(studio, sold(studio, client_id, TEN + HOUR, duration_minutes=60), SlotTaken)
    await cancel(studio.ctx, CancelAppointment(appointment_id=last.appointment_id))
    assert await seats_of(studio) == {}
    assert await active(studio) == []
    await sold(studio, client_id, TEN + HOUR, service_id=service_id, seats=3)
    (anew,) = (await seats_of(studio)).items()
    assert anew[0] > key
    assert anew[1] == 3


async def test_moving_between_sessions_takes_the_seats_along(studio: Studio) -> None:
    """Into a session that others sit in, as far as there is room; the one left empty ends."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    mine = await sold(studio, client_id, TEN, service_id=service_id, seats=2)
    await sold(studio, client_id, TEN + HOUR, service_id=service_id, seats=2)
    later = RescheduleAppointment(appointment_id=mine.appointment_id, starts_at=TEN + HOUR)
    await refused(studio, reschedule(studio.ctx, later), SlotTaken)
    third = await sold(studio, client_id, TEN + 2 * HOUR, service_id=service_id)
    later.starts_at = TEN + 2 * HOUR
    await reschedule(studio.ctx, later)
    sessions = {row["id"]: row["starts_at"] for row in await studio.table("group_sessions")}
    seats = await seats_of(studio)
    assert list(seats.values()) == [2, 3]
    appointments = {row["id"]: row["group_session_id"] for row in await studio.table("appointments")}
    assert appointments[mine.appointment_id] == appointments[third.appointment_id]
    assert appointments[mine.appointment_id] in sessions
    await sold(studio, client_id, TEN, duration_minutes=60)


async def test_a_session_alone_moves_onto_its_own_old_time(studio: Studio) -> None:
    """Half an hour later, over its own time: the old session ends, another begins."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    mine = await sold(studio, client_id, TEN, service_id=service_id)
    move = RescheduleAppointment(appointment_id=mine.appointment_id, starts_at=TEN + timedelta(minutes=30))
    await reschedule(studio.ctx, move)
    assert [row["ended_at"] is None for row in await studio.table("group_sessions")] == [False, True]
    assert len(await active(studio)) == 2


async def test_two_services_of_one_provider_share_no_session(studio: Studio) -> None:
    """Another group service at the same start, or over it, finds the provider taken."""
    client_id = await studio.client()
    yoga = await offered(studio, 60, capacity=5)
    dance = await offered(studio, 60, capacity=5)
    await sold(studio, client_id, TEN, service_id=yoga)
    for starts_at in (TEN, TEN + timedelta(minutes=45)):
        await refused(studio, sold(studio, client_id, starts_at, service_id=dance), SlotTaken)
    # The same service over its own session is no seat of it either.
    overlapping = sold(studio, client_id, TEN + timedelta(minutes=30), service_id=yoga)
    await refused(studio, overlapping, SlotTaken)
    await sold(studio, client_id, TEN + HOUR, service_id=dance)


async def test_a_room_belongs_to_the_session_and_leaves_with_it(studio: Studio) -> None:
    """Taken once for all seats, free again with the last."""
    client_id = await studio.client()
    only = await room(studio)
    service_id = await offered(studio, 60, capacity=4, needs=(ResourceNeed(resource_ids=(only,)),))
    made = [await sold(studio, client_id, TEN, service_id=service_id) for _ in range(3)]
    assert len([row for row in await active(studio) if row["resource_id"] == only]) == 1
    for one in made:
        await cancel(studio.ctx, CancelAppointment(appointment_id=one.appointment_id))
    assert await active(studio) == []


async def test_a_session_has_one_length(studio: Studio) -> None:
    """Who wants another length than the session has gets no seat in it."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=4, durations=(60, 90))
    await sold(studio, client_id, TEN, service_id=service_id)
    longer = sold(studio, client_id, TEN, service_id=service_id, duration_minutes=90)
    await refused(studio, longer, SlotTaken)


async def test_seats_are_one_to_the_capacity(studio: Studio) -> None:
    """Neither none nor more than a session has; and a session keeps the size that it began with."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    for seats in (0, -1, 4, 2**60):
        act = sold(studio, client_id, TEN, service_id=service_id, seats=seats)
        assert await issues(studio, act) == [("seats", "OUT_OF_RANGE")]
    assert await issues(studio, sold(studio, client_id, TEN, duration_minutes=60, seats=2)) == [
        ("seats", "OUT_OF_RANGE")
    ]
    await sold(studio, client_id, TEN, service_id=service_id, seats=2)
    await ruled(studio, service_id, capacity=20)
    await refused(studio, sold(studio, client_id, TEN, service_id=service_id, seats=2), SlotTaken)
    await sold(studio, client_id, TEN, service_id=service_id)


async def test_staff_cannot_seat_more_than_there_are(studio: Studio) -> None:
    """Past all policies, too: two seats where one is left are refused, and the one is sold."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=3)
    await sold(studio, client_id, TEN, service_id=service_id, seats=2)
    two = sold(studio, client_id, TEN, service_id=service_id, seats=2, within_policies=False)
    await refused(studio, two, SlotTaken)
    await sold(studio, client_id, TEN, service_id=service_id, within_policies=False)
    assert list((await seats_of(studio)).values()) == [3]
