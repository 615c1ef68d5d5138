"""Where mail is kept that goes nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import delete, select
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.database import Database
from adapters.sql.tables import kept_mail
from core.kernel.clock import Clock

MOST = 500


class Words(Protocol):
    """A mail in words."""

    @property
    def message_id(self) -> str:
        """The same for every try."""
        ...

    @property
    def to(self) -> str:
        """The recipient's address."""
        ...

    @property
    def subject(self) -> str:
        """The subject line."""
        ...

    @property
    def text(self) -> str:
        """The plain text."""
        ...


class KeptMail:
    """The newest 500 mails that were kept instead of sent."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def keep(self, mail: Words) -> None:
        """Keep a mail; the same message id is kept once."""
        dialect = postgresql if self._database.is_postgresql else sqlite
        row = {
            "message_id": mail.message_id,
            "recipient": mail.to,
            "subject": mail.subject,
            "text": mail.text,
            "kept_at": self._clock.now(),
        }
        # Counted in rows: PostgreSQL's keys have gaps, one for every repeat that was not kept.
        oldest = select(kept_mail.c.id).order_by(kept_mail.c.id.desc()).offset(MOST - 1).limit(1)
        async with self._database.connect(None, write=True) as connection:
            await connection.execute(dialect.insert(kept_mail).values(**row).on_conflict_do_nothing())
            await connection.execute(delete(kept_mail).where(kept_mail.c.id < oldest.scalar_subquery()))
            await connection.commit()

    async def newest(self, count: int = 50) -> Sequence[tuple[datetime, str, str, str]]:
        """The newest mails as (kept at, recipient, subject, text)."""
        columns = (kept_mail.c.kept_at, kept_mail.c.recipient, kept_mail.c.subject, kept_mail.c.text)
        statement = select(*columns).order_by(kept_mail.c.id.desc()).limit(count)
        async with self._database.connect(None) as connection:
            rows: Any = (await connection.execute(statement)).all()
        return [tuple(row) for row in rows]
