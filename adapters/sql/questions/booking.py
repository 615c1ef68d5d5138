"""What booking asks, and the ledger of taken time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select, update

from adapters.sql.among import among
from adapters.sql.flag import flag
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    allocations,
    appointment_providers,
    appointments,
    businesses,
    clients,
    group_sessions,
    provider_choices,
    providers,
    resources,
    sequences,
    services,
    waitlist_entries,
)
from core.appointments.choose_provider import COLLECTIVE, Turns
from core.appointments.ledger import SESSION, Locked
from core.appointments.life import CANCELLED, DECLINED, OCCUPYING
from core.appointments.terms import BookingFacts
from core.waitlist.entry import OFFERED, WAITING


class SqlBookingQuestions(Answers):
    """See core.appointments.terms.BookingQuestions."""

    async def booking_facts(
        self, provider_ids: Sequence[int] | None, client_id: int | None, service_id: int | None
    ) -> BookingFacts:
        """A row per provider, each carrying the business, the client and the service."""
        b, p, c, s = businesses.c, providers.c, clients.c, services.c
        asked = and_(p.business_id == b.business_id, p.archived_at.is_(None))
        if provider_ids is not None:
            asked = and_(asked, among(p.id, provider_ids))
        joined = (
            businesses.join(sequences, sequences.c.business_id == b.business_id)
            .outerjoin(providers, asked)
            .outerjoin(
                clients,
                and_(c.business_id == b.business_id, c.id == client_id, c.archived_at.is_(None))
                if client_id is not None
                else false(),
            )
            .outerjoin(
                services,
                and_(s.business_id == b.business_id, s.id == service_id, s.archived_at.is_(None))
                if service_id is not None
                else false(),
            )
        )
        statement = (
            select(
                b.currency,
                b.deposit_percent.label("business_percent"),
                sequences.c.rules_revision,
                c.id.label("client_id"),
                self._is_waiting(client_id).label("client_is_waiting"),
                p.id.label("provider_id"),
                p.deposit_percent.label("provider_percent"),
                s.price_minor,
                s.deposit_percent.label("service_percent"),
            )
            .select_from(joined)
            .where(b.business_id == self.business_id)
        )
        rows = (await self.executes.execute(statement)).all()
        first = rows[0]
        return BookingFacts(
            currency=first.currency,
            rules_revision=first.rules_revision,
            business_percent=first.business_percent,
            client_is_known=first.client_id is not None,
            client_is_waiting=bool(first.client_is_waiting),
            service_percent=first.service_percent,
            price_minor=first.price_minor,
            provider_percents={
                row.provider_id: row.provider_percent for row in rows if row.provider_id is not None
            },
        )

    def _is_waiting(self, client_id: int | None) -> ColumnElement[bool]:
        """By the index of the waitlist's clients."""
        if client_id is None:
            return false()
        e = waitlist_entries.c
        return exists().where(
            e.business_id == self.business_id, e.client_id == client_id, e.status.in_((WAITING, OFFERED))
        )

    async def ahead_of(self, client_id: int, service_id: int, now: datetime) -> int:
        """A count of what stands."""
        a = appointments.c
        ahead = (
            select(func.count())
            .select_from(appointments)
            .where(
                a.business_id == self.business_id,
                a.client_id == client_id,
                a.service_id == service_id,
                a.status.in_(OCCUPYING),
                a.starts_at > now,
            )
        )
        return int((await self.executes.execute(ahead)).scalar_one())


class SqlChoiceQuestions(Answers):
    """See core.appointments.choose_provider.ChoiceQuestions."""

    async def turns(
        self, service_id: int | None, provider_ids: Sequence[int], since: datetime
    ) -> dict[int, Turns]:
        """The choices since then whose appointments were not called off, counted per provider."""
        c, a = provider_choices.c, appointments.c
        statement = (
            select(c.provider_id, func.count(), func.max(c.created_at).label("last_at"))
            .select_from(
                provider_choices.join(
                    appointments, and_(a.business_id == c.business_id, a.id == c.appointment_id)
                )
            )
            .where(
                c.business_id == self.business_id,
                c.service_id == service_id if service_id is not None else c.service_id.is_(None),
                among(c.provider_id, provider_ids),
                c.created_at >= since,
                c.mode != COLLECTIVE,
                a.status.not_in((CANCELLED, DECLINED)),
            )
            .group_by(c.provider_id)
        )
        return {
            provider_id: Turns(count, last_at)
            for provider_id, count, last_at in await self.executes.execute(statement)
        }


class SqlCompanyQuestions(Answers):
    """See core.appointments.reschedule.CompanyQuestions."""

    async def company_of(self, appointment_id: int) -> list[int]:
        """The other providers of a collective appointment."""
        c = appointment_providers.c
        statement = (
            select(c.provider_id)
            .where(c.business_id == self.business_id, c.appointment_id == appointment_id)
            .order_by(c.provider_id)
        )
        return list((await self.executes.execute(statement)).scalars())


