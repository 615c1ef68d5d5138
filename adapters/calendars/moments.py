"""Times and durations as calendars write them (RFC 5545, 3.3.4 to 3.3.9)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from adapters.calendars.lines import Line
from adapters.calendars.unreadable import MALFORMED
from adapters.calendars.zones import Universal, Zone, Zones
from core.calendars.busy import Unreadable

_MOMENT = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})(?:T([0-9]{2})([0-9]{2})([0-9]{2})?(Z)?)?")
_DURATION = re.compile(
    r"([+-])?P(?:([0-9]{1,6})W)?(?:([0-9]{1,6})D)?"
    r"(?:T(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,9})S)?)?"
)
_UNIVERSAL = Universal()
_FIRST_YEAR, _LAST_YEAR = 1, 9998


@dataclass(frozen=True, slots=True)
class Moment:
    """A wall time in a zone; of a whole day where `is_day`, and then at its midnight."""

    wall: datetime
    zone: Zone
    is_day: bool

    def utc(self) -> datetime:
        """The instant. Raises Unreadable (MALFORMED) at the ends of the calendar."""
        try:
            return self.zone.utc(self.wall)
        except OverflowError:
            raise Unreadable(MALFORMED) from None


@dataclass(frozen=True, slots=True)
class Length:
    """A duration: days as the calendar counts them, and then seconds that really pass."""

    days: timedelta
    seconds: timedelta

    def after(self, start: Moment) -> datetime:
        """The instant so long after a moment. Raises Unreadable (MALFORMED) at the ends of the calendar."""
        try:
            return Moment(start.wall + self.days, start.zone, start.is_day).utc() + self.seconds
        except OverflowError:
            raise Unreadable(MALFORMED) from None


@dataclass(frozen=True, slots=True)
class Written:
    """Reads the moments of one calendar; those without a zone are meant in `floating`."""

    zones: Zones
    floating: Zone

    def moment(self, line: Line) -> Moment:
        """The only moment of a property. Raises Unreadable."""
        return self.of(line.value, line.parameters)

    def moments(self, line: Line) -> Iterator[tuple[Moment, datetime | None]]:
        """The moments of a list, and where periods are listed, the instants at which they end."""
        for one in line.value.split(","):
            if not one.strip():
                continue
            begin, slash, end = one.partition("/")
            start = self.of(begin, line.parameters)
            if not slash:
                yield start, None
            elif end.strip().upper().startswith(("P", "+P", "-P")):
                yield start, length(end).after(start)
            else:
                yield start, self.of(end, line.parameters).utc()

    def of(self, text: str, parameters: dict[str, str]) -> Moment:
        """The moment that a text says."""
        match = _MOMENT.fullmatch(text.strip().upper())
        if match is None:
            raise Unreadable(MALFORMED)
        year, month, day, hour, minute, second = (int(one or 0) for one in match.groups()[:6])
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            raise Unreadable(MALFORMED)
        try:
            wall = datetime(year, month, day, hour, minute, min(second, 59))
        except ValueError:
            raise Unreadable(MALFORMED) from None
        if match[4] is None:
            return Moment(wall, self.floating, True)
        if match[7]:
            return Moment(wall, _UNIVERSAL, False)
        tzid = parameters.get("TZID")
        return Moment(wall, self.zones.of(tzid) if tzid else self.floating, False)

    def limit(self, text: str, start: Moment) -> datetime:
        """The last instant that an UNTIL allows, in the zone of what recurs."""
        until = self.of(text, {})
        if until.is_day:
            return Moment(until.wall + timedelta(days=1, seconds=-1), start.zone, False).utc()
        if until.zone is _UNIVERSAL:
            return until.wall.replace(tzinfo=UTC)
        return Moment(until.wall, start.zone, False).utc()


def length(text: str) -> Length:
    """The duration that a text says; a negative one is none. Raises Unreadable (MALFORMED)."""
    match = _DURATION.fullmatch(text.strip().upper())
    if match is None:
        raise Unreadable(MALFORMED)
    if match[1] == "-":
        return Length(timedelta(), timedelta())
    weeks, days, hours, minutes, seconds = (int(one or 0) for one in match.groups()[1:])
    try:
        return Length(
            timedelta(days=weeks * 7 + days), timedelta(hours=hours, minutes=minutes, seconds=seconds)
        )
    except OverflowError:
        raise Unreadable(MALFORMED) from None
