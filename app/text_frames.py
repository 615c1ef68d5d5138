"""uvicorn's WebSocket protocol, which also lets whole text frames be written straight to the transport.

For each text frame, uvicorn's own `send` makes a frame object, walks the protocol's state and collects what
is to be written; with a thousand subscribers that is most of what telling an event costs. This relies on
WebSocketsSansIOProtocol of uvicorn 0.54: `handle_connect` makes `scope` before the application runs,
the transport pauses and resumes the protocol at its high-water mark, everything is written to `transport`
as soon as it is made, and `conn` is a `websockets.server.ServerProtocol`, which is open from the end of the
handshake to the first closing frame either way, and keeps no state of whole frames that are sent. The handshake, pings, closing and all that is received stay uvicorn's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from websockets.http11 import Request
from websockets.protocol import State
from websockets.server import ServerProtocol

from graphql_api.transport.socket.frames import EXTENSION


class Writer:
    """Writes frames for one connection: see graphql_api.streaming.burst.FrameWriter.

    What is touched for each of many subscribers counts, hence so little.
    """

    __slots__ = ("_conn", "_transport", "is_paused", "write")

    def __init__(self, conn: ServerProtocol, transport: asyncio.Transport) -> None:
        self._conn = conn
        self._transport = transport
        self.is_paused = False
        self.write: Callable[[bytes], None] = transport.write

    def is_ready(self) -> bool:
        """Not while the transport has too much to send, nor on a connection that closes or compresses."""
        conn = self._conn
        if self.is_paused or conn.state is not State.OPEN or conn.extensions:
            return False
        return not self._transport.is_closing()


try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
except ImportError:  # another uvicorn keeps it elsewhere: then everything goes through ASGI
    WEB_SOCKETS: Any = "auto"
else:

    class TextFrames(WebSocketsSansIOProtocol):
        """One connection, which offers its Writer to the application."""

        _writer: Writer | None = None

        def handle_connect(self, event: Request) -> None:
            """Make the scope as always, and put the offer into it."""
            super().handle_connect(event)
            scope: Any = getattr(self, "scope", None)
            if scope is not None:
                self._writer = Writer(self.conn, self.transport)
                scope["extensions"][EXTENSION] = self._writer

        def pause_writing(self) -> None:
            """The transport has more to send than it likes."""
            super().pause_writing()
            if self._writer is not None:
                self._writer.is_paused = True

        def resume_writing(self) -> None:
            """It has sent most of that."""
            super().resume_writing()
            if self._writer is not None:
                self._writer.is_paused = False

    WEB_SOCKETS = TextFrames
"""What `uvicorn.Config(ws=…)` is given."""
