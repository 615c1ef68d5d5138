"""Two web processes on one database: what one books, subscribers of the other hear, with Redis and without."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from pathlib import Path

from tests.journeys.test_browser_events import Agenda
from tests.journeys.test_resume_streams import StreamSubscriber
from tests.kit.dashboards import Business, Subscriber, listening
from tests.kit.houses import SECRET, new_database
from tests.kit.redis import OwnRedis
from tests.kit.serving import daybook, serving

PATIENCE = 60.0
AT_ONCE = 2.0
"""Seconds: far more than a ring takes, and far less than the five between two looks at the log."""


async def delays(agenda: Agenda, listeners: Sequence[Subscriber], count: int) -> list[float]:
    """So many bookings, each after all have heard of the one before: seconds until all had heard of it."""
    found = []
    for _ in range(count):
        began = time.monotonic()
        await agenda.book(1)
        cursor = (await agenda.log())[-1]
        await all_heard(listeners, cursor)
        found.append(time.monotonic() - began)
    return found


async def all_heard(listeners: Sequence[Subscriber], cursor: str) -> None:
    """Return once all have heard of a place."""
    async with asyncio.timeout(PATIENCE):
        while not all(cursor in one.seen for one in listeners):  # noqa: ASYNC110  # lists do not tell
            await asyncio.sleep(0.01)


async def test_what_one_process_books_is_heard_at_the_other(
    tmp_path: Path, postgres_url: str, worker_id: str
) -> None:
    """At once by Redis; by looking while Redis is dead, which is the negative control; at once again after.

    Each listener has the whole log, in order, 0 gaps, 0 duplicates, over one connection.
    """
    database_url = await new_database("postgresql", tmp_path, postgres_url, f"two_{worker_id}")
    migrated = await asyncio.to_thread(
        daybook, "migrate", folder=tmp_path, DATABASE_URL=database_url, SECRET_KEY=SECRET
    )
    assert migrated.returncode == 0, migrated.stderr
    redis = OwnRedis()
    try:
        with (
            serving(tmp_path, database_url, REDIS_URL=redis.url, DEMO="false") as here,
            serving(tmp_path, database_url, REDIS_URL=redis.url, DEMO="false") as there,
        ):
            agenda = Agenda(Business(there.url))
            await agenda.open()
            first = (await agenda.business.log())[-1]["cursor"]
            visitor = Business(here.url)
            visitor.token = agenda.business.token
            listeners = [
                made(visitor, first, remembers=True)
                for made in (Subscriber, StreamSubscriber)
                for _ in range(2)
            ]
            async with listening(*listeners):
                async with asyncio.timeout(PATIENCE):
                    while any(one.connections == 0 for one in listeners):  # noqa: ASYNC110
                        await asyncio.sleep(0.01)
                by_redis = await delays(agenda, listeners, 6)
                booking = asyncio.create_task(agenda.book(12))
                await asyncio.sleep(0.2)
                await asyncio.to_thread(redis.kill)
                await booking
                await all_heard(listeners, (await agenda.log())[-1])
                by_looking = await delays(agenda, listeners, 3)
                await asyncio.to_thread(redis.start)
                await delays(agenda, listeners, 1)
                by_redis_again = await delays(agenda, listeners, 5)
                log = [edge["cursor"] for edge in await agenda.business.log()]
                await all_heard(listeners, log[-1])
            await agenda.business.close()
            await visitor.close()
    finally:
        redis.server.stop()
    told = log[log.index(first) + 1 :]
    assert len(told) == len(set(told)) >= 27
    for one in listeners:
        assert one.seen == told
        assert one.connections == 1
    assert statistics.median(by_redis) < AT_ONCE
    assert statistics.median(by_redis_again) < AT_ONCE
    assert statistics.median(by_looking) > AT_ONCE
    assert max(by_looking) < PATIENCE
