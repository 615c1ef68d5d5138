"""When else, where a rule refuses: the earliest start is one that the same asker can have."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from core.appointments.appointment import OutsidePolicy
from core.appointments.book import BookAppointment, book
from core.appointments.choose_provider import COLLECTIVE, ProviderSelection
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.appointments.series import Repeats
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.directory.update_provider import UpdateProvider, update_provider
from core.holidays.create_holiday import CreateHoliday, create_holiday
from core.schedules.set_schedule import SetSchedule, set_schedule
from tests.core.appointments.shop import TEN, at, held, offered, sold
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import refused

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
QUARTER = timedelta(minutes=15)


async def closed(studio: Studio, days: int) -> None:
    """So many days from the Monday on are a holiday."""
    first = TEN.date()
    last = first + timedelta(days=days - 1)
    await create_holiday(studio.ctx, CreateHoliday(name="Away", first_day=first, last_day=last))


async def test_after_a_notice_it_is_a_start_and_no_mere_moment(studio: Studio) -> None:
    """A notice of an hour at thirty seconds and 250 milliseconds past ten: a quarter past eleven, booked."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, notice_minutes=60)
    now = TEN + timedelta(seconds=30, milliseconds=250)
    command = BookAppointment(
        client_id=client_id, provider_id=studio.provider_id, service_id=service_id, starts_at=TEN + HOUR
    )

    async def too_soon(ctx: Any) -> OutsidePolicy:
        return await refused(studio, book(ctx, command), OutsidePolicy)

    error = await at(studio, now, too_soon)
    assert (error.rule, error.starts_at, error.earliest) == ("NOTICE", TEN + HOUR, TEN + HOUR + QUARTER)
    assert error.earliest is not None
    command.starts_at = error.earliest
    await at(studio, now, partial(book, command=command))


async def test_a_notice_that_ends_at_night_names_the_next_morning(studio: Studio) -> None:
    """Ten hours at ten: eight in the evening is closed, and ten on the next day is taken until eleven."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, notice_minutes=600)
    await studio.appointment(client_id, starts_at=TEN + DAY)
    command = BookAppointment(
        client_id=client_id, provider_id=studio.provider_id, service_id=service_id, starts_at=TEN + HOUR
    )

    async def too_soon(ctx: Any) -> OutsidePolicy:
        return await refused(studio, book(ctx, command), OutsidePolicy)

    error = await at(studio, TEN, too_soon)
    assert (error.rule, error.earliest) == ("NOTICE", TEN + DAY + HOUR)


async def test_after_three_weeks_of_holiday_it_is_still_named(studio: Studio) -> None:
    """The first morning after 21 days, in one statement more than a near one; nothing where the horizon ends before it."""
    client_id = await studio.client()
    await closed(studio, 21)
    service_id = await offered(studio, 60)
    await refused(studio, sold(studio, client_id, TEN, service_id=service_id), OutsidePolicy)
    with counted(studio.house) as statements:
        error = await refused(studio, sold(studio, client_id, TEN, service_id=service_id), OutsidePolicy)
    assert (error.rule, error.starts_at, error.earliest) == ("HOLIDAY", TEN, TEN + 21 * DAY)
    assert len([one for one in statements if not one.startswith("SELECT '")]) == 7
    for minutes, earliest in ((28 * 1_440 + 60, TEN + 21 * DAY), (28 * 1_440 + 59, None)):
        near = await offered(studio, 60, horizon_minutes=minutes)
        error = await refused(studio, sold(studio, client_id, TEN, service_id=near), OutsidePolicy)
        assert error.earliest == earliest
    await sold(studio, client_id, TEN + 21 * DAY, service_id=service_id)


async def test_it_is_one_by_the_askers_own_door(studio: Studio) -> None:
    """Hours that are not public are named to staff alone, who can have them, and so is a hold's."""
    client_id = await studio.client()
    for hours, is_public in ((every_day(600, 1_080), True), (every_day(1_140, 1_260), False)):
        command = SetSchedule(weekly_hours=hours, provider_id=studio.provider_id, is_public=is_public)
        await set_schedule(studio.ctx, command)
    late, evening = TEN + 8 * HOUR, TEN + 9 * HOUR
    error = await refused(studio, sold(studio, client_id, late, duration_minutes=60), OutsidePolicy)
    assert error.earliest == TEN + DAY
    asked: dict[str, Any] = {"duration_minutes": 60, "for_staff": True}
    for act in (sold(studio, client_id, late, **asked), held(studio, late, **asked)):
        assert (await refused(studio, act, OutsidePolicy)).earliest == evening
    await refused(studio, sold(studio, client_id, evening, duration_minutes=60), OutsidePolicy)
    made = await sold(studio, client_id, evening, **asked)
    move = RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN - HOUR)
    error = await refused(studio, reschedule(studio.ctx, move), OutsidePolicy)
    assert (error.rule, error.starts_at, error.earliest) == ("HOURS", TEN - HOUR, TEN)


