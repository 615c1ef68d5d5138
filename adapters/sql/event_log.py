"""The event log, read and pruned: by sequence number, within one business."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, func, select

from adapters.sql.database import Database
from adapters.sql.tables import events, sequences, tenants, webhook_endpoints
from core.kernel.log import LoggedEvent, Reach

UNTAKEN_ARE_KEPT = timedelta(days=30)
"""How much longer an event is kept that a webhook endpoint in service has not taken in."""

_COLUMNS = (
    events.c.business_id,
    events.c.sequence,
    events.c.type,
    events.c.version,
    events.c.noun,
    events.c.key,
    events.c.payload,
    events.c.occurred_at,
)


class EventLog:
    """See core.kernel.log.Log."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number, or None."""
        statement = select(*_COLUMNS).where(
            events.c.business_id == business_id, events.c.sequence == sequence
        )
        async with self._database.connect(business_id) as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else LoggedEvent(**row._mapping)

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """The events after that number, in order."""
        statement = (
            select(*_COLUMNS)
            .where(events.c.business_id == business_id, events.c.sequence > sequence)
            .order_by(events.c.sequence)
            .limit(most)
        )
        async with self._database.connect(business_id) as connection:
            return [LoggedEvent(**row._mapping) for row in await connection.execute(statement)]

    async def reach(self, business_id: int) -> Reach:
        """From where to where the log is kept."""
        oldest = select(func.min(events.c.sequence)).where(events.c.business_id == business_id)
        statement = select(sequences.c.last, oldest.scalar_subquery().label("oldest")).where(
            sequences.c.business_id == business_id
        )
        async with self._database.connect(business_id) as connection:
            row = (await connection.execute(statement)).one_or_none()
        if row is None:
            return Reach(oldest=1, newest=0)
        return Reach(oldest=row.last + 1 if row.oldest is None else row.oldest, newest=row.last)

    async def prune(self, business_id: int, before: datetime, *, most: int) -> int:
        """Forget the oldest events that happened before an instant, at most so many; how many they were.

        What is kept stays without a gap: pruning ends at the first event that is younger. One that a
        webhook endpoint in service has not taken in is kept 30 days more, and what follows it with it.
        The counter of the business is left alone, so that no number is given twice.
        """
        taken_to = (
            select(func.min(webhook_endpoints.c.taken_to))
            .where(
                webhook_endpoints.c.business_id == business_id,
                webhook_endpoints.c.is_active,
                webhook_endpoints.c.archived_at.is_(None),
            )
            .scalar_subquery()
        )
        candidates = (
            select(events.c.sequence, events.c.occurred_at, taken_to.label("taken_to"))
            .where(events.c.business_id == business_id)
            .order_by(events.c.sequence)
            .limit(most)
        )
        async with self._database.connect(business_id, write=True) as connection:
            old = 0
            for row in await connection.execute(candidates):
                is_taken = row.taken_to is None or row.sequence <= row.taken_to
                if row.occurred_at >= (before if is_taken else before - UNTAKEN_ARE_KEPT):
                    break
                old = row.sequence
            if old == 0:
                return 0
            pruned = await connection.execute(
                delete(events).where(events.c.business_id == business_id, events.c.sequence <= old)
            )
            await connection.commit()
        return pruned.rowcount

    async def businesses(self) -> list[int]:
        """The businesses that have a log, the closed ones included."""
        async with self._database.connect(None) as connection:
            return list((await connection.execute(select(tenants.c.id).order_by(tenants.c.id))).scalars())
