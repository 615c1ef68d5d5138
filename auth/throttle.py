"""How often somebody may come: token buckets with a burst, in exact whole numbers.

The bucket is counted in drops: a request costs 60,000,000 of them, and as many drops as the limit
has requests a minute fall in each microsecond. No fraction is ever rounded, so the twin in Redis
(`adapters/cache/redis_throttle.py`) decides alike.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.billing.plans import RequestLimit
from core.kernel.clock import Clock
from core.kernel.errors import RateLimited

DROPS = 60_000_000  # one request
_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The answer of a bucket: whole requests left, when to come back, when it is full again (UTC).

    `retry_after_seconds` is 0 where the request is allowed, else at least 1.
    """

    allowed: bool
    limit: RequestLimit
    remaining: int
    retry_after_seconds: int
    reset_at: datetime


class Throttle(Protocol):
    """Keeps a bucket for every key."""

    async def take(self, key: str, limit: RequestLimit, cost: int = 1) -> Taken:
        """Take the cost in requests, or take nothing and refuse; a cost above the burst is always refused."""
        ...


async def demand(throttle: Throttle, key: str, limit: RequestLimit) -> None:
    """Take one request. Raises RateLimited where the bucket refuses."""
    taken = await throttle.take(key, limit)
    if not taken.allowed:
        raise RateLimited(taken.retry_after_seconds)


def refilled(drops: int, elapsed_microseconds: int, limit: RequestLimit) -> int:
    """The drops in a bucket after a time; a clock that went back adds none."""
    return min(limit.burst * DROPS, drops + max(0, elapsed_microseconds) * limit.per_minute)


def told(*, allowed: bool, drops: int, limit: RequestLimit, cost: int, now: datetime) -> Taken:
    """What a bucket with so many drops left answers."""
    a_second = limit.per_minute * _MICROSECONDS
    until_enough = -(-(cost * DROPS - drops) // a_second)
    until_full = -(-(limit.burst * DROPS - drops) // a_second)
    return Taken(
        allowed=allowed,
        limit=limit,
        remaining=drops // DROPS,
        retry_after_seconds=0 if allowed else max(1, until_enough),
        reset_at=now + timedelta(seconds=until_full),
    )


class MemoryThrottle:
    """Buckets of this process: at most `largest`; the one unused for longest makes room, being fullest."""

    def __init__(
        self, clock: Clock, *, monotonic: Callable[[], float] = time.monotonic, largest: int = 100_000
    ) -> None:
        self._clock = clock
        self._monotonic = monotonic
        self._largest = largest
        self._buckets: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    async def take(self, key: str, limit: RequestLimit, cost: int = 1) -> Taken:
        """Take the cost in requests, or take nothing and refuse."""
        at = int(self._monotonic() * _MICROSECONDS)
        before, since = self._buckets.get(key, (limit.burst * DROPS, at))
        drops = refilled(before, at - since, limit)
        allowed = cost * DROPS <= drops
        if allowed:
            drops -= cost * DROPS
        self._buckets[key] = (drops, at)
        self._buckets.move_to_end(key)
        if len(self._buckets) > self._largest:
            self._buckets.popitem(last=False)
        return told(allowed=allowed, drops=drops, limit=limit, cost=cost, now=self._clock.now())


class Unlimited:
    """Lets everything pass: for RATE_LIMITS=off."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def take(self, key: str, limit: RequestLimit, cost: int = 1) -> Taken:
        """Allow."""
        return told(allowed=True, drops=limit.burst * DROPS, limit=limit, cost=cost, now=self._clock.now())
