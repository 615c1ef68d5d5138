"""Others' calendars, read: when they are busy."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from adapters.calendars.lines import Component, Line, components_of
from adapters.calendars.moments import Length, Moment, Written, length
from adapters.calendars.recurrence import read_rule, starts
from adapters.calendars.unreadable import MALFORMED, Budget
from adapters.calendars.zones import KnownZone, Zones
from core.availability.sweep import Stretch
from core.calendars.addresses import Addresses
from core.calendars.busy import Unreadable
from core.kernel.clock import instant_of, minute_of

STEPS = 1_000_000
"""Days looked at by recurrence rules, and instances replaced, in one calendar: a few seconds' work."""

_FREE = frozenset({"FREE", "WORKINGELSEWHERE"})
_AROUND = timedelta(days=2)
_LONGEST = timedelta(days=36_500)


class IcsReader:
    """See core.calendars.busy.CalendarReader."""

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses

    async def busy(
        self, body: bytes, *, business_id: int, time_zone: str, first: int, last: int
    ) -> list[Stretch]:
        """Read beside other requests: a large calendar takes seconds."""
        return await asyncio.to_thread(self.read, body, business_id, time_zone, first, last)

    def read(self, body: bytes, business_id: int, time_zone: str, first: int, last: int) -> list[Stretch]:
        """The busy stretches. Raises Unreadable, MALFORMED too where times leave the calendar of years."""
        try:
            return self._read(body, business_id, time_zone, first, last)
        except OverflowError:
            raise Unreadable(MALFORMED) from None

    def _read(self, body: bytes, business_id: int, time_zone: str, first: int, last: int) -> list[Stretch]:
        budget = Budget(STEPS)
        components = components_of(body)
        zones = Zones((one for one in components if one.name == "VTIMEZONE"), budget)
        written = Written(zones, KnownZone(ZoneInfo(time_zone)))
        groups: dict[str, _Group] = {}
        found: list[Stretch] = []
        for number, component in enumerate(components):
            if component.name == "VFREEBUSY":
                found += _told_busy(component, written)
            elif component.name == "VEVENT":
                uid = component.first("UID")
                name = f"\n{number}" if uid is None else uid.value.strip()
                if not self._addresses.is_own(business_id, name):
                    groups.setdefault(name, _Group()).add(component, written, budget)
        window = _Window(instant_of(first), instant_of(last), budget)
        for group in groups.values():
            found += group.stretches(written, window)
        return found


@dataclass(frozen=True, slots=True)
class _Window:
    first: datetime
    last: datetime
    budget: Budget


@dataclass(slots=True)
class _Group:
    """The events of one UID: what recurs or stands alone, and by the start it replaces, what is otherwise."""

    masters: list[Component] = field(default_factory=list)
    others: dict[tuple[bool, datetime], tuple[Moment, Component]] = field(default_factory=dict)

    def add(self, event: Component, written: Written, budget: Budget) -> None:
        """Of two that replace the same start the later revision holds."""
        replaced = event.first("RECURRENCE-ID")
        if replaced is None:
            self.masters.append(event)
            return
        budget.spend()
        moment = written.moment(replaced)
        key = (moment.is_day, moment.utc())
        if key not in self.others or _revision(event) >= _revision(self.others[key][1]):
            self.others[key] = (moment, event)

    def stretches(self, written: Written, window: _Window) -> Iterator[Stretch]:
        """When the events are busy."""
        replaced = _Gone(moment for moment, _ in self.others.values())
        changes = _Changes.of(
            _Change.of(moment, other, written) for moment, other in self.others.values() if _ranges(other)
        )
        for master in self.masters:
            if _blocks(master) or changes.all:
                yield from _recurring(master, replaced, changes, written, window)
        for _, other in self.others.values():
            if _blocks(other):
                start, event_length, end = _times(other, written)
                yield from _stretch(start.utc(), _end(start, event_length, end))


def _ranges(event: Component) -> bool:
    """Whether what replaces one start goes for all later ones, too (RFC 5545, 3.2.13)."""
    line = event.first("RECURRENCE-ID")
    return line is not None and line.parameters.get("RANGE", "").upper() == "THISANDFUTURE"


