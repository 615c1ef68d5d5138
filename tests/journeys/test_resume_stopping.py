"""A server that is told to stop does so at once, however many dashboards are listening."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from tests.graphql_api.sockets import EVENTS, connected
from tests.kit.dashboards import Business
from tests.kit.houses import new_database
from tests.kit.serving import serving

RESTART_OR_GOING_AWAY = (1001, 1012)


async def test_open_streams_do_not_delay_the_end(tmp_path: Path) -> None:
    """SIGTERM with 20 streams under way: gone before the ten seconds of grace are over, and every client is told to come back."""
    url = await new_database("sqlite", tmp_path, None, "stopping")
    with serving(tmp_path, url) as server:
        business = Business(server.url)
        await business.sign_up()
        await business.close()

        async def dashboard() -> tuple[int, str]:
            async with connected(f"{server.url}/graphql", business.token) as socket:
                await socket.ask(EVENTS)
                ready.release()
                return await socket.closed()

        ready = asyncio.Semaphore(0)
        dashboards = [asyncio.create_task(dashboard()) for _ in range(20)]
        for _ in dashboards:
            await ready.acquire()
        began = time.monotonic()
        code = await asyncio.to_thread(server.stop)
        took = time.monotonic() - began
        told = {ending for ending, _ in await asyncio.gather(*dashboards)}
        words = server.log.read_text()
    assert code == 0
    assert took < 9, "the server waits ten seconds for streams that do not end"
    assert told <= set(RESTART_OR_GOING_AWAY)
    assert "Traceback" not in words
