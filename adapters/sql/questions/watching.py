"""What is asked of wall displays and stream tickets: tables outside every business."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, and_, delete, select, update

from adapters.sql.questions.port import Answers
from adapters.sql.tables import api_keys, display_credentials, stream_tickets, tenants
from auth.questions import KeyStanding
from auth.watch_questions import DisplayFacts, DisplayStanding, TicketFacts

F = TypeVar("F")

_DISPLAYS = (
    select(display_credentials.c.id.label("display_id"), display_credentials.c.business_id, tenants.c.plan)
    .join_from(display_credentials, tenants, tenants.c.id == display_credentials.c.business_id)
    .where(display_credentials.c.revoked_at.is_(None), tenants.c.closed_at.is_(None))
)

_TICKET = (
    stream_tickets.c.id.label("ticket_id"),
    stream_tickets.c.uses,
    stream_tickets.c.expires_at,
    stream_tickets.c.business_id,
    stream_tickets.c.actor,
    stream_tickets.c.identity_epoch,
    stream_tickets.c.membership_epoch,
    stream_tickets.c.session_id,
    stream_tickets.c.credential_expires_at,
)


def _usable(ticket_hash: str, now: datetime, *, resuming: bool, most: int) -> ColumnElement[bool]:
    """New, or used fewer than `most` times where its stream is taken up again; and not run out."""
    uses = stream_tickets.c.uses
    return and_(
        stream_tickets.c.ticket_hash == ticket_hash,
        stream_tickets.c.expires_at > now,
        uses < most if resuming else uses == 0,
    )


class SqlWatchQuestions(Answers):
    """See auth.watch_questions.WatchQuestions."""

    async def display_by_hash(self, token_hash: str) -> DisplayStanding | None:
        """The working display credential with this hash."""
        return await self._one(
            DisplayStanding, _DISPLAYS.where(display_credentials.c.token_hash == token_hash)
        )

    async def display_by_id(self, display_id: int) -> DisplayStanding | None:
        """The working display credential of that key."""
        return await self._one(DisplayStanding, _DISPLAYS.where(display_credentials.c.id == display_id))

    async def key_by_id(self, key_id: int) -> KeyStanding | None:
        """The working API key of that key."""
        statement = (
            select(api_keys.c.id.label("key_id"), api_keys.c.business_id, api_keys.c.role, tenants.c.plan)
            .join_from(api_keys, tenants, tenants.c.id == api_keys.c.business_id)
            .where(api_keys.c.id == key_id, api_keys.c.revoked_at.is_(None), tenants.c.closed_at.is_(None))
        )
        return await self._one(KeyStanding, statement)

    async def displays_of(self, business_id: int) -> list[DisplayFacts]:
        """The business's working display credentials, oldest first."""
        statement = (
            select(
                display_credentials.c.id.label("display_id"),
                display_credentials.c.name,
                display_credentials.c.prefix,
                display_credentials.c.created_by,
                display_credentials.c.created_at,
            )
            .where(
                display_credentials.c.business_id == business_id, display_credentials.c.revoked_at.is_(None)
            )
            .order_by(display_credentials.c.id)
        )
        return [DisplayFacts(**row._mapping) for row in await self.executes.execute(statement)]

    async def revoke_display(self, business_id: int, display_id: int, now: datetime) -> bool:
        """Revoke a display credential of the business."""
        revoked = await self.executes.execute(
            update(display_credentials)
            .where(
                display_credentials.c.id == display_id,
                display_credentials.c.business_id == business_id,
                display_credentials.c.revoked_at.is_(None),
            )
            .values(revoked_at=now)
            .returning(display_credentials.c.id)
        )
        return revoked.scalar() is not None

    async def ticket(
        self, ticket_hash: str, now: datetime, *, resuming: bool, most: int
    ) -> TicketFacts | None:
        """A ticket that may be used."""
        may_be_used = _usable(ticket_hash, now, resuming=resuming, most=most)
        return await self._one(TicketFacts, select(*_TICKET).where(may_be_used))

    async def uses_of(self, ticket_id: int) -> int | None:
        """How often it was used."""
        uses = select(stream_tickets.c.uses).where(stream_tickets.c.id == ticket_id)
        found: int | None = (await self.executes.execute(uses)).scalar()
        return found

    async def redeem(
        self, ticket_hash: str, now: datetime, *, resuming: bool, most: int
    ) -> TicketFacts | None:
        """Use a ticket, where it may be used."""
        statement = (
            update(stream_tickets)
            .where(_usable(ticket_hash, now, resuming=resuming, most=most))
            .values(uses=stream_tickets.c.uses + 1)
            .returning(*_TICKET)
        )
        return await self._one(TicketFacts, statement)

    async def forget_tickets(self, before: datetime) -> int:
        """Delete what ran out before an instant."""
        forgotten = await self.executes.execute(
            delete(stream_tickets).where(stream_tickets.c.expires_at < before)
        )
        return int(forgotten.rowcount)

    async def _one(self, kind: type[F], statement: Any) -> F | None:
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else kind(**row._mapping)
