"""Every zone of the tz database, every change of its clocks from 2020 to 2040."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from core.availability.bits import NOTHING, Engine
from core.availability.hours import WEEKDAYS, WeeklyHours, wall_minute, windows
from core.availability.walls import wall_clock
from tests.core.availability.oracle import (
    EPOCH,
    MINUTE,
    Transition,
    first_showing,
    transitions,
    wall_at,
    wall_of,
    zones_by_rules,
)
from tests.core.availability.simple import book_in, search_in

SHIFTS: list[list[int]] = [[0, 45], [65, 110], [125, 140], [155, 250], [540, 1_020], [1_290, 1_530]]
HOURS: WeeklyHours = dict.fromkeys(WEEKDAYS, SHIFTS)


def day_of(transition: Transition) -> date:
    """The local day on which the clocks change, by the clock that is left."""
    return (EPOCH + (transition.minute + transition.before) * MINUTE).date()


def by_arithmetic(wall: int, transition: Transition) -> int:
    """The first UTC minute that shows a wall time or later, where the nearest change is this one."""
    if wall - transition.before < transition.minute:
        return wall - transition.before
    return max(transition.minute, wall - transition.after)


def test_the_sample_is_the_whole_database() -> None:
    """Hundreds of zones, and thousands of changes of which dozens differ in kind."""
    assert sum(len(names) for names in zones_by_rules().values()) > 550
    assert len(transitions()) > 4_000
    assert len({transition.rule for transition in transitions()}) > 60
    named = {transition.zone for transition in transitions()}
    for zone in ("Africa/Casablanca", "Australia/LHI", "Eire", "NZ-CHAT", "US/Eastern", "America/New_York"):
        assert any(zone in names and twin in named for twin, names in zones_by_rules().items())


def test_every_change_in_every_zone_agrees_with_arithmetic() -> None:
    """Wall times before, within and after each change stand for the minutes that its offsets say."""
    wrong = []
    for transition in transitions():
        zone = ZoneInfo(transition.zone)
        edges = (transition.minute + transition.before, transition.minute + transition.after)
        near = {edge + by for edge in edges for by in (-1, 0, 1)} | {sum(edges) // 2}
        midnight = wall_of(day_of(transition), 0)
        near |= {midnight, midnight + 540, midnight + 1_020, midnight + 1_440}
        for wall in near:
            day, minute = divmod(wall, 1_440)
            found = wall_minute((EPOCH + timedelta(days=day)).date(), minute, zone)
            if found != by_arithmetic(wall, transition):
                wrong.append((transition, wall))
    assert wrong == []


def test_each_kind_of_change_agrees_with_a_clock_watched_minute_by_minute() -> None:
    """For one change of every kind, every minute of three local days is where a watcher sees it."""
    kinds = {transition.rule: transition for transition in transitions()}
    for transition in kinds.values():
        zone = ZoneInfo(transition.zone)
        day = day_of(transition)
        minutes = range(-720, 2_160)
        watched = first_showing([wall_of(day, minute) for minute in minutes], zone)
        found = {wall_of(day, minute): wall_minute(day, minute, zone) for minute in minutes}
        assert found == watched, transition


def test_windows_on_each_kind_of_change_hold_the_minutes_that_the_wall_says() -> None:
    """Outside repeated hours a minute is open exactly when the clock on the wall is within a shift."""
    kinds = {transition.rule: transition for transition in transitions()}
    for transition in kinds.values():
        zone = ZoneInfo(transition.zone)
        day = day_of(transition)
        first, last = day - timedelta(days=1), day + timedelta(days=1)
        found = windows(HOURS, zone, first, last)
        opened = {minute for stretch in found for minute in range(*stretch)}
        shifts = [
            (wall_of(first + timedelta(days=at), start), wall_of(first + timedelta(days=at), end))
            for at in range(3)
            for start, end in SHIFTS
        ]
        repeated = (transition.minute + transition.after, transition.minute + transition.before)
        for minute in range(transition.minute - 1_000, transition.minute + 1_000):
            wall = wall_at(minute, zone)
            if repeated[0] <= wall < repeated[1]:
                continue
            assert (minute in opened) == any(start <= wall < end for start, end in shifts), transition


@pytest.mark.parametrize("shift", [[0, 1_440], [540, 1_020], [100, 200]])
def test_windows_in_every_zone_are_sorted_apart_and_as_long_as_elapsed_time(shift: list[int]) -> None:
    """Over each change the day is longer or shorter by exactly what the clocks were moved."""
    for transition in transitions():
        zone = ZoneInfo(transition.zone)
        day = day_of(transition)
        hours: WeeklyHours = {weekday: [shift] for weekday in WEEKDAYS}
        found = windows(hours, zone, day - timedelta(days=1), day + timedelta(days=1))
        assert found == sorted(found)
        assert all(one[1] < other[0] for one, other in pairwise(found))
        edges = [
            (
                by_arithmetic(wall_of(on, shift[0]), transition),
                by_arithmetic(wall_of(on, shift[1]), transition),
            )
            for on in (day - timedelta(days=1), day, day + timedelta(days=1))
        ]
        assert sum(end - start for start, end in found) == sum(max(0, end - start) for start, end in edges)


def test_the_tables_of_wall_clocks_agree_with_arithmetic() -> None:
    """What the engine reads instead of dates and zones: every change in every zone, before, in and after."""
    wrong = []
    for transition in transitions():
        edges = (transition.minute + transition.before, transition.minute + transition.after)
        near = {edge + by for edge in edges for by in (-1_440, -1, 0, 1, 1_440)} | {sum(edges) // 2}
        utc = wall_clock(transition.zone).utc
        wrong += [(transition, wall) for wall in near if utc(wall) != by_arithmetic(wall, transition)]
    assert wrong == []


def test_the_engine_offers_what_arithmetic_says_over_every_change() -> None:
    """Every change in every zone: 45 minutes, every quarter of an hour, over the night and by day; of a
    quarter of an hour that happens twice the first."""
    wrong, night_and_day = [], [[0, 225], [540, 1_020]]
    for transition in transitions():
        day = day_of(transition)
        book = book_in(transition.zone, dict.fromkeys(WEEKDAYS, night_and_day))
        begin, end = (by_arithmetic(wall_of(day, minute), transition) for minute in (-1_440, 2_880))
        found = Engine(book).found(search_in(45, step=15), begin, end, lambda _: NOTHING)
        shifts = [
            tuple(by_arithmetic(wall_of(day, later + edge), transition) for edge in shift)
            for later in (-1_440, 0, 1_440)
            for shift in night_and_day
        ]
        again = range(transition.minute, transition.minute + transition.before - transition.after)
        expected = [
            start for opens, closes in shifts for start in range(opens, closes - 44, 15) if start not in again
        ]
        if found.minutes() != expected:
            wrong.append(transition)
    assert wrong == []
