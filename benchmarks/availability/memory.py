"""A business in memory that answers the questions of availability: the engine without a database."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from benchmarks.availability.salon import NOW
from core.availability.cache import AvailabilityCache
from core.availability.moving import Moving
from core.availability.questions import Changes
from core.availability.rulebook import Rulebook, Taken, taken_of
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context


@dataclass
class InMemory:
    """Answers the questions, and is its own Asker; `asked` counts them."""

    book: Rulebook
    rows: dict[int, list[Taken]]
    last: int = 1
    touched: dict[int, int] = field(default_factory=dict)
    asked: int = 0
    appointments: dict[int, Moving] = field(default_factory=dict)

    async def changes(self, known_last: int | None, known_rules: int | None) -> Changes:
        """What changed."""
        self.asked += 1
        since = self.last if known_last is None else known_last
        return Changes(
            last=self.last,
            rules_revision=self.book.revision,
            rulebook=self.book if known_rules is None or known_rules < self.book.revision else None,
            touched={key: revision for key, revision in self.touched.items() if revision > since},
        )

    async def taken(self, resource_ids: Sequence[int], start: int, end: int, now: datetime) -> list[Taken]:
        """What is taken."""
        self.asked += 1
        return taken_of(
            row
            for resource_id in resource_ids
            for row in self.rows.get(resource_id, ())
            if row.start < end and start < row.end and (row.expires_at is None or row.expires_at > now)
        )

    async def moving(self, appointment_id: int) -> Moving | None:
        """An appointment that is to be moved."""
        self.asked += 1
        return self.appointments.get(appointment_id)

    def ask(self, port: type[Any]) -> Any:
        """Itself."""
        return self

    async def release(self) -> None:
        """Holds nothing."""

    def context(self, cache: AvailabilityCache, now: datetime = NOW) -> Context:
        """A Context of the one business, with a cache given."""
        given: dict[str, Any] = {"read": None, "asker": self, "open_unit_of_work": None}
        return Context(
            actor=Actor(name="system", business_id=1),
            clock=FixedClock(now),
            outside={AvailabilityCache: cache},
            **given,
        )


def in_memory(book: Rulebook, taken: Sequence[Taken]) -> InMemory:
    """The rows by resource, so that loading costs what is loaded."""
    rows: dict[int, list[Taken]] = {}
    for row in taken:
        rows.setdefault(row.resource_id, []).append(row)
    return InMemory(book, rows)