@dataclass(frozen=True, slots=True)
class _Span:
    """How long each of an event's instances takes: the same exact time where an end was written, the same
    nominal length where a length was."""

    exact: timedelta | None
    nominal: Length

    @classmethod
    def of(cls, start: Moment, nominal: Length, end: datetime | None) -> _Span:
        """That of an event with these times."""
        return cls(None if end is None else end - start.utc(), nominal)

    def after(self, moment: Moment) -> datetime:
        """The end of what starts then."""
        return self.nominal.after(moment) if self.exact is None else moment.utc() + self.exact

    def at_most(self, start: Moment) -> timedelta:
        """About how long, for looking back."""
        return min(max(self.after(start) - start.utc(), timedelta()), _LONGEST)


@dataclass(frozen=True, slots=True)
class _Change:
    """What is otherwise from one start on: moved by as much as that one, as long, or off altogether."""

    since: Moment
    start: Moment
    span: _Span
    blocks: bool

    @classmethod
    def of(cls, since: Moment, event: Component, written: Written) -> _Change:
        """That of an event that replaces a start and all later ones."""
        start, nominal, end = _times(event, written)
        return cls(since, start, _Span.of(start, nominal, end), _blocks(event))

    @property
    def shift(self) -> timedelta:
        """How far starts are moved, in time that really passes."""
        return self.start.utc() - self.since.utc()

    def moved(self, moment: Moment) -> Moment:
        """Where a later start went: by the wall clock where all are of one zone."""
        if moment.zone == self.since.zone == self.start.zone or self.start.is_day or self.since.is_day:
            return Moment(
                moment.wall + (self.start.wall - self.since.wall), self.start.zone, self.start.is_day
            )
        return Moment(moment.wall + self.shift, moment.zone, moment.is_day)


@dataclass(frozen=True, slots=True)
class _Changes:
    """All that is otherwise from some start on, in order; worked out once, however many events it is for."""

    all: list[_Change]
    since: list[datetime]
    farthest: timedelta
    longest: timedelta

    @classmethod
    def of(cls, changes: Iterable[_Change]) -> _Changes:
        """Those of one UID."""
        ordered = sorted(((one.since.utc(), one) for one in changes), key=lambda pair: pair[0])
        found = [one for _, one in ordered]
        return cls(
            all=found,
            since=[since for since, _ in ordered],
            farthest=min(max((abs(one.shift) for one in found), default=timedelta()), _LONGEST),
            longest=max((one.span.at_most(one.start) for one in found), default=timedelta()),
        )

    def at(self, instant: datetime) -> _Change | None:
        """The last one that goes for what starts then."""
        place = bisect_right(self.since, instant)
        return self.all[place - 1] if place else None


def _recurring(
    event: Component, replaced: _Gone, changes: _Changes, written: Written, window: _Window
) -> Iterator[Stretch]:
    start, event_length, end = _times(event, written)
    rules, more = event.lines.get("RRULE", ()), event.lines.get("RDATE", ())
    if not rules and not more and not replaced and "EXDATE" not in event.lines:
        yield from _stretch(start.utc(), _end(start, event_length, end))
        return
    left_out = _Gone(moment for line in event.lines.get("EXDATE", ()) for moment, _ in written.moments(line))
    span, blocks = _Span.of(start, event_length, end), _blocks(event)
    around = _AROUND + changes.farthest
    back = max(span.at_most(start), changes.longest)
    first = (window.first - back - around).replace(tzinfo=None)
    last = (window.last + around).replace(tzinfo=None)

    def walls_of(lines: Iterable[Line], *, with_begin: bool) -> set[datetime]:
        found = set()
        for line in lines:
            rule = read_rule(line.value)
            until = None if rule.until is None else written.limit(rule.until, start)
            to = last if until is None else min(last, until.replace(tzinfo=None) + _AROUND)
            for wall in starts(rule, start.wall, first, to, window.budget, with_begin=with_begin):
                moment = Moment(wall, start.zone, start.is_day)
                if until is None or moment.utc() <= until or (with_begin and wall == start.wall):
                    found.add(wall)
        return found

    def instance(moment: Moment, told_end: datetime | None = None) -> Iterator[Stretch]:
        change = changes.at(moment.utc())
        if change is not None:
            if change.blocks:
                moved = change.moved(moment)
                yield from _stretch(moved.utc(), change.span.after(moved))
        elif blocks:
            yield from _stretch(moment.utc(), span.after(moment) if told_end is None else told_end)

    walls = {start.wall} if first <= start.wall <= last else set()
    walls |= walls_of(rules, with_begin=True)
    # EXRULE went out of use with RFC 5545; programs of the time of RFC 2445 (4.8.5.2) wrote it.
    excluded = walls_of(event.lines.get("EXRULE", ()), with_begin=False)
    for wall in walls - excluded:
        moment = Moment(wall, start.zone, start.is_day)
        if moment not in replaced and moment not in left_out:
            yield from instance(moment)
    ruled = walls | excluded
    for line in more:
        for moment, period_end in written.moments(line):
            taken = moment.zone == start.zone and moment.wall in ruled
            if not taken and moment not in replaced and moment not in left_out:
                yield from instance(moment, period_end)


