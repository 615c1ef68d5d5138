"""What the rules make of a provider's days at a place: shifts, what cuts into them, and fixed starts.

This is the plain reading of the rulebook, day by day with dates and zones; `timetable` is the fast one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.availability.hours import WEEKDAYS, WeeklyHours, exists, merged, wall_minute
from core.availability.recurrence import days_between, occurrences
from core.availability.rulebook import (
    BlockRules,
    OverrideRules,
    ProviderRules,
    Reach,
    Rulebook,
    ScheduleRules,
    ServiceRules,
)
from core.availability.stretches import Stretch, free
from core.kernel.text import zone_of

USUAL, OVERRIDE, HOLIDAY = "HOURS", "OVERRIDE", "HOLIDAY"
_MIDNIGHT = datetime.min.time()
_ABOUT = 4
"""Days: a shift lasts up to two from its midnight, and walls are at most a day from UTC."""


@dataclass(frozen=True, slots=True)
class Shift:
    """Wall-clock hours of a day, in minutes after its midnight in a zone; an end may lie past midnight."""

    time_zone: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Workday:
    """The shifts that begin on a day, what decided them (USUAL, OVERRIDE or HOLIDAY), and its key."""

    shifts: list[Shift]
    decided_by: str = USUAL
    key: int | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """An occurrence of a block, in UTC minutes, half-open."""

    start: int
    end: int
    block_id: int


@dataclass(frozen=True, slots=True)
class Opened:
    """Somebody's open time over some days, in UTC minutes, sorted: the shifts as they open, the windows
    they make together, what blocks cut, and what they leave."""

    shifts: list[Stretch]
    windows: list[Stretch]
    blocked: list[Blocked]
    left: list[Stretch]


def workday(
    book: Rulebook,
    provider: ProviderRules,
    location_id: int,
    service_id: int | None,
    day: date,
    *,
    for_staff: bool = False,
) -> Workday:
    """The hours of one day: an override's, a holiday's (none), or the usual ones."""
    zone, is_home = book.locations[location_id].time_zone, location_id == provider.location_id
    own = book.overrides_on.get((provider.provider_id, day), ())
    if here := [one for one in own if one.location_id == location_id]:
        return _instead(here, zone, opens=True)
    if anywhere := [one for one in own if one.location_id is None]:
        return _instead(anywhere, zone, opens=is_home)
    usual = usual_shifts(book, provider, location_id, service_id, day, for_staff)
    others = book.overrides_on.get((None, day), ())
    for place in (location_id, None):
        if general := [one for one in others if one.location_id == place]:
            return _instead(general, zone, opens=is_home or bool(usual))
    for holiday in book.holidays:
        if holiday.location_id in (None, location_id) and holiday.first <= day <= holiday.last:
            return Workday([], HOLIDAY, holiday.holiday_id)
    return Workday(usual)


def opened(
    book: Rulebook,
    provider: ProviderRules,
    location_id: int,
    service_id: int | None,
    first: date,
    last: date,
    *,
    for_staff: bool = False,
) -> Opened:
    """The open time of the shifts that begin on the days `first` to `last`, both included."""
    shifts: list[Stretch] = []
    for day in days_between(first, last):
        for shift in workday(book, provider, location_id, service_id, day, for_staff=for_staff).shifts:
            zone = zone_of(shift.time_zone)
            opens, closes = wall_minute(day, shift.start, zone), wall_minute(day, shift.end, zone)
            if opens < closes:
                shifts.append((opens, closes))
    shifts.sort()
    windows = merged(shifts)
    blocked: list[Blocked] = []
    if windows:
        near = (
            *blocks_about(book, provider.provider_id, first, last),
            *blocks_about(book, None, first, last),
        )
        reaching = blocks_reaching(near, provider.provider_id, service_id, location_id)
        zone_name = book.locations[location_id].time_zone
        blocked = [
            one for block in reaching for one in blocked_by(block, zone_name, windows[0][0], windows[-1][1])
        ]
    taken = merged([(one.start, one.end) for one in blocked])
    return Opened(shifts, windows, blocked, free(windows, taken))


def fixed_starts(service: ServiceRules, time_zone: str, first: date, last: date) -> set[int]:
    """The UTC minutes of a service's fixed starts; a wall time that does not exist that day yields none."""
    zone = zone_of(time_zone)
    found = set()
    for rule in service.slot_rules or ():
        for day in occurrences(rule.recurrence, rule.anchor, first, last):
            midnight = datetime.combine(day, _MIDNIGHT)
            found |= {
                wall_minute(day, minute, zone)
                for minute in rule.start_times
                if exists(midnight + timedelta(minutes=minute), zone)
            }
    return found


