"""Slow and plain answers to what `hours` and `sweep` answer fast: minute by minute, by definition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from importlib import resources
from pathlib import Path
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from core.availability.stretches import Stretch

EPOCH = datetime(1970, 1, 1)
MINUTE = timedelta(minutes=1)
FROM, TO = datetime(2020, 1, 1, tzinfo=UTC), datetime(2041, 1, 1, tzinfo=UTC)
_STEP = timedelta(days=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of a zone's offset from UTC: the first UTC minute of the new one, and both, in minutes."""

    zone: str
    minute: int
    before: int
    after: int

    @property
    def rule(self) -> tuple[int, int, int]:
        """What makes it unlike others for our arithmetic: both offsets, and the wall's time of day."""
        return self.before, self.after, (self.minute + self.before) % 1_440


def wall_at(minute: int, zone: ZoneInfo) -> int:
    """What clocks on the wall show at a UTC minute, itself as minutes since 1970."""
    local = (EPOCH.replace(tzinfo=UTC) + minute * MINUTE).astimezone(zone).replace(tzinfo=None)
    return (local - EPOCH) // MINUTE


def wall_of(day: date, minute: int) -> int:
    """A local day and minutes after its midnight, as minutes since 1970 on the wall."""
    return (datetime(day.year, day.month, day.day) - EPOCH) // MINUTE + minute


def first_showing(walls: Sequence[int], zone: ZoneInfo) -> dict[int, int]:
    """Wall → the first UTC minute at which clocks show it or, where they skip it, something later."""
    ordered = sorted(set(walls))
    minute = ordered[0] - 30 * 60
    found = {}
    for wall in ordered:
        while wall_at(minute, zone) < wall:
            minute += 1
        found[wall] = minute
    return found


@cache
def zones_by_rules() -> dict[str, list[str]]:
    """One zone → all zones whose tables are byte for byte the same."""
    alike: dict[bytes, list[str]] = {}
    for name in sorted(available_timezones() - {"localtime", "Factory", "posixrules"}):
        alike.setdefault(_table_of(name), []).append(name)
    return {names[0]: names for names in alike.values()}


@cache
def transitions() -> tuple[Transition, ...]:
    """Every change of offset from 2020 to 2040 in every zone that is not another's twin."""
    found = []
    for name in zones_by_rules():
        zone = ZoneInfo(name)
        at, before = FROM, _offset(FROM, zone)
        while at < TO:
            after = _offset(at + _STEP, zone)
            if after != before:
                found.append(_narrowed(name, zone, at, before, after))
            at, before = at + _STEP, after
    return tuple(found)


def tiles_by_minutes(
    windows: Sequence[Stretch], busy: Sequence[Stretch], duration: int, before: int, after: int
) -> list[int]:
    """Starts end to end from where each free stretch begins, found by asking of every minute in turn."""
    taken = {minute for start, end in busy for minute in range(start, end)}
    found = []
    for opens, closes in windows:
        anchor = opens
        for start in range(opens, closes):
            whole = range(start - before, start + duration + after)
            fits = start + duration <= closes and taken.isdisjoint(whole)
            # Where a start was impossible because of what is taken, tiling begins anew after it.
            if not taken.isdisjoint(range(start - before, start + 1)):
                anchor = start + 1
            if fits and (start - anchor) % duration == 0:
                found.append(start)
    return found


def _table_of(name: str) -> bytes:
    for folder in TZPATH:
        file = Path(folder) / name
        if file.is_file():
            return file.read_bytes()
    return resources.files("tzdata").joinpath("zoneinfo", *name.split("/")).read_bytes()


def _offset(at: datetime, zone: ZoneInfo) -> int:
    offset = at.astimezone(zone).utcoffset()
    assert offset is not None
    return offset // MINUTE


def _narrowed(name: str, zone: ZoneInfo, start: datetime, before: int, after: int) -> Transition:
    low, high = start, start + _STEP
    while high - low > MINUTE:
        middle = low + (high - low) // 2 // MINUTE * MINUTE
        low, high = (middle, high) if _offset(middle, zone) == before else (low, middle)
    minute = (high.replace(tzinfo=None) - EPOCH) // MINUTE
    return Transition(zone=name, minute=minute, before=before, after=after)
