"""The bell across processes: Redis publishes each ring; one reader per process passes it on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from adapters.bus.local import LocalBell, LocalListener

_CHANNEL = "daybook:bell"
_RETRY_SECONDS = 1.0
_LONGEST_RING_SECONDS = 2.0

log = structlog.get_logger("daybook.bell")


class RedisBell:
    """See core.kernel.bell.Bell. Without Redis it still rings within this process."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, protocol=2, socket_connect_timeout=2, socket_timeout=None, health_check_interval=10
        )
        self._here = LocalBell()
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to pass on the rings of other processes."""
        self._reader = asyncio.create_task(self._pass_on(), name="bell")

    async def stop(self) -> None:
        """Stop passing on, and close the connections."""
        if self._reader is not None:
            self._reader.cancel()
            with suppress(asyncio.CancelledError):
                await self._reader
        await self._redis.aclose()

    async def ring(self, topic: str) -> None:
        """Wake listeners here at once, and those of other processes through Redis."""
        self._here.wake(topic)
        try:
            await asyncio.wait_for(self._redis.publish(_CHANNEL, topic), _LONGEST_RING_SECONDS)
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("bell.redis_unreachable", error=type(error).__name__)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[LocalListener]:
        """Listen to a topic for the length of a block."""
        async with self._here.listen(topic) as listener:
            yield listener

    async def _pass_on(self) -> None:
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as channel:
                    await channel.subscribe(_CHANNEL)
                    self._here.wake_all()
                    async for message in channel.listen():
                        self._here.wake(message["data"].decode())
            except (RedisError, OSError) as error:
                log.warning("bell.redis_lost", error=type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)
