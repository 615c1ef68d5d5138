"""The bell: wakes whoever waits for news. It carries nothing; losing a ring costs time, never news."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import Protocol

JOBS = "jobs"


def events_of(business_id: int) -> str:
    """The topic rung when a business's log has grown."""
    return f"events:{business_id}"


class Listener(Protocol):
    """Waits for one topic."""

    async def wait(self, timeout_seconds: float) -> bool:
        """Wait for a ring since the last wait; False where none came in time."""
        ...


class Bell(Protocol):
    """Rings topics, in this process or across processes."""

    async def ring(self, topic: str) -> None:
        """Wake everybody who listens to the topic; never fails."""
        ...

    def listen(self, topic: str) -> AbstractAsyncContextManager[Listener]:
        """Listen to a topic for the length of a block."""
        ...
