"""What waits to be sent to one client: bounded, so that a slow reader costs no more than a quick one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Generator
from typing import Any, AnyStr, Generic

from graphql_api.settings import SocketLimits
from graphql_api.streaming.batch import bytes_of
from graphql_api.streaming.burst import Burst, FrameWriter
from graphql_api.streaming.reader import TooSlow

Write = Callable[[AnyStr], Coroutine[Any, Any, None]]
"""Sends one frame; waits while the client takes nothing."""


class Outbox(Generic[AnyStr]):
    """Frames in order. `put` waits for room, so that the log is read no faster than the client reads.

    What many are told touches one of these for each of them: hence the slots, and few of them on that way.
    """

    __slots__ = (
        "_broken",
        "_burst",
        "_emptier",
        "_events",
        "_filled",
        "_limits",
        "_size",
        "_under_way",
        "_waiting",
        "_write",
        "_writer",
    )

    def __init__(self, write: Write[AnyStr], limits: SocketLimits, writer: FrameWriter | None = None) -> None:
        self._write: Write[AnyStr] = write
        self._writer = writer
        self._burst: Burst | None = None
        self._limits = limits
        self._waiting: deque[tuple[AnyStr, int, int]] = deque()
        self._events = 0
        self._size = 0
        self._filled = asyncio.Event()
        self._emptier = asyncio.Event()
        self._under_way: _Rest | None = None
        self._broken: BaseException | None = None

    def join(self, burst: Burst, frames: bytes) -> bool:
        """Have frames written past the queue, once in a burst; False where something waits or the client is slow."""
        writer = self._writer
        if self._events or writer is None or self._broken is not None:
            return False
        if self._burst is burst or not writer.is_ready():
            return False
        self._burst = burst
        burst.append((writer.write, frames))
        return True

    async def put(self, frame: AnyStr) -> None:
        """Have a frame sent after those before it."""
        while not self.offer(frame):
            self._emptier.clear()
            await self._emptier.wait()

    def offer(self, frame: AnyStr, *, events: int = 1) -> bool:
        """The same without waiting; False where there is no room. It counts as so many events."""
        if not self._has_room():
            return False
        if self._waiting or not self._written_at_once(frame):
            size = len(frame) if isinstance(frame, bytes) else bytes_of(frame)
            self._waiting.append((frame, events, size))
            self._events += events
            self._size += size
            self._filled.set()
        return True

    def offer_alone(self, frames: AnyStr, *, events: int) -> bool:
        """The same for several frames in one, where nothing waits before them; False where something does."""
        return not self._waiting and self.offer(frames, events=events)

    def is_empty(self) -> bool:
        """Whether nothing waits."""
        return not self._waiting

    def is_busy(self) -> bool:
        """Whether more than half of the room is taken."""
        return self._events > self._limits.frames // 2 or self._size > self._limits.memory_bytes // 2

    async def settled(self) -> None:
        """Return once at least half of the room is free."""
        while self.is_busy():
            self._emptier.clear()
            await self._emptier.wait()

    def give_up(self) -> None:
        """Send nothing of what waits, apart from what is being sent."""
        while len(self._waiting) > 1:
            _, events, size = self._waiting.pop()
            self._events -= events
            self._size -= size
        self._emptier.set()

    async def emptied(self) -> None:
        """Return once everything is sent."""
        while self._waiting:
            self._emptier.clear()
            await self._emptier.wait()

    async def run(self) -> None:
        """Send what waits, until cancelled. Raises TooSlow where the client takes nothing for too long."""
        while True:
            while not self._waiting and self._broken is None:
                self._filled.clear()
                await self._filled.wait()
            if self._broken is not None:
                raise self._broken
            rest, self._under_way = self._under_way, None
            try:
                async with asyncio.timeout(self._limits.patience_seconds):
                    await (rest or self._write(self._waiting[0][0]))
            except TimeoutError:
                raise TooSlow from None
            _, events, size = self._waiting.popleft()
            self._events -= events
            self._size -= size
            self._emptier.set()

    def _written_at_once(self, frame: AnyStr) -> bool:
        """Send a frame as far as that takes no waiting; the rest of it is done by `run`.

        Most writes only copy into the system's buffer: a task woken for each would cost more than they do.
        """
        if self._broken is not None:
            return True
        writing = self._write(frame)
        try:
            waits_for = writing.send(None)
        except StopIteration:
            return True
        except Exception as error:
            self._broken = error
            self._filled.set()
            return True
        self._under_way = _Rest(writing, waits_for)
        return False

    def _has_room(self) -> bool:
        return not self._waiting or (
            self._events < self._limits.frames and self._size < self._limits.memory_bytes
        )


class _Rest:
    """What is left of a coroutine that was begun outside any task and had to wait."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], waits_for: Any) -> None:
        self._coroutine = coroutine
        self._waits_for = waits_for

    def __await__(self) -> Generator[Any, Any, None]:
        waits_for = self._waits_for
        try:
            while True:
                try:
                    answer = yield waits_for
                except BaseException as error:
                    waits_for = self._coroutine.throw(error)
                else:
                    waits_for = self._coroutine.send(answer)
        except StopIteration:
            return
