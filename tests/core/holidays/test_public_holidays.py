"""Calendars of public holidays: adopted, topped up as years pass, dropped."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime

import pytest

from adapters.holidays.calendar import PackagedHolidays
from core.holidays.adopt_holiday_calendar import AdoptHolidayCalendar, adopt_holiday_calendar
from core.holidays.delete_holiday import DeleteHoliday, delete_holiday
from core.holidays.drop_holiday_calendar import DropHolidayCalendar, drop_holiday_calendar
from core.holidays.public_holidays import CalendarAdoptedAlready
from core.holidays.refresh_holiday_calendars import refresh_holiday_calendars
from core.holidays.update_holiday import UpdateHoliday, update_holiday
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.errors import NotFound
from tests.kit.houses import Studio, counted
from tests.kit.rules import FAR, issues, last_event, refused, revision

BERLIN_2027 = [
    ("2027-01-01", "Neujahr"),
    ("2027-03-08", "Frauentag"),
    ("2027-03-26", "Karfreitag"),
    ("2027-03-29", "Ostermontag"),
    ("2027-05-01", "Erster Mai"),
    ("2027-05-06", "Christi Himmelfahrt"),
    ("2027-05-17", "Pfingstmontag"),
    ("2027-10-03", "Tag der Deutschen Einheit"),
    ("2027-12-25", "Erster Weihnachtstag"),
    ("2027-12-26", "Zweiter Weihnachtstag"),
]


async def adopted(studio: Studio, code: str = "DE-BE", location_id: int | None = None) -> int:
    """The key of a calendar."""
    command = AdoptHolidayCalendar(code=code, location_id=location_id)
    return (await adopt_holiday_calendar(studio.ctx, command)).calendar_id


async def days_of(studio: Studio, year: int) -> list[tuple[str, str]]:
    """The holidays that are kept in a year, by day."""
    rows = await studio.table("holidays")
    return sorted(
        (str(row["first_day"]), row["name"]) for row in rows if str(row["first_day"])[:4] == str(year)
    )


@asynccontextmanager
async def in_year(studio: Studio, year: int) -> AsyncIterator[Context]:
    """The program itself in the studio, in a later year."""
    clock = FixedClock(datetime(year, 1, 2, tzinfo=UTC))
    system = Actor(name="system", business_id=studio.business_id)
    async with studio.house.context(system, "test", clock) as ctx:
        yield ctx


async def test_a_calendar_brings_this_year_and_the_next_five(studio: Studio) -> None:
    """By their names in the language of the place, each for one day, with one event."""
    before = len(await studio.table("events"))
    key = await adopted(studio)
    rows = await studio.table("holidays")
    assert await days_of(studio, 2027) == BERLIN_2027
    assert sorted({str(row["first_day"])[:4] for row in rows}) == [str(year) for year in range(2027, 2033)]
    assert all(row["first_day"] == row["last_day"] and row["calendar_id"] == key for row in rows)
    assert await last_event(studio) == (
        "holiday_calendar.adopted",
        {"calendar_id": key, "code": "DE-BE", "location_id": None},
    )
    assert len(await studio.table("events")) == before + 1 == await revision(studio)


async def test_an_unknown_code_is_an_issue(studio: Studio) -> None:
    """Other case, a part alone, nothing, NUL: none is a code."""
    for code in ("XX", "de-be", "DE-", "BE-DE", "", "DE\x00", "DE-BE " * 100):
        assert await issues(studio, adopted(studio, code)) == [("code", "UNKNOWN_HOLIDAY_CALENDAR")]


async def test_the_same_calendar_is_adopted_once_per_place(studio: Studio) -> None:
    """Again is refused; for one location, or another code, it is another calendar. A race has one winner."""
    (place,) = await studio.table("locations")
    await adopted(studio)
    error = await refused(studio, adopted(studio), CalendarAdoptedAlready)
    assert error.calendar_code == "DE-BE"
    await adopted(studio, location_id=place["id"])
    await refused(studio, adopted(studio, location_id=place["id"]), CalendarAdoptedAlready)
    answers = await asyncio.gather(*(adopted(studio, "FR") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in answers) == [*["CalendarAdoptedAlready"] * 3, "int"]
    assert len(await studio.table("holiday_calendars")) == 3


async def test_dropping_takes_its_holidays_but_those_changed_by_hand(studio: Studio) -> None:
    """One that was changed is the business's own; other calendars keep theirs."""
    berlin, france = await adopted(studio), await adopted(studio, "FR")
    changed = next(row for row in await studio.table("holidays") if row["calendar_id"] == berlin)
    await update_holiday(studio.ctx, UpdateHoliday(holiday_id=changed["id"], name="Closed"))
    await drop_holiday_calendar(studio.ctx, DropHolidayCalendar(calendar_id=berlin))
    left = {(row["id"] == changed["id"], row["calendar_id"]) for row in await studio.table("holidays")}
    assert left == {(True, None), (False, france)}
    assert await last_event(studio) == ("holiday_calendar.dropped", {"calendar_id": berlin})
    again = drop_holiday_calendar(studio.ctx, DropHolidayCalendar(calendar_id=berlin))
    await refused(studio, again, NotFound)


