"""One reader of a channel: how far they are, where what is told goes, and how it ends for them."""

from __future__ import annotations

import asyncio
from typing import Protocol


class TooSlow(Exception):
    """More waits for the reader than may wait: they are let go, and come back with their last cursor."""


class Sink(Protocol):
    """Takes what is told to one reader, in order."""

    async def put(self, text: str) -> None:
        """Take it, after waiting for room."""
        ...

    def offer(self, text: str) -> bool:
        """Take it at once; False where there is no room."""
        ...

    def is_busy(self) -> bool:
        """Whether so much waits already that a burst would not fit."""
        ...

    async def settled(self) -> None:
        """Return once it is not busy."""
        ...


class Reader:
    """A member of a channel. `position` is the number up to which they have been told everything."""

    __slots__ = ("ended", "position", "sink")

    def __init__(self, sink: Sink, position: int = 0) -> None:
        self.sink = sink
        self.position = position
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, sequence: int, text: str | None) -> None:
        """Pass on what was told at a number, where that is news to them."""
        if sequence <= self.position:
            return
        self.position = sequence
        if text is not None and not self.sink.offer(text):
            self.end(TooSlow())

    def end(self, error: BaseException) -> None:
        """End it with an error. The first one counts."""
        if not self.ended.done():
            self.ended.set_exception(error)
