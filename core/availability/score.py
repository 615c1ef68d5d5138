"""How well a slot fits what is taken already: the fewer scraps of free time it leaves, the better."""

from __future__ import annotations

from collections.abc import Sequence

from core.availability.outlook import Outlook, Wish, search_of
from core.availability.rulebook import Taken
from core.availability.stretches import around
from core.availability.sweep import Beside

FILLS_GAP, ADJACENT, DAY_EDGE = "FILLS_GAP", "ADJACENT", "DAY_EDGE"
LEAVES_SHORT_GAP, JOINS_SESSION = "LEAVES_SHORT_GAP", "JOINS_SESSION"

PLAIN, BEST = 50, 100
_POINTS = {ADJACENT: 30, DAY_EDGE: 10, LEAVES_SHORT_GAP: -20}


Offered = tuple[int, int, int, int]
"""Start, provider, place and seats left."""

Scores = dict[Offered, tuple[int, tuple[str, ...]]]
"""What is offered → its score, 0 to 100, and the reasons."""


def scored(look: Outlook, wish: Wish, offered: Sequence[Offered], taken: Sequence[Taken]) -> Scores:
    """The scores of what is offered, sorted by start.

    50 stands for a slot with room on both sides. It gains 30 beside taken time (ADJACENT) and 10 at the
    edge of open time (DAY_EDGE), and loses 20 where it would leave less than its own length free on a
    side (LEAVES_SHORT_GAP, once). Between two such edges (FILLS_GAP), and in a session that is open
    already (JOINS_SESSION), it has 100.
    """
    if not offered:
        return {}
    begin, end = offered[0][0], offered[-1][0] + 1
    known: dict[tuple[int, int], Beside] = {}
    scores: Scores = {}
    for one in offered:
        start, provider_id, place, _ = one
        key = (provider_id, place)
        if key not in known:
            known[key] = Beside(look.book, search_of(wish, wish.demand, *key), taken, begin, end)
        scores[one] = score_of(known[key], start)
    return scores


def score_of(beside: Beside, start: int) -> tuple[int, tuple[str, ...]]:
    """The score of a start that is offered, and its reasons."""
    if start in beside.sessions:
        return BEST, (JOINS_SESSION,)
    legs = beside.demand.busy
    first, last = start + legs[0].start, start + legs[-1].end
    before, after = around(beside.holes, first - 1), around(beside.holes, last)
    gaps = (first - before[0] if before else 0, after[1] - last if after else 0)
    reasons = []
    for gap, minute in zip(gaps, (first - 1, last), strict=True):
        if gap == 0:
            reasons.append(DAY_EDGE if around(beside.opened.left, minute) is None else ADJACENT)
        elif gap < beside.demand.duration:
            reasons.append(LEAVES_SHORT_GAP)
    if gaps == (0, 0):
        return BEST, (FILLS_GAP, *dict.fromkeys(reasons))
    unlike = tuple(dict.fromkeys(reasons))
    return max(0, min(BEST, PLAIN + sum(_POINTS[reason] for reason in unlike))), unlike
