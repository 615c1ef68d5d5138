"""The event log, read: by sequence number, within one business."""

from __future__ import annotations

from sqlalchemy import select

from adapters.sql.database import Database
from adapters.sql.tables import events, sequences
from core.kernel.log import LoggedEvent

_COLUMNS = (
    events.c.business_id,
    events.c.sequence,
    events.c.type,
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

    async def last(self, business_id: int) -> int:
        """The number of the newest event."""
        statement = select(sequences.c.last).where(sequences.c.business_id == business_id)
        async with self._database.connect(business_id) as connection:
            return (await connection.execute(statement)).scalar() or 0
