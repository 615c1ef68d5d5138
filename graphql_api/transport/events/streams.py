"""All event streams of one endpoint, so that they can be ended together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from graphql_api.transport.events.stream import EventStream

_STOPPING_SECONDS = 3.0


class EventStreams:
    """Every open event stream."""

    def __init__(self) -> None:
        self._open: set[EventStream] = set()
        self._all_ended = asyncio.Event()
        self._is_stopping = False

    def __len__(self) -> int:
        return len(self._open)

    @contextmanager
    def holding(self, stream: EventStream) -> Iterator[None]:
        """Among the open ones for the length of a block; while the program stops, ended at once."""
        self._open.add(stream)
        self._all_ended.clear()
        if self._is_stopping:
            stream.end()
        try:
            yield
        finally:
            self._open.discard(stream)
            if not self._open:
                self._all_ended.set()

    async def close(self) -> None:
        """End every stream, and all that come from now on; returns when they are gone."""
        self._is_stopping = True
        for stream in list(self._open):
            stream.end()
        if self._open:
            with suppress(TimeoutError):
                async with asyncio.timeout(_STOPPING_SECONDS):
                    await self._all_ended.wait()
