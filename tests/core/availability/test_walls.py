"""Wall clocks, local days, the first and the last start, and the sentences of refused rules: by hand."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.availability.hours import WEEKDAYS
from core.availability.hours import issues_in as issues_in_hours
from core.availability.recurrence import Recurrence
from core.availability.recurrence import issues_in as issues_in_rule
from core.availability.search import earliest_start, latest_start, local_day
from core.availability.walls import CHUNK, DAY, WallClock
from core.kernel.text import zone_of
from tests.core.availability.in_memory import AT, MONDAY, TEN, service

MIDNIGHT = AT - 600


def test_a_wall_clock_is_a_table_of_the_zone() -> None:
    """New York's night of the change, from both sides, and its offset on days around it."""
    clock = WallClock("America/New_York")
    sunday = (MIDNIGHT + 6 * DAY) // DAY
    assert [clock.offset_on(sunday + day) for day in (-4, -3, -2, -1, 0, 1, 2)] == [
        -300,
        -300,
        None,
        None,
        None,
        None,
        -240,
    ]
    wall = sunday * DAY
    assert [clock.utc(wall + minute) - wall for minute in (119, 120, 150, 180, 181)] == [
        419,
        420,
        420,
        420,
        421,
    ]
    edge = (wall // CHUNK) * CHUNK
    assert [clock.utc(edge + minute) - edge - minute for minute in (-1, 0, 1, CHUNK - 1, CHUNK)] == [
        300,
        300,
        300,
        240,
        240,
    ]


def test_what_a_wall_shows_again() -> None:
    """The hour after New York's change in November, to any range that touches it; none in March."""
    clock, again = WallClock("America/New_York"), (date(2027, 11, 7).toordinal() - 719_163) * DAY + 360
    hour = (again, again + 60)
    for begin, end, expected in (
        (again, again + 1, [hour]),
        (again - 1, again, []),
        (again + 59, again + 60, [hour]),
        (again + 60, again + 61, []),
        (MIDNIGHT, MIDNIGHT + 30 * DAY, []),
        (again - 3 * CHUNK, again + 3 * CHUNK, [hour]),
        (again - 372 * DAY, again + 1, [(again - 371 * DAY, again - 371 * DAY + 60), hour]),
    ):
        assert clock.repeats(begin, end) == expected
    assert WallClock("UTC").repeats(again - 366 * DAY, again) == []


def test_every_hour_of_two_years_of_walls() -> None:
    """The table and the zone itself agree; also where the change lies at an edge of a table."""
    for name in ("America/New_York", "Australia/Lord_Howe", "Pacific/Apia"):
        clock, zone = WallClock(name), zone_of(name)
        for hour in range(0, 2 * 366 * 24, 5):
            wall = datetime(2011, 1, 1) + timedelta(hours=hour)
            minutes = (wall - datetime(1970, 1, 1)) // timedelta(minutes=1)
            instant = wall.replace(tzinfo=zone)
            if instant.astimezone(zone_of("UTC")).astimezone(zone).replace(tzinfo=None) == wall:
                assert clock.utc(minutes) == int(instant.timestamp()) // 60


def test_a_local_day_is_from_midnight_to_midnight() -> None:
    """Both ends to the minute; in the fold of a midnight, Havana's day is the one that the clock had begun."""
    utc, york = zone_of("UTC"), zone_of("America/New_York")
    assert local_day(MIDNIGHT, utc) == (MIDNIGHT, MIDNIGHT + DAY)
    assert local_day(MIDNIGHT + DAY - 1, utc) == (MIDNIGHT, MIDNIGHT + DAY)
    assert local_day(MIDNIGHT + 299, york) == (MIDNIGHT - DAY + 300, MIDNIGHT + 300)
    sunday = MIDNIGHT + 6 * DAY
    assert local_day(sunday + 300, york) == (sunday + 300, sunday + 300 + DAY - 60)
    # Havana goes from one o'clock back to midnight on 7 November 2027: 04:00 and 05:00 in UTC are midnight.
    havana, midnight = zone_of("America/Havana"), (date(2027, 11, 7).toordinal() - 719_163) * DAY + 240
    for minute in (midnight, midnight + 59, midnight + 60, midnight + 119):
        assert local_day(minute, havana) == (midnight, midnight + DAY + 60)
    assert local_day(midnight - 1, havana) == (midnight - DAY, midnight)


def test_the_last_minutes_of_a_day_that_come_after_its_end_are_the_next_days() -> None:
    """St John's went back from one past midnight to one past eleven on 7 November 2010, at 02:31 in UTC."""
    zone, sunday = zone_of("America/St_Johns"), (date(2010, 11, 7).toordinal() - 719_163) * DAY + 150
    monday = sunday + DAY + 60
    assert local_day(sunday - 1, zone) == (sunday - DAY, sunday)
    for minute in (sunday, sunday + 1, sunday + 59, sunday + 60, monday - 1):
        assert local_day(minute, zone) == (sunday, monday)
    assert local_day(monday, zone) == (monday, monday + DAY)


@pytest.mark.parametrize(
    ("rules", "seconds", "expected"),
    [
        (None, 0, (1, 5 * 366 * DAY)),
        (None, 1, (1, 5 * 366 * DAY)),
        ({}, 59, (1, 5 * 366 * DAY)),
        ({"notice_minutes": 1}, 0, (1, 5 * 366 * DAY)),
        ({"notice_minutes": 1}, 1, (2, 5 * 366 * DAY)),
        ({"notice_minutes": 60, "horizon_minutes": 90}, 0, (60, 90)),
        ({"horizon_minutes": 5 * 366 * DAY + 1}, 0, (1, 5 * 366 * DAY)),
    ],
)
def test_the_first_and_the_last_start(
    rules: dict[str, Any] | None, seconds: int, expected: tuple[int, int]
) -> None:
    """In whole minutes from now, the future alone, and five years at most."""
    wanted = None if rules is None else service(**rules)
    now = TEN + timedelta(seconds=seconds)
    first, last = earliest_start(now, wanted, for_staff=False), latest_start(now, wanted, for_staff=False)
    assert (first - AT, last - AT) == expected


@pytest.mark.parametrize(("binds", "expected"), [(True, (60, 90)), (False, (1, 5 * 366 * DAY))])
def test_staff_heed_notice_and_horizon_where_the_service_says_so(
    binds: bool, expected: tuple[int, int]
) -> None:
    """Elsewhere they have the whole future up to five years."""
    wanted = service(notice_minutes=60, horizon_minutes=90, notice_binds_staff=binds)
    first, last = earliest_start(TEN, wanted, for_staff=True), latest_start(TEN, wanted, for_staff=True)
    assert (first - AT, last - AT) == expected


def test_refused_rules_say_why() -> None:
    """The sentences that are shown, to the letter."""
    said = issues_in_hours({"x": [], "monday": [[5, 5]], "tuesday": [[1, 3], [2, 4]]}, "hours")
    assert [(issue.path, issue.message) for issue in said] == [
        ("hours.x", f"must be one of {', '.join(WEEKDAYS)}"),
        ("hours.monday", "must start within the day and end after it starts"),
        ("hours.tuesday", "shifts must not overlap"),
    ]
    bad = Recurrence(frequency="x", interval=1_001, byday=("XX",), count=10_001, until=date(2027, 3, 7))
    assert [(issue.path, issue.message) for issue in issues_in_rule(bad, "rule", anchor=MONDAY)] == [
        ("rule.frequency", "must be one of DAILY, WEEKLY, MONTHLY"),
        ("rule.interval", "must be 1 to 1000"),
        ("rule.weekdays", "must be of MO, TU, WE, TH, FR, SA, SU, without ordinals"),
        ("rule.count", "must be 1 to 10000"),
        ("rule.until", "must not be before the first day"),
    ]
    for byday, text in (
        (("MO", "MO"), "must name each weekday once"),
        (("MO",), "must be empty in a monthly rule"),
    ):
        (issue,) = issues_in_rule(Recurrence(frequency="MONTHLY", byday=byday), "rule")
        assert issue.message == text
    edge = Recurrence(frequency="DAILY", interval=1_000, count=10_000, until=MONDAY)
    assert issues_in_rule(edge, "rule", anchor=MONDAY) == []
    assert issues_in_rule(Recurrence(frequency="DAILY", until=date.min), "rule") == []
