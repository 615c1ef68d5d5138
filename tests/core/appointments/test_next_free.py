"""A taken slot names the nearest that are free: exactly, and each of them can be had."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import SlotTaken
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.schedules.set_date_override import SetDateOverride, set_date_override
from tests.core.appointments.shop import TEN, held, offered, sold
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import refused

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


async def test_the_nearest_three_are_told_and_each_can_be_booked(studio: Studio) -> None:
    """Noon is taken with a quarter after it: the nearest before and after, of two as near the earlier."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, buffer_after_minutes=15)
    await sold(studio, client_id, TEN + 2 * HOUR, service_id=service_id)
    act = sold(studio, client_id, TEN + 2 * HOUR, service_id=service_id)
    error = await refused(studio, act, SlotTaken)
    told = [TEN + 2 * QUARTER, TEN + 3 * QUARTER, TEN + 13 * QUARTER]
    assert error.next_free == told
    await sold(studio, client_id, told[1], service_id=service_id)
    await sold(studio, client_id, told[2], service_id=service_id)
    await refused(studio, sold(studio, client_id, told[0], service_id=service_id), SlotTaken)


async def test_another_day_is_named_where_this_one_is_full(studio: Studio) -> None:
    """Ten to six is taken: the evening before and the next morning, nearest first, told by time."""
    client_id = await studio.client()
    service_id = await offered(studio, 480, step_minutes=60)
    await sold(studio, client_id, TEN, service_id=service_id)
    error = await refused(studio, sold(studio, client_id, TEN, service_id=service_id), SlotTaken)
    assert error.next_free == [TEN + timedelta(days=days) for days in (-2, -1, 1)]
    for starts_at in error.next_free:
        await sold(studio, client_id, starts_at, service_id=service_id)


async def test_nothing_is_named_beyond_the_horizon_or_within_the_notice(studio: Studio) -> None:
    """A horizon of seven days and two hours, a notice of as much less a quarter: what lies between, or nothing."""
    client_id = await studio.client()
    minutes = 7 * 1_440 + 120
    narrow = await offered(studio, 30, horizon_minutes=minutes, notice_minutes=minutes - 15)
    noon = NOW + timedelta(minutes=minutes)
    await studio.appointment(client_id, starts_at=noon, duration_minutes=15)
    asked: dict[str, Any] = {"service_id": narrow, "within_policies": False}
    error = await refused(studio, sold(studio, client_id, noon, **asked), SlotTaken)
    assert error.next_free == []
    wide = await offered(studio, 15, horizon_minutes=minutes, notice_minutes=minutes - 15)
    error = await refused(studio, sold(studio, client_id, noon, service_id=wide), SlotTaken)
    assert error.next_free == [noon - QUARTER]


async def test_nothing_is_named_after_five_years(studio: Studio) -> None:
    """The last hour of the last day that can be booked: only earlier ones are told."""
    client_id = await studio.client()
    last = NOW + timedelta(days=5 * 366) - timedelta(days=1) + 9 * HOUR - HOUR
    await studio.appointment(client_id, starts_at=last, duration_minutes=60)
    act = sold(studio, client_id, last, duration_minutes=60, within_policies=False)
    error = await refused(studio, act, SlotTaken)
    assert error.next_free == [last - number * HOUR for number in (3, 2, 1)]


async def test_seats_and_holds_are_heeded(studio: Studio) -> None:
    """Two seats are wanted and one is left; the next session that has two, past one that is held full."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, capacity=2, step_minutes=60)
    await sold(studio, client_id, TEN, service_id=service_id)
    await held(studio, TEN + HOUR, service_id=service_id, seats=2)
    act = sold(studio, client_id, TEN, service_id=service_id, seats=2)
    error = await refused(studio, act, SlotTaken)
    assert error.next_free == [TEN + number * HOUR for number in (2, 3, 4)]
    await sold(studio, client_id, error.next_free[0], service_id=service_id, seats=2)


async def test_a_move_is_told_what_its_own_buffers_leave(studio: Studio) -> None:
    """Booked with a quarter before and after, which the service lacks by now: the starts heed what it has."""
    client_id = await studio.client()
    buffered = await offered(studio, 60, buffer_before_minutes=15, buffer_after_minutes=15)
    made = await sold(studio, client_id, TEN + 4 * HOUR + QUARTER, service_id=buffered)
    await studio.appointment(client_id, starts_at=TEN, duration_minutes=60)
    command = RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN)
    error = await refused(studio, reschedule(studio.ctx, command), SlotTaken)
    assert error.next_free == [TEN + HOUR + number * QUARTER for number in (1, 2, 3)]
    command.starts_at = error.next_free[0]
    await reschedule(studio.ctx, command)


async def test_the_statements_of_a_refusal(studio: Studio) -> None:
    """A booking that finds the time taken looks for others in two statements more."""
    client_id = await studio.client()
    await studio.appointment(client_id, starts_at=TEN)
    with counted(studio.house) as statements:
        await refused(studio, sold(studio, client_id, TEN, duration_minutes=60), SlotTaken)
    about = [statement for statement in statements if not statement.startswith("SELECT '")]
    assert len(about) == 6


async def test_rules_that_changed_since_the_refusal_are_heeded(studio: Studio) -> None:
    """Eleven is told; once its day is closed the same question tells of other days."""
    client_id = await studio.client()
    await studio.appointment(client_id, starts_at=TEN)
    error = await refused(studio, sold(studio, client_id, TEN, duration_minutes=60), SlotTaken)
    assert TEN + HOUR in error.next_free
    await set_date_override(studio.ctx, SetDateOverride(day=TEN.date(), shifts=[]))
    again = await with_alternatives(studio.ctx, error)
    assert isinstance(again, SlotTaken)
    assert len(again.next_free) == 3
    assert all(start.date() != TEN.date() for start in again.next_free)
    for start in again.next_free:
        await sold(studio, client_id, start, duration_minutes=60)
