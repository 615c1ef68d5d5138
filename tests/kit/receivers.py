"""Receivers of webhooks: a real HTTP server on loopback that answers as badly as it is told to.

Each receiver is a path of the server. It keeps what it was sent, and answers each request by the next
of its ways; the last of them goes on.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from tests.kit.loopback import loopback_server

Way = Callable[[asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True, kw_only=True)
class Received:
    """One request: header names in lower case, and when it had arrived by the monotonic clock."""

    method: str
    headers: dict[str, str]
    body: bytes
    at: float


@dataclass(kw_only=True)
class Receiver:
    """One path, its ways to answer, and what it was sent; `most_open` is how many came at once at most.

    Where somebody sees each request as it comes, none is kept.
    """

    url: str
    ways: list[Way]
    received: list[Received] = field(default_factory=list)
    see: Callable[[Received], None] | None = None
    count: int = 0
    open: int = 0
    most_open: int = 0

    @property
    def ids(self) -> list[str]:
        """The message ids of the standard header, in order of arrival."""
        return [one.headers["webhook-id"] for one in self.received]

    def go_round(self, see: Callable[[Received], None]) -> None:
        """Begin with the first way again after the last, and show each request instead of keeping it."""
        self.see = see

    async def take(self, request: Received, writer: asyncio.StreamWriter) -> None:
        """Keep a request and answer it."""
        if self.see is None:
            way = self.ways[min(self.count, len(self.ways) - 1)]
            self.received.append(request)
        else:
            way = self.ways[self.count % len(self.ways)]
            self.see(request)
        self.count += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            await way(writer)
        finally:
            self.open -= 1


class Receivers:
    """The server; `connections` counts what connected to it, whatever it asked for."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.connections = 0
        self._at: dict[str, Receiver] = {}

    def receiver(self, *ways: Way) -> Receiver:
        """A new receiver; one without ways always answers 204."""
        path = f"/{len(self._at)}"
        self._at[path] = Receiver(url=f"http://127.0.0.1:{self.port}{path}", ways=list(ways) or [status(204)])
        return self._at[path]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, one request; it ends when it is answered, or when whoever sent it leaves."""
        self.connections += 1
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, path, _ = head[0].split(" ")
        headers = {
            name.lower(): value.strip()
            for name, _, value in (line.partition(":") for line in head[1:] if line)
        }
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        request = Received(method=method, headers=headers, body=body, at=time.monotonic())
        answering = asyncio.create_task(self._at[path].take(request, writer))
        leaving = asyncio.create_task(reader.read())
        try:
            await asyncio.wait([answering, leaving], return_when=asyncio.FIRST_COMPLETED)
        finally:
            answering.cancel()
            leaving.cancel()
            await asyncio.gather(answering, leaving, return_exceptions=True)


@asynccontextmanager
async def receivers(tls: ssl.SSLContext | None = None) -> AsyncIterator[Receivers]:
    """A server for the length of a block."""
    made = Receivers(0)
    async with loopback_server(made.serve, tls) as made.port:
        yield made


def answer(code: int, body: bytes = b"", **headers: str) -> bytes:
    """An answer as it goes over the wire."""
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    head = [f"HTTP/1.1 {code} Whatever", f"Content-Length: {len(body)}", "Connection: close", *lines]
    return "\r\n".join([*head, "", ""]).encode() + body


def status(code: int, body: bytes = b"", **headers: str) -> Way:
    """Answer with a status, a body and headers."""

    async def way(writer: asyncio.StreamWriter) -> None:
        writer.write(answer(code, body, **headers))
        await writer.drain()

    return way


async def hang(writer: asyncio.StreamWriter) -> None:
    """Say nothing until the other side gives up."""
    await asyncio.Event().wait()


async def reset(writer: asyncio.StreamWriter) -> None:
    """Break the connection off."""
    raw = writer.get_extra_info("socket")
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def garbage(writer: asyncio.StreamWriter) -> None:
    """Answer what is no HTTP."""
    writer.write(b"\x16\x03\x01 hello\r\n\r\n")
    await writer.drain()


async def drip(writer: asyncio.StreamWriter) -> None:
    """Answer 200, and then a byte every 50 ms, for a minute."""
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1200\r\n\r\n")
    for _ in range(1_200):
        writer.write(b".")
        await writer.drain()
        await asyncio.sleep(0.05)


def huge(code: int = 200) -> Way:
    """Answer with a body of 100 MB."""

    async def way(writer: asyncio.StreamWriter) -> None:
        writer.write(f"HTTP/1.1 {code} OK\r\nContent-Length: 100000000\r\n\r\n".encode())
        for _ in range(1_000):
            writer.write(b"x" * 100_000)
            await writer.drain()

    return way


def redirect(url: str) -> Way:
    """Answer that it is elsewhere."""
    return status(302, Location=url)


def after(seconds: float, way: Way) -> Way:
    """Answer in some way after a while."""

    async def later(writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(seconds)
        await way(writer)

    return later
