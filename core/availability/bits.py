"""The bitset engine: what `sweep` defines, for whole months and many providers at a time.

One bit is five minutes, or a minute where a length, a leg, a grid or a fixed start is finer (and, for
the rule against gaps, where an edge of open or taken time is). Laying starts end to end hangs on where
each free stretch begins, which no mask says: `tiling` does that.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import repeat
from operator import itemgetter

from core.availability.masks import (
    Frame,
    between,
    covering,
    grid_mask,
    minutes_of,
    ones,
    run,
    shifted,
    within,
)
from core.availability.rulebook import ResourceNeed, Rulebook, Taken
from core.availability.search import Search, local_day, offers
from core.availability.stretches import around, full
from core.availability.sweep import Start
from core.availability.timetable import COARSE, Opening, Timetable, Whose
from core.availability.walls import DAY, wall_clock
from core.availability.workday import fixed_starts
from core.kernel.clock import instant_of
from core.kernel.text import zone_of

MARGIN = 3 * DAY
"""An appointment and each of its buffers last at most a day, and so does the shortest useful gap."""

MOST_BYTES = 16 * 2**20
"""What an engine keeps of compiled rules; an estimate, of integers and tuples alone."""

_ENTRY_BYTES = 400
_EDGES = itemgetter(1, 2)
"""Start and end of what is taken."""


@dataclass(slots=True)
class Shelf:
    """What is taken of a resource about a frame's stretch, and the masks made of it."""

    rows: Sequence[Taken]
    free: dict[tuple[int, int, int, int, int], int] = field(default_factory=dict)

    def free_mask(self, frame: Frame, capacity: int, quantity: int) -> int:
        """The bits in which `quantity` is to be had from start to end."""
        key = (frame.base, frame.bits, frame.unit, capacity, quantity)
        mask = self.free.get(key)
        if mask is None:
            if quantity > capacity:
                mask = 0
            elif capacity == 1:
                mask = ones(frame.bits) ^ covering(map(_EDGES, self.rows), frame)
            else:
                rows = [(row.start, row.end, row.quantity) for row in self.rows]
                mask = ones(frame.bits) ^ covering(full(rows, capacity, quantity), frame)
            self.free[key] = mask
        return mask


NOTHING = Shelf(())

Shelves = Callable[[int], Shelf]
"""Resource → what is taken of it about the stretch in question, holds that have run out left away."""


@dataclass(frozen=True, slots=True)
class Found:
    """Starts as bits of a frame; `joined` are open sessions with the seats left, in no bit."""

    frame: Frame
    mask: int
    capacity: int = 1
    joined: dict[int, int] = field(default_factory=dict)

    def between(self, begin: int, end: int) -> Found:
        """Those in [begin, end)."""
        joined = {minute: left for minute, left in self.joined.items() if begin <= minute < end}
        return Found(self.frame, between(self.mask, self.frame, begin, end), self.capacity, joined)

    def starts_at(self, minute: int) -> int:
        """The seats left at a start; none where it is not one."""
        if minute in self.joined:
            return self.joined[minute]
        at, off = divmod(minute - self.frame.base, self.frame.unit)
        return self.capacity if not off and at >= 0 and self.mask >> at & 1 else 0

    def minutes(self) -> list[int]:
        """The UTC minutes, sorted."""
        found = minutes_of(self.mask, self.frame)
        return sorted([*found, *self.joined]) if self.joined else found

    def seats_by_minute(self) -> Iterable[tuple[int, int]]:
        """The UTC minutes with the seats left, sorted."""
        if self.joined:
            return [(minute, self.joined.get(minute, self.capacity)) for minute in self.minutes()]
        return zip(self.minutes(), repeat(self.capacity), strict=False)

    def starts(self) -> list[Start]:
        """The starts with the seats left, sorted."""
        return [Start(minute, left) for minute, left in self.seats_by_minute()]


