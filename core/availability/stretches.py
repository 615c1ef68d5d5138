"""Arithmetic on stretches: half-open, in integer minutes."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from core.availability.hours import merged

Stretch = tuple[int, int]


def free(windows: Sequence[Stretch], busy: Sequence[Stretch]) -> list[Stretch]:
    """What is left of the windows when the busy stretches are taken out; both sorted by start."""
    left: list[Stretch] = []
    at = 0
    for opens, closes in windows:
        while at < len(busy) and busy[at][1] <= opens:
            at += 1
        cursor, here = opens, at
        while here < len(busy) and busy[here][0] < closes:
            starts, ends = busy[here]
            if starts > cursor:
                left.append((cursor, starts))
            cursor = max(cursor, ends)
            here += 1
        if cursor < closes:
            left.append((cursor, closes))
    return left


def peak(taken: Sequence[tuple[int, int, int]], start: int, end: int) -> int:
    """The greatest quantity taken at once within [start, end); rows are (start, end, quantity)."""
    edges: list[tuple[int, int]] = []
    for starts, ends, quantity in taken:
        if starts < end and start < ends:
            edges += [(max(starts, start), quantity), (min(ends, end), -quantity)]
    level = highest = 0
    for _, change in sorted(edges):
        level += change
        highest = max(highest, level)
    return highest


def full(taken: Sequence[tuple[int, int, int]], capacity: int, quantity: int = 1) -> list[Stretch]:
    """The stretches, sorted and apart, in which `quantity` more would be too much; rows as for `peak`."""
    if quantity > capacity - max((row[2] for row in taken), default=0):
        alone = [(start, end) for start, end, amount in taken if amount + quantity > capacity]
        if len(alone) == len(taken):
            return merged(alone)
    found: list[Stretch] = []
    edges: list[tuple[int, int]] = []
    for start, end, amount in taken:
        edges += [(start, amount), (end, -amount)]
    level, since = 0, None
    for at, change in sorted(edges):
        level += change
        if level + quantity > capacity and since is None:
            since = at
        elif level + quantity <= capacity and since is not None:
            found.append((since, at))
            since = None
    return merged(found)


def is_clear(stretches: Sequence[Stretch], start: int, end: int) -> bool:
    """Whether nothing of [start, end) lies in the stretches, which are sorted and apart."""
    at = bisect_right(stretches, (start, end))
    return (at == 0 or stretches[at - 1][1] <= start) and (at == len(stretches) or stretches[at][0] >= end)


def around(stretches: Sequence[Stretch], minute: int) -> Stretch | None:
    """The stretch that holds a minute; they are sorted and apart."""
    at = bisect_right(stretches, minute, key=lambda stretch: stretch[0])
    if at and minute < stretches[at - 1][1]:
        return stretches[at - 1]
    return None
