"""The plain sweep: the definition of what is offered. Integer UTC minutes, half-open stretches.

`bits` answers the same faster; both must equal brute force, minute by minute (tests).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

from core.availability.demand import Demand
from core.availability.hours import is_repeated
from core.availability.rulebook import ResourceNeed, Rulebook, Taken
from core.availability.search import Search, days_about, local_day, offers
from core.availability.stretches import Stretch, around, free, full, is_clear, peak
from core.availability.workday import Opened, fixed_starts, opened
from core.kernel.text import zone_of

__all__ = ["Beside", "Start", "Stretch", "free", "grid", "peak", "starts"]


@dataclass(frozen=True, slots=True, order=True)
class Start:
    """A UTC minute at which the search can begin, and the seats that are left there."""

    minute: int
    remaining: int = 1


def starts(book: Rulebook, search: Search, taken: Sequence[Taken], begin: int, end: int) -> list[Start]:
    """The starts in [begin, end), sorted. `taken` holds whatever touches them, a day's margin included.

    The appointment itself must lie within one window; what it takes, buffers included, must be free
    of other allocations, whose own buffers are in them: gaps add.
    """
    if not offers(book, search.provider_id, search.service, for_staff=search.for_staff):
        return []
    if not 1 <= search.seats <= search.capacity:
        return []
    beside = Beside(book, search, taken, begin, end)
    lowest, highest = max(begin, search.earliest), min(end - 1, search.latest)
    found = {
        minute
        for minute in (*beside.candidates(begin, end), *beside.sessions)
        if lowest <= minute <= highest and beside.is_open(minute)
    }
    return [
        Start(minute, beside.sessions.get(minute, search.capacity))
        for minute in sorted(found)
        if beside.fits(minute)
    ]


class Beside:
    """A search beside what is open and what is taken in [begin, end), ready to be asked about starts."""

    def __init__(self, book: Rulebook, search: Search, taken: Sequence[Taken], begin: int, end: int) -> None:
        self.book, self.search, self.demand = book, search, search.demand
        self.provider = book.providers[search.provider_id]
        self.zone_name = book.locations[search.location_id].time_zone
        self.days = days_about(begin, end)
        self.taken = [row for row in taken if row.expires_at is None or row.expires_at > search.now]
        self.own = [row for row in self.taken if row.resource_id == self.provider.resource_id]
        self.sessions = self._sessions()

    @cached_property
    def opened(self) -> Opened:
        """The open time about [begin, end)."""
        service = self.search.service
        return opened(
            self.book,
            self.provider,
            self.search.location_id,
            None if service is None else service.service_id,
            *self.days,
            for_staff=self.search.for_staff,
        )

    @cached_property
    def busy(self) -> list[Stretch]:
        """When the provider can take no more."""
        return self.full(self.provider.resource_id, 1)

    @cached_property
    def holes(self) -> list[Stretch]:
        """Open time in which the provider is free."""
        return free(self.opened.left, self.busy)

    def full(self, resource_id: int, quantity: int) -> list[Stretch]:
        """When `quantity` of a resource is not to be had. A provider's resource has a capacity of one."""
        resource = self.book.resources.get(resource_id)
        rows = [(row.start, row.end, row.quantity) for row in self.taken if row.resource_id == resource_id]
        return full(rows, 1 if resource is None else resource.capacity, quantity)

    def is_open(self, minute: int) -> bool:
        """Whether an appointment from this minute lies within a window that no block cuts."""
        window = around(self.opened.left, minute)
        return window is not None and minute + self.demand.duration <= window[1]

    def is_candidate(self, minute: int) -> bool:
        """Whether a start may fall on this minute: on the grid, a fixed start, or a session's."""
        return minute in self.sessions or minute in self.candidates(minute, minute + 1)

    def candidates(self, begin: int, end: int) -> Sequence[int]:
        """Where starts may fall within [begin, end), whether they fit or not.

        A wall time that happens twice is the first of the two: none falls on the second.
        """
        service, zone = self.search.service, zone_of(self.zone_name)
        if service is not None and service.slot_rules is not None and not self.search.tile:
            fixed = fixed_starts(service, self.zone_name, *self.days)
            return [minute for minute in fixed if begin <= minute < end]
        if self.search.tile:
            found = tiles(self.opened.left, self.busy, self.demand, begin, end)
        else:
            found = self._grid(begin, end)
        return [minute for minute in found if not is_repeated(minute, zone)]

    def _grid(self, begin: int, end: int) -> Iterator[int]:
        return grid(self.opened.windows, self.opened.shifts, self.search.step, begin, end)

    def fits(self, minute: int) -> bool:
        """Whether what is taken, and the rules that count it, leave room for this start."""
        if minute in self.sessions:
            return self.sessions[minute] >= self.search.seats
        return (
            all(is_clear(self.busy, minute + leg.start, minute + leg.end) for leg in self.demand.busy)
            and all(
                self.serving(leg.need, minute + leg.start, minute + leg.end) is not None
                for leg in self.demand.resources
            )
            and not self.day_is_full(minute)
            and not self.leaves_a_gap(minute)
        )

    def serving(self, need: ResourceNeed, start: int, end: int) -> int | None:
        """The first of the need's resources at this place that has room for all of [start, end)."""
        for resource_id in need.resource_ids:
            resource = self.book.resources.get(resource_id)
            if resource is None or need.quantity > resource.capacity:
                continue
            if resource.location_id not in (None, self.search.location_id):
                continue
            if is_clear(self._full_of(resource_id, need.quantity), start, end):
                return resource_id
        return None

    def day_is_full(self, minute: int) -> bool:
        """Whether the provider has as many appointments on this local day as the service allows."""
        service = self.search.service
        if service is None or service.daily_limit is None:
            return False
        begins, ends = local_day(minute, zone_of(self.zone_name))
        counted = {
            (row.begins, row.owner)
            for row in self.own
            if row.begins is not None and begins <= row.begins < ends
        }
        return len(counted) >= service.daily_limit

    def leaves_a_gap(self, minute: int) -> bool:
        """Whether free time beside the provider's first or last leg would be too short to be of use."""
        service = self.search.service
        if service is None or service.no_gap_minutes is None:
            return False
        first, last = minute + self.demand.busy[0].start, minute + self.demand.busy[-1].end
        before, after = around(self.holes, first - 1), around(self.holes, last)
        return (before is not None and first - before[0] < service.no_gap_minutes) or (
            after is not None and after[1] - last < service.no_gap_minutes
        )

    def _sessions(self) -> dict[int, int]:
        """The open sessions of the service and of this length: their start, and the seats that are left."""
        service = self.search.service
        if service is None or service.capacity == 1:
            return {}
        return {
            row.begins: row.seats_left
            for row in self.own
            if row.begins is not None
            and row.seats_left is not None
            and (row.service_id, row.length) == (service.service_id, self.demand.duration)
        }

    def _full_of(self, resource_id: int, quantity: int) -> list[Stretch]:
        key = (resource_id, quantity)
        if key not in self._fulls:
            self._fulls[key] = self.full(resource_id, quantity)
        return self._fulls[key]

    @cached_property
    def _fulls(self) -> dict[tuple[int, int], list[Stretch]]:
        return {}


