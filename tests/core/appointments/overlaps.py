"""An independent judge of double booking: reads the rows as they stand, and shares nothing with the ledger."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from sqlalchemy import text

from tests.kit.houses import Studio


def pairs_that_overlap(stretches: list[tuple[Any, int, int]]) -> list[tuple[tuple[Any, int, int], ...]]:
    """Every two (whose, start, end) of the same owner that share a minute."""
    return [
        (one, other)
        for one, other in combinations(sorted(stretches), 2)
        if one[0] == other[0] and one[1] < other[2] and other[1] < one[2]
    ]


async def double_bookings(studio: Studio) -> list[tuple[tuple[Any, int, int], ...]]:
    """Pairs of appointments of one provider whose times, buffers included, overlap; from appointments alone."""
    stretches = []
    for row in await studio.table("appointments"):
        if row["status"] not in ("PENDING", "CONFIRMED"):
            continue
        start, end = (_minute(row[name]) for name in ("starts_at", "ends_at"))
        stretches.append(
            (row["provider_id"], start - row["buffer_before_minutes"], end + row["buffer_after_minutes"])
        )
    return pairs_that_overlap(stretches)


async def overlapping_allocations(studio: Studio) -> int:
    """How many pairs of active rows of one resource overlap, counted by the database itself."""
    statement = text(
        "SELECT count(*) FROM allocations a JOIN allocations b ON a.business_id = b.business_id"
        " AND a.resource_id = b.resource_id AND a.id < b.id"
        " AND a.starts_minute < b.ends_minute AND b.starts_minute < a.ends_minute"
        " WHERE a.business_id = :business AND a.is_active AND b.is_active"
    )
    async with studio.house.database.connect(studio.business_id) as connection:
        found = await connection.execute(statement, {"business": studio.business_id})
        return int(found.scalar_one())


def _minute(kept: Any) -> int:
    """The UTC minute of an instant as it stands in the table."""
    return int(kept // 60_000_000 if isinstance(kept, int) else kept.timestamp() // 60)