async def test_a_door_that_heeds_a_rule_by_name_is_told_past_it(studio: Studio) -> None:
    """Staff who are kept from holidays alone: the first start after them, which they can have."""
    client_id = await studio.client()
    await closed(studio, 8)
    asked: dict[str, Any] = {"duration_minutes": 60, "within_policies": False, "heeding": ("HOLIDAY",)}
    error = await refused(studio, sold(studio, client_id, TEN, **asked), OutsidePolicy)
    assert (error.rule, error.earliest) == ("HOLIDAY", TEN + 8 * DAY)
    await sold(studio, client_id, TEN + 8 * DAY, **asked)


async def test_all_together_are_told_when_all_can(studio: Studio) -> None:
    """One works from noon on, the other until one: noon of the first day after a fortnight."""
    client_id = await studio.client()
    mara = await studio.provider()
    for key, hours in ((studio.provider_id, every_day(720, 1_080)), (mara, every_day(600, 780))):
        await update_provider(studio.ctx, UpdateProvider(provider_id=key, weekly_hours=hours))
    await closed(studio, 14)
    both = ProviderSelection(mode=COLLECTIVE, provider_ids=[studio.provider_id, mara])
    asked: dict[str, Any] = {"duration_minutes": 60, "selection": both}
    error = await refused(studio, sold(studio, client_id, TEN + 2 * HOUR, **asked), OutsidePolicy)
    assert error.earliest == TEN + 14 * DAY + 2 * HOUR
    await sold(studio, client_id, TEN + 14 * DAY + 2 * HOUR, **asked)


async def test_a_series_names_the_date_that_is_refused(studio: Studio) -> None:
    """The third of four Mondays is a holiday: that start, and the first one after it."""
    client_id = await studio.client()
    third = TEN + 14 * DAY
    command = CreateHoliday(name="Fair", first_day=third.date(), last_day=third.date())
    await create_holiday(studio.ctx, command)
    repeats = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=4))
    act = sold(studio, client_id, TEN, duration_minutes=60, repeats=repeats)
    error = await refused(studio, act, OutsidePolicy)
    assert (error.rule, error.starts_at, error.earliest) == ("HOLIDAY", third, third + DAY)
    repeats.skip = [third.date()]
    await sold(studio, client_id, TEN, duration_minutes=60, repeats=repeats)


async def test_where_no_other_time_would_help_none_is_named(studio: Studio) -> None:
    """A horizon names its end; who takes no bookings names the start that was refused and nothing else."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, horizon_minutes=1_440)
    error = await refused(studio, sold(studio, client_id, TEN, service_id=service_id), OutsidePolicy)
    assert (error.rule, error.earliest, error.latest) == ("HORIZON", None, NOW + DAY)
    change = UpdateProvider(provider_id=studio.provider_id, is_accepting_bookings=False)
    await update_provider(studio.ctx, change)
    error = await refused(studio, sold(studio, client_id, TEN, duration_minutes=60), OutsidePolicy)
    assert (error.rule, error.starts_at, error.earliest) == ("NOT_ACCEPTING", TEN, None)
