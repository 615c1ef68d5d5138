"""Masks: stretches of time as the bits of one integer, and arithmetic on all of them at once.

Bit i of a mask stands for `unit` minutes from `base + i * unit` on. What is taken is rounded outwards
to whole bits and what is open inwards: exact for whatever lies on whole bits itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

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
    # One digit for each bit, and one number made of them all: far cheaper than a number for each stretch.
    digits = _zeros(bits)
    for start, end in stretches:
        low, high = (start - base) // unit, -((base - end) // unit)
        if low < 0:
            low = 0
        if high > bits:
            high = bits
        if low < high:
            digits[low:high] = _ONES[: high - low] if high - low < 512 else b"1" * (high - low)
    return _number(digits)


def within(stretches: Iterable[Stretch], frame: Frame) -> int:
    """The bits that lie wholly in the stretches, which are apart."""
    base, unit, bits = frame.base, frame.unit, frame.bits
    digits = _zeros(bits)
    for start, end in stretches:
        low, high = -((base - start) // unit), (end - base) // unit
        if low < 0:
            low = 0
        if high > bits:
            high = bits
        if low < high:
            digits[low:high] = b"1" * (high - low)
    return _number(digits)


def grid_mask(
    windows: Sequence[Stretch], shifts: Sequence[Stretch], step: int, frame: Frame, *, before_end: int = 0
) -> int:
    """The bits of a grid that begins anew where each shift opens; all edges lie on whole bits.

    Those of the last `before_end` minutes of a window, the very last apart, are left away.
    """
    at, count = 0, len(shifts)
    base, unit, bits, stride = frame.base, frame.unit, frame.bits, step // frame.unit
    digits = _zeros(bits)
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
                digits[low:high] = _comb(stride, high - low)
            if following == closes:
                break
            anchor = following
    return _number(digits)


_ONES = b"1" * 512


def _zeros(bits: int) -> bytearray:
    return bytearray(b"0") * bits


def _number(digits: bytearray) -> int:
    """The number of binary digits, the lowest first."""
    digits.reverse()
    return int(digits, 2)


@lru_cache(maxsize=1_024)
def _comb(stride: int, length: int) -> bytes:
    return ((b"1" + b"0" * (stride - 1)) * (length // stride + 1))[:length]


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
