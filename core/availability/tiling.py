"""Tiling: starts laid end to end, of many providers at a time; what `sweep` defines, from masks."""

from __future__ import annotations

from core.availability.bits import Engine, Found, Shelves, frame_of
from core.availability.hours import merged
from core.availability.masks import covering
from core.availability.search import Search, offers
from core.availability.sweep import tiles
from core.availability.timetable import COARSE
from core.availability.walls import CHUNK, wall_clock


def tiled(engine: Engine, search: Search, begin: int, end: int, shelves: Shelves) -> list[tuple[int, int]]:
    """The starts in [begin, end) with the seats left, as the sweep lays them. `shelves` tell what is taken
    three days around."""
    book, demand = engine.book, search.demand
    if not offers(book, search.provider_id, search.service, for_staff=search.for_staff):
        return []
    if not 1 <= search.seats <= search.capacity:
        return []
    # The same stretch for whatever range is asked for: open time is worked out once.
    low, high = begin // CHUNK * CHUNK, -(-end // CHUNK) * CHUNK
    own = shelves(book.providers[search.provider_id].resource_id)
    opening = engine.opening(search, low, high)
    busy = merged([(row.start, row.end) for row in own.rows])
    minutes = list(tiles(opening.left, busy, demand, begin, end))
    edges = [*minutes, *demand.lengths]
    if search.service is not None and search.service.no_gap_minutes is not None:
        edges += [edge for stretch in opening.left for edge in stretch]
        edges += [edge for row in own.rows for edge in (row.start, row.end)]
    frame = frame_of(low, high, 1 if any(edge % COARSE for edge in edges) else COARSE)
    sessions = engine.sessions(search, opening, own, begin, end)
    mask = covering(((minute, minute + 1) for minute in minutes if minute not in sessions), frame)
    if again := wall_clock(book.locations[search.location_id].time_zone).repeats(begin, end):
        mask &= ~covering(again, frame)
    if mask:
        mask &= engine.room(search, opening, frame, own, shelves)
        mask = engine.without_full_days(mask, search, frame, own)
    joined = {minute: left for minute, left in sessions.items() if left >= search.seats}
    found = Found(frame, mask, search.capacity, joined)
    return list(found.between(max(begin, search.earliest), min(end, search.latest + 1)).seats_by_minute())
