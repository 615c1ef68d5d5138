"""A client of event streams for tests, which reads what comes frame by frame."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx

PATIENCE = 20.0
ACCEPT = {"Accept": "text/event-stream"}


@dataclass(kw_only=True)
class Frame:
    """One event of a stream."""

    event: str | None
    data: Any
    id: str | None


class EventSource:
    """An open stream, and the last id that came."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self.last_id: str | None = None
        self.retry: int | None = None
        self._lines = response.aiter_lines()

    async def next(self, seconds: float = PATIENCE) -> Frame | None:
        """The next frame with an event; None where the stream is over. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            return await self._next()

    async def some(self, count: int) -> list[Frame]:
        """So many frames."""
        found = [await self.next() for _ in range(count)]
        assert all(found)
        return [one for one in found if one is not None]

    async def silent(self, seconds: float = 0.3) -> bool:
        """Whether no event comes for a while; the stream cannot be read after that."""
        try:
            return await self.next(seconds) is None
        except TimeoutError:
            return True

    async def _next(self) -> Frame | None:
        event, data = None, None
        async for line in self._lines:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            match name:
                case "id":
                    self.last_id = value
                case "retry":
                    self.retry = int(value)
                case "event":
                    event = value
                case "data":
                    data = json.loads(value) if value else None
                case "" if not line and event is not None:
                    return Frame(event=event, data=data, id=self.last_id)
        return None


@asynccontextmanager
async def listening(
    url: str, *, headers: dict[str, str] | None = None, json: Any = None, **params: str
) -> AsyncIterator[EventSource]:
    """An open stream: GET, or POST where a body is given. The response may be a refusal."""
    method = "GET" if json is None else "POST"
    async with (
        httpx.AsyncClient(verify=False, timeout=httpx.Timeout(PATIENCE, read=None)) as http,
        http.stream(
            method, url, headers={**ACCEPT, **(headers or {})}, json=json, params=params or None
        ) as response,
    ):
        yield EventSource(response)


async def refusal(source: EventSource) -> tuple[int, dict[str, Any]]:
    """The status and error of a request that was refused."""
    assert source.response.status_code != 200, "a stream was opened"
    await source.response.aread()
    body: dict[str, Any] = source.response.json()
    return source.response.status_code, body["error"]
