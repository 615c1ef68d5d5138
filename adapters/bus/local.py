"""The bell within one process: what development, tests and single-process SQLite use."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class LocalListener:
    """Waits for one topic in this process."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def wake(self) -> None:
        """Note a ring."""
        self._rung.set()

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for a ring since the last wait."""
        if not self._rung.is_set():  # with a timeout of nought, wait_for does not even look
            try:
                await asyncio.wait_for(self._rung.wait(), timeout_seconds)
            except TimeoutError:
                return False
        self._rung.clear()
        return True


class LocalBell:
    """See core.kernel.bell.Bell."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[LocalListener]] = {}

    async def ring(self, topic: str) -> None:
        """Wake everybody in this process who listens to the topic."""
        self.wake(topic)

    def wake(self, topic: str) -> None:
        """The same, from code that does not await."""
        for listener in self._listeners.get(topic, ()):
            listener.wake()

    def wake_all(self) -> None:
        """Wake every listener of every topic: after a time in which rings may have been missed."""
        for topic in self._listeners:
            self.wake(topic)

    @asynccontextmanager
    async def listen(self, topic: str) -> AsyncIterator[LocalListener]:
        """Listen to a topic for the length of a block."""
        listener = LocalListener()
        self._listeners.setdefault(topic, set()).add(listener)
        try:
            yield listener
        finally:
            listeners = self._listeners[topic]
            listeners.discard(listener)
            if not listeners:
                del self._listeners[topic]
