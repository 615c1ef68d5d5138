"""G7 and G8: what a careless or hostile client may send to the wire, and how long it may take."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from app.strict_http import LARGEST_HEAD, MOST_HEADERS, StrictHttp, Undertaker
from app.text_frames import WEB_SOCKETS
from tests.kit.processes import free_port

PATIENCE = 20.0
HEAD = b"POST /echo HTTP/1.1\r\nHost: daybook.test\r\n"


class Impatient(StrictHttp):
    """The same in miniature."""

    head_seconds = body_seconds = 0.5
    taking_seconds = 0.3


class App:
    """Says what it was asked, and counts how often."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the body, or with more than anybody wants to read."""
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 1000})
            return
        self.asked.append(scope["path"])
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body, more = body + message["body"], message["more_body"]
        if scope["path"] == "/endless":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await send({"type": "http.response.body", "body": b"x" * 65_536, "more_body": True})
                await asyncio.sleep(0)
        names = b",".join(name for name, _ in scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-names", names)]})
        await send({"type": "http.response.body", "body": body})


@asynccontextmanager
async def serving(app: Any, protocol: type[asyncio.Protocol]) -> AsyncIterator[tuple[int, uvicorn.Server]]:
    """The port of an application behind a protocol."""
    port = free_port()
    config = uvicorn.Config(
        app, port=port, log_level="error", lifespan="off", http=protocol, ws=WEB_SOCKETS, server_header=False
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(PATIENCE):
            while not server.started:  # noqa: ASYNC110  # uvicorn tells it in no other way
                await asyncio.sleep(0.01)
        yield port, server
    finally:
        server.should_exit = server.force_exit = True
        await task


@pytest.fixture
def app() -> App:
    """A fresh one."""
    return App()


@pytest_asyncio.fixture
async def port(app: App) -> AsyncIterator[int]:
    """Where it is served, with the deadlines of the program."""
    async with serving(app, StrictHttp) as (where, _):
        yield where


async def said(port: int, *parts: bytes) -> bytes:
    """All that is answered until the end of the connection, to what is sent in these parts."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(PATIENCE):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def get(*lines: bytes, version: bytes = b"1.1", target: bytes = b"/") -> bytes:
    """A request with these header lines, as they are."""
    return b"\r\n".join((b"GET " + target + b" HTTP/" + version, *lines, b"", b""))


SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n"
CHUNKED = b"3\r\nabc\r\n0\r\n\r\n"
BAD = {
    "no host": get(),
    "two hosts": get(b"Host: a", b"Host: b"),
    "two hosts alike": get(b"Host: a", b"Host: a"),
    "an empty host": get(b"Host: "),
    "a host with a path": get(b"Host: daybook.test/x"),
    "a host with a name before it": get(b"Host: user@daybook.test"),
    "a host with a space": get(b"Host: day book"),
    "a list of hosts": get(b"Host: a, b"),
    "a host with a word for its port": get(b"Host: daybook.test:http"),
    "a host in other letters": get("Host: d\u00e4ybook.test".encode()),
    "a host with a question": get(b"Host: daybook.test?x"),
    "a host with a NUL": get(b"Host: daybook\x00.test"),
    "a host that is a script": get(b"Host: <script>"),
    "length and chunks": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED + SMUGGLED,
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n" + CHUNKED + SMUGGLED,
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd" + SMUGGLED,
    "two lengths alike": HEAD + b"Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc" + SMUGGLED,
    "a list of lengths": HEAD + b"Content-Length: 3, 3\r\n\r\nabc" + SMUGGLED,
    "a length with a sign": HEAD + b"Content-Length: +3\r\n\r\nabc" + SMUGGLED,
    "a length below zero": HEAD + b"Content-Length: -3\r\n\r\nabc" + SMUGGLED,
    "a length in hexadecimal": HEAD + b"Content-Length: 0x3\r\n\r\nabc" + SMUGGLED,
    "a length that overflows": HEAD + b"Content-Length: 18446744073709551619\r\n\r\nabc" + SMUGGLED,
    "an empty length": HEAD + b"Content-Length: \r\n\r\nabc" + SMUGGLED,
    "another encoding": HEAD + b"Transfer-Encoding: gzip\r\n\r\n" + SMUGGLED,
    "another encoding before chunks": HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + CHUNKED + SMUGGLED,
    "another encoding after chunks": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n" + CHUNKED + SMUGGLED,
    "an encoding that only looks like it": HEAD + b"Transfer-Encoding: xchunked\r\n\r\n" + CHUNKED + SMUGGLED,
    "an encoding with a tab": HEAD + b"Transfer-Encoding: \x0bchunked\r\n\r\n" + CHUNKED + SMUGGLED,
    "two encodings": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n" + CHUNKED + SMUGGLED,
    "a space before the colon": HEAD + b"Transfer-Encoding : chunked\r\n\r\n" + CHUNKED + SMUGGLED,
    "chunks in HTTP/1.0": (
        b"POST / HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKED + SMUGGLED
    ),
    "a folded header": HEAD + b"Transfer-Encoding:\r\n chunked\r\n\r\n" + CHUNKED + SMUGGLED,
    "a chunk with a sign": HEAD + b"Transfer-Encoding: chunked\r\n\r\n+3\r\nabc\r\n0\r\n\r\n",
    "a chunk in hexadecimal's dress": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n",
    "a chunk too long": HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n0\r\n\r\n",
    "a chunk that overflows": HEAD + b"Transfer-Encoding: chunked\r\n\r\n11111111111111111\r\nabc\r\n0\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: x\n\n",
    "one bare line feed": b"GET / HTTP/1.1\r\nHost: x\nX-A: b\r\n\r\n",
    "a bare carriage return": b"GET / HTTP/1.1\r\nHost: x\r\nX-A: b\rX-B: c\r\n\r\n",
    "a bare line feed before the body": b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\nabc",
    "a NUL in a header": get(b"Host: x", b"X-A: a\x00b"),
    "a NUL in a name": get(b"Host: x", b"X\x00A: b"),
    "a header without a name": get(b"Host: x", b": b"),
    "a header without a colon": get(b"Host: x", b"nonsense"),
    "a space before a header": b"GET / HTTP/1.1\r\n Host: x\r\n\r\n",
    "a control character in the path": get(b"Host: x", target=b"/a\x01b"),
    "other letters in the path": get(b"Host: x", target="/\u00e4".encode()),
    "a version of its own": get(b"Host: x", version=b"1.9"),
    "the next version": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "no version": b"GET /\r\n\r\n",
    "a method of its own": b"BREW / HTTP/1.1\r\nHost: x\r\n\r\n",
    "a tunnel": b"CONNECT inside:22 HTTP/1.1\r\nHost: inside:22\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "too many headers": get(b"Host: x", *[b"X-A: b"] * MOST_HEADERS),
    "a WebSocket without a host": get(
        b"Connection: upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ),
}  # fmt: skip


async def test_what_could_be_read_in_two_ways_is_answered_400(port: int, app: App) -> None:
    """Once, and the connection is closed: whatever was hidden behind it is no request."""
    answers = {name: await said(port, request) for name, request in BAD.items()}
    first = {name: answer.partition(b"\r\n")[0] for name, answer in answers.items()}
    assert first == dict.fromkeys(BAD, b"HTTP/1.1 400 Bad Request")
    assert {name for name, answer in answers.items() if answer.count(b"HTTP/1.1 ") != 1} == set()
    assert "/smuggled" not in app.asked


async def test_without_the_guard_some_of_it_passes(app: App) -> None:
    """The negative control: a request without a host, or with trailers that pose as headers, is answered 200."""
    async with serving(app, HttpToolsProtocol) as (port, _):
        assert b" 200 " in await said(port, get(b"Connection: close"))
        assert b"x-admin" in await said(port, TRAILING)


GOOD = {
    "a plain one": get(b"Host: daybook.test", b"Connection: close"),
    "a host with a port": get(b"Host: daybook.test:8000", b"Connection: close"),
    "a host that is an address": get(b"Host: [::1]:8000", b"Connection: close"),
    "the whole URL": get(b"Host: x", b"Connection: close", target=b"http://x/"),
    "an old version": get(version=b"1.0"),
    "chunks": HEAD + b"Connection: close\r\nTransfer-Encoding: Chunked\r\n\r\n" + CHUNKED,
    "an upgrade that we do not know": get(b"Host: x", b"Connection: Upgrade", b"Upgrade: h2c"),
    "many headers": get(b"Host: x", b"Connection: close", *[b"X-A: b"] * (MOST_HEADERS - 2)),
    "a long path": get(b"Host: x", b"Connection: close", target=b"/" + b"a" * 60_000),
}


async def test_what_is_plain_is_answered(port: int, app: App) -> None:
    """The rules are not simply "no"; in one piece and byte by byte."""
    for name, whole in GOOD.items():
        small = len(whole) < 300
        pieces = [whole[at : at + 1] for at in range(len(whole))] if small else [whole[:9], whole[9:]]
        for parts in ([whole], pieces):
            answer = await said(port, *parts)
            assert answer.startswith(b"HTTP/1.1 200 "), (name, answer[:80])
            assert answer.count(b"HTTP/1.1 ") == 1
    assert len(app.asked) == 2 * len(GOOD)


async def test_one_after_another_on_one_connection(port: int, app: App) -> None:
    """Also where they were sent without waiting; each has its answer, in order."""
    many = (
        HEAD + b"Content-Length: 3\r\n\r\nabc" + get(b"Host: x") * 3 + get(b"Host: x", b"Connection: close")
    )
    answer = await said(port, many)
    assert answer.count(b"HTTP/1.1 200 OK") == 5
    assert app.asked == ["/echo", "/", "/", "/", "/"]


async def test_what_follows_an_upgrade_is_no_request(port: int, app: App) -> None:
    """The parser drops it, so that whoever sent it must not wait for an answer on this connection."""
    answer = await said(port, get(b"Host: x", b"Connection: Upgrade", b"Upgrade: h2c") + SMUGGLED)
    assert answer.count(b"HTTP/1.1 ") == 1
    assert app.asked == ["/"]


TRAILING = (
    HEAD + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Admin: yes\r\n\r\n"
)


async def test_trailers_are_no_headers(port: int) -> None:
    """What stands after a body does not pose as what stood before it."""
    answer = await said(port, TRAILING)
    assert b" 200 " in answer
    assert b"x-admin" not in answer


@pytest.mark.parametrize(
    "head",
    [
        get(b"Host: x", b"X-A: " + b"a" * LARGEST_HEAD)[:-4],
        get(b"Host: x", target=b"/" + b"a" * LARGEST_HEAD)[:-4],
        b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X" * LARGEST_HEAD,
    ],
    ids=["value", "path", "name"],
)
async def test_a_head_without_end_is_cut_off(port: int, app: App, head: bytes) -> None:
    """At 64 KiB, before it is whole: 431."""
    assert (await said(port, head)).startswith(b"HTTP/1.1 431 ")
    assert app.asked == []


SLOW = {
    "nothing": (b"", b""),
    "half a head": (b"GET / HTTP/1.1\r\nHost:", b"HTTP/1.1 408 "),
    "half a body": (HEAD + b"Content-Length: 100\r\n\r\nabc", b"HTTP/1.1 408 "),
    "half a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n64\r\nabc", b"HTTP/1.1 408 "),
    "a second head": (get(b"Host: x") + b"GET / HT", b"HTTP/1.1 200 "),
}


@pytest.mark.parametrize("name", SLOW)
async def test_who_is_slow_is_sent_away(app: App, name: str) -> None:
    """At the deadlines of head and body, and others are served meanwhile."""
    sent, first = SLOW[name]
    async with serving(app, Impatient) as (port, _):
        slow = [asyncio.create_task(said(port, sent)) for _ in range(20)]
        async with asyncio.timeout(PATIENCE):
            while b" 200 " not in await said(port, GOOD["a plain one"]):
                pass  # a machine that stood still for half a second may have been slow itself
        for answer in await asyncio.gather(*slow):
            assert answer.startswith(first)
            assert answer.count(b"HTTP/1.1 ") == (0 if not first else 2 if name == "a second head" else 1)


async def test_a_drip_does_not_help(app: App) -> None:
    """The deadline stands over the whole, not over the pause between two bytes."""
    async with serving(app, Impatient) as (port, _):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.1\r\nX-A: ")
        async with asyncio.timeout(PATIENCE):
            while not reader.at_eof():
                writer.write(b"a")
                try:
                    answer = await asyncio.wait_for(reader.read(100), 0.05)
                except TimeoutError:
                    continue
                break
        writer.close()
    assert answer.startswith(b"HTTP/1.1 408 ")


async def test_who_takes_nothing_is_cut_off(app: App) -> None:
    """The server keeps nothing of the connection; a control that does take hears on and on."""
    async with serving(app, Impatient) as (port, server):
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1_000)
        writer.write(get(b"Host: x", target=b"/endless"))
        await reader.read(1)
        async with asyncio.timeout(PATIENCE):
            while server.server_state.connections:  # noqa: ASYNC110  # a set does not tell
                await asyncio.sleep(0.05)
        writer.transport.abort()


async def test_what_was_closed_and_does_not_go_is_buried() -> None:
    """After its time, and not before; what is open stays."""

    class Transport:
        def __init__(self, *, closing: bool) -> None:
            self.closing, self.aborted = closing, False

        def is_closing(self) -> bool:
            return self.closing

        def abort(self) -> None:
            self.aborted = True

    class Connection:
        def __init__(self, *, closing: bool) -> None:
            self.transport = Transport(closing=closing)

    closing, living = Connection(closing=True), Connection(closing=False)
    patient, impatient = Undertaker(after_seconds=1_000), Undertaker(after_seconds=-1)
    patient.walk([closing, living])
    patient.walk([closing, living])
    assert not closing.transport.aborted
    impatient.walk([closing, living])
    assert (closing.transport.aborted, living.transport.aborted) == (True, False)
