"""The database's own word on rooms and kit for several: raw SQL that goes past the core cannot oversell them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.refusals import violated
from tests.core.appointments.overlaps import taken_beyond_capacity
from tests.core.appointments.shop import room
from tests.core.appointments.test_contention import scratch_house
from tests.kit.houses import Studio, new_studio

ROUNDS = 50
INSERT = text(
    "INSERT INTO allocations (business_id, resource_id, quantity, starts_minute, ends_minute, kind, is_active,"
    " is_exclusive) VALUES (:business_id, :resource_id, :quantity, :start, :end, :kind, :is_active, false)"
)


async def pool_of(studio: Studio, capacity: int) -> int:
    """The key of kit for several."""
    return await room(studio, kind="kit", capacity=capacity)


def row(
    studio: Studio, resource_id: int, start: int, end: int, quantity: int = 1, **more: Any
) -> dict[str, Any]:
    """The values of a row."""
    return {
        "business_id": studio.business_id,
        "resource_id": resource_id,
        "quantity": quantity,
        "start": start,
        "end": end,
        "kind": "appointment",
        "is_active": True,
        **more,
    }


async def put(studio: Studio, values: dict[str, Any]) -> None:
    """Insert a row in a transaction of its own."""
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(INSERT, values)
        await connection.commit()


async def change(studio: Studio, statement: str) -> None:
    """Run a statement in a transaction of its own."""
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(text(statement), {"business": studio.business_id})
        await connection.commit()


async def is_refused(act: Any) -> None:
    """The act breaks the room constraint."""
    with pytest.raises(IntegrityError) as refused:
        await act
    assert "ex_allocations_room" in violated(refused.value)


async def test_the_peak_decides_not_the_sum(studio: Studio) -> None:
    """Of three, two are taken in the morning and two at noon: one fits over both, two fit nowhere in it."""
    pool = await pool_of(studio, 3)
    await put(studio, row(studio, pool, 0, 60, 2))
    await put(studio, row(studio, pool, 60, 120, 2))
    await is_refused(put(studio, row(studio, pool, 30, 90, 2)))
    await put(studio, row(studio, pool, 0, 120, 1))
    for start, end in ((0, 1), (59, 60), (119, 200), (-50, 1), (-50, 500)):
        await is_refused(put(studio, row(studio, pool, start, end)))
    await put(studio, row(studio, pool, 120, 180, 3))
    await put(studio, row(studio, pool, -60, 0, 3))
    await is_refused(put(studio, row(studio, pool, 500, 501, 4)))
    assert len(await studio.table("allocations")) == 5
    assert await taken_beyond_capacity(studio) == []


async def test_what_does_not_count_takes_no_room_and_external_time_is_never_refused(studio: Studio) -> None:
    """Inactive rows and other people's calendars, before and after; the kit is full and stays as it was."""
    pool = await pool_of(studio, 2)
    await put(studio, row(studio, pool, 0, 60, 2, is_active=False))
    await put(studio, row(studio, pool, 0, 60, 2, kind="external"))
    await put(studio, row(studio, pool, 0, 60, 2))
    await put(studio, row(studio, pool, 0, 60, 9, kind="external"))
    await put(studio, row(studio, pool, 0, 60, 9, is_active=False))
    await is_refused(put(studio, row(studio, pool, 0, 60)))
    assert len(await studio.table("allocations")) == 5


@pytest.mark.parametrize(
    "becomes",
    [
        "quantity = 2",
        "starts_minute = 59",
        "starts_minute = -500, ends_minute = 500",
        "is_active = true, starts_minute = 0, ends_minute = 1",
        "kind = 'hold', starts_minute = 30, ends_minute = 90",
    ],
)
async def test_a_row_cannot_be_changed_into_too_much(studio: Studio, becomes: str) -> None:
    """Neither more of it, nor earlier, nor longer, nor woken: refused, and the rows stay."""
    pool = await pool_of(studio, 2)
    await put(studio, row(studio, pool, 0, 60, 2))
    await put(studio, row(studio, pool, 60, 90, 1, is_active="is_active" not in becomes))
    if "quantity" in becomes:
        await put(studio, row(studio, pool, 60, 90, 1))
    before = await studio.table("allocations")
    statement = f"UPDATE allocations SET {becomes} WHERE id = {before[1]['id']} AND business_id = :business"
    await is_refused(change(studio, statement))
    assert await studio.table("allocations") == before


async def test_two_sessions_at_once_never_oversell(studio: Studio) -> None:
    """Fifty rounds of two sessions that want two of three: one has them each time, whatever the other is told."""
    pool = await pool_of(studio, 3)
    for number in range(ROUNDS):
        wanted = row(studio, pool, number * 10, number * 10 + 10, 2)
        answers = await asyncio.gather(*(put(studio, wanted) for _ in range(2)), return_exceptions=True)
        assert sorted(answer is None for answer in answers) == [False, True]
        assert all(answer is None or isinstance(answer, DBAPIError) for answer in answers)
    assert len(await studio.table("allocations")) == ROUNDS
    assert await taken_beyond_capacity(studio) == []


@pytest_asyncio.fixture
async def apart(
    database_kind: str, request: pytest.FixtureRequest, tmp_path: Path, worker_id: str, fresh_number: int
) -> AsyncIterator[Studio]:
    """A studio in a house of its own, whose trigger may be replaced."""
    async with scratch_house(database_kind, request, tmp_path, f"rooms_{worker_id}") as house:
        made, block = await new_studio(house, fresh_number)
        yield made
        await block.__aexit__(None, None, None)


async def interleaved(studio: Studio, values: dict[str, Any]) -> list[BaseException | None]:
    """Two sessions: both insert before the first has committed, as far as the database lets them."""
    database = studio.house.database
    async with (
        database.connect(studio.business_id, write=True) as one,
        database.connect(studio.business_id, write=True) as two,
    ):
        await one.execute(INSERT, values)
        second = asyncio.ensure_future(two.execute(INSERT, values))
        await asyncio.wait([second], timeout=0.3)
        await one.commit()
        try:
            await second
            await two.commit()
        except IntegrityError as refused:
            await two.rollback()
            return [None, refused]
    return [None, None]


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
async def test_the_lock_of_the_trigger_is_what_keeps_them_apart(apart: Studio) -> None:
    """The second waits for the first and is refused; the same trigger without its lock lets both in."""
    pool = await pool_of(apart, 3)
    _, refused = await interleaved(apart, row(apart, pool, 0, 60, 2))
    assert isinstance(refused, IntegrityError)
    assert await taken_beyond_capacity(apart) == []
    owner = create_async_engine(apart.house.database.url)
    async with owner.begin() as connection:
        body = await connection.scalar(text("SELECT pg_get_functiondef('daybook_room_left'::regproc)"))
        assert body.count(" FOR UPDATE") == 1
        await connection.execute(text(body.replace(" FOR UPDATE", "").replace(":", "\\:")))
    await owner.dispose()
    assert await interleaved(apart, row(apart, pool, 100, 160, 2)) == [None, None]
    assert await taken_beyond_capacity(apart) == [(pool, 100, 4)]
