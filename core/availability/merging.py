"""Start masks of many providers, counted and merged before an object is made of any start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.availability.bits import Found
from core.availability.crowd import Offer, united
from core.availability.score import Offered

Ranged = tuple[Mapping[int, Offer], int, int]
"""The providers' masks of a chunk, and the part [begin, end) of it that is asked about, in UTC minutes."""


def counted(ranged: Sequence[Ranged], provider_ids: Sequence[int]) -> tuple[int, int]:
    """How many starts there are at most, and how many offers: one for each provider and place of a start.

    A start is counted twice where five minutes are a bit of one provider and a minute is of another.
    """
    starts = offers = 0
    for known, begin, end in ranged:
        masks = [found.between(begin, end) for one in provider_ids for _, found in known[one]]
        offers += sum(found.mask.bit_count() + len(found.joined) for found in masks)
        starts += sum(map(_starts, united(masks)))
    return starts, offers


def _starts(found: Found) -> int:
    bits = Found(found.frame, found.mask)
    return found.mask.bit_count() + sum(not bits.starts_at(minute) for minute in found.joined)


def merged_offers(ranged: Sequence[Ranged], provider_ids: Sequence[int]) -> list[Offered]:
    """Each start once, with the first provider who can be had and where, and the most seats that one has."""
    first: dict[int, Offered] = {}
    for known, begin, end in ranged:
        seen: dict[int, int] = {}
        for provider_id in provider_ids:
            for place, found in known[provider_id]:
                there = found.between(begin, end)
                unit = there.frame.unit
                fresh = there.mask & ~seen.get(unit, 0)
                seen[unit] = seen.get(unit, 0) | there.mask
                for minute, left in Found(there.frame, fresh, there.capacity, there.joined).seats_by_minute():
                    have = first.get(minute, (minute, provider_id, place, left))
                    first[minute] = have if have[3] >= left else (*have[:3], left)
    return sorted(first.values())
