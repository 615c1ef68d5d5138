"""What a history ten and a hundred times as long does to a listing: real SQL, on real databases.

With each appointment a group session of the same month has ended, whose seats are a resource of their own.
"""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, timedelta

from benchmarks.availability.kept import KeptSalon, salon_on
from benchmarks.availability.salon import MONTH, rows_of
from core.availability.cache import AvailabilityCache
from core.availability.find_openings import FindOpenings, find_openings

PROVIDERS, EACH = 5, 100
FIRST = date(2027, 3, 1)


async def growth(url: str) -> dict[int, tuple[float, float]]:
    """Months of history as a multiple of one → milliseconds of a listing of a month, cold and warm."""
    found = {}
    length = MONTH[1] - MONTH[0]
    async with salon_on(url, PROVIDERS) as salon:
        months = 0
        for multiple in (1, 10, 100):
            for month in range(months, multiple):
                begin = MONTH[0] - month * length
                rows = rows_of(PROVIDERS, EACH, begin, begin + length)
                await salon.fill(rows)
                await salon.end_sessions(rows)
            months = multiple
            found[multiple] = (await _listing(salon, cold=True), await _listing(salon, cold=False))
    return found


async def _listing(salon: KeptSalon, *, cold: bool) -> float:
    """The least milliseconds of nine, by the clock on the wall, of listing the month for everybody."""
    command = FindOpenings(
        first=FIRST, last=FIRST + timedelta(days=30), service_id=salon.service_id, time_zone="UTC"
    )
    cache, times = AvailabilityCache(), []
    for _ in range(9):
        asking = replace(salon.ctx, outside={AvailabilityCache: AvailabilityCache() if cold else cache})
        begun = time.perf_counter()
        await find_openings(asking, command)
        times.append((time.perf_counter() - begun) * 1_000)
        await salon.ctx.release()
    return min(times)
