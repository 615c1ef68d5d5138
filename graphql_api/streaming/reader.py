"""One reader of a channel: how far they are, where what is told goes, and how it ends for them."""

from __future__ import annotations

import asyncio
from typing import Protocol

from graphql_api.streaming.batch import Batch
from graphql_api.streaming.burst import Burst


class TooSlow(Exception):
    """More waits for the reader than may wait: they are let go, and come back with their last cursor."""


class Sink(Protocol):
    """Takes what is told to one reader, in order."""

    def write(self, batch: Batch, burst: Burst) -> bool:
        """Take all of it at once, or have the burst do so; False where nothing of it was taken."""
        ...

    def offer(self, text: str) -> bool:
        """Take one text at once, to be sent as soon as it can be; False where there is no room."""
        ...

    async def put(self, text: str) -> None:
        """Take one text, after waiting for room."""
        ...

    def is_busy(self) -> bool:
        """Whether so much waits already that a burst would not fit."""
        ...

    async def settled(self) -> None:
        """Return once it is not busy."""
        ...


class Reader:
    """A member of a channel. `position` is the number up to which they have been told everything."""

    __slots__ = ("_is_told", "ended", "position", "sink")

    def __init__(self, sink: Sink, position: int = 0) -> None:
        self.sink = sink
        self.position = position
        self._is_told = True
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def tell(self, batch: Batch, burst: Burst) -> None:
        """Pass on what is news to them. Whoever was ended or has left is told no more: it would leave a gap."""
        if batch.end <= self.position or not self._is_told:
            return
        if batch.start < self.position:
            batch = batch.after(self.position)
        self.position = batch.end
        texts = batch.texts
        if texts and not self.sink.write(batch, burst) and not all(map(self.sink.offer, texts)):
            self.end(TooSlow())

    async def hear(self, batch: Batch) -> None:
        """The same for somebody who catches up: what has no room waits for it."""
        burst = Burst()
        if not batch.texts or self.sink.write(batch, burst):
            burst.flush()
        else:
            for number, text in zip(batch.numbers, batch.texts, strict=True):
                await self.sink.put(text)
                self.position = number
        self.position = batch.end

    def leave(self) -> None:
        """Be told no more."""
        self._is_told = False

    def end(self, error: BaseException) -> None:
        """End it with an error. The first one counts."""
        self.leave()
        if not self.ended.done():
            self.ended.set_exception(error)
