"""Connections that PostgreSQL ended: refused once, with a type, and never a business that looks empty."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from core.directory.reads import CLIENT
from core.kernel.errors import Unavailable
from core.kernel.reading import Selection
from tests.kit.houses import Studio


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
async def test_a_replaced_connection_is_told_its_business_anew(studio: Studio) -> None:
    """After its sessions were ended, reading is Unavailable at most once and then shows the row again."""
    await studio.client()
    listing = Selection(noun=CLIENT, fields={"display_name"})
    expected = [{"display_name": "Jasmine Torres"}]
    assert await studio.ctx.read.rows(listing) == expected
    admin = create_async_engine(studio.house.database.url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND application_name = 'daybook'"
            )
        )
    await admin.dispose()
    answers = []
    for number in range(12):
        async with studio.house.context(studio.ctx.actor, f"again-{number}") as ctx:
            try:
                answers.append(await ctx.read.rows(listing))
            except Unavailable:
                continue
    assert answers
    assert all(answer == expected for answer in answers)
