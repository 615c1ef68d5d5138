"""Whose turn it is: one row per webhook endpoint, leased by as many workers as like.

A turn is due when the business's log has grown, or a delivery is to be tried again. Whoever leases it
looks after that endpoint alone until the lease ends: no endpoint is looked after twice at once, and one
whose worker died comes back by itself. Endpoints that fail are leased apart from those that do not.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Delete, Update, case, delete, literal, or_, select, update

from adapters.sql.database import Database
from adapters.sql.tables import webhook_turns
from adapters.sql.types import Instant
from core.kernel.clock import Clock

LEASE = timedelta(seconds=45)

_t = webhook_turns.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A turn that this worker has leased; the business's log reaches to the number `newest`."""

    id: int
    business_id: int
    endpoint_id: int
    newest: int
    is_ailing: bool
    lease: str


class WebhookTurns:
    """Gives turns out and takes them back."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def is_any_due(self, *, is_ailing: bool) -> bool:
        """Whether a turn is due: a look that locks nothing."""
        statement = select(_t.id).where(*self._due(is_ailing)).limit(1)
        async with self._database.connect(None) as connection:
            return (await connection.execute(statement)).first() is not None

    async def lease(self, most: int, *, is_ailing: bool) -> list[Turn]:
        """Take up to `most` due turns, longest due first, for 45 seconds; no other worker gets them."""
        now = self._clock.now()
        lease = secrets.token_hex(16)
        due = (
            select(_t.id)
            .where(*self._due(is_ailing))
            .order_by(_t.due_at, _t.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("due")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        statement = (
            update(webhook_turns)
            .where(_t.id.in_(select(due.c.id)))
            .values(lease=lease, lease_ends_at=now + LEASE)
            .returning(_t.id, _t.business_id, _t.endpoint_id, _t.newest, _t.is_ailing)
        )
        async with self._database.connect(None, write=True) as connection:
            rows = (await connection.execute(statement)).all()
            await connection.commit()
        return [Turn(**row._mapping, lease=lease) for row in rows]

    async def give_back(
        self, turn: Turn, *, taken_to: int, due_at: datetime, is_ailing: bool, is_listening: bool
    ) -> None:
        """End a turn: it is due again then, or at once where the log has grown beyond `taken_to` meanwhile.

        Nothing happens where the lease has passed to another worker.
        """
        now = self._clock.now()
        later = literal(due_at, Instant())
        due = case((_t.newest > taken_to, literal(now, Instant())), else_=later) if is_listening else later
        await self._run(
            update(webhook_turns)
            .where(_t.id == turn.id, _t.lease == turn.lease)
            .values(
                lease=None,
                lease_ends_at=None,
                due_at=due,
                is_ailing=is_ailing,
                is_listening=is_listening,
            )
        )

    async def free_all(self) -> None:
        """End every lease: only where no other worker can be."""
        await self._run(update(webhook_turns).values(lease=None, lease_ends_at=None))

    async def end(self, turn: Turn) -> None:
        """Forget a turn: its endpoint is no more."""
        await self._run(delete(webhook_turns).where(_t.id == turn.id, _t.lease == turn.lease))

    def _due(self, is_ailing: bool) -> tuple[ColumnElement[bool], ...]:
        now = self._clock.now()
        is_free = or_(_t.lease_ends_at.is_(None), _t.lease_ends_at <= now)
        return (_t.is_ailing == is_ailing, _t.due_at <= now, is_free)

    async def _run(self, statement: Update | Delete) -> None:
        async with self._database.connect(None, write=True) as connection:
            await connection.execute(statement)
            await connection.commit()
