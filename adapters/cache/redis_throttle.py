"""The throttle that all processes share: the buckets of `auth/throttle.py` in Redis, by its clock."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from auth.throttle import DROPS, Taken, Throttle, told
from core.billing.plans import RequestLimit
from core.kernel.clock import Clock

KEY_PREFIX = "daybook:throttle:"

_LOG = logging.getLogger("daybook.throttle")

# Numbers in Lua are doubles: everything here stays a whole number below 2^53. A bucket that is full
# again is forgotten, which changes nothing: an unknown bucket is full.
_TAKE = """
local per_minute, full, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local kept = redis.call('HMGET', KEYS[1], 'drops', 'at')
local drops = tonumber(kept[1] or full)
local elapsed = math.max(0, now - tonumber(kept[2] or now))
drops = math.min(full, drops + elapsed * per_minute)
local allowed = 0
if cost <= drops then
  drops = drops - cost
  allowed = 1
end
redis.call('HSET', KEYS[1], 'drops', string.format('%.0f', drops), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil((full - drops) / (per_minute * 1000)) + 1000)
return {allowed, drops}
"""


class RedisThrottle:
    """Buckets in Redis. While Redis is away each process limits by itself: never without limit."""

    def __init__(
        self,
        redis: Redis,
        local: Throttle,
        clock: Clock,
        *,
        patience_seconds: float = 0.25,
        rest_seconds: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._script = redis.register_script(_TAKE)
        self._local = local
        self._clock = clock
        self._patience_seconds = patience_seconds
        self._rest_seconds = rest_seconds
        self._monotonic = monotonic
        self._rests_until: float | None = None

    async def take(self, key: str, limit: RequestLimit, cost: int = 1) -> Taken:
        """Take the cost in requests, or take nothing and refuse.

        After a failure Redis is tried by one request every `rest_seconds`; the others do not wait for it.
        """
        if self._rests_until is not None:
            if self._monotonic() < self._rests_until:
                return await self._local.take(key, limit, cost)
            self._rests_until = self._monotonic() + self._rest_seconds
        try:
            async with asyncio.timeout(self._patience_seconds):
                allowed, drops = await self._script(
                    keys=[KEY_PREFIX + key], args=[limit.per_minute, limit.burst * DROPS, cost * DROPS]
                )
        except (RedisError, OSError, TimeoutError) as error:
            if self._rests_until is None:
                _LOG.warning("Redis is away (%s): every process limits by itself", type(error).__name__)
            self._rests_until = self._monotonic() + self._rest_seconds
            return await self._local.take(key, limit, cost)
        if self._rests_until is not None:
            _LOG.warning("Redis is back: limits are shared again")
            self._rests_until = None
        return told(allowed=bool(allowed), drops=int(drops), limit=limit, cost=cost, now=self._clock.now())
