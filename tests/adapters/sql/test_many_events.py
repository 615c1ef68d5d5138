"""R7: many events by sixteen writers are numbered 1 to N without a gap, and no state is without its event.

`SOAK_EVENTS` says how many events there are; without it two thousand. Where there are many, the writers of
PostgreSQL are in four processes. Transactions that were broken off leave neither state nor event nor gap.
"""

from __future__ import annotations

import time
from typing import Any

import pytest
from sqlalchemy import func, select

from adapters.sql.tables import clients, events
from adapters.sql.unit_of_work import SqlUnitOfWork
from tests.kit.event_writers import in_processes, write
from tests.kit.houses import Studio
from tests.kit.soak import SEED, reached, size

EVENTS = size("SOAK_EVENTS", gate=2_000)
CONTROL = 160
WRITERS = 16
PROCESSES = 4 if EVENTS > 10_000 else 1


async def gaps(studio: Studio) -> int:
    """Numbers that are missing or there twice in a business's log, counted by the database."""
    own = events.c.business_id == studio.business_id
    asked = select(
        func.max(events.c.sequence) - func.count(),
        func.count() - func.count(func.distinct(events.c.sequence)),
    ).where(own)
    async with studio.house.database.connect(studio.business_id) as connection:
        missing, again = (await connection.execute(asked)).one()
    return int(missing) + int(again)


async def unreported(studio: Studio) -> int:
    """Clients that no event reports and events that report no client, counted by the database."""
    own, here = events.c.business_id == studio.business_id, clients.c.business_id == studio.business_id
    is_new = events.c.type == "client.created"
    silent = select(func.count()).where(here, clients.c.id.not_in(select(events.c.key).where(own, is_new)))
    empty = select(func.count()).where(own, is_new, events.c.key.not_in(select(clients.c.id).where(here)))
    async with studio.house.database.connect(studio.business_id) as connection:
        return int((await connection.execute(silent)).scalar_one()) + int(
            (await connection.execute(empty)).scalar_one()
        )


async def told_of(studio: Studio, kind: str) -> int:
    """How many events of a type the business has."""
    asked = select(func.count()).where(events.c.business_id == studio.business_id, events.c.type == kind)
    async with studio.house.database.connect(studio.business_id) as connection:
        return int((await connection.execute(asked)).scalar_one())


async def test_many_events_by_many_writers_have_no_gap(
    studio: Studio, other_studio: Studio, database_kind: str
) -> None:
    """In two businesses at once: every number is there once, every client has its event, every event its client."""
    began = time.monotonic()
    actors = [studio.ctx.actor, studio.ctx.actor, other_studio.ctx.actor]
    if database_kind == "postgresql" and PROCESSES > 1:
        url = studio.house.settings.database_url
        told = await in_processes(url, actors, processes=PROCESSES, writers=WRITERS, events=EVENTS, seed=SEED)
    else:
        told = await write(studio.house, actors, writers=WRITERS, events=EVENTS, seed=SEED)
    assert told["written"] == EVENTS
    assert told["refused"] == 0
    assert told["broken off"] > 0
    for one in (studio, other_studio):
        assert (await gaps(one), await unreported(one)) == (0, 0)
    created = [await told_of(one, "client.created") for one in (studio, other_studio)]
    assert sum(created) == EVENTS
    assert min(created) > EVENTS // 5
    seconds = round(time.monotonic() - began, 1)
    reached("R7", EVENTS, database=database_kind, writers=WRITERS, **told, seconds=seconds)


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
    told = await write(studio.house, [studio.ctx.actor], writers=WRITERS, events=CONTROL, seed=SEED)
    assert told["refused"] > 0


async def test_the_count_sees_each_fault(studio: Studio) -> None:
    """A number left out, and an event whose client is gone."""
    await write(studio.house, [studio.ctx.actor], writers=1, events=9, seed=SEED)
    assert (await gaps(studio), await unreported(studio)) == (0, 0)
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        second = select(func.min(events.c.sequence) + 1).where(events.c.business_id == studio.business_id)
        number = (await connection.execute(second)).scalar_one()
        own = (events.c.business_id == studio.business_id) & (events.c.sequence == number)
        await connection.execute(events.delete().where(own))
        newest = select(func.max(clients.c.id)).where(clients.c.business_id == studio.business_id)
        key = (await connection.execute(newest)).scalar_one()
        gone = (clients.c.business_id == studio.business_id) & (clients.c.id == key)
        await connection.execute(clients.delete().where(gone))
        await connection.commit()
    assert await gaps(studio) == 1
    assert await unreported(studio) == 1