class Engine:
    """A rulebook, compiled as far as it is asked for; it forgets when that grows beyond MOST_BYTES."""

    def __init__(self, book: Rulebook) -> None:
        self.book = book
        self._own_size = 0
        self.willing: dict[tuple[int | None, int | None, bool], list[int]] = {}
        self._offers: dict[tuple[object, ...], int] = {}
        self._openings: dict[tuple[Whose, int, int], Opening] = {}
        self._fixed: dict[tuple[int, str, int, int], list[int]] = {}
        self.forget()

    def found(self, search: Search, begin: int, end: int, shelves: Shelves) -> Found:
        """The starts in [begin, end) that rules and what is taken allow, whatever time it is now.

        Past, notice and horizon are the caller's: `within_limits`. Equals the sweep (tests).
        """
        if not offers(self.book, search.provider_id, search.service, for_staff=search.for_staff):
            return Found(frame_of(begin, end, COARSE), 0)
        if not 1 <= search.seats <= search.capacity:
            return Found(frame_of(begin, end, COARSE), 0)
        own = shelves(self.book.providers[search.provider_id].resource_id)
        whose = _whose(search)
        opening = self.opening(search, begin, end)
        frame = frame_of(begin, end, self._unit(search, opening, begin, end, own))
        mask = self._offered(search, whose, opening, frame)
        joined = self.sessions(search, opening, own, begin, end)
        for minute in joined:
            if (minute - frame.base) % frame.unit == 0:
                mask &= ~(1 << (minute - frame.base) // frame.unit)
        if mask:
            mask &= self.room(search, opening, frame, own, shelves)
        if mask:
            mask = self.without_full_days(mask, search, frame, own)
        joined = {minute: left for minute, left in joined.items() if left >= search.seats}
        return Found(frame, between(mask, frame, begin, end), search.capacity, joined)

    def opening(self, search: Search, begin: int, end: int) -> Opening:
        """The open time about the starts in [begin, end), with its margins."""
        whose = _whose(search)
        key = (whose, begin, end)
        opening = self._openings.get(key)
        if opening is None:
            if self.size > MOST_BYTES:
                self.forget()
            opening = self._openings[key] = self.timetable.opening(whose, begin - MARGIN, end + MARGIN)
            self._own_size += _ENTRY_BYTES
        return opening

    def forget(self) -> None:
        """Begin anew. Masks are kept by the identity of openings, and so both go at once."""
        self.timetable = Timetable(self.book)
        self._offers.clear()
        self._openings.clear()
        self._fixed.clear()
        self._own_size = 0

    @property
    def size(self) -> int:
        """About how many bytes are kept of compiled rules."""
        return self._own_size + self.timetable.size

    def _unit(self, search: Search, opening: Opening, begin: int, end: int, own: Shelf) -> int:
        """The minutes of a bit: five, where all that starts touch exactly lies on five."""
        service, demand = search.service, search.demand
        if any(length % COARSE for length in demand.lengths):
            return 1
        if service is not None and service.slot_rules is not None:
            if any(minute % COARSE for minute in self._fixed_starts(search, begin, end)):
                return 1
        elif search.step % COARSE or not opening.is_coarse:
            return 1
        if service is not None and service.no_gap_minutes is not None:
            edges = [edge for stretch in opening.left for edge in stretch]
            edges += [edge for row in own.rows for edge in (row.start, row.end)]
            if any(edge % COARSE for edge in edges):
                return 1
        return COARSE

    def _offered(self, search: Search, whose: Whose, opening: Opening, frame: Frame) -> int:
        """The bits at which a start may fall and the appointment lies within a window."""
        service = search.service
        fixed = service is not None and service.slot_rules is not None
        shared = (id(opening.windows), id(opening.left)) if not fixed else whose
        key = (shared, search.demand.duration, None if fixed else search.step, frame)
        mask = self._offers.get(key)
        if mask is None:
            duration = search.demand.duration
            if not fixed and opening.left is opening.windows:
                mask = grid_mask(opening.windows, opening.shifts, search.step, frame, before_end=duration)
            else:
                mask = run(within(opening.left, frame), duration // frame.unit)
                if fixed:
                    mask &= covering(
                        ((one, one + 1) for one in self._fixed_starts(search, frame.begin, frame.end)), frame
                    )
                else:
                    mask &= grid_mask(opening.windows, opening.shifts, search.step, frame)
            zone = self.book.locations[search.location_id].time_zone
            if not fixed and (again := wall_clock(zone).repeats(frame.begin, frame.end)):
                mask &= ~covering(again, frame)
            self._offers[key] = mask
            self._own_size += _ENTRY_BYTES + frame.bits // 8
        return mask

    def room(self, search: Search, opening: Opening, frame: Frame, own: Shelf, shelves: Shelves) -> int:
        """The bits from which on the provider, rooms and kit are free for all of the demand."""
        unit, demand, service = frame.unit, search.demand, search.service
        free = own.free_mask(frame, 1, 1)
        mask = ones(frame.bits)
        for leg in demand.busy:
            mask &= shifted(run(free, (leg.end - leg.start) // unit), leg.start // unit)
        for piece in demand.resources:
            length = (piece.end - piece.start) // unit
            mask &= shifted(self._serving(piece.need, search, frame, length, shelves), piece.start // unit)
        if service is not None and service.no_gap_minutes is not None:
            hole = within(opening.left, frame) & free
            least = -(-service.no_gap_minutes // unit)
            useful = run(hole, least)
            before = ((ones(frame.bits) ^ hole) << 1) | (useful << least)
            after = (ones(frame.bits) ^ hole) | useful
            mask &= shifted(before, demand.busy[0].start // unit)
            mask &= shifted(after, demand.busy[-1].end // unit)
        return mask

    def _serving(
        self, need: ResourceNeed, search: Search, frame: Frame, length: int, shelves: Shelves
    ) -> int:
        """The bits from which on any one of the need's resources has room for so many."""
        mask = 0
        for resource_id in need.resource_ids:
            resource = self.book.resources.get(resource_id)
            if resource is not None and resource.location_id in (None, search.location_id):
                free = shelves(resource_id).free_mask(frame, resource.capacity, need.quantity)
                mask |= run(free, length)
        return mask

    def without_full_days(self, mask: int, search: Search, frame: Frame, own: Shelf) -> int:
        """Local days on which the provider has as many appointments as the service allows, left away."""
        service = search.service
        if service is None or service.daily_limit is None:
            return mask
        zone = zone_of(self.book.locations[search.location_id].time_zone)
        counted: dict[tuple[int, int], set[tuple[int, str]]] = defaultdict(set)
        for row in own.rows:
            if row.begins is not None:
                counted[local_day(row.begins, zone)].add((row.begins, row.owner))
        for (begins, ends), owners in counted.items():
            if len(owners) >= service.daily_limit:
                mask &= ~between(mask, frame, begins, ends)
        if service.daily_limit <= 0:
            return 0
        return mask

    def sessions(self, search: Search, opening: Opening, own: Shelf, begin: int, end: int) -> dict[int, int]:
        """The service's open sessions of this length within hours: their start, and the seats left."""
        service = search.service
        if service is None or service.capacity == 1:
            return {}
        found = {}
        for row in own.rows:
            if row.seats_left is None or row.begins is None:
                continue
            if (row.service_id, row.length) != (service.service_id, search.demand.duration):
                continue
            window = around(opening.left, row.begins)
            if begin <= row.begins < end and window and row.begins + search.demand.duration <= window[1]:
                found[row.begins] = row.seats_left
        return found

    def _fixed_starts(self, search: Search, begin: int, end: int) -> list[int]:
        service = search.service
        assert service is not None
        zone = self.book.locations[search.location_id].time_zone
        key = (service.service_id, zone, begin, end)
        if key not in self._fixed:
            days = (_day_of(begin - DAY), _day_of(end + DAY))
            starts = fixed_starts(service, zone, *days)
            self._fixed[key] = sorted(minute for minute in starts if begin <= minute < end)
        return self._fixed[key]


def frame_of(begin: int, end: int, unit: int) -> Frame:
    """The frame of the starts in [begin, end), with its margins, on whole bits."""
    base = (begin - MARGIN) // COARSE * COARSE
    return Frame(begin, end, base, -((base - end - MARGIN) // unit), unit)


def within_limits(found: Found, search: Search) -> Found:
    """What is left when the past, the notice and the horizon are taken away."""
    return found.between(max(found.frame.begin, search.earliest), min(found.frame.end, search.latest + 1))


def _whose(search: Search) -> Whose:
    service_id = None if search.service is None else search.service.service_id
    return Whose(search.provider_id, search.location_id, service_id, search.for_staff)


def _day_of(minute: int) -> date:
    return instant_of(minute).date()
