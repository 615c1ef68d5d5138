"""What listing openings asks: the rules in one statement, the taken time in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import and_, false, or_, select, true

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import allocations, businesses, locations, providers, services
from core.appointments.ledger import LONGEST_MINUTES
from core.availability.find_openings import ProviderRules, Rules, ServiceRules
from core.availability.sweep import Stretch


class SqlOpeningQuestions(Answers):
    """See core.availability.find_openings.OpeningQuestions."""

    async def rules(
        self, service_id: int | None, provider_ids: Sequence[int] | None, location_id: int | None
    ) -> Rules:
        """A row per provider, each carrying the business's and the service's rules."""
        b, p, s, place = businesses.c, providers.c, services.c, locations.c
        wanted = locations.alias()
        asked = and_(p.business_id == b.business_id, p.archived_at.is_(None))
        if provider_ids is not None:
            asked = and_(asked, among(p.id, provider_ids))
        joined = (
            businesses.outerjoin(providers, asked)
            .outerjoin(locations, and_(place.business_id == b.business_id, place.id == p.location_id))
            .outerjoin(
                services,
                and_(s.business_id == b.business_id, s.id == service_id, s.archived_at.is_(None))
                if service_id is not None
                else false(),
            )
            .outerjoin(
                wanted,
                and_(
                    wanted.c.business_id == b.business_id,
                    wanted.c.id == location_id,
                    wanted.c.archived_at.is_(None),
                )
                if location_id is not None
                else false(),
            )
        )
        statement = (
            select(
                b.time_zone.label("business_zone"),
                b.weekly_hours.label("business_hours"),
                p.id.label("provider_id"),
                p.resource_id,
                p.location_id,
                wanted.c.id.label("wanted_location_id"),
                p.weekly_hours,
                p.is_accepting_bookings,
                place.time_zone,
                s.id.label("service_id"),
                s.duration_minutes,
                s.buffer_before_minutes,
                s.buffer_after_minutes,
                s.notice_minutes,
                s.step_minutes,
            )
            .select_from(joined)
            .where(b.business_id == self.business_id)
            .order_by(p.id)
        )
        rows = (await self.executes.execute(statement)).all()
        first = rows[0]
        service = None
        if first.service_id is not None:
            service = ServiceRules(
                duration_minutes=first.duration_minutes,
                buffer_before_minutes=first.buffer_before_minutes,
                buffer_after_minutes=first.buffer_after_minutes,
                notice_minutes=first.notice_minutes,
                step_minutes=first.step_minutes,
            )
        return Rules(
            business_zone=first.business_zone,
            location_is_known=first.wanted_location_id is not None,
            service=service,
            providers=[
                ProviderRules(
                    provider_id=row.provider_id,
                    resource_id=row.resource_id,
                    location_id=row.location_id,
                    time_zone=row.time_zone,
                    hours=row.business_hours if row.weekly_hours is None else row.weekly_hours,
                    is_accepting_bookings=row.is_accepting_bookings,
                )
                for row in rows
                if row.provider_id is not None
            ],
        )

    async def busy(
        self, resource_ids: Sequence[int], start: int, end: int, now: datetime
    ) -> dict[int, list[Stretch]]:
        """The active rows of the resources that touch [start, end)."""
        a = allocations.c
        statement = (
            select(a.resource_id, a.starts_minute, a.ends_minute)
            .where(
                a.business_id == self.business_id,
                among(a.resource_id, resource_ids),
                a.is_active == true(),
                a.starts_minute < end,
                a.starts_minute > start - LONGEST_MINUTES,
                a.ends_minute > start,
                or_(a.expires_at.is_(None), a.expires_at > now),
            )
            .order_by(a.resource_id, a.starts_minute)
        )
        found: dict[int, list[Stretch]] = {}
        for resource_id, starts, ends in await self.executes.execute(statement):
            found.setdefault(resource_id, []).append((starts, ends))
        return found
