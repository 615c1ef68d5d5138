"""The bell across processes: Redis publishes rings; one reader per process passes them on."""

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
_LONGEST_RING_SECONDS = 0.5
_REST_SECONDS = 1.0
_MOST_TOPICS = 10_000
_MOST_AT_ONCE = 500

log = structlog.get_logger("daybook.bell")


class RedisBell:
    """See core.kernel.bell.Bell. Without Redis it still rings within this process.

    Nobody who rings waits for Redis: topics are passed on beside, each once however often it was rung
    meanwhile. After a failure Redis is left alone for a second, and then told what it has missed.
    """

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(
            url, protocol=2, socket_connect_timeout=2, socket_timeout=None, health_check_interval=10
        )
        self._here = LocalBell()
        self._reader: asyncio.Task[None] | None = None
        self._teller: asyncio.Task[None] | None = None
        self._untold: dict[str, None] = {}
        self._is_away = False

    async def start(self) -> None:
        """Begin to pass on the rings of other processes."""
        self._reader = asyncio.create_task(self._pass_on(), name="bell")

    async def stop(self) -> None:
        """Pass on what was rung, stop, and close the connections. Waits half a second for Redis at most."""
        if self._teller is not None and not self._is_away:
            await asyncio.wait({self._teller}, timeout=_LONGEST_RING_SECONDS)
        for task in (self._reader, self._teller):
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await self._redis.aclose()

    async def ring(self, topic: str) -> None:
        """Wake listeners here at once, and those of other processes through Redis, soon."""
        self._here.wake(topic)
        if len(self._untold) < _MOST_TOPICS:
            self._untold[topic] = None
        if self._teller is None or self._teller.done():
            self._teller = asyncio.create_task(self._tell(), name="bell")

    async def _tell(self) -> None:
        """Tell Redis what was rung, in order, until there is nothing left."""
        while self._untold:
            topics = list(self._untold)[:_MOST_AT_ONCE]
            for topic in topics:
                del self._untold[topic]
            try:
                await asyncio.wait_for(self._publish(topics), _LONGEST_RING_SECONDS)
            except (RedisError, OSError, TimeoutError) as error:
                if not self._is_away:
                    log.warning("bell.redis_unreachable", error=type(error).__name__)
                self._is_away = True
                self._untold = dict.fromkeys(topics) | self._untold
                await asyncio.sleep(_REST_SECONDS)
            else:
                self._is_away = False

    async def _publish(self, topics: list[str]) -> None:
        async with self._redis.pipeline(transaction=False) as pipeline:
            for topic in topics:
                pipeline.publish(_CHANNEL, topic)
            await pipeline.execute()

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
