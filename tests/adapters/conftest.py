"""Fixtures for what must not share a database with other tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from sqlalchemy import insert, text

from adapters.sql.migrate import migrate
from adapters.sql.tables import tenants
from app.house import House
from tests.kit.houses import NOW, Studio, house_on, new_database, new_studio


@pytest_asyncio.fixture(scope="module")
async def own_house(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> AsyncIterator[House]:
    """A migrated house on a database of this module's own: its job queue holds no other test's jobs."""
    postgres_url = request.getfixturevalue("postgres_url") if database_kind == "postgresql" else None
    module = str(request.module.__name__).rpartition(".")[2]
    url = await new_database(
        database_kind, tmp_path_factory.mktemp(module), postgres_url, f"{module}_{worker_id}"
    )
    made = house_on(url, pool_size=20)
    await migrate(made.database)
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def own_studio(own_house: House, fresh_number: int) -> AsyncIterator[Studio]:
    """A studio on that database."""
    made, block = await new_studio(own_house, fresh_number)
    yield made
    await block.__aexit__(None, None, None)


@pytest_asyncio.fixture
async def businesses(own_house: House) -> list[int]:
    """Three businesses, and an empty queue."""
    async with own_house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs"))
        made = [
            (
                await connection.execute(
                    insert(tenants).values(plan="free", created_at=NOW).returning(tenants.c.id)
                )
            ).scalar_one()
            for _ in range(3)
        ]
        await connection.commit()
    return made