def tiles(
    left: Sequence[Stretch], busy: Sequence[Stretch], demand: Demand, begin: int, end: int
) -> Iterator[int]:
    """Starts end to end from where each free stretch, or the range [begin, end) itself, begins; `busy` is
    sorted and apart."""
    before, after = -demand.busy[0].start, demand.busy[-1].end - demand.duration
    begins = [stretch[0] for stretch in busy]
    for opens, closes in left:
        opens, closes = max(opens, begin), min(closes, end)
        if opens >= closes:
            continue
        whole = (opens - before, closes + after)
        near = busy[max(0, bisect_right(begins, whole[0]) - 1) : bisect_left(begins, whole[1])]
        for starts_at, ends in free([whole], near):
            first = max(opens, starts_at + before)
            last = min(closes, ends - after) - demand.duration
            yield from range(first, last + 1, demand.duration)


def grid(
    windows: Sequence[Stretch], shifts: Sequence[Stretch], step: int, begin: int, end: int
) -> Iterator[int]:
    """The minutes within [begin, end) and the windows that lie whole steps after the last shift's opening.

    The grid begins anew wherever a shift opens, also within a window that several make together.
    """
    at = 0
    for opens, closes in windows:
        anchors = []
        while at < len(shifts) and shifts[at][0] < closes:
            anchors.append(shifts[at][0])
            at += 1
        for anchor, following in pairwise((*sorted({opens, *anchors}), closes)):
            lowest = max(anchor, begin)
            yield from range(anchor - (anchor - lowest) // step * step, min(following, end), step)
