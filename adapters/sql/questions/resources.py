"""What is asked of rooms and kit: what is taken of them, and which services need them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select, update

from adapters.sql.among import among
from adapters.sql.flag import flag
from adapters.sql.questions.port import Answers
from adapters.sql.tables import allocations, resources, services
from core.appointments.ledger import EXTERNAL, LONGEST_MINUTES
from core.kernel.clock import minute_of
from core.resources.resource import KINDS
from core.resources.use import Use, UseFacts


class SqlResourceQuestions(Answers):
    """See core.resources.use.ResourceQuestions."""

    async def use(self, resource_id: int, start: int, end: int, now: datetime) -> UseFacts | None:
        """The resource with its active rows that touch [start, end); one row where nothing does."""
        r, a = resources.c, allocations.c
        touching = and_(
            a.business_id == r.business_id,
            a.resource_id == r.id,
            flag(a.is_active),
            a.starts_minute < end,
            a.starts_minute > start - LONGEST_MINUTES,
            a.ends_minute > start,
            or_(a.expires_at.is_(None), a.expires_at > now),
        )
        statement = (
            select(r.capacity, a.starts_minute, a.ends_minute, a.quantity)
            .select_from(resources.outerjoin(allocations, touching))
            .where(
                r.business_id == self.business_id,
                r.id == resource_id,
                r.archived_at.is_(None),
                among(r.kind, KINDS),
            )
        )
        rows = (await self.executes.execute(statement)).all()
        if not rows:
            return None
        taken = [(row.starts_minute, row.ends_minute, row.quantity) for row in rows]
        return UseFacts(capacity=rows[0].capacity, taken=[one for one in taken if one[0] is not None])

    async def taken_ahead(self, resource_id: int, now: datetime) -> list[Use]:
        """The active rows that end later, from the first to start on."""
        a, minute = allocations.c, minute_of(now)
        statement = (
            select(a.starts_minute, a.ends_minute, a.quantity)
            .where(
                a.business_id == self.business_id,
                a.resource_id == resource_id,
                flag(a.is_active),
                a.kind != EXTERNAL,
                a.starts_minute > minute - LONGEST_MINUTES,
                a.ends_minute > minute,
                or_(a.expires_at.is_(None), a.expires_at > now),
            )
            .order_by(a.starts_minute)
        )
        return [(row[0], row[1], row[2]) for row in await self.executes.execute(statement)]

    async def policies(self) -> list[tuple[int, Mapping[str, Any]]]:
        """The policies of the services in use."""
        s = services.c
        statement = (
            select(s.id, s.policies)
            .where(s.business_id == self.business_id, s.archived_at.is_(None))
            .order_by(s.id)
        )
        return [(row.id, row.policies) for row in await self.executes.execute(statement)]

    async def keep_apart(self, resource_id: int, is_exclusive: bool) -> None:
        """Mark the active rows that sell as such that exclude each other, or not."""
        a = allocations.c
        await self.executes.execute(
            update(allocations)
            .where(
                a.business_id == self.business_id,
                a.resource_id == resource_id,
                flag(a.is_active),
                a.kind != EXTERNAL,
            )
            .values(is_exclusive=is_exclusive)
        )

    async def capacities(self, resource_ids: Sequence[int]) -> Mapping[int, int]:
        """The rooms and kit in use, locked against change in the order of their keys."""
        r = resources.c
        statement = (
            select(r.id, r.capacity)
            .where(
                r.business_id == self.business_id,
                among(r.id, resource_ids),
                among(r.kind, KINDS),
                r.archived_at.is_(None),
            )
            .order_by(r.id)
            .with_for_update(read=True)
        )
        return {row.id: row.capacity for row in await self.executes.execute(statement)}
