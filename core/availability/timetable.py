"""The timetable: a rulebook compiled, so that the windows of many providers cost little.

It says what `workday` says, which it asks about the days that are unlike others, and once about each
stretch of days that are alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import date
from itertools import chain, pairwise
from typing import NamedTuple

from core.availability.hours import WEEKDAYS, WeeklyHours, merged
from core.availability.rulebook import BlockRules, Rulebook
from core.availability.stretches import Stretch, free
from core.availability.walls import DAY, WallClock, wall_clock
from core.availability.workday import blocked_by, blocks_about, blocks_reaching, usual_shifts, workday

_EPOCH = date(1970, 1, 1).toordinal()

COARSE = 5
"""The minutes of the coarser bits."""

Week = list[list[tuple[WallClock, int, int]]]
"""The shifts of each weekday, Monday first, on whose walls."""


_STRETCH_BYTES, _ENTRY_BYTES = 130, 400


@dataclass(frozen=True, slots=True)
class Opening:
    """Open time about some days, in UTC minutes: shifts, the windows they make, what blocks leave, and
    whether every shift opens on whole five minutes."""

    shifts: list[Stretch]
    windows: list[Stretch]
    left: list[Stretch]
    is_coarse: bool


class Whose(NamedTuple):
    """Whose open time, where, for which service, and whether for staff."""

    provider_id: int
    location_id: int
    service_id: int | None
    for_staff: bool


class Timetable:
    """The open time of everybody in a rulebook; `size` is about how many bytes of it are known."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self.size = 0
        self._special: dict[int | None, set[int]] = defaultdict(set)
        for override in book.overrides:
            self._special[override.provider_id].add(_number(override.day))
        for holiday in book.holidays:
            self._special[None].update(range(_number(holiday.first), _number(holiday.last) + 1))
        self._general: dict[tuple[int, int], frozenset[int]] = {}
        self._hours: dict[int, int] = {}
        self._kinds: dict[tuple[object, ...], int] = {}
        self._standing: dict[tuple[object, ...], Opening] = {}
        self._cut: dict[tuple[object, ...], Opening] = {}
        self._about: dict[tuple[int | None, int, int], list[BlockRules]] = {}
        self._blocks: dict[tuple[int, str, int, int], list[Stretch]] = {}

    def opening(self, whose: Whose, start: int, end: int) -> Opening:
        """The open time of the shifts that begin on days about [start, end), in UTC minutes.

        Those whom the same rules make open share the answer, the same object.
        """
        # A shift lasts up to two days from its midnight, and a wall is at most 14 hours off UTC.
        first, last = start // DAY - 3, end // DAY + 1
        opening = self._uncut(whose, first, last)
        about = (self._blocks_about(key, first, last) for key in (whose.provider_id, None))
        reaching = blocks_reaching(chain(*about), whose.provider_id, whose.service_id, whose.location_id)
        if not reaching or not opening.windows:
            return opening
        zone = self.book.locations[whose.location_id].time_zone
        # The uncut opening may be nobody else's: then its key is not met again, and it is kept alive by
        # the one that is made of it.
        key = (id(opening.windows), zone, first, last, *sorted(block.block_id for block in reaching))
        if key not in self._cut:
            cut = [stretch for block in reaching for stretch in self._blocked(block, zone, first, last)]
            left = free(opening.windows, merged(cut))
            self._cut[key] = Opening(opening.shifts, opening.windows, left, opening.is_coarse)
            self.size += _ENTRY_BYTES + _STRETCH_BYTES * len(left)
        return self._cut[key]

    def _blocks_about(self, provider_id: int | None, first: int, last: int) -> list[BlockRules]:
        if provider_id not in self.book.block_spans:
            return []
        key = (provider_id, first, last)
        if key not in self._about:
            days = (date.fromordinal(_EPOCH + first), date.fromordinal(_EPOCH + last))
            self._about[key] = blocks_about(self.book, provider_id, *days)
            self.size += _ENTRY_BYTES
        return self._about[key]

    def _blocked(self, block: BlockRules, zone: str, first: int, last: int) -> list[Stretch]:
        key = (block.block_id, zone, first, last)
        if key not in self._blocks:
            about = (first * DAY - DAY, (last + 4) * DAY)
            self._blocks[key] = [(one.start, one.end) for one in blocked_by(block, zone, *about)]
            self.size += _ENTRY_BYTES + _STRETCH_BYTES * len(self._blocks[key])
        return self._blocks[key]

    def _uncut(self, whose: Whose, first: int, last: int) -> Opening:
        """The open time before blocks."""
        book, provider = self.book, self.book.providers[whose.provider_id]
        odd = self._general_odd(first, last)
        own = {day for day in self._special.get(whose.provider_id, ()) if first <= day <= last}
        is_home = whose.location_id == provider.location_id
        if own or not is_home or whose.provider_id in book.schedules_of:
            return self._made(whose, first, last, odd | own)
        hours = book.weekly_hours if provider.weekly_hours is None else provider.weekly_hours
        key: tuple[object, ...] = (self._kind_of(hours), whose.location_id, first, last)
        if None in book.schedules_of:
            key += (whose.service_id, whose.for_staff)
        if key not in self._standing:
            self._standing[key] = self._made(whose, first, last, odd)
        return self._standing[key]

    def _made(self, whose: Whose, first: int, last: int, odd: Set[int]) -> Opening:
        kept = [shift for shift in self._shifts(whose, first, last, odd) if shift[0] < shift[1]]
        kept.sort()
        windows = merged(kept)
        self.size += _ENTRY_BYTES + _STRETCH_BYTES * (len(kept) + len(windows))
        return Opening(kept, windows, windows, not any(opens % COARSE for opens, _ in kept))

    def _general_odd(self, first: int, last: int) -> frozenset[int]:
        """Days that a holiday, or an override of more than one provider, makes unlike others."""
        if (first, last) not in self._general:
            special = self._special.get(None, ())
            self._general[first, last] = frozenset(day for day in special if first <= day <= last)
        return self._general[first, last]

    def _kind_of(self, hours: WeeklyHours) -> int:
        """A number that equal hours have in common."""
        kind = self._hours.get(id(hours))
        if kind is None:
            told = tuple(tuple(map(tuple, hours.get(weekday, ()))) for weekday in WEEKDAYS)
            kind = self._hours[id(hours)] = self._kinds.setdefault(told, len(self._kinds))
        return kind

    def _shifts(self, whose: Whose, first: int, last: int, odd: Set[int]) -> list[Stretch]:
        shifts: list[Stretch] = []
        for begins, ends, week in self._eras(whose, first, last):
            for day in range(begins, ends):
                if day in odd:
                    continue
                wall = day * DAY
                for clock, start, end in week[(day + 3) % 7]:
                    offset = clock.offset_on(day)
                    if offset is None:
                        shifts.append((clock.utc(wall + start), clock.utc(wall + end)))
                    else:
                        shifts.append((wall + start - offset, wall + end - offset))
        provider = self.book.providers[whose.provider_id]
        for day in odd:
            there = workday(
                self.book,
                provider,
                whose.location_id,
                whose.service_id,
                date.fromordinal(_EPOCH + day),
                for_staff=whose.for_staff,
            )
            for shift in there.shifts:
                clock, wall = wall_clock(shift.time_zone), day * DAY
                shifts.append((clock.utc(wall + shift.start), clock.utc(wall + shift.end)))
        return shifts

    def _eras(self, whose: Whose, first: int, last: int) -> Iterator[tuple[int, int, Week]]:
        """The days from first to last, cut where a schedule begins or ends: within each, weeks are alike."""
        provider = self.book.providers[whose.provider_id]
        if not self.book.schedules and whose.location_id == provider.location_id:
            hours = self.book.weekly_hours if provider.weekly_hours is None else provider.weekly_hours
            clock = wall_clock(self.book.locations[whose.location_id].time_zone)
            yield (
                first,
                last + 1,
                [[(clock, start, end) for start, end in hours.get(weekday, ())] for weekday in WEEKDAYS],
            )
            return
        edges = {first, last + 1}
        for provider_id in (whose.provider_id, None):
            for schedule in self.book.schedules_of.get(provider_id, ()):
                if schedule.first is not None:
                    edges.add(_number(schedule.first))
                if schedule.last is not None:
                    edges.add(_number(schedule.last) + 1)
        kept = sorted(edge for edge in edges if first <= edge <= last + 1)
        for begins, ends in pairwise(kept):
            week: Week = [[] for _ in range(7)]
            for day in range(begins, min(ends, begins + 7)):
                shifts = usual_shifts(
                    self.book,
                    self.book.providers[whose.provider_id],
                    whose.location_id,
                    whose.service_id,
                    date.fromordinal(_EPOCH + day),
                    whose.for_staff,
                )
                week[(day + 3) % 7] = [(wall_clock(one.time_zone), one.start, one.end) for one in shifts]
            yield begins, ends, week


def _number(day: date) -> int:
    """The days from 1970-01-01 to a day."""
    return day.toordinal() - _EPOCH
