"""Streams are bounded: slow readers cost little and are told how to come back, and memory stays flat."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket as sockets
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from app.house import House
from auth.throttle import Unlimited
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.log import Log, LoggedEvent, Reach
from graphql_api.declare.places import spell_place
from graphql_api.execution.engine import Engine, GraphQLRequest
from graphql_api.execution.streams import stream
from graphql_api.settings import SocketLimits
from graphql_api.transport.socket.messages import Close
from graphql_api.transport.socket.outbox import Outbox
from tests.graphql_api.conftest import OPEN
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import EVENTS, connected
from tests.kit.houses import NOW, Studio

WIDE = f"""
subscription($after: Cursor) {{
  bookingEvents(after: $after) {{ {" ".join(f"c{number}: cursor" for number in range(20))} }}
}}
"""
TOLD = (4290, "Too slow: subscribe again with the last cursor you got")


class EndlessLog:
    """A log of so many events, made up as they are read."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.read = 0

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number."""
        return (await self.after(business_id, sequence - 1, most=1))[0]

    async def reach(self, business_id: int) -> Reach:
        """All of it is there."""
        return Reach(oldest=1, newest=self.length)

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """Events after that number."""
        numbers = range(sequence + 1, min(sequence + most, self.length) + 1)
        self.read = max(self.read, numbers.stop - 1)
        return [
            LoggedEvent(
                business_id=business_id,
                sequence=number,
                type="appointment.cancelled",
                noun="appointment",
                key=number,
                payload={"appointment_id": number, "client_is_told": True},
                occurred_at=NOW,
            )
            for number in numbers
        ]


class LoggingDoor:
    """A door with another log than its house's; counts its visits."""

    def __init__(self, house: House, log: EndlessLog) -> None:
        self.gate, self.bell = house.gate, house.bell
        self.log: Log = log
        self.stranger_at = house.stranger_at
        self.visits = 0
        self._visit = house.visit

    def visit(self, authorization: str | None, **more: Any) -> AbstractAsyncContextManager[Context]:
        """The house's, counted: once to begin, and once for every event that is told."""
        self.visits += 1
        return self._visit(authorization, **more)


async def test_a_reader_that_stops_is_closed_and_told_how_to_resume(
    house: House, studio: Studio, caplog: pytest.LogCaptureFixture
) -> None:
    """The log is read no further than the bound; the closing frame comes after all that was sent."""
    log = EndlessLog(1_000_000)
    limits = SocketLimits(patience_seconds=0.5)
    door = LoggingDoor(house, log)
    async with served(door, replace(OPEN, sockets=limits)) as url:
        narrow = sockets.socket()
        narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
        narrow.connect(("127.0.0.1", int(url.split(":")[2].split("/")[0])))
        narrow.setblocking(False)
        async with connected(url, studio.token, sock=narrow, max_queue=4, compression=None) as socket:
            start = spell_place(studio.business_id, 1)
            await socket.ask(WIDE, after=start)
            before = -1
            async with asyncio.timeout(60):
                while door.visits > before:
                    before = door.visits
                    await asyncio.sleep(0.6)
            assert log.read < 20_000
            seen = 0
            with suppress(ConnectionClosed):
                while True:
                    await asyncio.wait_for(socket.hear(), 10)
                    seen += 1
            assert 0 < seen < 20_000
            assert await socket.closed() == TOLD
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_quick_reader_hears_everything_however_much_it_is(house: House, studio: Studio) -> None:
    """The bound makes the log wait, it drops nothing: 3,000 events over a bound of 4 frames."""
    limits = SocketLimits(frames=4, memory_bytes=1_000)
    door = LoggingDoor(house, EndlessLog(3_001))
    async with served(door, replace(OPEN, sockets=limits)) as url, connected(url, studio.token) as socket:
        id = await socket.ask(EVENTS, after=spell_place(studio.business_id, 1))
        cursors = [event["cursor"] for event in await socket.events(id, 3_000)]
        assert cursors == [spell_place(studio.business_id, number) for number in range(2, 3_002)]
        assert await socket.silent(0.1)


