"""R7: many events by sixteen writers are numbered 1 to N without a gap, and no state is without its event.

`SOAK_EVENTS` says how many events there are; without it four hundred.
"""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from adapters.sql.tables import clients, events
from adapters.sql.unit_of_work import SqlUnitOfWork
from core.directory.create_client import CreateClient, create_client
from tests.kit.houses import Studio

EVENTS = int(os.environ.get("SOAK_EVENTS", "400"))
WRITERS = 16


async def write_all(studio: Studio) -> int:
    """Sixteen writers add clients, each in a Context of its own; answers how many were refused."""

    async def write(number: int) -> int:
        refused = 0
        async with studio.house.context(studio.ctx.actor, f"writer {number}") as ctx:
            for at in range(EVENTS // WRITERS):
                try:
                    await create_client(ctx, CreateClient(display_name=f"Client {number}.{at}"))
                except IntegrityError:
                    refused += 1
        return refused

    return sum(await asyncio.gather(*(write(number) for number in range(WRITERS))))


async def faults(studio: Studio) -> int:
    """Numbers that are missing, and clients that no event reports; counted by the database."""
    own = events.c.business_id == studio.business_id
    async with studio.house.database.connect(studio.business_id) as connection:
        numbered = (
            await connection.execute(
                select(
                    func.max(events.c.sequence) - func.count(), func.count(func.distinct(events.c.sequence))
                ).where(own)
            )
        ).one()
        reported = select(events.c.key).where(own, events.c.type == "client.created")
        silent = await connection.execute(
            select(func.count())
            .select_from(clients)
            .where(clients.c.business_id == studio.business_id, clients.c.id.not_in(reported))
        )
        return int(numbered[0]) + int(silent.scalar_one())


async def test_many_events_by_many_writers_have_no_gap(studio: Studio) -> None:
    """All are served, every number is there once, and every client has its event."""
    assert await write_all(studio) == 0
    assert await faults(studio) == 0
    assert len(await studio.table("clients")) == EVENTS // WRITERS * WRITERS


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
async def test_without_the_lock_on_the_counter_writers_collide(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: numbers that are read before they are taken are given to several."""

    async def look_only(self: SqlUnitOfWork, count: int, **_: Any) -> int:
        own = events.c.business_id == self.business_id
        newest = await self._session.execute(select(func.max(events.c.sequence)).where(own))
        return int(newest.scalar_one()) + count

    monkeypatch.setattr(SqlUnitOfWork, "_next_sequence", look_only)
    assert await write_all(studio) > 0
