"""A line for what there are only a few of: first come, first served.

The pool's own queue hands nothing over: whoever gives a connection back and asks at once for another
gets it before those that wait, so under a steady load some wait until they give up.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Line:
    """So many may be inside at once; the others wait in the order in which they came."""

    def __init__(self, places: int, *, patience_seconds: float) -> None:
        self._places = asyncio.Semaphore(places)
        self._patience_seconds = patience_seconds

    @asynccontextmanager
    async def place(self) -> AsyncIterator[None]:
        """A place for the length of the block. Raises TimeoutError where none is free in time."""
        async with asyncio.timeout(self._patience_seconds):
            await self._places.acquire()
        try:
            yield
        finally:
            self._places.release()
