"""What waits to be sent to one client: bounded, so that a slow reader costs no more than a quick one."""

from __future__ import annotations

import asyncio
from collections import deque

from starlette.types import Send

from graphql_api.settings import SocketLimits
from graphql_api.transport.socket.messages import TOO_SLOW, Close


class Outbox:
    """Frames in order. Whoever puts one waits for room, and so reads the log no faster than the client."""

    def __init__(self, send: Send, limits: SocketLimits) -> None:
        self._send = send
        self._limits = limits
        self._waiting: deque[str] = deque()
        self._size = 0
        self._changed = asyncio.Condition()

    async def put(self, frame: str) -> None:
        """Have a frame sent after those before it."""
        async with self._changed:
            await self._changed.wait_for(self._has_room)
            self._waiting.append(frame)
            self._size += len(frame)
            self._changed.notify_all()

    async def run(self) -> None:
        """Send what is put, until cancelled. Raises Close where the client takes nothing for too long."""
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._waiting)
                frame = self._waiting[0]
            try:
                async with asyncio.timeout(self._limits.patience_seconds):
                    await self._send({"type": "websocket.send", "text": frame})
            except TimeoutError:
                raise Close(TOO_SLOW, "Too slow: subscribe again with the last cursor you got") from None
            async with self._changed:
                self._waiting.popleft()
                self._size -= len(frame)
                self._changed.notify_all()

    def _has_room(self) -> bool:
        return not self._waiting or (
            len(self._waiting) < self._limits.frames and self._size < self._limits.memory_bytes
        )
