"""Whole answers on a real database: ours, its question for changes included, beside a query for each day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date

from benchmarks.availability.kept import KeptSalon, salon_on
from benchmarks.availability.measure import Spent, clocked
from benchmarks.availability.perday import ByDay, by_day, through_our_layer, through_the_driver
from benchmarks.availability.salon import MONTH, rows_of
from core.availability.asking import Asked, wish_of
from core.availability.cache import AvailabilityCache
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.outlook import outlook
from core.kernel.context import Context

FIRST, LAST = date(2027, 3, 1), date(2027, 3, 31)
Answering = Callable[[], Awaitable[int]]


@dataclass(frozen=True, kw_only=True)
class Beside:
    """The starts of the month, how many statements it took to ask day by day, and what each way spent."""

    starts: int
    statements: int
    spent: dict[str, Spent]


async def beside(url: str) -> Beside:
    """A month of 20 providers with 2,000 appointments, all ways in turn."""
    async with salon_on(url, 20) as salon:
        await salon.fill(rows_of(20, 100, *MONTH))
        cache = AvailabilityCache()
        known = replace(salon.ctx, outside={AvailabilityCache: cache})

        async def cold() -> int:
            return await _listed(salon, replace(salon.ctx, outside={AvailabilityCache: AvailabilityCache()}))

        async def listed() -> int:
            return await _listed(salon, known)

        async def together() -> int:
            return await _listed(salon, known, together=True)

        async def anybody() -> int:
            return await _anybody(salon, known)

        async with salon.house.database.connect(salon.ctx.business_id) as connection:
            ours, drivers = through_our_layer(connection), await through_the_driver(salon, connection)
            told: list[ByDay] = []

            async def layer() -> int:
                told.append(await by_day(salon, ours))
                return told[-1].starts

            async def driver() -> int:
                return (await by_day(salon, drivers)).starts

            assert await cold() == await listed() == await layer() == await driver()
            assert await together() == await anybody()
            spent = await clocked(9, cold=cold, listed=listed, together=together, anybody=anybody)
            spent |= await clocked(3, layer=layer, driver=driver)
        return Beside(starts=told[0].starts, statements=told[0].statements, spent=spent)


async def _listed(salon: KeptSalon, ctx: Context, *, together: bool = False) -> int:
    """The use case."""
    asked = FindOpenings(first=FIRST, last=LAST, service_id=salon.service_id, together=together)
    openings = await find_openings(ctx, asked)
    await ctx.release()
    return sum(map(len, openings.days.values()))


async def _anybody(salon: KeptSalon, ctx: Context) -> int:
    """The starts at which anybody is free, as numbers."""
    look = await outlook(ctx)
    wish, providers = wish_of(Asked(service_id=salon.service_id), look, ctx.clock.now())
    found = await look.anybody(wish, providers, *MONTH)
    await ctx.release()
    return sum(len(one.between(*MONTH).minutes()) for _, masks in found for one in masks)