def blocks_about(book: Rulebook, provider_id: int | None, first: date, last: date) -> list[BlockRules]:
    """The blocks that name a provider, or None for nobody, and may touch the nights of some days: what was
    over long before costs nothing else."""
    low, high = first.toordinal() - _ABOUT, last.toordinal() + _ABOUT
    spans = book.block_spans.get(provider_id, ())
    return [block for begins, ends, block in spans if begins <= high and low <= ends]


def blocks_reaching(
    blocks: Iterable[BlockRules], provider_id: int, service_id: int | None, location_id: int
) -> list[BlockRules]:
    """Those of which some reach names nothing but these, each once."""
    named = {
        block.block_id: block
        for block in blocks
        if any(_reaches(reach, provider_id, service_id, location_id) for reach in block.reaches)
    }
    return list(named.values())


def blocked_between(
    book: Rulebook, provider_id: int, service_id: int | None, location_id: int, start: int, end: int
) -> list[Blocked]:
    """The occurrences of blocks that touch [start, end), whether anybody is open then or not."""
    zone_name = book.locations[location_id].time_zone
    days = (_day_of(start).date(), _day_of(end).date())
    near = (*blocks_about(book, provider_id, *days), *blocks_about(book, None, *days))
    return [
        one
        for block in blocks_reaching(near, provider_id, service_id, location_id)
        for one in blocked_by(block, zone_name, start, end)
    ]


def _reaches(reach: Reach, provider_id: int, service_id: int | None, location_id: int) -> bool:
    return (
        reach.provider_id in (None, provider_id)
        and reach.service_id in (None, service_id)
        and reach.location_id in (None, location_id)
    )


def _instead(overrides: Sequence[OverrideRules], zone: str, *, opens: bool) -> Workday:
    shifts = [Shift(zone, start, end) for one in overrides for start, end in one.shifts] if opens else []
    return Workday(shifts, OVERRIDE, overrides[0].override_id)


def usual_shifts(
    book: Rulebook,
    provider: ProviderRules,
    location_id: int,
    service_id: int | None,
    day: date,
    for_staff: bool,
) -> list[Shift]:
    """What schedules or else standing hours say of a day."""
    in_force = _in_force(book.schedules_of.get(provider.provider_id, ()), day)
    if not in_force:
        general = _in_force(book.schedules_of.get(None, ()), day)
        in_force = [one for one in general if one.location_id in (None, provider.location_id)]
    home_zone = book.locations[location_id].time_zone
    if in_force:
        return [
            shift
            for one in in_force
            if (provider.location_id if one.location_id is None else one.location_id) == location_id
            and (for_staff or one.is_public)
            and (one.service_ids is None or service_id in one.service_ids)
            for shift in _weekly(one.weekly_hours, day, one.time_zone or home_zone)
        ]
    if location_id != provider.location_id:
        return []
    hours = book.weekly_hours if provider.weekly_hours is None else provider.weekly_hours
    return _weekly(hours, day, home_zone)


def _in_force(schedules: Sequence[ScheduleRules], day: date) -> list[ScheduleRules]:
    return [
        one
        for one in schedules
        if (one.first is None or one.first <= day) and (one.last is None or day <= one.last)
    ]


def _weekly(hours: WeeklyHours, day: date, zone: str) -> list[Shift]:
    return [Shift(zone, start, end) for start, end in hours.get(WEEKDAYS[day.weekday()], ())]


def blocked_by(block: BlockRules, location_zone: str, start: int, end: int) -> Iterator[Blocked]:
    """The block's occurrences that touch [start, end)."""
    zone = zone_of(block.time_zone or location_zone)
    length = block.ends - block.starts
    # Wall clocks are at most a day from UTC, and days are whole: two more on either side are enough.
    first, last = _day_of(start) - length - timedelta(days=2), _day_of(end) + timedelta(days=2)
    days = [block.starts.date()] if first <= block.starts <= last else []
    if block.recurrence is not None:
        days = occurrences(block.recurrence, block.starts.date(), first.date(), last.date())
    for day in days:
        begins = datetime.combine(day, block.starts.time())
        if begins in block.exceptions:
            continue
        ends = begins + length
        opens = wall_minute(day, begins.hour * 60 + begins.minute, zone)
        closes = wall_minute(ends.date(), ends.hour * 60 + ends.minute, zone)
        if opens < closes and opens < end and start < closes:
            yield Blocked(opens, closes, block.block_id)


def _day_of(minute: int) -> datetime:
    return datetime(1970, 1, 1) + timedelta(minutes=minute)
