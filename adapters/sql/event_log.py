"""The event log, read: by sequence number, within one business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from adapters.sql.database import Database
from adapters.sql.tables import events


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedEvent:
    """An event as it stands in the log."""

    business_id: int
    sequence: int
    type: str
    key: int
    payload: dict[str, Any]
    occurred_at: datetime


class EventLog:
    """Reads the log of any one business."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number, or None."""
        statement = select(
            events.c.business_id,
            events.c.sequence,
            events.c.type,
            events.c.key,
            events.c.payload,
            events.c.occurred_at,
        ).where(events.c.business_id == business_id, events.c.sequence == sequence)
        async with self._database.connect(business_id) as connection:
            row = (await connection.execute(statement)).one_or_none()
        return None if row is None else LoggedEvent(**row._mapping)
