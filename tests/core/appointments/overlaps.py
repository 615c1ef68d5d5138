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


async def taken_beyond_capacity(studio: Studio) -> list[tuple[int, int, int]]:
    """(Resource, UTC minute, units) wherever more units are taken at once than the resource has, by the database.

    The most is reached where some row begins. External time may overlap anything.
    """
    found = await _rows(
        studio,
        "SELECT DISTINCT edge.resource_id, edge.starts_minute, ("
        " SELECT sum(beside.quantity) FROM allocations beside"
        " WHERE beside.business_id = edge.business_id AND beside.resource_id = edge.resource_id"
        " AND beside.is_active AND beside.kind <> 'external'"
        " AND beside.starts_minute <= edge.starts_minute AND edge.starts_minute < beside.ends_minute"
        ") AS units, r.capacity FROM allocations edge"
        " JOIN resources r ON r.business_id = edge.business_id AND r.id = edge.resource_id"
        " WHERE edge.business_id = :business AND edge.is_active AND edge.kind <> 'external'",
    )
    return [(row[0], row[1], row[2]) for row in found if row[2] > row[3]]


async def owners_without_time(studio: Studio) -> list[str]:
    """What stands and takes no time, and time that is taken for what stands no longer."""
    questions = {
        "appointment without time": (
            "SELECT a.id FROM appointments a WHERE a.business_id = :business"
            " AND a.status IN ('PENDING', 'CONFIRMED') AND NOT EXISTS (SELECT 1 FROM allocations t"
            " WHERE t.business_id = a.business_id AND t.appointment_id = a.id AND t.is_active)"
        ),
        "time of an appointment that is over": (
            "SELECT t.id FROM allocations t JOIN appointments a ON a.business_id = t.business_id"
            " AND a.id = t.appointment_id WHERE t.business_id = :business AND t.is_active"
            " AND a.status NOT IN ('PENDING', 'CONFIRMED')"
        ),
        "time of a hold that has ended": (
            "SELECT t.id FROM allocations t JOIN holds h ON h.business_id = t.business_id"
            " AND h.id = t.hold_id WHERE t.business_id = :business AND t.is_active AND h.ended_at IS NOT NULL"
        ),
        "seat outside an open session": (
            "SELECT t.id FROM allocations t JOIN group_sessions g ON g.business_id = t.business_id"
            " AND g.seats_id = t.resource_id WHERE t.business_id = :business AND t.is_active"
            " AND (g.ended_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM allocations p"
            " WHERE p.business_id = g.business_id AND p.group_session_id = g.id AND p.is_active))"
        ),
        "open session without a seat": (
            "SELECT g.id FROM group_sessions g WHERE g.business_id = :business AND g.ended_at IS NULL"
            " AND NOT EXISTS (SELECT 1 FROM allocations t WHERE t.business_id = g.business_id"
            " AND t.resource_id = g.seats_id AND t.is_active)"
        ),
    }
    return [
        f"{fault}: {row[0]}"
        for fault, statement in questions.items()
        for row in await _rows(studio, statement)
    ]


async def _rows(studio: Studio, statement: str) -> list[Any]:
    async with studio.house.database.connect(studio.business_id) as connection:
        return list(await connection.execute(text(statement), {"business": studio.business_id}))


def _minute(kept: Any) -> int:
    """The UTC minute of an instant as it stands in the table."""
    return int(kept // 60_000_000 if isinstance(kept, int) else kept.timestamp() // 60)
