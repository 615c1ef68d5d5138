"""Masks: stretches of time as the bits of one integer, and arithmetic on all of them at once.

Bit i of a mask stands for `unit` minutes from `base + i * unit` on. What is taken is rounded outwards
to whole bits and what is open inwards: exact for whatever lies on whole bits itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

from core.availability.stretches import Stretch


@dataclass(frozen=True, slots=True)
class Frame:
    """The stretch of time that a mask is of: from a UTC minute on, so many bits of so many minutes.

    Starts are asked for in [begin, end); the rest is a margin, wide enough for all that one touches.
    """

    begin: int
    end: int
    base: int
    bits: int
    unit: int


@cache
def ones(bits: int) -> int:
    """So many lowest bits set."""
    return (1 << bits) - 1


@cache
def comb(step: int, bits: int) -> int:
    """Every `step`-th bit set, from the lowest on."""
    mask, have = 1, 1
    while have * step < bits:
        mask |= mask << (have * step)
        have *= 2
    return mask & ones(bits)


def run(mask: int, length: int) -> int:
    """The bits from which on `length` bits in a row are set."""
    have = 1
    while have < length and mask:
        step = min(have, length - have)
        mask &= mask >> step
        have += step
    return mask


def shifted(mask: int, by: int) -> int:
    """Every bit moved down by so many places; up where that is negative."""
    return mask >> by if by >= 0 else mask << -by


def covering(stretches: Iterable[Stretch], frame: Frame) -> int:
    """The bits that the stretches touch at all."""
    mask, base, unit, bits = 0, frame.base, frame.unit, frame.bits
    for start, end in stretches:
        low, high = (start - base) // unit, -((base - end) // unit)
        if low < 0:
            low = 0
        if high > bits:
            high = bits
        if low < high:
            mask |= ones(high - low) << low
    return mask


def within(stretches: Iterable[Stretch], frame: Frame) -> int:
    """The bits that lie wholly in the stretches, which are apart."""
    mask, base, unit, bits = 0, frame.base, frame.unit, frame.bits
    for start, end in stretches:
        low, high = -((base - start) // unit), (end - base) // unit
        if low < 0:
            low = 0
        if high > bits:
            high = bits
        if low < high:
            mask |= ones(high - low) << low
    return mask


def grid_mask(windows: Sequence[Stretch], shifts: Sequence[Stretch], step: int, frame: Frame) -> int:
    """The bits of a grid that begins anew where each shift opens; all edges lie on whole bits."""
    mask, at = 0, 0
    base, unit, bits, stride = frame.base, frame.unit, frame.bits, step // frame.unit
    pattern = comb(stride, bits)
    for opens, closes in windows:
        anchors = [opens]
        while at < len(shifts) and shifts[at][0] < closes:
            if shifts[at][0] > anchors[-1]:
                anchors.append(shifts[at][0])
            at += 1
        anchors.append(closes)
        for anchor, following in pairwise(anchors):
            low, high = (anchor - base) // unit, -((base - following) // unit)
            if low < 0:
                low += -(low // stride) * stride
            if high > bits:
                high = bits
            if low < high:
                mask |= (pattern & ones(high - low)) << low
    return mask


def minutes_of(mask: int, frame: Frame) -> list[int]:
    """The UTC minutes of the bits that are set, in order."""
    found: list[int] = []
    text = bin(mask)[:1:-1]
    at, find, unit, base = text.find("1"), text.find, frame.unit, frame.base
    while at >= 0:
        found.append(base + at * unit)
        at = find("1", at + 1)
    return found


def between(mask: int, frame: Frame, begin: int, end: int) -> int:
    """The bits that begin in [begin, end)."""
    low = max(0, -((frame.base - begin) // frame.unit))
    high = min(frame.bits, max(low, -((frame.base - end) // frame.unit)))
    return (mask >> low << low) & ones(high)
