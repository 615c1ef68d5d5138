"""Weekly hours: what may be written down, and which minutes it opens on ordinary days."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.availability.hours import WEEKDAYS, WeeklyHours, every_day, exists, issues_in, merged, windows
from core.kernel.clock import minute_of

BERLIN = ZoneInfo("Europe/Berlin")
MONDAY, TUESDAY, SUNDAY = date(2027, 3, 1), date(2027, 3, 2), date(2027, 3, 7)


def utc(text: str) -> int:
    """The UTC minute of a text such as `2027-03-01 09:00`."""
    return minute_of(datetime.fromisoformat(text).replace(tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ({}, []),
        ({"monday": []}, []),
        ({"monday": [[0, 1]]}, []),
        ({"monday": [[0, 1_440]]}, []),
        ({"monday": [[1_439, 2_880]]}, []),
        ({"monday": [[540, 720], [720, 1_020]]}, []),
        ({"monday": [[780, 1_020], [540, 720]]}, []),
        ({"Monday": [[540, 720]]}, [("hours.Monday", "UNKNOWN_WEEKDAY")]),
        ({"funday": [[540, 720]]}, [("hours.funday", "UNKNOWN_WEEKDAY")]),
        ({"monday": [[540, 540]]}, [("hours.monday", "BAD_SHIFT")]),
        ({"monday": [[720, 540]]}, [("hours.monday", "BAD_SHIFT")]),
        ({"monday": [[-1, 540]]}, [("hours.monday", "BAD_SHIFT")]),
        ({"monday": [[1_440, 1_500]]}, [("hours.monday", "BAD_SHIFT")]),
        ({"monday": [[0, 2_881]]}, [("hours.monday", "BAD_SHIFT")]),
        ({"monday": [[540, 720], [719, 800]]}, [("hours.monday", "OVERLAPPING_SHIFTS")]),
        ({"monday": [[540, 900], [600, 660], [880, 960]]}, [("hours.monday", "OVERLAPPING_SHIFTS")] * 2),
        (
            {"monday": [[5, 5]], "sunday": [[1, 3], [2, 4]], "x": []},
            [
                ("hours.monday", "BAD_SHIFT"),
                ("hours.sunday", "OVERLAPPING_SHIFTS"),
                ("hours.x", "UNKNOWN_WEEKDAY"),
            ],
        ),
    ],
)
def test_what_is_wrong_with_hours_is_named(hours: WeeklyHours, expected: list[Any]) -> None:
    """Every bad shift is an issue at its weekday; sound hours have none."""
    assert [(issue.path, issue.code) for issue in issues_in(hours, "hours")] == expected


def test_hours_are_wall_clock_time_in_the_zone() -> None:
    """Nine to five in Berlin in winter is eight to four in UTC."""
    assert windows(every_day(540, 1_020), BERLIN, MONDAY, TUESDAY) == [
        (utc("2027-03-01 08:00"), utc("2027-03-01 16:00")),
        (utc("2027-03-02 08:00"), utc("2027-03-02 16:00")),
    ]


def test_days_without_hours_are_closed() -> None:
    """A weekday that is missing, and one whose list is empty, open nothing; the others are their own."""
    hours: WeeklyHours = {"monday": [[540, 600]], "wednesday": [], "sunday": [[0, 60]]}
    assert windows(hours, ZoneInfo("UTC"), MONDAY, SUNDAY) == [
        (utc("2027-03-01 09:00"), utc("2027-03-01 10:00")),
        (utc("2027-03-07 00:00"), utc("2027-03-07 01:00")),
    ]


def test_split_shifts_stay_apart_and_those_that_touch_are_one() -> None:
    """A lunch break parts the day; a shift that begins where another ends does not."""
    hours: WeeklyHours = {"monday": [[780, 1_020], [540, 720], [1_020, 1_080]]}
    assert windows(hours, ZoneInfo("UTC"), MONDAY, MONDAY) == [
        (utc("2027-03-01 09:00"), utc("2027-03-01 12:00")),
        (utc("2027-03-01 13:00"), utc("2027-03-01 18:00")),
    ]


def test_a_shift_over_midnight_counts_with_the_day_it_began_on() -> None:
    """Monday's night shift ends on Tuesday, and is not Tuesday's."""
    hours: WeeklyHours = {"monday": [[1_320, 1_800]]}
    night = [(utc("2027-03-01 21:00"), utc("2027-03-02 05:00"))]
    assert windows(hours, BERLIN, MONDAY, MONDAY) == night
    assert windows(hours, BERLIN, MONDAY, TUESDAY) == night
    assert windows(hours, BERLIN, TUESDAY, TUESDAY) == []


def test_a_night_shift_runs_into_the_next_days_hours() -> None:
    """Where a night ends after the morning began, the two are one stretch."""
    hours: WeeklyHours = {"monday": [[1_320, 2_000]], "tuesday": [[480, 720]]}
    assert windows(hours, ZoneInfo("UTC"), MONDAY, TUESDAY) == [
        (utc("2027-03-01 22:00"), utc("2027-03-02 12:00"))
    ]


def test_around_the_clock_is_one_stretch() -> None:
    """Seven days of 24 hours have no seams."""
    assert windows(every_day(0, 1_440), BERLIN, MONDAY, SUNDAY) == [
        (utc("2027-02-28 23:00"), utc("2027-03-07 23:00"))
    ]


def test_an_empty_range_of_days_opens_nothing() -> None:
    """Where the last day is before the first there is no day."""
    assert windows(every_day(0, 1_440), BERLIN, TUESDAY, MONDAY) == []


@given(st.lists(st.tuples(st.integers(0, 80), st.integers(1, 30)), max_size=12))
def test_a_union_is_sorted_apart_and_covers_the_same_minutes(drawn: list[tuple[int, int]]) -> None:
    """Merging changes how stretches are written, never which minutes they hold."""
    stretches = [(start, start + length) for start, length in drawn]
    union = merged(stretches)
    assert all(one[1] < other[0] for one, other in pairwise(union))
    assert {minute for stretch in union for minute in range(*stretch)} == {
        minute for stretch in stretches for minute in range(*stretch)
    }


@pytest.mark.parametrize(
    ("wall", "there"),
    [
        ("2027-03-28 01:59", True),
        ("2027-03-28 02:00", False),
        ("2027-03-28 02:59", False),
        ("2027-03-28 03:00", True),
        ("2027-10-31 02:30", True),
    ],
)
def test_a_wall_time_in_a_gap_does_not_exist(wall: str, there: bool) -> None:
    """Berlin skips the hour from two to three in March, and has it twice in October."""
    assert exists(datetime.fromisoformat(wall), BERLIN) is there


def test_weekdays_are_named_from_monday_on() -> None:
    """The names stand in the order of date.weekday()."""
    assert WEEKDAYS[MONDAY.weekday()] == "monday"
    assert WEEKDAYS[SUNDAY.weekday()] == "sunday"
