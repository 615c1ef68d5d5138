"""The handshake of WebSockets, and all connections that are open."""

from __future__ import annotations

import asyncio
import secrets
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import Receive, Scope, Send

from auth.door import Door
from graphql_api.execution.engine import Engine
from graphql_api.settings import GraphQLSettings
from graphql_api.streaming.hub import Hub
from graphql_api.transport.socket.connection import Connection
from graphql_api.transport.socket.frames import frame_writer
from graphql_api.transport.socket.messages import GOING_AWAY, NO_SUBPROTOCOL, PROTOCOL, Close

_STOPPING_SECONDS = 3.0


class Sockets:
    """Every WebSocket of one endpoint."""

    def __init__(self, engine: Engine, hub: Hub, door: Door, settings: GraphQLSettings) -> None:
        self._engine = engine
        self._hub = hub
        self._door = door
        self._settings = settings
        self._open: set[Connection] = set()
        self._all_closed = asyncio.Event()
        self._is_stopping = False

    def __len__(self) -> int:
        return len(self._open)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection from handshake to end."""
        await receive()  # websocket.connect
        headers = Headers(scope=scope)
        if not may_connect(headers, self._settings.origins):
            await send({"type": "websocket.close", "code": 1008, "reason": "This origin may not connect"})
            return
        if PROTOCOL not in scope.get("subprotocols", ()):
            await send({"type": "websocket.accept"})
            reason = f"Subprotocol not acceptable: offer {PROTOCOL}"
            await send({"type": "websocket.close", "code": NO_SUBPROTOCOL, "reason": reason})
            return
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL})
        client = scope.get("client")
        connection = Connection(
            self._engine,
            self._hub,
            self._door,
            receive,
            send,
            self._settings.sockets,
            authorization=headers.get("authorization"),
            client_ip=client[0] if client else "",
            request_id=str(scope.get("state", {}).get("request_id") or secrets.token_hex(8)),
            writer=frame_writer(scope),
        )
        self._open.add(connection)
        self._all_closed.clear()
        if self._is_stopping:
            self._send_away(connection)
        try:
            await connection.run()
        finally:
            self._open.discard(connection)
            if not self._open:
                self._all_closed.set()

    async def close(self) -> None:
        """Send every client away, and all who come from now on; returns when they are gone."""
        self._is_stopping = True
        for connection in list(self._open):
            self._send_away(connection)
        if self._open:
            async with asyncio.timeout(_STOPPING_SECONDS):
                await self._all_closed.wait()

    def _send_away(self, connection: Connection) -> None:
        connection.end(Close(GOING_AWAY, "The server is stopping: come back with the last cursor you got"))


def may_connect(headers: Headers, origins: tuple[str, ...]) -> bool:
    """Whether a page of this origin may open a WebSocket: one of the list's, or of the host's own.

    Programs that are no browsers send no origin, and may.
    """
    origin = headers.get("origin")
    if origin is None or "*" in origins:
        return True
    if origin.lower() in (one.rstrip("/").lower() for one in origins):
        return True
    try:
        parts = urlsplit(origin.lower())
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and parts.netloc == headers.get("host", "").lower() != ""
