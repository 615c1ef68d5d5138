"""How well a slot fits what is taken already: the fewer scraps of free time it leaves, the better.

`score_of` says it of one start; `scored` says the same of many at once, from masks (tests).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from core.availability.bits import Engine, Shelf, frame_of
from core.availability.masks import covering, minutes_of, ones, run, shifted, within
from core.availability.outlook import Outlook, Wish, chunks_of, search_of
from core.availability.rulebook import Taken
from core.availability.search import Search
from core.availability.stretches import around
from core.availability.sweep import Beside
from core.availability.timetable import COARSE

FILLS_GAP, ADJACENT, DAY_EDGE = "FILLS_GAP", "ADJACENT", "DAY_EDGE"
LEAVES_SHORT_GAP, JOINS_SESSION = "LEAVES_SHORT_GAP", "JOINS_SESSION"

PLAIN, BEST = 50, 100
_POINTS = {ADJACENT: 30, DAY_EDGE: 10, LEAVES_SHORT_GAP: -20}


Offered = tuple[int, int, int, int]
"""Start, provider, place and seats left."""

Score = tuple[int, tuple[str, ...]]
"""0 to 100, and the reasons."""

Scores = dict[Offered, Score]
"""What is offered → its score."""


def scored(look: Outlook, wish: Wish, offered: Sequence[Offered], taken: Sequence[Taken]) -> Scores:
    """The scores of what is offered, sorted by start.

    50 stands for a slot with room on both sides. It gains 30 beside taken time (ADJACENT) and 10 at the
    edge of open time (DAY_EDGE), and loses 20 where it would leave less than its own length free on a
    side (LEAVES_SHORT_GAP, once). Between two such edges (FILLS_GAP), and in a session that is open
    already (JOINS_SESSION), it has 100.
    """
    if not offered:
        return {}
    chunks = chunks_of(offered[0][0], offered[-1][0] + 1, 1)
    begin, end = chunks[0][0], chunks[-1][1]
    rows: dict[int, list[Taken]] = {}
    for row in taken:
        rows.setdefault(row.resource_id, []).append(row)
    starts: dict[tuple[int, int], list[int]] = {}
    for minute, provider_id, place, _ in offered:
        starts.setdefault((provider_id, place), []).append(minute)
    known = {}
    for (provider_id, place), minutes in starts.items():
        own = Shelf(rows.get(look.book.providers[provider_id].resource_id, ()))
        search = search_of(wish, wish.demand, provider_id, place)
        known[provider_id, place] = _scores(look.engine, search, own, minutes, begin, end)
    return {one: known[one[1], one[2]][one[0]] for one in offered}


def _scores(
    engine: Engine, search: Search, own: Shelf, minutes: Sequence[int], begin: int, end: int
) -> dict[int, Score]:
    """The scores of starts within [begin, end), of one provider at one place."""
    demand, opening = search.demand, engine.opening(search, begin, end)
    edges = [edge for stretch in opening.left for edge in stretch]
    edges += [edge for row in own.rows for edge in (row.start, row.end)]
    is_fine = any(edge % COARSE for edge in (*edges, *minutes, *demand.lengths))
    frame = frame_of(begin, end, 1 if is_fine else COARSE)
    everything, opened = ones(frame.bits), within(opening.left, frame)
    hole, closed = opened & own.free_mask(frame, 1, 1), everything ^ opened
    length = demand.duration // frame.unit
    long = run(hole, length)
    # What lies just before a bit, and what begins with it.
    before = _sides(hole << 1 & everything, closed << 1 | 1, long << length)
    after = _sides(hole, closed, long)
    first, last = demand.busy[0].start // frame.unit, demand.busy[-1].end // frame.unit
    wanted = covering(((minute, minute + 1) for minute in minutes), frame)
    found: dict[int, Score] = {}
    for near, early in before.items():
        there = wanted & shifted(early, first)
        for far, late in after.items():
            for minute in minutes_of(there & shifted(late, last), frame):
                found[minute] = _verdict(near, far)
    joined = engine.sessions(search, opening, own, begin, end)
    return found | dict.fromkeys(joined, (BEST, (JOINS_SESSION,)))


def _sides(hole: int, closed: int, long: int) -> dict[str | None, int]:
    """The bits by what is on one side of them: enough free time, too little, none, or no open time."""
    return {
        None: hole & long,
        LEAVES_SHORT_GAP: hole & ~long,
        ADJACENT: ~hole & ~closed,
        DAY_EDGE: ~hole & closed,
    }


def score_of(beside: Beside, start: int) -> Score:
    """The score of a start that is offered, and its reasons."""
    if start in beside.sessions:
        return BEST, (JOINS_SESSION,)
    legs = beside.demand.busy
    first, last = start + legs[0].start, start + legs[-1].end
    before, after = around(beside.holes, first - 1), around(beside.holes, last)
    gaps = (first - before[0] if before else 0, after[1] - last if after else 0)
    sides: list[str | None] = []
    for gap, minute in zip(gaps, (first - 1, last), strict=True):
        if gap == 0:
            sides.append(DAY_EDGE if around(beside.opened.left, minute) is None else ADJACENT)
        else:
            sides.append(LEAVES_SHORT_GAP if gap < beside.demand.duration else None)
    return _verdict(*sides)


@cache
def _verdict(before: str | None, after: str | None) -> Score:
    """The score between two sides."""
    reasons = tuple(dict.fromkeys(side for side in (before, after) if side is not None))
    if {before, after} <= {ADJACENT, DAY_EDGE}:
        return BEST, (FILLS_GAP, *reasons)
    return max(0, min(BEST, PLAIN + sum(_POINTS[reason] for reason in reasons))), reasons
