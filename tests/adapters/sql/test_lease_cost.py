"""What leasing costs: as much as the lane holds, however much is due in another."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import ColumnElement, text

from adapters.sql import jobs as queue_module
from adapters.sql.database import Database
from adapters.sql.job_rows import INWARD, OUTWARD
from adapters.sql.jobs import JobQueue
from adapters.sql.tables import jobs
from app.house import House
from core.kernel.clock import FixedClock
from tests.adapters.sql.plans import analyse, noted
from tests.adapters.sql.test_job_turns import put
from tests.kit.houses import NOW

FLOOD = 5_000


async def test_a_flood_in_another_lane_is_not_walked(own_house: House, businesses: list[int]) -> None:
    """With 5,000 older jobs in the other lane no more is looked at than with none, in turns or not."""
    quiet = await cost(own_house, businesses, flood=0)
    assert await cost(own_house, businesses, flood=FLOOD) <= quiet


async def test_told_apart_by_their_kinds_they_are_all_walked(
    own_house: House, businesses: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: without the lane's column each of three leases walks past the whole flood."""

    def by_kind(_: str) -> ColumnElement[bool]:
        return jobs.c.kind.not_in(("slow",))

    monkeypatch.setattr(queue_module, "_is_in", by_kind)
    assert await cost(own_house, businesses, flood=FLOOD) > 3 * FLOOD


async def cost(house: House, of: list[int], *, flood: int) -> int:
    """What three leases of two jobs look at, the second and third in turns, beside a flood outward."""
    async with house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs"))
        await connection.commit()
    if flood:
        await put(house, of[0], flood, kind="slow", due=60, lane=OUTWARD)
    for business in of:
        await put(house, business, 10, kind="quick")
    await analyse(house)
    queue = JobQueue(house.database, FixedClock(NOW))
    with noted(house.database, "jobs") as ran:
        leased = [job.kind for _ in range(3) for job in await queue.lease(2, INWARD)]
    assert leased == ["quick"] * 6
    looked_at = rows_of if house.database.is_postgresql else steps_of
    return sum([await looked_at(house.database, *one) for one in ran])


async def rows_of(database: Database, statement: str, values: Any) -> int:
    """How many rows PostgreSQL reads for a statement, kept or not; it is undone again."""
    async with database.connect(None, write=True) as connection:
        explained = await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}", values)
        (told,) = explained.scalar_one()
        await connection.rollback()
    return read_by(told["Plan"])


def read_by(node: dict[str, Any]) -> int:
    """The rows that a plan's scans of tables and indexes read."""
    own = 0
    if node["Node Type"] in ("Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Heap Scan"):
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return int(own) + sum(read_by(one) for one in node.get("Plans", ()))


async def steps_of(database: Database, statement: str, values: Any) -> int:
    """How many steps SQLite's machine takes for a statement; it is undone again."""
    steps = 0

    def count() -> None:
        nonlocal steps
        steps += 1

    async with database.connect(None, write=True) as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.set_progress_handler(count, 1)
        try:
            await connection.exec_driver_sql(statement, values)
        finally:
            await raw.set_progress_handler(None, 1)
        await connection.rollback()
    return steps
