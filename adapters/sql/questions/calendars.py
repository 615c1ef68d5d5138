"""What is asked about calendars."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, or_, select

from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    appointments,
    businesses,
    calendar_feeds,
    clients,
    locations,
    providers,
    services,
    tenants,
)
from core.appointments.life import CANCELLED, DECLINED
from core.calendars.feed import FeedFacts, FeedFound, FeedRow


class SqlFeedQuestions(Answers):
    """See core.calendars.feed.FeedQuestions."""

    async def feed(
        self, token_hash: str, first: datetime, last: datetime, off_since: datetime
    ) -> FeedFound | None:
        """A row per appointment, each carrying the feed and its owner; one without where there is none."""
        f, b, a = calendar_feeds.c, businesses.c, appointments.c
        owner, guest, place = providers.alias("owner"), clients.alias("guest"), locations.c
        joined = (
            calendar_feeds.join(businesses, b.business_id == f.business_id)
            .join(tenants, and_(tenants.c.id == f.business_id, tenants.c.closed_at.is_(None)))
            .outerjoin(owner, and_(owner.c.business_id == f.business_id, owner.c.id == f.provider_id))
            .outerjoin(guest, and_(guest.c.business_id == f.business_id, guest.c.id == f.client_id))
            .outerjoin(
                appointments,
                and_(
                    a.business_id == f.business_id,
                    or_(a.provider_id == f.provider_id, a.client_id == f.client_id),
                    a.starts_at >= first,
                    a.starts_at <= last,
                    or_(a.status.not_in((CANCELLED, DECLINED)), a.updated_at > off_since),
                ),
            )
            .outerjoin(clients, and_(clients.c.business_id == a.business_id, clients.c.id == a.client_id))
            .outerjoin(
                providers, and_(providers.c.business_id == a.business_id, providers.c.id == a.provider_id)
            )
            .outerjoin(services, and_(services.c.business_id == a.business_id, services.c.id == a.service_id))
            .outerjoin(locations, and_(place.business_id == a.business_id, place.id == a.location_id))
        )
        statement = (
            select(
                b.name.label("business_name"),
                b.time_zone,
                f.client_id.label("feed_client_id"),
                owner.c.display_name.label("owner_provider"),
                guest.c.display_name.label("owner_client"),
                a.id.label("appointment_id"),
                a.status,
                a.starts_at,
                a.ends_at,
                a.created_at,
                a.updated_at,
                clients.c.display_name.label("client_name"),
                providers.c.display_name.label("provider_name"),
                services.c.name.label("service_name"),
                place.name.label("location_name"),
                place.address.label("location_address"),
            )
            .select_from(joined)
            .where(
                f.business_id == self.business_id,
                f.token_hash == token_hash,
                f.revoked_at.is_(None),
                owner.c.archived_at.is_(None),
                guest.c.archived_at.is_(None),
            )
            .order_by(a.starts_at, a.id)
        )
        rows = (await self.executes.execute(statement)).all()
        if not rows:
            return None
        first_row = rows[0]
        is_client = first_row.feed_client_id is not None
        return FeedFound(
            business_id=self.business_id,
            business_name=first_row.business_name,
            time_zone=first_row.time_zone,
            owner_name=first_row.owner_client if is_client else first_row.owner_provider,
            is_client=is_client,
            rows=tuple(
                FeedRow(**{name: row._mapping[name] for name in _SHOWN})
                for row in rows
                if row.appointment_id is not None
            ),
        )

    async def feeds_of(self, provider_id: int | None, client_id: int | None) -> list[FeedFacts]:
        """Those of the one owner that is named."""
        f = calendar_feeds.c
        statement = (
            select(f.id.label("feed_id"), f.created_at)
            .where(
                f.business_id == self.business_id,
                f.provider_id == provider_id,
                f.client_id == client_id,
                f.revoked_at.is_(None),
            )
            .order_by(f.id)
        )
        return [FeedFacts(**row._mapping) for row in await self.executes.execute(statement)]


_SHOWN = tuple(FeedRow.__dataclass_fields__)
