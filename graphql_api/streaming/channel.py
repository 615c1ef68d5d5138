"""Channels: one document for one audience, executed once for every event and told to all who listen."""

from __future__ import annotations

import asyncio
import logging
import time
from abc import abstractmethod
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from core.kernel.clock import Clock
from core.kernel.errors import DomainError
from core.kernel.log import LoggedEvent
from graphql_api.execution.refusals import Refused
from graphql_api.streaming.batch import Batch, single
from graphql_api.streaming.burst import Burst
from graphql_api.streaming.reader import Reader, Sink
from graphql_api.streaming.tail import Tail

REMEMBERED = 256
REMEMBERED_SECONDS = 5.0
STATE_SECONDS = 0.25
_LONGEST_MAKING_SECONDS = 0.005
_TOLD_AT_A_TIME = 256
_MOST_TRIES = 5
_RETRY_SECONDS = 0.5

log = logging.getLogger("daybook.graphql")

TellEvent = Callable[[LoggedEvent], Awaitable[str | None]]
TellState = Callable[[], Awaitable[tuple[str, datetime | None]]]


class Channel:
    """Readers, and a task that tells them. Made for the first reader, stopped after the last."""

    def __init__(self, tail: Tail) -> None:
        self.tail = tail
        self.readers: dict[Reader, None] = {}  # in the order in which they came, which is that of memory
        self.position = tail.position
        self._running = asyncio.create_task(self._run_to_the_end(), name="channel")

    def stop(self) -> None:
        """Tell no more."""
        self._running.cancel()

    @abstractmethod
    async def follow(self, sink: Sink, reader: Reader) -> None:
        """Tell one reader until cancelled. Raises TooSlow, Refused, or a DomainError such as CursorExpired."""

    @abstractmethod
    async def _run(self) -> None:
        """Tell all readers what comes."""

    async def _run_to_the_end(self) -> None:
        try:
            await self._run()
        except Exception as error:
            if not isinstance(error, DomainError | Refused):
                log.error("a channel failed", exc_info=error)
            for reader in list(self.readers):
                reader.end(error)
            self.failed: BaseException | None = error

    failed: BaseException | None = None

    async def _tell(self, batch: Batch) -> None:
        """Tell all readers, and let others have a turn now and then; who joins meanwhile has caught up with it."""
        readers = tuple(self.readers)
        for start in range(0, len(readers), _TOLD_AT_A_TIME):
            burst = Burst()
            for reader in readers[start : start + _TOLD_AT_A_TIME]:
                reader.tell(batch, burst)
            burst.flush()
            await asyncio.sleep(0)

    @asynccontextmanager
    async def _listening(self, reader: Reader) -> AsyncIterator[None]:
        """Among the readers for the length of a block."""
        if self.failed is not None:
            raise self.failed
        self.readers[reader] = None
        try:
            yield
        finally:
            self.readers.pop(reader, None)
            reader.leave()
            if reader.ended.done() and not reader.ended.cancelled():
                reader.ended.exception()  # looked at, so that nobody warns


async def _patiently(make: Callable[[], Awaitable[Any]]) -> Any:
    """What is made, tried again a few times where the database is out of reach."""
    for tries in range(1, _MOST_TRIES + 1):
        try:
            return await make()
        except (DomainError, Refused) as error:
            if getattr(error, "code", "") != "UNAVAILABLE" or tries == _MOST_TRIES:
                raise
        except Exception as error:
            if tries == _MOST_TRIES:
                raise
            log.warning("telling failed and is tried again: %s", type(error).__name__)
        await asyncio.sleep(_RETRY_SECONDS * tries)
    raise AssertionError("unreachable")


