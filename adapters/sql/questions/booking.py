"""What booking asks, and the ledger of taken time."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, exists, false, or_, select, true, update

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    allocations,
    businesses,
    clients,
    locations,
    providers,
    resources,
    services,
)
from core.appointments.book import BookingFacts, ServiceFacts
from core.appointments.ledger import HOLD, LONGEST_MINUTES, Held, Locked, Want


class SqlBookingQuestions(Answers):
    """See core.appointments.book.BookingQuestions."""

    async def booking_facts(self, provider_id: int, client_id: int, service_id: int | None) -> BookingFacts:
        """All facts in one row, anchored on the business."""
        b, p, c, s, place = businesses.c, providers.c, clients.c, services.c, locations.c
        joined = (
            businesses.outerjoin(
                providers,
                and_(p.business_id == b.business_id, p.id == provider_id, p.archived_at.is_(None)),
            )
            .outerjoin(locations, and_(place.business_id == b.business_id, place.id == p.location_id))
            .outerjoin(
                clients,
                and_(c.business_id == b.business_id, c.id == client_id, c.archived_at.is_(None)),
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
                b.weekly_hours.label("business_hours"),
                b.deposit_percent.label("business_percent"),
                c.id.label("client_id"),
                p.resource_id,
                p.location_id,
                place.time_zone,
                p.weekly_hours.label("provider_hours"),
                p.deposit_percent.label("provider_percent"),
                p.is_accepting_bookings,
                s.id.label("service_id"),
                s.duration_minutes,
                s.price_minor,
                s.buffer_before_minutes,
                s.buffer_after_minutes,
                s.deposit_percent.label("service_percent"),
                s.notice_minutes,
            )
            .select_from(joined)
            .where(b.business_id == self.business_id)
        )
        row = (await self.executes.execute(statement)).one()
        service = None
        if row.service_id is not None:
            service = ServiceFacts(
                duration_minutes=row.duration_minutes,
                price_minor=row.price_minor,
                buffer_before_minutes=row.buffer_before_minutes,
                buffer_after_minutes=row.buffer_after_minutes,
                deposit_percent=row.service_percent,
                notice_minutes=row.notice_minutes,
            )
        return BookingFacts(
            currency=row.currency,
            business_hours=row.business_hours,
            business_percent=row.business_percent,
            client_is_known=row.client_id is not None,
            resource_id=row.resource_id,
            location_id=row.location_id,
            time_zone=row.time_zone,
            provider_hours=row.provider_hours,
            provider_percent=row.provider_percent,
            is_accepting_bookings=bool(row.is_accepting_bookings),
            service=service,
        )


class SqlLedger(Answers):
    """See core.appointments.ledger.Ledger."""

    async def lock(self, resource_ids: Sequence[int]) -> list[Locked]:
        """Lock in the order of keys; on SQLite the transaction itself is the lock."""
        gone = exists().where(
            providers.c.business_id == resources.c.business_id,
            providers.c.resource_id == resources.c.id,
            providers.c.archived_at.is_not(None),
        )
        statement = (
            select(resources.c.id, resources.c.capacity)
            .where(resources.c.business_id == self.business_id, among(resources.c.id, resource_ids), ~gone)
            .order_by(resources.c.id)
            .with_for_update()
        )
        rows = await self.executes.execute(statement)
        return [Locked(resource_id=row.id, capacity=row.capacity) for row in rows]

    async def lock_taken(self, appointment_id: int) -> list[int]:
        """Lock them in the order of keys."""
        a = allocations.c
        taken = select(a.resource_id).where(
            a.business_id == self.business_id,
            a.appointment_id == appointment_id,
            a.is_active == true(),
        )
        statement = (
            select(resources.c.id)
            .where(resources.c.business_id == self.business_id, resources.c.id.in_(taken))
            .order_by(resources.c.id)
            .with_for_update()
        )
        return list((await self.executes.execute(statement)).scalars())

    async def release_expired(self, resource_ids: Sequence[int], now: datetime) -> None:
        """Switch off holds whose time has run out."""
        await self.executes.execute(
            update(allocations)
            .where(
                allocations.c.business_id == self.business_id,
                among(allocations.c.resource_id, resource_ids),
                allocations.c.is_active == true(),
                allocations.c.expires_at <= now,
            )
            .values(is_active=False)
        )

    async def taken(self, wants: Sequence[Want]) -> list[tuple[int, int, int, int]]:
        """The active rows that touch the stretch of each want."""
        a = allocations.c
        touching = [
            and_(
                a.resource_id == want.resource_id,
                a.starts_minute < want.ends_minute,
                a.starts_minute > want.starts_minute - LONGEST_MINUTES,
                a.ends_minute > want.starts_minute,
            )
            for want in wants
        ]
        statement = select(a.resource_id, a.starts_minute, a.ends_minute, a.quantity).where(
            a.business_id == self.business_id, a.is_active == true(), or_(*touching)
        )
        return [tuple(row) for row in await self.executes.execute(statement)]

    async def held_by(self, appointment_id: int) -> list[int]:
        """The resources of the appointment's active rows."""
        a = allocations.c
        statement = select(a.resource_id).where(
            a.business_id == self.business_id,
            a.appointment_id == appointment_id,
            a.is_active == true(),
        )
        return list((await self.executes.execute(statement)).scalars())

    async def free(self, appointment_id: int) -> list[int]:
        """Switch off the appointment's active rows."""
        a = allocations.c
        statement = (
            update(allocations)
            .where(
                a.business_id == self.business_id,
                a.appointment_id == appointment_id,
                a.is_active == true(),
            )
            .values(is_active=False)
            .returning(a.resource_id)
        )
        return list((await self.executes.execute(statement)).scalars())

    async def active_hold(self, hold_id: int) -> Held | None:
        """The active row of a hold."""
        a = allocations.c
        statement = select(a.resource_id, a.starts_minute, a.ends_minute).where(
            a.business_id == self.business_id,
            a.id == hold_id,
            a.kind == HOLD,
            a.is_active == true(),
        )
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else Held(**row._mapping)

    async def release_hold(self, hold_id: int) -> None:
        """Switch off the row of a hold."""
        await self.executes.execute(
            update(allocations)
            .where(allocations.c.business_id == self.business_id, allocations.c.id == hold_id)
            .values(is_active=False)
        )
