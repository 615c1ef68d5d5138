"""What a history ten and a hundred times as long does to a listing: real SQL, on real databases."""

from __future__ import annotations

import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select, text

from adapters.sql.migrate import migrate
from adapters.sql.tables import allocations, resources
from app.house import House
from app.settings import Settings
from auth.sign_up import SignUp, sign_up
from benchmarks.availability.salon import MONTH, NOW, rows_of
from core.availability.cache import AvailabilityCache
from core.availability.find_openings import FindOpenings, find_openings
from core.directory.create_provider import CreateProvider, create_provider
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context

PROVIDERS, EACH = 5, 100
FIRST = date(2027, 3, 1)


async def growth(database_url: str | None) -> dict[int, tuple[float, float]]:
    """Months of history as a multiple of one → milliseconds of a listing of a month, cold and warm."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        url = database_url or f"sqlite+aiosqlite:///{Path(folder) / 'growth.db'}"
        async with _business(url) as (house, ctx):
            months = 0
            for multiple in (1, 10, 100):
                await _grow(house, ctx, months, multiple)
                months = multiple
                found[multiple] = (await _listing(ctx, cold=True), await _listing(ctx, cold=False))
    return found


@asynccontextmanager
async def _business(url: str) -> AsyncIterator[tuple[House, Context]]:
    given: dict[str, Any] = {"database_url": url, "demo": True, "rate_limits": "off"}
    given["secret_key"] = "a secret for benchmarks, long enough"  # noqa: S105
    settings = Settings(**given)
    house = House(settings, clock=FixedClock(NOW))
    await migrate(house.database)
    await house.open()
    try:
        async with house.context(Actor(name="anonymous"), "benchmark") as stranger:
            command = SignUp(
                email=f"owner.{time.time_ns()}@salon.example",
                password="correct horse battery",  # noqa: S106
                full_name="Kai Rodriguez",
                business_name=f"Salon {time.time_ns()}",
            )
            signed_up = await sign_up(stranger, house.gate, command, client_ip="127.0.0.1")
        async with house.context(Actor(name="system", business_id=signed_up.business_id), "") as ctx:
            for number in range(PROVIDERS - 1):
                await create_provider(ctx, CreateProvider(display_name=f"Provider {number}"))
            yield house, ctx
    finally:
        await house.close()


async def _grow(house: House, ctx: Context, months: int, multiple: int) -> None:
    """Appointments of this month, and of the months before it up to so many."""
    length = MONTH[1] - MONTH[0]
    async with house.database.connect(ctx.business_id, write=True) as connection:
        listed = await connection.execute(
            select(resources.c.id).where(
                resources.c.business_id == ctx.business_id, resources.c.kind == "provider"
            )
        )
        keys = list(listed.scalars())
        for month in range(months, multiple):
            begin = MONTH[0] - month * length
            values = [
                {
                    "business_id": ctx.business_id,
                    "resource_id": keys[int(str(row[0])) - 1],
                    "quantity": 1,
                    "starts_minute": row[1],
                    "ends_minute": row[2],
                    "kind": "external",  # which may overlap, as these rows do
                    "is_active": True,
                    "is_exclusive": False,
                    "begins_minute": row[1],
                }
                for row in rows_of(PROVIDERS, EACH, begin, begin + length)
            ]
            await connection.execute(insert(allocations), values)
        await connection.commit()
        await connection.execute(text("ANALYZE"))
        await connection.commit()


async def _listing(ctx: Context, *, cold: bool) -> float:
    """The least milliseconds of nine, by the clock on the wall, of listing the month for everybody."""
    command = FindOpenings(first=FIRST, last=FIRST + timedelta(days=30), duration_minutes=60)
    cache, times = AvailabilityCache(), []
    for _ in range(9):
        asking = replace(ctx, outside={AvailabilityCache: AvailabilityCache() if cold else cache})
        begun = time.perf_counter()
        await find_openings(asking, command)
        times.append((time.perf_counter() - begun) * 1_000)
        await ctx.release()
    return min(times)
