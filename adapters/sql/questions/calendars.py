"""What is asked about calendars."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Select, Text, and_, cast, delete, insert, literal, or_, select

from adapters.sql.among import among
from adapters.sql.job_rows import WAITING, key_of
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    allocations,
    appointment_providers,
    appointments,
    businesses,
    calendar_feeds,
    calendar_sources,
    clients,
    jobs,
    locations,
    providers,
    services,
    tenants,
)
from core.appointments.ledger import EXTERNAL
from core.appointments.life import CANCELLED, DECLINED
from core.availability.sweep import Stretch
from core.calendars.feed import FeedFacts, FeedFound, FeedRow
from core.calendars.source import JOB_KEYS, SourceFacts, SourceToRead


class SqlFeedQuestions(Answers):
    """See core.calendars.feed.FeedQuestions."""

    async def feed(
        self, token_hash: str, first: datetime, last: datetime, off_since: datetime
    ) -> FeedFound | None:
        """A row per appointment, each carrying the feed and its owner; one without where there is none."""
        f, b, a = calendar_feeds.c, businesses.c, appointments.c
        owner, guest, place = providers.alias("owner"), clients.alias("guest"), locations.c
        also = appointment_providers.c
        together = select(also.appointment_id).where(
            also.business_id == f.business_id, also.provider_id == f.provider_id
        )
        joined = (
            calendar_feeds.join(businesses, b.business_id == f.business_id)
            .join(tenants, and_(tenants.c.id == f.business_id, tenants.c.closed_at.is_(None)))
            .outerjoin(owner, and_(owner.c.business_id == f.business_id, owner.c.id == f.provider_id))
            .outerjoin(guest, and_(guest.c.business_id == f.business_id, guest.c.id == f.client_id))
            .outerjoin(
                appointments,
                and_(
                    a.business_id == f.business_id,
                    or_(a.provider_id == f.provider_id, a.client_id == f.client_id, a.id.in_(together)),
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


class SqlSourceQuestions(Answers):
    """See core.calendars.source.SourceQuestions."""

    async def to_read(self, source_id: int) -> SourceToRead | None:
        """The source with its provider and the provider's location."""
        c, p, place = calendar_sources.c, providers.c, locations.c
        statement = (
            select(c.url, place.time_zone, c.etag, c.modified, c.read_at)
            .select_from(
                calendar_sources.join(
                    providers, and_(p.business_id == c.business_id, p.id == c.provider_id)
                ).join(locations, and_(place.business_id == p.business_id, place.id == p.location_id))
            )
            .where(c.business_id == self.business_id, c.id == source_id, p.archived_at.is_(None))
        )
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else SourceToRead(**row._mapping)

    async def unplanned(self) -> list[int]:
        """By the keys of jobs, which are unique."""
        c, p = calendar_sources.c, providers.c
        key = literal(key_of(self.business_id, JOB_KEYS)).concat(cast(c.id, Text))
        is_planned = (
            select(jobs.c.id)
            .where(jobs.c.dedupe_key == key, jobs.c.state == literal(WAITING, literal_execute=True))
            .exists()
        )
        statement = (
            select(c.id)
            .join_from(
                calendar_sources, providers, and_(p.business_id == c.business_id, p.id == c.provider_id)
            )
            .where(c.business_id == self.business_id, p.archived_at.is_(None), ~is_planned)
            .order_by(c.id)
        )
        return list((await self.executes.execute(statement)).scalars())

    async def sources_of(self, provider_id: int) -> list[SourceFacts]:
        """By provider."""
        c = calendar_sources.c
        statement = self._facts().where(c.provider_id == provider_id).order_by(c.id)
        return [SourceFacts(**row._mapping) for row in await self.executes.execute(statement)]

    async def source(self, source_id: int) -> SourceFacts | None:
        """By key."""
        statement = self._facts().where(calendar_sources.c.id == source_id)
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else SourceFacts(**row._mapping)

    async def resource_of(self, source_id: int) -> int | None:
        """That of the source's provider."""
        c, p = calendar_sources.c, providers.c
        statement = (
            select(p.resource_id)
            .join_from(
                calendar_sources, providers, and_(p.business_id == c.business_id, p.id == c.provider_id)
            )
            .where(c.business_id == self.business_id, c.id == source_id)
        )
        return (await self.executes.execute(statement)).scalar_one_or_none()  # type: ignore[no-any-return]

    async def taken_by(self, source_id: int) -> list[tuple[int, int, int]]:
        """By start."""
        a = allocations.c
        statement = (
            select(a.id, a.starts_minute, a.ends_minute)
            .where(a.business_id == self.business_id, a.calendar_source_id == source_id)
            .order_by(a.starts_minute)
        )
        return [tuple(row) for row in await self.executes.execute(statement)]

    async def add(self, source_id: int, resource_id: int, stretches: Sequence[Stretch]) -> None:
        """Rows that count, and that the database does not keep apart from others."""
        statement = insert(allocations).values(
            business_id=self.business_id,
            resource_id=resource_id,
            quantity=1,
            kind=EXTERNAL,
            is_active=True,
            is_exclusive=False,
            calendar_source_id=source_id,
        )
        rows = [{"starts_minute": start, "ends_minute": end} for start, end in stretches]
        await self.executes.execute(statement, rows)

    async def drop(self, source_id: int, allocation_ids: Sequence[int]) -> None:
        """Rows of external time are nobody's history: they go."""
        a = allocations.c
        await self.executes.execute(
            delete(allocations).where(
                a.business_id == self.business_id,
                a.calendar_source_id == source_id,
                among(a.id, allocation_ids),
            )
        )

    def _facts(self) -> Select[tuple[int, int, str, str, datetime, datetime | None, str | None]]:
        c = calendar_sources.c
        return select(
            c.id.label("source_id"), c.provider_id, c.host, c.state, c.created_at, c.fetched_at, c.error
        ).where(c.business_id == self.business_id)
