"""Who comes back with the last cursor misses nothing, over a WebSocket or GET /events, though the server is killed."""

from __future__ import annotations

import asyncio
import os
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from tests.graphql_api.event_source import listening as streaming
from tests.kit.dashboards import BOOKED_PER_LIFE, KILLS, Business, Subscriber, live_through_kills, more
from tests.kit.houses import new_database
from tests.kit.serving import serving

STREAMS = int(os.environ.get("SOAK_STREAMS", "3"))
"""How many of each kind listen: a soak sets 500."""


class StreamSubscriber(Subscriber):
    """One who listens at /events, as EventSource does: by the last id, or forgetfully."""

    async def listen(self) -> None:
        """Listen until cancelled."""
        url = str(self.business.http.base_url).rstrip("/") + "/events"
        while True:
            with suppress(httpx.TransportError, TimeoutError):
                await self._follow(url)
            await asyncio.sleep(0.02)
            if not self.remembers:
                await more(self.business.answered, 2)

    async def _follow(self, url: str) -> None:
        headers = {"Authorization": f"Bearer {self.business.token}"}
        if self.cursor is not None:
            headers["Last-Event-ID"] = self.cursor
        async with streaming(url, headers=headers) as source:
            assert source.response.status_code == 200
            self.connections += 1
            if not self.remembers:
                self.cursor = None
            while (frame := await source.next(60)) is not None:
                assert frame.event != "refused", frame.data
                self.seen.append(str(frame.id))
                if self.remembers:
                    self.cursor = frame.id


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
async def test_streams_miss_and_repeat_nothing_across_kills(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """kill -9 twice, WebSockets and event streams together: what each saw is the log; the forgetful miss some."""
    postgres_url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    name = f"streams_{request.getfixturevalue('worker_id')}"
    url = await new_database(kind, tmp_path, postgres_url, name)
    with serving(tmp_path, url) as server:
        business = Business(server.url)
        await business.sign_up()
        first = (await business.log())[0]["cursor"]
        kinds = (Subscriber, StreamSubscriber)
        careful = [made(business, first, remembers=True) for made in kinds for _ in range(STREAMS)]
        forgetful = [made(business, first, remembers=False) for made in kinds]
        await live_through_kills(server, business, *careful, *forgetful)
        log = await business.log()
        await business.http.aclose()
    cursors = [edge["cursor"] for edge in log[1:]]
    for one in careful:
        assert one.seen == cursors
    booked = [
        edge["node"]["appointmentId"] for edge in log if edge["node"]["__typename"] == "AppointmentBooked"
    ]
    assert booked == business.answered
    assert len(set(booked)) == len(booked) > KILLS * BOOKED_PER_LIFE
    # The negative control: without the last cursor the same life leaves gaps.
    for one in forgetful:
        assert one.connections == KILLS + 1
        assert len(set(one.seen)) == len(one.seen)
        assert set(one.seen) < set(cursors)
