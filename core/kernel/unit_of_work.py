"""The unit of work: one transaction that keeps state, events, audit and the idempotency answer together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from core.kernel.events import Event

E = TypeVar("E", bound="TenantOwned")
R = TypeVar("R")
P = TypeVar("P")

NO_BUSINESS = 0
"""The business of what happens before there is one: the idempotency and audit rows of signing up."""


@dataclass(kw_only=True, eq=False)
class Entity:
    """Something kept; its key is given by the database when it is first flushed."""

    id: int = None  # type: ignore[assignment]  # known after the flush that inserts it


@dataclass(kw_only=True, eq=False)
class TenantOwned:
    """Something kept that belongs to one business; the unit of work stamps and fences `business_id`."""

    business_id: int = None  # type: ignore[assignment]  # stamped when it is added


class Command(Protocol):
    """The input of a use case that changes something."""

    idempotency_key: str | None


class UnitOfWork(Protocol):
    """One open transaction in one business.

    Leaving the block flushes, takes the business's next sequence numbers last, writes the events
    with their outbox and audit rows, and commits; an exception rolls everything back.
    """

    business_id: int
    now: datetime

    def add(self, entity: object) -> None:
        """Keep a new entity."""
        ...

    async def get(self, kind: type[E], key: int, *, lock: bool = False) -> E | None:
        """The business's entity with that key, or None; another business's is None too.

        With `lock` no other transaction changes it, or locks it, before this one ends.
        """
        ...

    async def delete(self, entity: object) -> None:
        """Stop keeping an entity."""
        ...

    async def flush(self) -> None:
        """Send what was added and changed to the database: new entities have their keys after it."""
        ...

    def ask(self, port: type[P]) -> P:
        """The answering side of a room's question protocol, within this transaction."""
        ...

    def emit(self, event: Event) -> None:
        """Report what happened; numbered, stored and audited when the block is left.

        What has no row in core.events.catalogue raises Unlisted: nobody would be told of it.
        """
        ...

    def touch(self, resource_ids: Iterable[int]) -> None:
        """Say that what is taken of these resources changes; their rows must be locked already.

        When the block is left their revision becomes the number of its last event: listings know by it
        what to read anew. Without an event that `changes_taken`, leaving the block fails.
        """
        ...

    def audit(self, action: str, noun: str, key: int | None, **facts: Any) -> None:
        """Record an act that is no event; facts are ids and words, never personal data."""
        ...

    def schedule(
        self,
        kind: str,
        facts: dict[str, Any],
        *,
        run_at: datetime,
        dedupe_key: str,
        unless_later: bool = False,
    ) -> None:
        """Have a job done at `run_at` or later; see core.kernel.jobs. All jobs of a block are one statement.

        The same key again moves the job: a delay that every change begins anew is a debounce. With
        `unless_later` it is moved forwards in time alone, as long as nobody has begun it.
        """
        ...

    def cancel_job(self, dedupe_key: str) -> None:
        """Drop the waiting job of this key, if there is one. What a worker is doing already goes on."""
        ...

    async def enter(self, business_id: int) -> None:
        """Go on in a business that this transaction has just founded or been let into."""
        ...

    async def earlier_answer(self, verb: str, command: Command, kind: type[R]) -> R | None:
        """What this command was answered before under its idempotency key, or None where it is new.

        Keys are remembered for 24 hours per business, actor and verb. Raises IdempotencyMismatch
        where the key came with other input, and Invalid for a key that is not 1 to 200 printable ASCII
        characters. A refused command leaves no memory.
        """
        ...

    def answer(self, result: R) -> R:
        """Remember the result under the command's idempotency key, and hand it back."""
        ...
