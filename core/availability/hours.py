"""Weekly hours: wall-clock rules, and the instants they stand for on a given day in a zone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.kernel.clock import instant_of, minute_of
from core.kernel.errors import Issue

DAY_MINUTES = 24 * 60
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

WeeklyHours = dict[str, list[list[int]]]
"""Weekday name → [start, end] pairs in minutes after local midnight, sorted and apart.

An end may run past midnight, up to 2,880; a weekday that is missing is closed.
"""


def every_day(start: int, end: int) -> WeeklyHours:
    """The same hours on all seven days, in minutes after midnight."""
    return {weekday: [[start, end]] for weekday in WEEKDAYS}


def issues_in(hours: Mapping[str, Sequence[Sequence[int]]], path: str) -> list[Issue]:
    """What is wrong with weekly hours, if anything."""
    issues = []
    for weekday, shifts in hours.items():
        here = f"{path}.{weekday}"
        if weekday not in WEEKDAYS:
            issues.append(Issue(here, "UNKNOWN_WEEKDAY", f"must be one of {', '.join(WEEKDAYS)}"))
            continue
        last_end = 0
        for start, end in sorted(tuple(shift) for shift in shifts):
            if not 0 <= start < DAY_MINUTES or not start < end <= 2 * DAY_MINUTES:
                issues.append(Issue(here, "BAD_SHIFT", "must start within the day and end after it starts"))
            elif start < last_end:
                issues.append(Issue(here, "OVERLAPPING_SHIFTS", "shifts must not overlap"))
            last_end = max(last_end, end)
    return issues


def windows(hours: WeeklyHours, zone: ZoneInfo, first: date, last: date) -> list[tuple[int, int]]:
    """The open stretches of the days `first` to `last`, both included, in UTC minutes.

    Sorted, half-open and apart: shifts that touch are one stretch.
    """
    return merged(shifts(hours, zone, first, last))


def shifts(hours: WeeklyHours, zone: ZoneInfo, first: date, last: date) -> list[tuple[int, int]]:
    """Each shift that begins on the days `first` to `last`, both included, in UTC minutes.

    Sorted and half-open. A shift of the day before that runs past midnight counts with the
    day it began on. A wall time inside a daylight-saving gap stands for the end of the gap; one that
    happens twice stands for its first occurrence.
    """
    found: list[tuple[int, int]] = []
    day = first
    while day <= last:
        for start, end in hours.get(WEEKDAYS[day.weekday()], ()):
            opens, closes = wall_minute(day, start, zone), wall_minute(day, end, zone)
            if opens < closes:
                found.append((opens, closes))
        day += timedelta(days=1)
    return sorted(found)


def merged(stretches: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """The union of half-open stretches: sorted, and apart where they do not touch."""
    union: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if union and start <= union[-1][1]:
            union[-1] = (union[-1][0], max(union[-1][1], end))
        else:
            union.append((start, end))
    return union


def wall_minute(day: date, minute: int, zone: ZoneInfo) -> int:
    """The UTC minute of a wall time, given as minutes after midnight of a local day.

    In a gap: the first minute after it. In a fold: the first occurrence.
    """
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    instant = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != wall:
        return _end_of_gap(wall, zone)
    return minute_of(instant)


def exists(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether a wall time happens at all in the zone: False inside a daylight-saving gap."""
    there = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    return there.astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None, fold=0)


def is_repeated(minute: int, zone: ZoneInfo) -> bool:
    """Whether the wall of a zone shows at this UTC minute what it showed before, as clocks went back."""
    return instant_of(minute).astimezone(zone).fold == 1


def _end_of_gap(wall: datetime, zone: ZoneInfo) -> int:
    """The first minute whose wall time is past the gap that swallows `wall`."""
    # PEP 495: in a gap, fold=1 reads the wall time with the offset in force after it, and so gives
    # an instant before the change, and fold=0 one after it.
    low = minute_of(wall.replace(tzinfo=zone, fold=1).astimezone(UTC))
    high = minute_of(wall.replace(tzinfo=zone, fold=0).astimezone(UTC))
    target = wall
    while low < high:
        middle = (low + high) // 2
        local = datetime.fromtimestamp(middle * 60, zone).replace(tzinfo=None)
        if local < target:
            low = middle + 1
        else:
            high = middle
    return low
