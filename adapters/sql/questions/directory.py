"""What the directory asks: locations, clients, public addresses."""

from __future__ import annotations

from sqlalchemy import exists, or_, select

from adapters.sql.questions.port import Answers
from adapters.sql.tables import clients, locations, public_slugs
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

    async def client_has_email(self, email_key: str) -> bool:
        """Whether a client in use has the address."""
        statement = select(
            exists().where(
                clients.c.business_id == self.business_id,
                clients.c.email_key == email_key,
                clients.c.archived_at.is_(None),
            )
        )
        return bool((await self.executes.execute(statement)).scalar_one())


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
        statement = select(public_slugs.c.business_id, public_slugs.c.key).where(
            public_slugs.c.noun == noun, public_slugs.c.slug == slug
        )
        row = (await self.executes.execute(statement)).one_or_none()
        return None if row is None else (row.business_id, row.key)
