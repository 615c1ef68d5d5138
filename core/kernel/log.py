"""The event log, followed: every event of a business once, in order, from wherever a reader left off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.kernel.bell import Bell, events_of

_AT_ONCE = 256
_LONGEST_WAIT_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """An event as it stands in the log; `sequence` counts the business's events from 1 without a gap.

    `version` is that of its payload: one is raised when a type's facts change their meaning.
    """

    business_id: int
    sequence: int
    type: str
    version: int
    noun: str
    key: int
    payload: dict[str, Any]
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class Reach:
    """From where to where a log is kept, as numbers; the oldest is one past the newest where nothing is."""

    oldest: int
    newest: int

    def goes_on_after(self, sequence: int) -> bool:
        """Whether everything after a number is still kept."""
        return sequence + 1 >= self.oldest


class Log(Protocol):
    """Reads the log of any one business."""

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number, or None."""
        ...

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """The events after that number, in order, at most so many."""
        ...

    async def reach(self, business_id: int) -> Reach:
        """From where to where the log is kept."""
        ...


async def follow(log: Log, bell: Bell, business_id: int, after: int) -> AsyncIterator[LoggedEvent]:
    """Every event after the number `after`, those there are and those to come, each once and in order.

    The bell only saves waiting: where a ring is lost the log is looked at within five seconds.
    """
    async with bell.listen(events_of(business_id)) as listener:
        while True:
            found = await log.after(business_id, after, most=_AT_ONCE)
            for event in found:
                yield event
                after = event.sequence
            if len(found) < _AT_ONCE:
                await listener.wait(_LONGEST_WAIT_SECONDS)
