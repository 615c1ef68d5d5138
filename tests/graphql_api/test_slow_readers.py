"""Streams are bounded: slow readers cost little and are told how to come back."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import socket as sockets
from collections.abc import AsyncIterator, MutableMapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.exceptions import ConnectionClosed

from app.house import House
from auth.throttle import Unlimited
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context
from core.kernel.log import Log, LoggedEvent, Reach
from graphql_api.declare.places import spell_place
from graphql_api.settings import SocketLimits
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.outbox import Outbox
from graphql_api.streaming.reader import TooSlow
from graphql_api.transport.events.operation import refused_operation
from graphql_api.transport.events.stream import EventStream
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
        if numbers:
            self.read = max(self.read, numbers.stop - 1)
        return [
            LoggedEvent(
                business_id=business_id,
                sequence=number,
                type="appointment.cancelled",
                version=1,
                noun="appointment",
                key=number,
                payload={"appointment_id": number, "client_is_told": True},
                occurred_at=NOW,
            )
            for number in numbers
        ]


class LoggingDoor:
    """A door with another log than its house's; counts how often something is made to be told."""

    def __init__(self, house: House, log: EndlessLog) -> None:
        self.gate, self.bell = house.gate, house.bell
        self.log: Log = log
        self.stranger_at, self.visit, self.clock = house.stranger_at, house.visit, house.clock
        self.made = 0
        self._context = house.context

    def context(self, actor: Actor, request_id: str) -> AbstractAsyncContextManager[Context]:
        """The house's, counted: once for every event that is told."""
        self.made += 1
        return self._context(actor, request_id)


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
                while door.made > before:
                    before = door.made
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


@pytest.mark.parametrize("path", ["/events", "/graphql"])
async def test_an_event_stream_that_is_not_read_ends_with_a_word(
    house: House, studio: Studio, path: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over both kinds of event stream: the last frame says TOO_SLOW, where it can still be sent."""
    monkeypatch.setattr("graphql_api.transport.events.stream._ENDING_SECONDS", 30.0)  # it may wake up late
    log = EndlessLog(1_000_000)
    door = LoggingDoor(house, log)
    start = str(spell_place(studio.business_id, 1))
    query = {"after": start} if path == "/events" else {"query": WIDE, "variables": f'{{"after":"{start}"}}'}
    settings = replace(OPEN, sockets=SocketLimits(patience_seconds=0.5))
    async with served(door, settings) as url:
        port = int(url.split(":")[2].split("/")[0])
        narrow = sockets.socket()
        narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
        narrow.connect(("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=narrow, limit=4_096)
        heads = {"Host": "x", "Accept": "text/event-stream", **studio.headers}
        head = "".join(f"{name}: {value}\r\n" for name, value in heads.items())
        writer.write(f"GET {path}?{urlencode(query)} HTTP/1.1\r\n{head}\r\n".encode())
        before = -1
        try:
            async with asyncio.timeout(60):
                while door.made > before:
                    before = door.made
                    await asyncio.sleep(2)
                told = await reader.read(1 << 26)
                while piece := await reader.read(1 << 20):
                    told += piece
        finally:
            writer.close()  # a connection that stays open keeps the server from ending
    assert log.read < 40_000
    refusal = re.findall(rb"event: (?:refused|next)\ndata: ([^\n]*TOO_SLOW[^\n]*)\n\n", told)
    (word,) = [json.loads(one) for one in refusal]
    error = word if path == "/events" else word["errors"][0]
    assert error["message"] == "You read too slowly: come back with the last cursor you got."
    assert (error.get("code") or error["extensions"]["code"]) == "TOO_SLOW"
    assert told.rstrip(b"\r\n0").endswith(b"}" if path == "/events" else b"event: complete\ndata:")
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_who_falls_behind_gets_the_last_word_instead_of_what_waits() -> None:
    """What was under way is sent, what waited behind it is not, and the stream is over."""
    sent: list[bytes] = []
    gate = asyncio.Event()

    async def send(message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.body" and b"1" in message["body"]:
            await gate.wait()
        sent.append(message.get("body", b""))

    async def receive() -> MutableMapping[str, Any]:
        await asyncio.Event().wait()
        raise AssertionError

    door = OpenDoor()
    holder = Holder(door, None, client_ip="", request_id="test")

    async def tell() -> None:
        for number in (b"1", b"2", b"3"):
            assert stream.outbox.offer(number)
        asyncio.get_running_loop().call_later(0.05, gate.set)
        raise TooSlow

    stream = EventStream(receive, send, holder, SocketLimits(), refused_operation)
    await stream.run("hello", tell, lambda: "")
    assert sent[:3] == [b"", b"hello", b"1"]
    assert b"TOO_SLOW" in sent[3]
    assert sent[3].endswith(b"event: complete\ndata:\n\n")
    assert sent[4:] == [b""]


async def test_the_bound_counts_bytes() -> None:
    """A frame of letters that take three bytes each counts three times as much as one that takes one."""
    gate = asyncio.Event()

    async def send(frame: str) -> None:
        await gate.wait()

    for letter, fit in (("x", 4), ("\u20ac", 2), ("\U0001f5d3", 1)):
        outbox = Outbox(send, SocketLimits(frames=100, memory_bytes=100))
        fits = 0
        while outbox.offer(letter * 25):
            fits += 1
        assert fits == fit


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

    async def send(frame: str) -> None:
        await gate.wait()
        sent.append(frame)

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

    async def send(frame: str) -> None:
        await asyncio.sleep(0.01 if frame == "quick" else 10)

    outbox = Outbox(send, SocketLimits(patience_seconds=0.2))
    await outbox.put("quick")
    await outbox.put("stuck")
    with pytest.raises(TooSlow):
        await outbox.run()


class SilentBell:
    """A bell that nobody rings."""

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[Any]:
        """Listen in vain."""
        yield self

    async def wait(self, timeout_seconds: float) -> bool:
        """Nothing comes."""
        await asyncio.sleep(timeout_seconds)
        return False


class OpenGate:
    """A gate without limits."""

    throttle = Unlimited(FixedClock(NOW))


class OpenDoor:
    """All that a stream needs, without a database."""

    gate: Any = OpenGate()
    bell: Any = SilentBell()
    log: Any = EndlessLog(10)
    clock: Any = FixedClock(NOW)
    stranger_at: Any = None

    def visit(self, credential: Any, **_: Any) -> AbstractAsyncContextManager[Context]:
        """A wall display of business 7."""
        permissions = frozenset({"events:read", "appointments:read"})
        return self.context(Actor(name="key:1", business_id=7, permissions=permissions), "")

    @asynccontextmanager
    async def context(self, actor: Actor, request_id: str) -> AsyncIterator[Context]:
        """Whatever would be read fails."""
        nothing: Any = None
        yield Context(actor=actor, clock=self.clock, read=nothing, asker=nothing, open_unit_of_work=nothing)
