"""uvicorn's HTTP protocol, made strict and impatient: it has no deadlines and no bounds of its own.

A head must come whole within ten seconds and a body within thirty, a client must take what it is sent, and
what two programs could understand differently is answered 400 (RFC 9112, sections 3.2, 6.1 and 6.3). This
relies on HttpToolsProtocol of uvicorn 0.54: `on_header` is called for trailers too and appends to the list
that the application reads, an exception in a callback of the parser ends as an answer 400, and `cycle` is
the request under way.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterable
from typing import Any
from weakref import WeakKeyDictionary

LARGEST_HEAD = 65_536
"""Bytes of a request line and its headers."""

MOST_HEADERS = 100

_HOST = re.compile(rb"(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_BAD = b"400 Bad Request"
_TOO_LARGE = b"431 Request Header Fields Too Large"
_TOO_SLOW = b"408 Request Timeout"


class BadRequest(Exception):
    """The request is answered 400, and the connection ends."""


try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:  # another uvicorn, or no httptools: then as it is
    HTTP: Any = "auto"
else:

    class StrictHttp(HttpToolsProtocol):
        """One connection."""

        head_seconds = 10.0
        body_seconds = 30.0
        taking_seconds = 30.0
        """How long a client may take nothing while something waits to be sent to it."""

        _deadline: asyncio.TimerHandle | None = None
        _taking: asyncio.TimerHandle | None = None
        _in_head = True
        _head_size = 0

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            """Whoever connects says what they want."""
            super().connection_made(transport)
            self._wait_for_head()

        def connection_lost(self, exc: Exception | None) -> None:
            """Nothing is waited for any more."""
            self._unset()
            self.resume_writing()
            super().connection_lost(exc)

        def data_received(self, data: bytes) -> None:
            """Count what comes until a head is whole: the parser would keep any amount of it."""
            if self._in_head:
                self._wait_for_head()
                self._head_size += len(data)
            super().data_received(data)
            if self.parser is None or self.transport.is_closing():
                return
            if self.transport.get_protocol() is not self:
                self._unset()  # it is a WebSocket now, with deadlines of its own
            elif self._in_head and self._head_size > LARGEST_HEAD:
                self._refuse(_TOO_LARGE)

        def on_message_begin(self) -> None:
            """A head begins."""
            super().on_message_begin()
            self._in_head = True
            self._head_size = self._head_size or 1  # one that begins right behind another
            self._wait_for_head()

        def on_header(self, name: bytes, value: bytes) -> None:
            """Trailers are no headers: what stands after the body was not there when it was decided upon."""
            if not self._in_head:
                return
            if len(self.headers) >= MOST_HEADERS:
                raise BadRequest("too many headers")
            super().on_header(name, value)

        def on_headers_complete(self) -> None:
            """Refuse what is ambiguous, and wait for the body from now on."""
            self._in_head = False
            self._head_size = 0
            check_framing(self.headers, self.parser.get_http_version())
            super().on_headers_complete()
            if self.parser.should_upgrade() and self.cycle is not None:
                self.cycle.keep_alive = False  # what follows is dropped by the parser, so nothing may follow
            self._set(self.body_seconds, self._body_is_late)

        def on_message_complete(self) -> None:
            """The request is whole."""
            super().on_message_complete()
            self._unset()
            self._in_head = True

        def pause_writing(self) -> None:
            """So much waits that the client has to take some of it."""
            super().pause_writing()
            if self._taking is None:
                self._taking = self.loop.call_later(self.taking_seconds, self.transport.abort)

        def resume_writing(self) -> None:
            """It has."""
            super().resume_writing()
            if self._taking is not None:
                self._taking.cancel()
                self._taking = None

        def _wait_for_head(self) -> None:
            if self._deadline is None:
                self._set(self.head_seconds, self._head_is_late)

        def _set(self, seconds: float, late: Callable[[], None]) -> None:
            self._unset()
            self._deadline = self.loop.call_later(seconds, late)

        def _unset(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

        def send_400_response(self, msg: str) -> None:
            """The parser's own refusals, too, are no second answer to a request under way."""
            self._refuse(_BAD)

        def _head_is_late(self) -> None:
            if self._is_answering():
                self._set(self.head_seconds, self._head_is_late)
            elif self._head_size:
                self._refuse(_TOO_SLOW)
            else:
                self.transport.close()

        def _body_is_late(self) -> None:
            """End it, unless it is we who do not read."""
            if self.flow.read_paused:
                self._set(self.body_seconds, self._body_is_late)
            else:
                self._refuse(_TOO_SLOW)

        def _is_answering(self) -> bool:
            return self.cycle is not None and not self.cycle.response_complete

        def _refuse(self, status: bytes) -> None:
            """Answer once, where nothing was answered yet, and let nobody answer after that."""
            self._unset()
            self.pipeline.clear()
            if not (self._is_answering() and self.cycle.response_started):
                head = b"HTTP/1.1 " + status + b"\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                self.transport.write(head)
            if self._is_answering():
                self.cycle.disconnected = True
                self.cycle.message_event.set()
            self.transport.close()

    HTTP = StrictHttp
"""What `uvicorn.Config(http=…)` is given."""


def check_framing(headers: Iterable[tuple[bytes, bytes]], version: str) -> None:
    """Raise BadRequest where it is not plain whom a request is for, or where it ends."""
    hosts, encodings = [], []
    for name, value in headers:
        if name == b"host":
            hosts.append(value)
        elif name == b"transfer-encoding":
            encodings.append(value.lower())
    if len(hosts) > 1 or (not hosts and version != "1.0"):
        raise BadRequest("not one host")
    if hosts and not _HOST.fullmatch(hosts[0]):
        raise BadRequest("no host")
    if encodings and (encodings != [b"chunked"] or version == "1.0"):
        raise BadRequest("an encoding that another might not read")


class Undertaker:
    """Ends connections that were closed and do not go: somebody does not take the last bytes."""

    def __init__(self, *, after_seconds: float = 30.0) -> None:
        self._after = after_seconds
        self._closing: WeakKeyDictionary[Any, float] = WeakKeyDictionary()

    def walk(self, connections: Iterable[Any]) -> None:
        """Look at every connection; called again and again."""
        now = time.monotonic()
        for connection in list(connections):
            transport = getattr(connection, "transport", None)
            if transport is None or not transport.is_closing():
                continue
            if now > self._closing.setdefault(connection, now) + self._after:
                transport.abort()
