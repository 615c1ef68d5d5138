"""Fan-out: events that come together are written together, and each reader hears the log as it is."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest

from adapters.bus.local import LocalBell
from core.kernel.bell import events_of
from core.kernel.errors import Forbidden
from core.kernel.log import LoggedEvent, Reach
from graphql_api.settings import SocketLimits
from graphql_api.streaming.batch import LARGEST_BATCH, MOST_TEXTS, Batch, single
from graphql_api.streaming.burst import Burst
from graphql_api.streaming.channel import EventChannel, TellEvent
from graphql_api.streaming.outbox import Outbox
from graphql_api.streaming.reader import Reader, TooSlow
from graphql_api.streaming.tail import Tail
from graphql_api.transport.events.operation import Results
from graphql_api.transport.socket.connection import _Operation

BUSINESS = 7
WAIT = 20.0
NEVER = 1_000.0


class ShortLog:
    """A log in memory, from number 1 on; it rings when it is told to."""

    def __init__(self) -> None:
        self.events: list[LoggedEvent] = []
        self.bell = LocalBell()

    def grow(self, count: int = 1) -> None:
        """So many events more, which nobody hears of yet."""
        for number in range(len(self.events) + 1, len(self.events) + count + 1):
            self.events.append(
                LoggedEvent(
                    business_id=BUSINESS,
                    sequence=number,
                    type="client.created",
                    version=1,
                    noun="client",
                    key=number,
                    payload={},
                    occurred_at=datetime(2027, 3, 1, tzinfo=UTC),
                )
            )

    async def ring(self) -> None:
        """Wake who listens."""
        await self.bell.ring(events_of(BUSINESS))

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """The events after a number."""
        return self.events[sequence : sequence + most]

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number."""
        return self.events[sequence - 1]

    async def reach(self, business_id: int) -> Reach:
        """All of it."""
        return Reach(oldest=1, newest=len(self.events))


class Wire:
    """A client's end: takes whole frames while it is open, and keeps everything waiting while it is not."""

    def __init__(self, id: str = "1", limits: SocketLimits | None = None) -> None:
        self.opened = asyncio.Event()
        self.opened.set()
        self.writes: list[list[dict[str, Any]]] = []
        self.through_the_queue = 0
        limits = limits or SocketLimits()
        self.outbox = Outbox(self._send, limits, self)
        self.reader = Reader(_Operation(self.outbox, id))
        self.sending = asyncio.create_task(self.outbox.run())
        self.following: asyncio.Task[None] | None = None

    async def _send(self, text: str) -> None:
        await self.opened.wait()
        self.through_the_queue += 1
        self.writes.append([json.loads(text)])

    def is_ready(self) -> bool:
        """Whether it takes frames."""
        return self.opened.is_set()

    def write(self, frames: bytes) -> None:
        """Take frames."""
        self.writes.append(unframed(frames))

    def follow(self, channel: EventChannel, after: int) -> None:
        """Join from a number on."""
        self.reader.position = after
        self.following = asyncio.create_task(channel.follow(self.reader.sink, self.reader))

    @property
    def heard(self) -> list[int]:
        """The numbers of the events that arrived."""
        return [message["payload"] for messages in self.writes for message in messages]

    async def until(self, number: int) -> None:
        """Return once everything up to a number was heard."""
        async with asyncio.timeout(WAIT):
            while not self.heard or self.heard[-1] < number:  # noqa: ASYNC110
                await asyncio.sleep(0.001)


def unframed(frames: bytes) -> list[dict[str, Any]]:
    """What whole text frames say, read byte by byte as RFC 6455 has it."""
    found, at = [], 0
    while at < len(frames):
        assert frames[at] == 0x81
        size, at = frames[at + 1], at + 2
        if size >= 126:
            width = 2 if size == 126 else 8
            size, at = int.from_bytes(frames[at : at + width]), at + width
        found.append(json.loads(frames[at : at + size]))
        at += size
    return found


async def number_of(event: LoggedEvent) -> str | None:
    """What is told: its number, and nothing of every tenth."""
    return None if event.sequence % 10 == 0 else str(event.sequence)


@asynccontextmanager
async def telling(
    log: ShortLog, coalesce_seconds: float = 0.0, make: TellEvent = number_of
) -> AsyncIterator[EventChannel]:
    """A channel over a log; unless it is told otherwise it tells the number of each event."""
    tail = Tail(log, log.bell, BUSINESS)
    await tail.ready()
    channel = EventChannel(tail, make, coalesce_seconds)
    try:
        yield channel
    finally:
        channel.stop()
        tail.stop()


