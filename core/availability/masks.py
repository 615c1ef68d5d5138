"""Masks: stretches of time as the bits of one integer, and arithmetic on all of them at once.

Bit i of a mask stands for `unit` minutes from `base + i * unit` on. What is taken is rounded outwards
to whole bits and what is open inwards: exact for whatever lies on whole bits itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

from core.availability.stretches import Stretch


class Frame(NamedTuple):
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
    base, unit, bits = frame.base, frame.unit, frame.bits
    mask = 0
    for start, end in stretches:
        low, high = (start - base) // unit, -((base - end) // unit)
        if low < 0:
            low = 0
        if high > bits:
            high = bits
        if low < high:
            mask |= ((1 << high - low) - 1) << low
    return mask


def within(stretches: Iterable[Stretch], frame: Frame) -> int:
    """The bits that lie wholly in the stretches."""
    base, unit, bits = frame.base, frame.unit, frame.bits
    mask = 0
    for start, end in stretches:
        low, high = -((base - start) // unit), (end - base) // unit
        if low < 0:
            low = 0
        if high > bits:
            high = bits
        if low < high:
            mask |= ((1 << high - low) - 1) << low
    return mask


def grid_mask(
    windows: Sequence[Stretch], shifts: Sequence[Stretch], step: int, frame: Frame, *, before_end: int = 0
) -> int:
    """The bits of a grid that begins anew where each shift opens; all edges lie on whole bits.

    Those of the last `before_end` minutes of a window, the very last apart, are left away.
    """
    at, count, mask = 0, len(shifts), 0
    base, unit, bits, stride = frame.base, frame.unit, frame.bits, step // frame.unit
    for opens, closes in windows:
        last = closes - before_end + 1 if before_end else closes
        anchor = opens
        while True:
            while at < count and shifts[at][0] <= anchor:
                at += 1
            following = shifts[at][0] if at < count and shifts[at][0] < closes else closes
            low, high = (anchor - base) // unit, -((base - min(following, last)) // unit)
            if low < 0:
                low += -(low // stride) * stride
            if high > bits:
                high = bits
            if low < high:
                mask |= _comb(stride, -((low - high) // stride)) << low
            if following == closes:
                break
            anchor = following
    return mask


@lru_cache(maxsize=1_024)
def _comb(stride: int, teeth: int) -> int:
    """So many bits, each so far from the one before."""
    mask = have = 1
    while have < teeth:
        more = min(have, teeth - have)
        mask |= mask << stride * more
        have += more
    return mask


def minutes_of(mask: int, frame: Frame) -> list[int]:
    """The UTC minutes of the bits that are set, in order."""
    found: list[int] = []
    low = max(0, (mask & -mask).bit_length() - 1)
    text = bin(mask >> low)[:1:-1]
    at, find, unit, base = text.find("1"), text.find, frame.unit, frame.base + low * frame.unit
    while at >= 0:
        found.append(base + at * unit)
        at = find("1", at + 1)
    return found


def between(mask: int, frame: Frame, begin: int, end: int) -> int:
    """The bits that begin in [begin, end)."""
    low = max(0, -((frame.base - begin) // frame.unit))
    high = min(frame.bits, max(low, -((frame.base - end) // frame.unit)))
    return (mask >> low << low) & ones(high)