class _Gone:
    """Starts that do not happen: instants, or whole days by their date."""

    def __init__(self, moments: Iterable[Moment]) -> None:
        """One named by its day takes whatever starts on it; one by its time what starts then."""
        self._days: set[datetime] = set()
        self._all_days: set[datetime] = set()
        self._instants: set[datetime] = set()
        for moment in moments:
            midnight = moment.wall.replace(hour=0, minute=0, second=0)
            self._all_days.add(midnight)
            if moment.is_day:
                self._days.add(midnight)
            else:
                self._instants.add(moment.utc())

    def __bool__(self) -> bool:
        return bool(self._all_days)

    def __contains__(self, moment: Moment) -> bool:
        midnight = moment.wall.replace(hour=0, minute=0, second=0)
        if moment.is_day:
            return midnight in self._all_days
        return midnight in self._days or moment.utc() in self._instants


def _blocks(event: Component) -> bool:
    """Whether an event takes time: tentative ones do, since they may yet take place."""
    return (
        event.word("STATUS") != "CANCELLED"
        and event.word("TRANSP") != "TRANSPARENT"
        and event.word("X-MICROSOFT-CDO-BUSYSTATUS") not in _FREE
    )


def _times(event: Component, written: Written) -> tuple[Moment, Length, datetime | None]:
    """When an event starts, how long it takes, and the instant of its end where that was written.

    Without either a day lasts a day, and a time no time (RFC 5545, 3.6.1).
    """
    begin = event.first("DTSTART")
    if begin is None:
        raise Unreadable(MALFORMED)
    start = written.moment(begin)
    end_line, length_line = event.first("DTEND"), event.first("DURATION")
    if end_line is not None:
        end = written.moment(end_line)
        if start.is_day and end.is_day:
            return start, Length(max(end.wall - start.wall, timedelta()), timedelta()), None
        return start, Length(timedelta(), timedelta()), end.utc()
    if length_line is not None:
        return start, length(length_line.value), None
    return start, Length(timedelta(days=1 if start.is_day else 0), timedelta()), None


def _end(start: Moment, event_length: Length, end: datetime | None) -> datetime:
    return event_length.after(start) if end is None else end


def _stretch(start: datetime, end: datetime) -> Iterator[Stretch]:
    """Whole minutes: begun ones count."""
    if start < end:
        yield minute_of(start), -(-(end - instant_of(0)) // timedelta(minutes=1))


def _told_busy(component: Component, written: Written) -> Iterator[Stretch]:
    """The periods of a calendar that tells no events (RFC 5545, 3.6.4)."""
    for line in component.lines.get("FREEBUSY", ()):
        if line.parameters.get("FBTYPE", "BUSY").upper() != "FREE":
            for moment, end in written.moments(line):
                if end is not None:
                    yield from _stretch(moment.utc(), end)


def _revision(event: Component) -> int:
    found: Line | None = event.first("SEQUENCE")
    text = "" if found is None else found.value.strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0
