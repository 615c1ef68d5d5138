"""A WebSocket client for tests, which speaks graphql-transport-ws and notices everything."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin, Subprotocol

from tests.graphql_api.conftest import Api

PROTOCOL = "graphql-transport-ws"
PATIENCE = 20.0

EVENTS = """
subscription Events($after: Cursor, $filter: BookingEventFilter) {
  bookingEvents(after: $after, filter: $filter) { __typename cursor type }
}
"""


class Socket:
    """A connection, and what was heard over it."""

    def __init__(self, ws: ClientConnection) -> None:
        self.ws = ws
        self._numbers = itertools.count(1)

    async def say(self, kind: str, **more: Any) -> None:
        """Send a message."""
        await self.ws.send(json.dumps({"type": kind, **more}))

    async def hear(self) -> dict[str, Any]:
        """The next message that is no ping."""
        while True:
            message: dict[str, Any] = json.loads(await asyncio.wait_for(self.ws.recv(), PATIENCE))
            if message["type"] != "ping":
                return message

    async def ask(self, query: str, id: str | None = None, **variables: Any) -> str:
        """Start an operation; its id."""
        id = id or f"op{next(self._numbers)}"
        await self.say("subscribe", id=id, payload={"query": query, "variables": variables})
        return id

    async def heard(self, id: str, count: int) -> list[dict[str, Any]]:
        """The data of so many `next` messages of an operation."""
        found = []
        for _ in range(count):
            message = await self.hear()
            assert (message["type"], message["id"]) == ("next", id), message
            assert "errors" not in message["payload"], message
            found.append(message["payload"]["data"])
        return found

    async def events(self, id: str, count: int) -> list[dict[str, Any]]:
        """So many events of a subscription to `bookingEvents`."""
        return [data["bookingEvents"] for data in await self.heard(id, count)]

    async def silent(self, seconds: float = 0.3) -> bool:
        """Whether nothing is heard for a while."""
        try:
            await asyncio.wait_for(self.ws.recv(), seconds)
        except TimeoutError:
            return True
        return False

    async def closed(self) -> tuple[int, str]:
        """The code and reason of the end, whatever is heard before it."""
        try:
            while True:
                await asyncio.wait_for(self.ws.recv(), PATIENCE)
        except ConnectionClosed as end:
            assert end.rcvd is not None, "the connection ended without a closing frame"
            return end.rcvd.code, end.rcvd.reason


@asynccontextmanager
async def connected(
    url: str,
    token: str | None = None,
    *,
    origin: str | None = None,
    headers: dict[str, str] | None = None,
    protocols: tuple[str, ...] = (PROTOCOL,),
    **more: Any,
) -> AsyncIterator[Socket]:
    """A connection to the endpoint; with a token it has introduced itself and was let in."""
    async with connect(
        url.replace("http", "ws", 1),
        subprotocols=[Subprotocol(name) for name in protocols] or None,
        origin=None if origin is None else Origin(origin),
        additional_headers=headers,
        max_size=None,
        **more,
    ) as ws:
        socket = Socket(ws)
        if token is not None:
            await socket.say("connection_init", payload={"Authorization": f"Bearer {token}"})
            assert await socket.hear() == {"type": "connection_ack"}
        yield socket


async def latest(api: Api) -> str:
    """The newest cursor of the business."""
    data = await api.data("{ events(first: 1) { latestCursor } }")
    cursor: str = data["events"]["latestCursor"]
    return cursor


async def refused(socket: Socket, id: str) -> dict[str, Any]:
    """The extensions of the first error with which an operation was refused."""
    message = await socket.hear()
    assert (message["type"], message["id"]) == ("error", id), message
    error = message["payload"][0]
    assert error["message"]
    extensions: dict[str, Any] = error["extensions"]
    return extensions
