"""A log in memory, for events that are made up."""

from __future__ import annotations

from datetime import UTC, datetime

from core.kernel.log import LoggedEvent, Reach

BUSINESS = 7
_KEPT = 4_096


class GrowingLog:
    """A log in memory that keeps its newest events."""

    def __init__(self) -> None:
        self.events: list[LoggedEvent] = []
        self.newest = 0

    def grow(self) -> LoggedEvent:
        """One event more."""
        self.newest += 1
        made = LoggedEvent(
            business_id=BUSINESS,
            sequence=self.newest,
            type="appointment.cancelled",
            version=1,
            noun="appointment",
            key=self.newest,
            payload={"appointment_id": self.newest, "client_is_told": True},
            occurred_at=datetime.now(UTC),
        )
        self.events.append(made)
        if len(self.events) > _KEPT:
            del self.events[: _KEPT // 2]
        return made

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number."""
        return next((event for event in self.events if event.sequence == sequence), None)

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """The events after that number."""
        first = self.events[0].sequence if self.events else 1
        start = max(0, sequence + 1 - first)
        return self.events[start : start + most]

    async def reach(self, business_id: int) -> Reach:
        """What is kept."""
        return Reach(oldest=self.newest - len(self.events) + 1, newest=self.newest)
