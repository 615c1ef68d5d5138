"""The plain sweep: the definition of what is free. Integer UTC minutes, half-open stretches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

Stretch = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Need:
    """What an appointment takes: its length and the time kept free before and after it, in minutes."""

    duration: int
    before: int = 0
    after: int = 0


@dataclass(frozen=True, slots=True)
class Grid:
    """Where starts may fall: every `step` minutes, counted from when a shift opens within the window
    (from the window where no shifts are told), or from each free stretch."""

    step: int
    anchor: Literal["window", "free"] = "window"


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


def openings(
    windows: Sequence[Stretch],
    busy: Sequence[Stretch],
    need: Need,
    grid: Grid,
    *,
    earliest: int,
    shifts: Sequence[int] = (),
) -> list[int]:
    """The starts, in UTC minutes, at which the need fits.

    Buffers must be free of other allocations; only the appointment itself must lie within the
    windows. `busy` holds allocations with their own buffers in them, sorted by start: gaps add.
    `shifts` are the minutes at which shifts open, sorted: the grid begins anew at each.
    """
    wide = [(opens - need.before, closes + need.after) for opens, closes in windows]
    found: list[int] = []
    for window, around in zip(windows, wide, strict=True):
        anchors = [opens for opens in shifts if window[0] < opens < window[1]]
        for starts, ends in free([around], _reaching(busy, around)):
            found.extend(_starts(window, (starts, ends), need, grid, earliest, anchors))
    return found


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


def _reaching(busy: Sequence[Stretch], around: Stretch) -> list[Stretch]:
    return [stretch for stretch in busy if stretch[0] < around[1] and around[0] < stretch[1]]


def _starts(
    window: Stretch, hole: Stretch, need: Need, grid: Grid, earliest: int, anchors: Sequence[int]
) -> Iterator[int]:
    first = max(window[0], hole[0] + need.before)
    last = min(window[1], hole[1] - need.after) - need.duration
    lowest = max(first, earliest)
    if grid.anchor == "free":
        yield from _grid(first, lowest, last + 1, grid.step)
        return
    for anchor, following in pairwise((window[0], *anchors, last + 1)):
        yield from _grid(anchor, lowest, min(following, last + 1), grid.step)


def _grid(anchor: int, lowest: int, end: int, step: int) -> range:
    """The minutes in [lowest, end) that lie whole steps after the anchor."""
    return range(anchor + max(0, -(-(lowest - anchor) // step)) * step, end, step)