async def test_the_outbox_holds_no_more_than_its_bound() -> None:
    """Frames or bytes, whichever comes first; one frame always fits, however large."""
    sent: list[str] = []
    gate = asyncio.Event()

    async def send(message: Any) -> None:
        await gate.wait()
        sent.append(message["text"])

    for frame, fits in (("x", 3), ("x" * 60, 2), ("x" * 500, 1)):
        sent.clear()
        gate.clear()
        outbox = Outbox(send, SocketLimits(frames=3, memory_bytes=100))
        putting = [asyncio.create_task(outbox.put(frame)) for _ in range(10)]
        await asyncio.sleep(0.01)
        assert sum(task.done() for task in putting) == fits
        running = asyncio.create_task(outbox.run())
        gate.set()
        await asyncio.gather(*putting)
        await asyncio.sleep(0.01)
        assert sent == [frame] * 10
        running.cancel()


async def test_the_outbox_loses_patience() -> None:
    """A send that does not end raises the closing code; one that ends in time does not."""

    async def send(message: Any) -> None:
        await asyncio.sleep(0.01 if message["text"] == "quick" else 10)

    outbox = Outbox(send, SocketLimits(patience_seconds=0.2))
    await outbox.put("quick")
    await outbox.put("stuck")
    with pytest.raises(Close) as closed:
        await outbox.run()
    assert (closed.value.code, closed.value.reason) == TOLD


EVENTS_IN_ALL, WARMED_UP = 20_000, 2_000


async def test_memory_stays_flat_over_20_000_events() -> None:
    """Counted in objects: what one event leaves behind, graphql-core 3.3.2 would leave 20,000 times."""
    counts: dict[int, Counter[str]] = {}
    bodies = stream(Engine(OPEN), GraphQLRequest(query=FACTS), enter, OpenDoor(), client_ip="127.0.0.1")
    heard = 0
    async for body in bodies:
        heard += 1
        assert "errors" not in body, body
        if heard in (WARMED_UP, EVENTS_IN_ALL):
            gc.collect()
            counts[heard] = Counter(type(found).__name__ for found in gc.get_objects())
        if heard == EVENTS_IN_ALL:
            break
    await bodies.aclose()
    grown = counts[EVENTS_IN_ALL] - counts[WARMED_UP]
    # The log hands events out by 256, so a few hundred may be under way in one count and not in the other.
    assert {name: more for name, more in grown.items() if more > 600} == {}


FACTS = f"""
subscription {{ bookingEvents(after: "{spell_place(7, 1)}") {{
  __typename cursor type occurredAt appointment {{ id }} ... on AppointmentCancelled {{ appointmentId clientIsTold }}
}} }}
"""


class SilentBell:
    """A bell that nobody rings."""

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[Any]:
        """Listen in vain."""
        yield self

    async def wait(self, timeout_seconds: float) -> bool:
        """Nothing comes."""
        return False


class OpenGate:
    """A gate without limits."""

    throttle = Unlimited(FixedClock(NOW))


class OpenDoor:
    """All that a stream needs, without a database."""

    gate: Any = OpenGate()
    bell: Any = SilentBell()
    log: Any = EndlessLog(EVENTS_IN_ALL + 10)
    visit: Any = None
    stranger_at: Any = None


@asynccontextmanager
async def enter() -> AsyncIterator[Context]:
    """A wall display of business 7; whatever would be read fails."""
    nothing: Any = None
    yield Context(
        actor=Actor(name="key:1", business_id=7, permissions=frozenset({"events:read", "appointments:read"})),
        clock=FixedClock(NOW),
        read=nothing,
        asker=nothing,
        open_unit_of_work=nothing,
    )
