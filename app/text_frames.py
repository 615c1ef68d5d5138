"""uvicorn's WebSocket protocol, which also lets whole text frames be written straight to the transport.

For each text frame, uvicorn's own `send` makes a frame object, walks the protocol's state and collects what
is to be written; with a thousand subscribers that is most of what telling an event costs. This relies on
WebSocketsSansIOProtocol of uvicorn 0.54: `handle_connect` makes `scope` before the application runs,
`writable` is clear while the transport is over its high-water mark, everything is written to `transport`
as soon as it is made, and `conn` is a `websockets.server.ServerProtocol`, which keeps no state of whole
frames that are sent. The handshake, pings, closing and all that is received stay uvicorn's.
"""

from __future__ import annotations

from typing import Any

from websockets.http11 import Request
from websockets.protocol import State

from graphql_api.transport.socket.frames import EXTENSION

try:
    from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
except ImportError:  # another uvicorn keeps it elsewhere: then everything goes through ASGI
    WEB_SOCKETS: Any = "auto"
else:

    class TextFrames(WebSocketsSansIOProtocol):
        """One connection, which offers `write_frames` to the application."""

        def handle_connect(self, event: Request) -> None:
            """Make the scope as always, and put the offer into it."""
            super().handle_connect(event)
            scope: Any = getattr(self, "scope", None)
            if scope is not None:
                scope["extensions"][EXTENSION] = self.write_frames

        def write_frames(self, frames: bytes) -> bool:
            """Write whole frames, where they may be written now; whether they were."""
            is_open = self.handshake_complete and not self.close_sent and self.conn.state is State.OPEN
            if not is_open or self.conn.extensions or not self.writable.is_set():
                return False
            if self.transport.is_closing():
                return False
            self.transport.write(frames)
            return True

    WEB_SOCKETS = TextFrames
"""What `uvicorn.Config(ws=…)` is given."""
