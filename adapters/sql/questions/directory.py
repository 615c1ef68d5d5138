"""What the directory asks: locations, clients, public addresses."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.dialects.postgresql import insert  # its ON CONFLICT DO NOTHING is SQLite's too

from adapters.sql.among import among
from adapters.sql.questions.port import Answers
from adapters.sql.tables import appointments, clients, locations, providers, public_slugs, resources, tenants
from core.appointments.life import OCCUPYING
from core.directory.slugs import SlugNoun


class SqlDirectoryQuestions(Answers):
    """See core.directory.questions.DirectoryQuestions."""

    async def first_location(self) -> int:
        """The oldest location that is not archived."""
        statement = (
            select(locations.c.id)
            .where(locations.c.business_id == self.business_id, locations.c.archived_at.is_(None))
            .order_by(locations.c.id)
            .limit(1)
        )
        return int((await self.executes.execute(statement)).scalar_one())

    async def client_with_email(self, email_key: str) -> int | None:
        """The client in use who has the address, by its unique index."""
        statement = select(clients.c.id).where(
            clients.c.business_id == self.business_id,
            clients.c.email_key == email_key,
            clients.c.archived_at.is_(None),
        )
        found: int | None = (await self.executes.execute(statement)).scalar_one_or_none()
        return found

    async def appointments_ahead(self, provider_id: int, now: datetime) -> bool:
        """Whether an occupying appointment of the provider ends after `now`."""
        a = appointments.c
        statement = select(
            exists().where(
                a.business_id == self.business_id,
                a.provider_id == provider_id,
                among(a.status, OCCUPYING),
                a.ends_at > now,
            )
        )
        return bool((await self.executes.execute(statement)).scalar_one())

    async def location_needed(self, location_id: int, now: datetime) -> str | None:
        """One row of four answers."""
        place, p, r, a = locations.c, providers.c, resources.c, appointments.c
        others = exists().where(
            place.business_id == self.business_id, place.id != location_id, place.archived_at.is_(None)
        )
        working = exists().where(
            p.business_id == self.business_id, p.location_id == location_id, p.archived_at.is_(None)
        )
        serving = exists().where(
            r.business_id == self.business_id, r.location_id == location_id, r.archived_at.is_(None)
        )
        ahead = exists().where(
            a.business_id == self.business_id,
            a.location_id == location_id,
            among(a.status, OCCUPYING),
            a.ends_at > now,
        )
        found = (await self.executes.execute(select(~others, working, serving, ahead))).one()
        reasons = ("LAST_LOCATION", "PROVIDERS", "RESOURCES", "APPOINTMENTS_AHEAD")
        return next((reason for reason, holds in zip(reasons, found, strict=True) if holds), None)

    async def owners(self) -> list[int]:
        """The owners in use."""
        statement = select(providers.c.id).where(
            providers.c.business_id == self.business_id,
            providers.c.role == "owner",
            providers.c.archived_at.is_(None),
        )
        return list((await self.executes.execute(statement)).scalars())

    async def move_zone(self, old_zone: str, new_zone: str) -> None:
        """Rewrite the zone of the locations in it."""
        await self.executes.execute(
            update(locations)
            .where(locations.c.business_id == self.business_id, locations.c.time_zone == old_zone)
            .values(time_zone=new_zone)
        )

    async def close(self, now: datetime) -> None:
        """Mark the business as closed."""
        await self.executes.execute(
            update(tenants).where(tenants.c.id == self.business_id).values(closed_at=now)
        )


class SqlSlugQuestions(Answers):
    """See core.directory.slugs.SlugQuestions."""

    async def taken_like(self, noun: SlugNoun, slug: str) -> set[str]:
        """The address itself and those that add a number to it."""
        statement = select(public_slugs.c.slug).where(
            public_slugs.c.noun == noun,
            or_(
                public_slugs.c.slug == slug,
                public_slugs.c.slug.startswith(f"{slug}-", autoescape=True),
            ),
        )
        return set((await self.executes.execute(statement)).scalars())

    async def find(self, noun: SlugNoun, slug: str) -> tuple[int, int] | None:
        """What the address leads to."""
        statement = (
            select(public_slugs.c.business_id, public_slugs.c.key)
            .join(tenants, tenants.c.id == public_slugs.c.business_id)
            .where(public_slugs.c.noun == noun, public_slugs.c.slug == slug, tenants.c.closed_at.is_(None))
        )
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else (row.business_id, row.key)

    async def claim(self, noun: SlugNoun, slug: str, key: int) -> bool:
        """Insert the address unless it is there; waits for a transaction that is inserting it."""
        row = {"noun": noun, "slug": slug, "business_id": self.business_id, "key": key}
        claimed = await self.executes.execute(insert(public_slugs).values(**row).on_conflict_do_nothing())
        return bool(claimed.rowcount)

    async def let_go(self, noun: SlugNoun, key: int) -> None:
        """Free the address of a thing."""
        await self.executes.execute(
            delete(public_slugs).where(
                public_slugs.c.noun == noun,
                public_slugs.c.key == key,
                public_slugs.c.business_id == self.business_id,
            )
        )
