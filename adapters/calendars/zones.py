"""Time zones as calendars name them: IANA names, those of Windows, and zones of a calendar's own."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import accumulate
from typing import Protocol
from zoneinfo import ZoneInfo, available_timezones

from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON  # facts of Unicode's CLDR

from adapters.calendars.lines import Component
from adapters.calendars.recurrence import Rule, read_rule, starts
from adapters.calendars.unreadable import MALFORMED, UNKNOWN_TIME_ZONE, Budget
from core.calendars.busy import Unreadable

_OFFSET = re.compile(r"([+-])([0-9]{2})([0-9]{2})([0-9]{2})?")
_WALL = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2}))?Z?")
_WINDOWS = {name.lower(): zone for name, zone in WINDOWS_TO_OLSON.items()}
_NEVER, _EVER = datetime(1, 1, 1), datetime(9998, 12, 31)


class Zone(Protocol):
    """A zone, as far as reading calendars needs it."""

    def utc(self, wall: datetime) -> datetime:
        """The instant of a wall time; the first of two, and in a gap by the offset before it.

        RFC 5545, 3.3.5.
        """
        ...


@dataclass(frozen=True, slots=True)
class KnownZone:
    """A zone of the IANA database."""

    zone: ZoneInfo

    def utc(self, wall: datetime) -> datetime:
        """By PEP 495's fold 0, which is RFC 5545's rule."""
        return wall.replace(tzinfo=self.zone, fold=0).astimezone(UTC)


class Universal:
    """UTC."""

    def utc(self, wall: datetime) -> datetime:
        """The same time."""
        return wall.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Observance:
    """A stretch of a zone's rules: from each onset, a wall time by the offset before, another offset."""

    begin: datetime
    before: timedelta
    after: timedelta
    rules: tuple[Rule, ...]
    more: tuple[datetime, ...]


class OwnZone:
    """A zone as a calendar's VTIMEZONE describes it. Raises Unreadable (MALFORMED) where it does not."""

    def __init__(self, described: Component, budget: Budget) -> None:
        self._budget = budget
        self._observances = [_observance(one) for one in described.inside]
        self._years: dict[int, tuple[list[datetime], list[timedelta]]] = {}
        if not self._observances:
            raise Unreadable(MALFORMED)

    def utc(self, wall: datetime) -> datetime:
        """By the last onset that lies before the wall time."""
        onsets, offsets = self._onsets(wall.year)
        offset = offsets[bisect_right(onsets, wall)]
        try:
            return (wall - offset).replace(tzinfo=UTC)
        except OverflowError:
            raise Unreadable(MALFORMED) from None

    def _onsets(self, year: int) -> tuple[list[datetime], list[timedelta]]:
        """The onsets that matter in a year, in order, and the offsets before the first and after each."""
        if year not in self._years:
            first = datetime(max(year - 1, 1), 1, 1)
            last = datetime(min(year + 1, 9998), 12, 31)
            found = sorted(
                (onset, one.before, one.after)
                for one in self._observances
                for onset in self._of(one, first, last)
            )
            # What a gap swallows is still told by the offset before it.
            ends = (onset + max(timedelta(), after - before) for onset, before, after in found)
            self._years[year] = (list(accumulate(ends, max)), [found[0][1], *(after for *_, after in found)])
        return self._years[year]

    def _of(self, one: _Observance, first: datetime, last: datetime) -> set[datetime]:
        found = {one.begin, *one.more}
        self._budget.spend(len(found))
        for rule in one.rules:
            if rule.until is None and rule.count is None:
                found.update(starts(rule, one.begin, first, last, self._budget))
                continue
            until = _EVER if rule.until is None else _wall(rule.until) + one.before
            found.update(starts(rule, one.begin, _NEVER, min(until, last), self._budget))
        return found


class Zones:
    """The zones that a calendar's times are written in."""

    def __init__(self, described: Iterable[Component], budget: Budget) -> None:
        self._budget = budget
        self._described = {
            name.value.strip(): one for one in described if (name := one.first("TZID")) is not None
        }
        self._found: dict[str, Zone] = {}

    def of(self, tzid: str) -> Zone:
        """The zone of a TZID. Raises Unreadable (UNKNOWN_TIME_ZONE) where nobody knows it."""
        if tzid not in self._found:
            self._found[tzid] = self._look(tzid)
        return self._found[tzid]

    def _look(self, tzid: str) -> Zone:
        described = self._described.get(tzid.strip())
        place = None if described is None else described.first("X-LIC-LOCATION")
        for name in (tzid, "" if place is None else place.value):
            if (known := known_zone(name)) is not None:
                return KnownZone(known)
        if described is None:
            raise Unreadable(UNKNOWN_TIME_ZONE)
        return OwnZone(described, self._budget)


def known_zone(name: str) -> ZoneInfo | None:
    """The IANA zone of a name: its own, one of Windows, or one behind a maker's prefix, in any case."""
    asked = name.strip().lower()
    if asked not in _names() and asked in _WINDOWS:
        asked = _WINDOWS[asked].lower()
    parts = asked.split("/")
    for count in (len(parts), 3, 2):  # /citadel.org/20210210_1/America/Argentina/Salta, /…/Europe/Berlin
        found = _names().get("/".join(parts[-count:]))
        if found is not None:
            return ZoneInfo(found)
    return None


@cache
def _names() -> dict[str, str]:
    return {name.lower(): name for name in available_timezones() - {"localtime", "Factory", "posixrules"}}


def _observance(described: Component) -> _Observance:
    begin, before, after = (described.first(name) for name in ("DTSTART", "TZOFFSETFROM", "TZOFFSETTO"))
    if begin is None or before is None or after is None:
        raise Unreadable(MALFORMED)
    return _Observance(
        begin=_wall(begin.value),
        before=_offset(before.value),
        after=_offset(after.value),
        rules=tuple(read_rule(line.value) for line in described.lines.get("RRULE", ())),
        more=tuple(_wall(one) for line in described.lines.get("RDATE", ()) for one in line.value.split(",")),
    )


def _wall(text: str) -> datetime:
    match = _WALL.fullmatch(text.strip())
    try:
        assert match is not None
        year, month, day, hour, minute, second = (int(one or 0) for one in match.groups())
        return datetime(min(year, 9998), month, day, hour, minute, min(second, 59))
    except (AssertionError, ValueError):
        raise Unreadable(MALFORMED) from None


def _offset(text: str) -> timedelta:
    match = _OFFSET.fullmatch(text.strip())
    if match is None:
        raise Unreadable(MALFORMED)
    hours, minutes, seconds = (int(one or 0) for one in match.groups()[1:])
    size = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -size if match[1] == "-" else size