class SqlLedger(Answers):
    """See core.appointments.ledger.Ledger."""

    async def lock(
        self,
        resource_ids: Sequence[int],
        *,
        appointment_ids: Sequence[int] = (),
        hold_ids: Sequence[int] = (),
    ) -> list[Locked]:
        """Lock in the order of keys; on SQLite the transaction itself is the lock."""
        r, p = resources.c, providers.c
        gone = exists().where(
            p.business_id == r.business_id, p.resource_id == r.id, p.archived_at.is_not(None)
        )
        wanted = [among(r.id, resource_ids)]
        for column, keys in (("appointment_id", appointment_ids), ("hold_id", hold_ids)):
            if keys:
                wanted += [r.id.in_(self._taken_by(column, keys)), r.id.in_(self._sat_in_by(column, keys))]
        statement = (
            select(
                r.id,
                r.kind,
                case((or_(gone, r.archived_at.is_not(None)), 0), else_=r.capacity).label("capacity"),
            )
            .where(r.business_id == self.business_id, or_(*wanted))
            .order_by(r.id)
            .with_for_update(of=resources)
        )
        rows = await self.executes.execute(statement)
        return [Locked(resource_id=row.id, kind=row.kind, capacity=row.capacity) for row in rows]

    def _taken_by(self, column: str, keys: Sequence[int]) -> Select[Any]:
        a = allocations.c
        return select(a.resource_id).where(
            a.business_id == self.business_id, among(a[column], keys), flag(a.is_active)
        )

    def _sat_in_by(self, column: str, keys: Sequence[int]) -> Select[Any]:
        """What the group sessions take whose seats are taken by the appointments or holds."""
        session, seat = allocations.alias("session"), allocations.alias("seat")
        g = group_sessions.c
        return (
            select(session.c.resource_id)
            .select_from(session)
            .where(
                session.c.business_id == self.business_id,
                flag(session.c.is_active),
                session.c.group_session_id.in_(
                    select(g.id)
                    .select_from(
                        group_sessions.join(
                            seat,
                            and_(seat.c.business_id == g.business_id, seat.c.resource_id == g.seats_id),
                        )
                    )
                    .where(
                        g.business_id == self.business_id,
                        g.ended_at.is_(None),
                        among(seat.c[column], keys),
                        flag(seat.c.is_active),
                    )
                ),
            )
        )

    async def release_expired(self, resource_ids: Sequence[int], now: datetime) -> list[int]:
        """Switch off what has run out; one statement, and another where group sessions end with it."""
        a, g = allocations.c, group_sessions.c
        place, seat = allocations.alias("place"), allocations.alias("seat")
        seats_there = (
            select(g.seats_id)
            .select_from(
                group_sessions.join(
                    place,
                    and_(place.c.business_id == g.business_id, place.c.group_session_id == g.id),
                )
            )
            .where(
                g.business_id == self.business_id,
                among(place.c.resource_id, resource_ids),
                flag(place.c.is_active),
            )
        )
        sat_in = (
            exists()
            .where(
                g.business_id == self.business_id,
                g.id == a.group_session_id,
                seat.c.business_id == g.business_id,
                seat.c.resource_id == g.seats_id,
                flag(seat.c.is_active),
                or_(seat.c.expires_at.is_(None), seat.c.expires_at > now),
            )
            .correlate(allocations)
        )
        here = among(a.resource_id, resource_ids)
        released = await self.executes.execute(
            update(allocations)
            .where(
                a.business_id == self.business_id,
                flag(a.is_active),
                or_(
                    and_(or_(here, a.resource_id.in_(seats_there)), a.expires_at <= now),
                    and_(here, a.kind == SESSION, ~sat_in),
                ),
            )
            .values(is_active=False)
            .returning(a.resource_id, a.group_session_id)
        )
        empty = [
            (row.resource_id, row.group_session_id) for row in released if row.group_session_id is not None
        ]
        if empty:
            await self.executes.execute(
                update(group_sessions)
                .where(
                    g.business_id == self.business_id,
                    among(g.id, sorted({session_id for _, session_id in empty})),
                    g.ended_at.is_(None),
                )
                .values(ended_at=now)
            )
        return [resource_id for resource_id, _ in empty]

    async def free(self, appointment_ids: Sequence[int]) -> list[int]:
        """Switch off the appointments' active rows."""
        return await self._switch_off(among(allocations.c.appointment_id, appointment_ids))

    async def free_hold(self, hold_id: int) -> list[int]:
        """Switch off the hold's rows."""
        return await self._switch_off(allocations.c.hold_id == hold_id)

    async def end_empty_sessions(self, resource_ids: Sequence[int], now: datetime) -> list[int]:
        """End those without an active seat; one statement, and another where there are any."""
        a, g = allocations.c, group_sessions.c
        sat_in, place = allocations.alias(), allocations.alias()
        ended = await self.executes.execute(
            update(group_sessions)
            .where(
                g.business_id == self.business_id,
                g.ended_at.is_(None),
                g.id.in_(
                    select(place.c.group_session_id).where(
                        place.c.business_id == self.business_id,
                        among(place.c.resource_id, resource_ids),
                        flag(place.c.is_active),
                    )
                ),
                ~exists().where(
                    sat_in.c.business_id == self.business_id,
                    sat_in.c.resource_id == g.seats_id,
                    flag(sat_in.c.is_active),
                ),
            )
            .values(ended_at=now)
            .returning(g.id)
        )
        keys = list(ended.scalars())
        return await self._switch_off(among(a.group_session_id, keys)) if keys else []

    async def _switch_off(self, which: ColumnElement[bool]) -> list[int]:
        a = allocations.c
        statement = (
            update(allocations)
            .where(a.business_id == self.business_id, which, flag(a.is_active))
            .values(is_active=False)
            .returning(a.resource_id)
        )
        return list((await self.executes.execute(statement)).scalars())