def told(after: int, until: int) -> list[int]:
    """What is told of the numbers after one up to another."""
    return [number for number in range(after + 1, until + 1) if number % 10]


def tell(reader: Reader, batch: Batch) -> None:
    """Tell one reader, as a channel does."""
    burst = Burst()
    reader.tell(batch, burst)
    burst.flush()
    assert not burst


async def test_events_that_come_together_are_written_together() -> None:
    """One write for each reader, a frame for each event, with the id that the reader chose."""
    log = ShortLog()
    async with telling(log) as channel:
        wires = [Wire(id) for id in ("1", "1", "an id of its own", "Ä\n")]
        for wire in wires:
            wire.follow(channel, 0)
        await asyncio.sleep(0)
        log.grow(12)
        await log.ring()
        for wire, id in zip(wires, ("1", "1", "an id of its own", "Ä\n"), strict=True):
            await wire.until(12)
            assert wire.writes == [
                [{"type": "next", "id": id, "payload": number} for number in told(0, 12)],
            ]
            assert wire.through_the_queue == 0


async def test_what_follows_within_the_window_waits_for_its_end() -> None:
    """The first event goes at once, however long the window is; those after it wait and go together."""
    log = ShortLog()
    async with telling(log, NEVER) as channel:
        wire = Wire()
        wire.follow(channel, 0)
        await asyncio.sleep(0)
        log.grow()
        await log.ring()
        await wire.until(1)
        for _ in range(3):
            log.grow()
            await log.ring()
            await asyncio.sleep(0.01)
        assert wire.heard == [1]
    log = ShortLog()
    async with telling(log, 0.3) as channel:
        wire = Wire()
        wire.follow(channel, 0)
        for _ in range(30):
            await asyncio.sleep(0)
            log.grow()
            await log.ring()
        await wire.until(29)
        assert wire.heard == told(0, 30)
        assert len(wire.writes) < 15


async def test_a_batch_is_bounded_by_bytes_and_by_number() -> None:
    """What is larger is told in several; a single text may be as large as it is."""
    batch = Batch(0)
    for number in range(1, MOST_TEXTS + 1):
        assert not batch.is_full()
        batch.add(number, "x")
    assert batch.is_full()
    assert single(1, "x" * LARGEST_BATCH).is_full()
    assert not single(1, "x" * (LARGEST_BATCH - 1)).is_full()
    log = ShortLog()
    async with telling(log) as channel:
        wire = Wire()
        wire.follow(channel, 0)
        await asyncio.sleep(0)
        log.grow(250)
        await log.ring()
        await wire.until(249)
        assert wire.heard == told(0, 250)
        assert max(map(len, wire.writes)) <= MOST_TEXTS


async def test_who_was_told_a_part_already_is_told_the_rest() -> None:
    """A batch begins anywhere for them, and nothing is repeated."""
    batch = Batch(10)
    for number in range(11, 21):
        batch.add(number, None if number % 2 else str(number))
    for position in range(8, 22):
        wire = Wire()
        wire.reader.position = position
        tell(wire.reader, batch)
        assert wire.heard == [number for number in range(11, 21) if number > position and number % 2 == 0]
        assert wire.reader.position == max(position, 20)
        assert len(wire.writes) == bool(wire.heard)


async def test_a_client_that_pauses_falls_to_the_queue_and_comes_back() -> None:
    """While it takes nothing, frames wait one by one; once it has them, batches are written at once again."""
    log = ShortLog()
    async with telling(log) as channel:
        wire, other = Wire(), Wire()
        wire.follow(channel, 0)
        other.follow(channel, 0)
        await asyncio.sleep(0)
        for count, is_open in ((3, True), (4, False), (2, False), (2, True), (3, True)):
            if is_open:
                wire.opened.set()
                await wire.outbox.emptied()
            else:
                wire.opened.clear()
            log.grow(count)
            await log.ring()
            await other.until(len(log.events) - (len(log.events) % 10 == 0))
            if not is_open:
                assert wire.heard == [1, 2, 3]
        await wire.until(14)
        assert wire.heard == other.heard == told(0, 14)
        assert [len(write) for write in wire.writes] == [3, *[1] * 6, 1, 3]
        assert [len(write) for write in other.writes] == [3, 4, 2, 1, 3]
        assert wire.through_the_queue == 6


