"""Connections that PostgreSQL ended: refused once, with a type, and never a business that looks empty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.migrate import migrate
from core.directory.reads import CLIENT
from core.kernel.errors import Unavailable
from core.kernel.reading import Selection
from tests.kit.houses import Studio, house_on, new_studio


@pytest_asyncio.fixture
async def own_studio(empty_postgres: str) -> AsyncIterator[Studio]:
    """A studio on a PostgreSQL database that no other test uses."""
    house = house_on(empty_postgres, pool_size=4)
    await migrate(house.database)
    studio, block = await new_studio(house, 1)
    yield studio
    await block.__aexit__(None, None, None)
    await house.close()


async def end_sessions(studio: Studio) -> None:
    """Have PostgreSQL end every session of the program, as a restart does."""
    admin = create_async_engine(studio.house.database.url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'daybook'"
            )
        )
    await admin.dispose()


async def test_a_replaced_connection_is_told_its_business_anew(own_studio: Studio) -> None:
    """After its sessions were ended, reading is Unavailable at most once and then shows the row again."""
    await own_studio.client()
    listing = Selection(noun=CLIENT, fields={"display_name"})
    expected = [{"display_name": "Jasmine Torres"}]
    assert await own_studio.ctx.read.rows(listing) == expected
    await end_sessions(own_studio)
    answers: list[object] = []
    for number in range(12):
        async with own_studio.house.context(own_studio.ctx.actor, f"again-{number}") as ctx:
            try:
                answers.append(await ctx.read.rows(listing))
            except Unavailable:
                answers.append("unavailable")
    assert answers.count("unavailable") <= 1
    assert [answer for answer in answers if answer != "unavailable"] == [expected] * (
        12 - answers.count("unavailable")
    )


async def test_a_connection_that_was_ended_is_replaced_before_it_changes_hands(own_studio: Studio) -> None:
    """A business that takes over dead connections is served, reading and writing."""

    async def hold(business_id: int | None) -> None:
        async with own_studio.house.database.connect(business_id) as connection:
            await connection.execute(text("SELECT pg_sleep(0.05)"))

    await asyncio.gather(*(hold(own_studio.business_id) for _ in range(4)))
    await end_sessions(own_studio)
    try:
        other, block = await new_studio(own_studio.house, 2)
    except Unavailable:  # said once, by a connection that need not change hands; then never again
        other, block = await new_studio(own_studio.house, 2)
    await other.client("Somebody Else")
    assert [row["display_name"] for row in await other.table("clients")] == ["Somebody Else"]
    await block.__aexit__(None, None, None)
