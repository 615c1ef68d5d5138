"""A bounded memory of what was true a few seconds ago."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from math import inf
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key, each for `seconds` from the moment it was asked for; the oldest make room.

    Every value lives equally long, so the order of insertion is the order of expiry.
    """

    def __init__(self, *, seconds: float, largest: int, monotonic: Callable[[], float]) -> None:
        self._seconds = seconds
        self._largest = largest
        self._monotonic = monotonic
        self._values: dict[K, tuple[float, V]] = {}

    def __len__(self) -> int:
        return len(self._values)

    def get(self, key: K, *, within_seconds: float = inf) -> V | None:
        """The value, or None where there is none, its time is over, or it is older than is wanted."""
        found = self._values.get(key)
        if found is None or self._monotonic() >= found[0] + min(self._seconds, within_seconds):
            return None
        return found[1]

    def forget(self, key: K) -> None:
        """What was true is so no longer."""
        self._values.pop(key, None)

    def keep(self, key: K, value: V, *, asked_at: float) -> None:
        """Remember a value that was true at `asked_at`, in seconds of the monotonic clock."""
        self._values.pop(key, None)
        while self._values:
            oldest = next(iter(self._values))
            if (
                len(self._values) < self._largest
                and self._monotonic() < self._values[oldest][0] + self._seconds
            ):
                break
            del self._values[oldest]
        self._values[key] = (asked_at, value)
