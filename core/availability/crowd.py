"""A crowd: the starts at which one of many providers can be had, or all of them; the former kept as they
change one by one."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from math import isqrt
from operator import attrgetter

from core.availability.bits import Found
from core.availability.masks import Frame, covering, minutes_of, ones

Offer = list[tuple[int, Found]]
"""A provider's starts by place, home first."""


class Crowd:
    """Providers, sorted, in about as many groups as each has members, and the union of each group.

    When one provider's masks change, one group is put together anew, and then the groups: what a
    booking costs grows with the square root of the crowd. `offers` are read, never changed.
    """

    def __init__(self, provider_ids: Sequence[int], offers: Mapping[int, Offer]) -> None:
        self.provider_ids = provider_ids
        self.absent = {provider_id for provider_id in provider_ids if provider_id not in offers}
        self._offers = offers
        self._width = max(8, isqrt(len(provider_ids)))
        self._unions: list[list[Found]] = [[] for _ in range(0, len(provider_ids), self._width)]
        self._stale = set(range(len(self._unions)))
        self._whole: list[Found] = []

    def change(self, provider_id: int) -> None:
        """Take note that a provider's masks are others, or gone."""
        at = bisect_left(self.provider_ids, provider_id)
        if at == len(self.provider_ids) or self.provider_ids[at] != provider_id:
            return
        self._stale.add(at // self._width)
        if provider_id in self._offers:
            self.absent.discard(provider_id)
        else:
            self.absent.add(provider_id)

    def together(self) -> list[Found]:
        """The starts of all who are not absent; the list is never changed once told."""
        if self._stale:
            for group in self._stale:
                members = self.provider_ids[group * self._width : (group + 1) * self._width]
                self._unions[group] = anybodys(self._offers, members)
            self._stale.clear()
            self._whole = united(found for union in self._unions for found in union)
        return self._whole


def anybodys(offers: Mapping[int, Offer], provider_ids: Iterable[int]) -> list[Found]:
    """The starts at which at least one of the providers whose offers are given can be had."""
    return united(found for provider_id in provider_ids for _, found in offers.get(provider_id, ()))


def common(offers: Mapping[int, Offer], provider_ids: Iterable[int]) -> list[Found]:
    """The starts at which every one of the providers can be had, whose service is no group."""
    everybodys = [[found for _, found in offers[provider_id]] for provider_id in provider_ids]
    frame = min((found.frame for mine in everybodys for found in mine), key=_UNIT)
    mask = ones(frame.bits)
    for mine in everybodys:
        theirs = 0
        for found in mine:
            theirs |= found.mask if found.frame.unit == frame.unit else _finer(found, frame)
        mask &= theirs
    return [Found(frame, mask)]


_UNIT = attrgetter("unit")


def _finer(found: Found, frame: Frame) -> int:
    """The same starts in a frame whose bits are minutes."""
    return covering(((minute, minute + 1) for minute in minutes_of(found.mask, found.frame)), frame)


def united(several: Iterable[Found]) -> list[Found]:
    """Masks of one stretch in as few as may be: those of the same unit in one."""
    masks: dict[int, int] = {}
    firsts: dict[int, Found] = {}
    joined: dict[int, int] = {}
    for found in several:
        unit = found.frame.unit
        if unit in masks:
            masks[unit] |= found.mask
        else:
            masks[unit], firsts[unit] = found.mask, found
        for minute, left in found.joined.items():
            joined[minute] = max(left, joined.get(minute, 0))
    return [Found(firsts[unit].frame, mask, firsts[unit].capacity, joined) for unit, mask in masks.items()]
