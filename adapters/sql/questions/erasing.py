"""The traces of a client, found and blanked."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Select, and_, delete, exists, func, or_, select, update

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    appointments,
    deposits,
    events,
    holds,
    messages,
    series,
    waitlist_entries,
    waitlist_offers,
    webhook_attempts,
    webhook_bodies,
    webhook_deliveries,
)
from core.appointments.life import OCCUPYING
from core.waitlist.entry import OFFERED, WAITING

_OF_CLIENTS = {
    "appointment": appointments,
    "deposit": deposits,
    "hold": holds,
    "series": series,
    "waitlist_entry": waitlist_entries,
}
"""Nouns of events whose rows name the client."""


class SqlErasingQuestions(Answers):
    """See core.directory.erase_client.ErasingQuestions."""

    async def is_expected(self, client_id: int, now: datetime) -> bool:
        """Appointments ahead, and entries that wait."""
        a, w = appointments.c, waitlist_entries.c
        ahead = exists().where(
            a.business_id == self.business_id,
            a.client_id == client_id,
            a.ends_at > now,
            among(a.status, OCCUPYING),
        )
        waits = exists().where(
            w.business_id == self.business_id, w.client_id == client_id, w.status.in_((WAITING, OFFERED))
        )
        return bool((await self.executes.execute(select(or_(ahead, waits)))).scalar_one())

    async def blank_appointments(self, client_id: int) -> None:
        """Free text, the sealed notes included."""
        a = appointments.c
        await self.executes.execute(
            update(appointments)
            .where(a.business_id == self.business_id, a.client_id == client_id)
            .values(description=None, style=None, notes=None, internal_notes=None, cancellation_reason=None)
        )

    async def blank_wishes(self, client_id: int) -> None:
        """Free text."""
        w = waitlist_entries.c
        await self.executes.execute(
            update(waitlist_entries)
            .where(w.business_id == self.business_id, w.client_id == client_id)
            .values(description=None, style=None, notes=None)
        )

    async def blank_offers(self, client_id: int) -> None:
        """The messages with offers to their entries."""
        o = waitlist_offers.c
        await self.executes.execute(
            update(waitlist_offers)
            .where(o.business_id == self.business_id, o.entry_id.in_(self._keys(waitlist_entries, client_id)))
            .values(message=None)
        )

    async def forget_carriers_ids(self, client_id: int) -> None:
        """By Twilio's id its own log would tell the number."""
        m = messages.c
        await self.executes.execute(
            update(messages)
            .where(m.business_id == self.business_id, m.client_id == client_id)
            .values(sid=None)
        )

    async def blank_answers(self, client_id: int) -> None:
        """A receiver may have sent back what it was sent."""
        t, d = webhook_attempts.c, webhook_deliveries.c
        of_them = select(d.id).where(
            d.business_id == self.business_id,
            or_(d.sequence.in_(self._events(client_id)), d.sequence < self._oldest()),
        )
        await self.executes.execute(
            update(webhook_attempts)
            .where(t.business_id == self.business_id, t.delivery_id.in_(of_them))
            .values(answer="")
        )

    async def forget_bodies(self, client_id: int) -> None:
        """By the events' numbers."""
        b = webhook_bodies.c
        await self.executes.execute(
            delete(webhook_bodies).where(
                b.business_id == self.business_id,
                or_(b.sequence.in_(self._events(client_id)), b.sequence < self._oldest()),
            )
        )

    def _keys(self, table: Any, client_id: int) -> Select[tuple[int]]:
        return select(table.c.id).where(
            table.c.business_id == self.business_id, table.c.client_id == client_id
        )

    def _events(self, client_id: int) -> Select[tuple[int]]:
        """The numbers of the events about a client."""
        e, o = events.c, waitlist_offers.c
        offers = select(o.id).where(
            o.business_id == self.business_id, o.entry_id.in_(self._keys(waitlist_entries, client_id))
        )
        return select(e.sequence).where(
            e.business_id == self.business_id,
            or_(
                and_(e.noun == "client", e.key == client_id),
                and_(e.noun == "waitlist_offer", e.key.in_(offers)),
                *(
                    and_(e.noun == noun, e.key.in_(self._keys(table, client_id)))
                    for noun, table in _OF_CLIENTS.items()
                ),
            ),
        )

    def _oldest(self) -> Any:
        """The number of the oldest event that the log still has."""
        return (
            select(func.min(events.c.sequence))
            .where(events.c.business_id == self.business_id)
            .scalar_subquery()
        )