async def test_calendars_are_topped_up_as_years_pass(studio: Studio) -> None:
    """The missing years come, deleted days do not come back, and a second time there is nothing to do."""
    key = await adopted(studio)
    gone = next(row for row in await studio.table("holidays") if row["name"] == "Frauentag")
    await delete_holiday(studio.ctx, DeleteHoliday(holiday_id=gone["id"]))
    assert await refresh_holiday_calendars(studio.ctx) == 0
    year_2027 = await days_of(studio, 2027)
    async with in_year(studio, 2029) as ctx:
        assert await refresh_holiday_calendars(ctx) == 1
        assert await refresh_holiday_calendars(ctx) == 0
    assert await days_of(studio, 2027) == year_2027 != BERLIN_2027
    assert [bool(await days_of(studio, year)) for year in (2033, 2034, 2035)] == [True, True, False]
    assert await last_event(studio) == (
        "holiday_calendar.refreshed",
        {"calendar_id": key, "first_year": 2033, "last_year": 2034},
    )


async def test_two_who_top_up_at_once_add_nothing_twice(studio: Studio) -> None:
    """The second finds it done."""
    await adopted(studio)

    async def refresh() -> int:
        async with in_year(studio, 2028) as ctx:
            return await refresh_holiday_calendars(ctx)

    assert sorted(await asyncio.gather(*(refresh() for _ in range(3)))) == [0, 0, 1]
    days = [day for day, _ in await days_of(studio, 2033)]
    assert len(days) == len(set(days)) > 5


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Nothing changes in either business; a refresh touches only its own."""
    (their_place,) = await other_studio.table("locations")
    theirs = await adopted(other_studio)
    before = await other_studio.state()
    for act in (
        adopted(studio, location_id=their_place["id"]),
        adopted(studio, location_id=FAR),
        drop_holiday_calendar(studio.ctx, DropHolidayCalendar(calendar_id=theirs)),
    ):
        await refused(studio, act, NotFound)
    async with in_year(studio, 2030) as ctx:
        assert await refresh_holiday_calendars(ctx) == 0
    assert await other_studio.state() == before


async def test_adopting_costs_few_statements_however_many_days(studio: Studio) -> None:
    """The place, the lock, whether it is there, the calendar, its days in one, number, event, audit."""
    (place,) = await studio.table("locations")
    with counted(studio.house) as seen:
        await adopted(studio, "US-CA", place["id"])
    assert len(seen) == 8, seen


async def test_days_do_not_depend_on_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever LANGUAGE says, a place's holidays have the names that the place gives them."""
    monkeypatch.setenv("LANGUAGE", "th")
    found = await PackagedHolidays().days("DE-BE", [2027])
    assert found is not None
    assert [(one.day.isoformat(), one.name) for one in found] == BERLIN_2027


async def test_every_code_has_an_answer() -> None:
    """Names that can be kept, days of the years asked for, in order; days observed earlier are there."""
    known = PackagedHolidays()
    codes = await known.codes()
    assert len(codes) > 800
    assert {"DE", "DE-BE", "US", "US-CA", "FR", "GB-ENG"} <= set(codes)
    for code in codes:
        found = await known.days(code, range(2027, 2029))
        assert found is not None
        days = [one.day for one in found]
        assert days == sorted(set(days)), code
        assert all(one.day.year in (2027, 2028) and one.name.strip() for one in found), code
    moved = await known.days("US", [2027])
    assert moved is not None
    assert date(2027, 12, 31) in {one.day for one in moved}
