"""Whole frames straight to uvicorn's transport: in order with all else, and refused where they must not be."""

from __future__ import annotations

import asyncio
import socket as sockets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from app.text_frames import WEB_SOCKETS
from graphql_api.settings import SocketLimits
from graphql_api.streaming.burst import Burst, FrameWriter
from graphql_api.streaming.outbox import Outbox
from graphql_api.transport.socket.frames import EXTENSION, frame_parts, frame_writer
from tests.kit.processes import free_port

SIZES = (0, 1, 125, 126, 65_535, 65_536, 200_000)
BIG = "x" * 60_000

Speak = Callable[[FrameWriter | None, Send, Receive], Awaitable[None]]


def framed(text: str) -> bytes:
    """A text as a whole frame."""
    return b"".join(frame_parts(0, b"", [text.encode()]))


def write(writer: FrameWriter | None, frames: bytes) -> bool:
    """Write frames where they may be written; whether they were."""
    assert writer is not None
    is_ready = writer.is_ready()
    if is_ready:
        writer.write(frames)
    return is_ready


@asynccontextmanager
async def speaking(speak: Speak, ws: Any = WEB_SOCKETS, *, deflate: bool = False) -> AsyncIterator[str]:
    """The URL of an application that does what `speak` does once a WebSocket is open."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await speak(frame_writer(scope), send, receive)

    port = free_port()
    config = uvicorn.Config(
        application, port=port, ws=ws, lifespan="off", log_level="warning", ws_per_message_deflate=deflate
    )
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110  # uvicorn tells it in no other way
                await asyncio.sleep(0.02)
        yield f"ws://127.0.0.1:{port}/"
    finally:
        server.should_exit = True
        await serving


async def test_frames_of_every_size_arrive_in_order_with_plain_ones() -> None:
    """Both ways by turns; a ping is answered between them, and the closing frame comes last with its code."""
    written: list[bool] = []

    async def speak(writer: FrameWriter | None, send: Send, receive: Receive) -> None:
        await receive()
        for size in SIZES:
            written.append(write(writer, framed("é" * (size // 2) + "x" * (size % 2))))
            await send({"type": "websocket.send", "text": str(size)})
        await receive()
        await send({"type": "websocket.close", "code": 4290, "reason": "enough"})
        written.append(write(writer, framed("after the end")))

    async with speaking(speak) as url, connect(url, compression=None) as client:
        await (await client.ping())
        await client.send("go")
        for size in SIZES:
            assert len((await client.recv()).encode()) == size  # type: ignore[union-attr]
            assert await client.recv() == str(size)
        await (await client.ping())
        await client.send("stop")
        with pytest.raises(ConnectionClosed) as end:
            await client.recv()
    assert end.value.rcvd is not None
    assert (end.value.rcvd.code, end.value.rcvd.reason) == (4290, "enough")
    assert written == [True] * len(SIZES) + [False]


async def test_many_frames_in_one_write_arrive_as_so_many_messages() -> None:
    """Each between the head and the tail of its own operation, whatever its size."""
    texts = ["é" * (size // 2) + "x" * (size % 2) for size in SIZES]
    ids = ["1", "Ä", "x" * 120]
    heads = [f'{{"id":"{id}","payload":"' for id in ids]

    async def speak(writer: FrameWriter | None, send: Send, receive: Receive) -> None:
        for head in heads:
            encoded = head.encode()
            parts = frame_parts(len(encoded), b'"}', [text.encode() for text in texts])
            while not write(writer, encoded.join(parts)):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await receive()

    async with speaking(speak) as url, connect(url, compression=None) as client:
        for head in heads:
            for text in texts:
                assert await client.recv() == f'{head}{text}"}}'


async def test_a_client_that_takes_nothing_is_not_written_to() -> None:
    """Refused beyond the high-water mark, where a plain send waits; once it reads, nothing is missing."""
    written: list[bool] = []

    async def speak(writer: FrameWriter | None, send: Send, receive: Receive) -> None:
        while not written or written[-1]:
            written.append(write(writer, framed(BIG)))
            assert len(written) < 10_000
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(send({"type": "websocket.send", "text": "too early"}), 0.2)
        refused.set()
        await send({"type": "websocket.send", "text": "last"})
        await receive()

    refused = asyncio.Event()
    narrow = sockets.socket()
    narrow.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 4_096)
    async with speaking(speak) as url:
        narrow.connect(("127.0.0.1", int(url.rpartition(":")[2].strip("/"))))
        narrow.setblocking(False)
        async with connect(url, compression=None, sock=narrow, max_queue=2) as client:
            async with asyncio.timeout(20):
                await refused.wait()
            heard: list[str | bytes] = []
            while not heard or heard[-1] != "last":
                heard.append(await asyncio.wait_for(client.recv(), 20))
    assert heard == [BIG] * (len(written) - 1) + ["last"]


async def test_a_connection_that_compresses_is_left_to_uvicorn() -> None:
    """Where deflate was agreed on, the offer refuses; where the server has it and the client not, it writes."""
    written: list[bool] = []

    async def speak(writer: FrameWriter | None, send: Send, receive: Receive) -> None:
        written.append(write(writer, framed("hello")))
        await send({"type": "websocket.send", "text": "plain"})
        await receive()

    async with speaking(speak, deflate=True) as url:
        async with connect(url) as client:
            assert await client.recv() == "plain"
        async with connect(url, compression=None) as client:
            assert [await client.recv(), await client.recv()] == ["hello", "plain"]
    assert written == [False, True]


async def test_another_server_offers_nothing() -> None:
    """uvicorn's own protocol, and scopes without extensions: everything goes through ASGI."""
    offered: list[Any] = []

    async def speak(writer: FrameWriter | None, send: Send, receive: Receive) -> None:
        offered.append(writer)
        await send({"type": "websocket.send", "text": "plain"})
        await receive()

    async with speaking(speak, ws="auto") as url, connect(url) as client:
        assert await client.recv() == "plain"
    assert offered == [None]
    assert frame_writer({}) is frame_writer({"extensions": None}) is frame_writer({"extensions": {}}) is None
    assert frame_writer({"extensions": {EXTENSION: "a writer"}}) == "a writer"  # type: ignore[comparison-overlap]


async def test_the_outbox_falls_back_and_keeps_the_order() -> None:
    """What cannot be written at once is sent as ever; nothing overtakes it, and the bound holds."""
    sent: list[str] = []
    takes = [True]
    gate = asyncio.Event()

    async def write(frame: str) -> None:
        await gate.wait()
        sent.append(frame)

    class Taking:
        def is_ready(self) -> bool:
            return takes[0]

        def write(self, frames: bytes) -> None:
            sent.append(frames.decode())

    def joined(frames: bytes) -> bool:
        burst = Burst()
        is_joined = outbox.join(burst, frames)
        burst.flush()
        return is_joined

    outbox = Outbox(write, SocketLimits(frames=2), Taking())
    assert joined(b"one")
    takes[0] = False
    assert not joined(b"two")
    assert outbox.offer("two")
    takes[0] = True
    assert not joined(b"three: two waits")
    assert outbox.offer("three")
    assert not outbox.offer("four: there is no room")
    running = asyncio.create_task(outbox.run())
    gate.set()
    await outbox.emptied()
    assert joined(b"five")
    assert sent == ["one", "two", "three", "five"]
    running.cancel()