class EventChannel(Channel):
    """Tells every event of the log from the live end on; who comes with a cursor catches up first."""

    def __init__(self, tail: Tail, make: TellEvent, coalesce_seconds: float) -> None:
        self._make = make
        self._coalesce_seconds = coalesce_seconds
        self._told: OrderedDict[int, tuple[float, asyncio.Future[str | None]]] = OrderedDict()
        super().__init__(tail)

    async def told(self, event: LoggedEvent) -> str | None:
        """What is told of an event, made once for all who need it within a few seconds."""
        now = time.monotonic()
        known = self._told.get(event.sequence)
        if known is None or now > known[0] + REMEMBERED_SECONDS:
            making = asyncio.ensure_future(_patiently(lambda: self._make(event)))
            making.add_done_callback(_looked_at)
            self._told[event.sequence] = known = (now, making)
            while len(self._told) > REMEMBERED:
                self._told.popitem(last=False)
        try:
            return await asyncio.shield(known[1])
        except Exception:
            self._told.pop(event.sequence, None)
            raise

    async def follow(self, sink: Sink, reader: Reader) -> None:
        """Catch up on pages of one's own, then listen. Joining waits for nothing, so no event falls between.

        The same event may come both ways; its number tells, and it is told once.
        """
        while True:
            while reader.position < self.position:
                page = await self.tail.page(reader.position)
                async for batch in self._batches(reader.position, page):
                    await reader.hear(batch)
            if not sink.is_busy():
                break
            await sink.settled()
        async with self._listening(reader):
            await reader.ended

    async def _run(self) -> None:
        while True:
            events = await self.tail.after(self.position)
            began = time.monotonic()
            async for batch in self._batches(self.position, events):
                self.position = batch.end
                await self._tell(batch)
            await asyncio.sleep(began + self._coalesce_seconds - time.monotonic())

    async def _batches(self, position: int, events: list[LoggedEvent]) -> AsyncIterator[Batch]:
        """What is told of events, made and put together until it is enough, or has taken long enough."""
        batch, until = Batch(position), time.monotonic() + _LONGEST_MAKING_SECONDS
        for event in events:
            try:
                batch.add(event.sequence, await self.told(event))
            except Exception:
                yield batch
                raise
            if batch.is_full() or time.monotonic() >= until:
                yield batch
                batch, until = Batch(event.sequence), time.monotonic() + _LONGEST_MAKING_SECONDS
        if batch.end > batch.start:
            yield batch


class StateChannel(Channel):
    """Tells a state, at once and again when an event or the clock may have changed it."""

    def __init__(
        self, tail: Tail, make: TellState, changes_with: Callable[[LoggedEvent], bool], clock: Clock
    ) -> None:
        self._make = make
        self._changes_with = changes_with
        self._clock = clock
        self._number = 0
        self._latest: str | None = None
        self._until: datetime | None = None
        super().__init__(tail)

    async def follow(self, sink: Sink, reader: Reader) -> None:
        """Tell the state as it is, then listen."""
        async with self._listening(reader):
            if self._latest is not None:
                burst = Burst()
                reader.tell(single(self._number, self._latest), burst)
                burst.flush()
            await reader.ended

    async def _run(self) -> None:
        while True:
            self.position = self.tail.position
            await self._tell_state()
            while not await self._may_have_changed():
                pass
            await asyncio.sleep(STATE_SECONDS)

    async def _tell_state(self) -> None:
        """Make the state, and tell it where it is another than before."""
        text, self._until = await _patiently(self._made_in_turn)
        if text == self._latest:
            return
        self._latest = text
        self._number += 1
        await self._tell(single(self._number, text))

    async def _made_in_turn(self) -> tuple[str, datetime | None]:
        """Make it after those of the business that wait already, and let the rest of the program go on first."""
        async with self.tail.turn:
            await asyncio.sleep(0)
            return await self._make()

    async def _may_have_changed(self) -> bool:
        """Wait for events, or until the state changes by itself."""
        seconds = None
        if self._until is not None:
            seconds = max(0.0, (self._until - self._clock.now()).total_seconds())
        try:
            async with asyncio.timeout(seconds):
                events = await self.tail.after(self.position)
        except TimeoutError:
            return True
        self.position = events[-1].sequence
        return any(map(self._changes_with, events))


def _looked_at(made: asyncio.Future[Any]) -> None:
    if not made.cancelled():
        made.exception()