async def test_what_was_made_before_a_failure_is_told_before_it() -> None:
    """Everybody hears the events up to the one that fails, and then how it ends for them."""

    async def make(event: LoggedEvent) -> str | None:
        if event.sequence == 4:
            raise Forbidden()
        return str(event.sequence)

    log = ShortLog()
    async with telling(log, make=make) as channel:
        wire = Wire()
        wire.follow(channel, 0)
        await asyncio.sleep(0)
        log.grow(6)
        await log.ring()
        assert wire.following is not None
        with pytest.raises(Forbidden):
            await asyncio.wait_for(wire.following, WAIT)
        assert wire.heard == [1, 2, 3]
        late = Wire()
        late.follow(channel, 1)
        assert late.following is not None
        with pytest.raises(Forbidden):
            await asyncio.wait_for(late.following, WAIT)
        assert late.heard == [2, 3]


async def test_one_connection_is_written_to_once_in_a_burst() -> None:
    """The second operation of a connection is sent through the queue, which sees how full the connection is."""
    wire = Wire("first")
    second = Reader(_Operation(wire.outbox, "second"))
    burst = Burst()
    for reader in (wire.reader, second):
        reader.tell(single(1, "1"), burst)
    burst.flush()
    assert wire.through_the_queue == 1
    assert sorted(message["id"] for (message,) in wire.writes) == ["first", "second"]
    tell(second, single(2, "2"))
    assert wire.through_the_queue == 1
    assert wire.writes[-1] == [{"type": "next", "id": "second", "payload": 2}]


async def test_a_slow_reader_gets_a_beginning_without_a_gap() -> None:
    """What has no room ends them in the middle of a batch, and nothing later reaches them."""
    wire = Wire(limits=SocketLimits(frames=4))
    wire.opened.clear()
    batch = Batch(0)
    for number in range(1, 8):
        batch.add(number, str(number))
    tell(wire.reader, batch)
    assert isinstance(wire.reader.ended.exception(), TooSlow)
    wire.opened.set()
    await wire.outbox.emptied()
    tell(wire.reader, single(8, "8"))
    assert wire.heard == [1, 2, 3, 4]


async def test_an_event_stream_sends_a_batch_as_one_piece_and_counts_its_events() -> None:
    """Where nothing waits; and what waits is bounded in events however they were put together."""
    sent: list[bytes] = []
    opened = asyncio.Event()

    async def send(piece: bytes) -> None:
        await opened.wait()
        sent.append(piece)

    outbox: Outbox[bytes] = Outbox(send, SocketLimits(frames=4))
    reader = Reader(Results(outbox))
    batch = Batch(0)
    for number in range(1, 4):
        batch.add(number, str(number))
    tell(reader, batch)
    tell(reader, single(4, "4"))
    assert not reader.ended.done()
    tell(reader, single(5, "5"))
    assert isinstance(reader.ended.exception(), TooSlow)
    opened.set()
    running = asyncio.create_task(outbox.run())
    await outbox.emptied()
    running.cancel()
    frames = [f"event: next\ndata: {number}\n\n".encode() for number in range(1, 5)]
    assert sent == [b"".join(frames[:3]), frames[3]]


@pytest.mark.parametrize("seed", range(8))
async def test_each_reader_hears_the_log_whatever_happens(seed: int) -> None:
    """Readers come with any cursor, pause and go on, and leave, while events come one by one and in crowds."""
    chance = random.Random(seed)
    log = ShortLog()
    log.grow(chance.randrange(40))
    async with telling(log, chance.choice((0.0, 0.001, 0.005))) as channel:
        wires: list[tuple[Wire, int]] = []
        for _ in range(120):
            match chance.randrange(6):
                case 0 if len(wires) < 12:
                    wire, after = Wire(str(len(wires))), chance.randint(0, len(log.events))
                    wire.follow(channel, after)
                    wires.append((wire, after))
                case 1 if wires:
                    wire, _ = chance.choice(wires)
                    (wire.opened.clear if wire.opened.is_set() else wire.opened.set)()
                case 2 if wires and chance.random() < 0.3:
                    wire, _ = chance.choice(wires)
                    assert wire.following is not None
                    wire.following.cancel()
                case 3:
                    log.grow(chance.choice((1, 1, 2, 20)))
                    await log.ring()
                case _:
                    await asyncio.sleep(chance.choice((0, 0, 0, 0.002)))
        log.grow()
        log.grow(len(log.events) % 10 == 0)
        await log.ring()
        for wire, after in wires:
            wire.opened.set()
            assert wire.following is not None
            is_gone = wire.following.done() or wire.following.cancelling() > 0
            if not is_gone:
                await wire.until(len(log.events))
            heard = wire.heard
            assert heard == told(after, len(log.events))[: len(heard)]
            assert is_gone or len(heard) == len(told(after, len(log.events)))
        for wire, _ in wires:
            for task in (wire.following, wire.sending):
                assert task is not None
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
