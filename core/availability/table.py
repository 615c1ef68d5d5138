"""A table: the start masks of many providers for one question and one stretch of time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.availability.bits import Found
from core.availability.crowd import Crowd, Offer, anybodys

_ENTRY_BYTES, _MEMBER_BYTES = 500, 10


@dataclass(slots=True)
class Table:
    """Start masks by provider. `needs` are the rooms and kit that all of them share; `until` is when a
    hold that a provider's masks heed runs out; `size` is about how many bytes it is."""

    needs: frozenset[int]
    offers: dict[int, Offer] = field(default_factory=dict)
    until: dict[int, datetime] = field(default_factory=dict)
    at: datetime | None = None
    size: int = 0
    crowd: Crowd | None = None

    def lacking(self, provider_ids: Sequence[int]) -> list[int]:
        """Those whose masks are not known."""
        if self.crowd is not None and self.crowd.provider_ids is provider_ids:
            return sorted(self.crowd.absent)
        return [provider_id for provider_id in provider_ids if provider_id not in self.offers]

    def anybodys(self, provider_ids: Sequence[int], *, again: bool) -> list[Found]:
        """The starts of those whose masks are known, together. `again` says that the same list, sorted,
        will be asked for: then what it comes to is kept, and changed with the masks."""
        if not again:
            return anybodys(self.offers, provider_ids)
        if self.crowd is None or self.crowd.provider_ids is not provider_ids:
            self._disperse()
            self.crowd = Crowd(provider_ids, self.offers)
            self.size += _MEMBER_BYTES * len(provider_ids)
        return self.crowd.together()

    def refresh(self, now: datetime) -> None:
        """Forget what no longer holds by the clock."""
        if self.at is not None and now < self.at:
            self.clear()
        for provider_id in [key for key, until in self.until.items() if until <= now]:
            self.drop(provider_id)
        self.at = now

    def put(self, provider_id: int, offer: Offer, until: datetime | None) -> None:
        """Keep a provider's masks."""
        self.drop(provider_id)
        self.offers[provider_id] = offer
        self.size += _offer_bytes(offer)
        if until is not None:
            self.until[provider_id] = until
        if self.crowd is not None:
            self.crowd.change(provider_id)

    def drop(self, provider_id: int) -> None:
        """Forget a provider's masks."""
        self.until.pop(provider_id, None)
        offer = self.offers.pop(provider_id, None)
        if offer is not None:
            self.size -= _offer_bytes(offer)
            if self.crowd is not None:
                self.crowd.change(provider_id)

    def clear(self) -> None:
        """Forget everybody's."""
        self._disperse()
        self.offers.clear()
        self.until.clear()
        self.size = 0

    def _disperse(self) -> None:
        if self.crowd is not None:
            self.size -= _MEMBER_BYTES * len(self.crowd.provider_ids)
            self.crowd = None


def _offer_bytes(offer: Offer) -> int:
    return _ENTRY_BYTES + sum(_ENTRY_BYTES // 2 + found.frame.bits // 8 for _, found in offer)
