"""What was given back is found by its owner, however long the history: as each database plans it."""

from __future__ import annotations

from sqlalchemy import insert

from adapters.sql.tables import allocations
from core.kernel.clock import minute_of
from core.waitlist.questions import WaitlistQuestions
from tests.adapters.sql.plans import analyse, plan_of
from tests.kit.houses import NOW, Studio

ENDED = 5_000


async def test_a_long_history_is_not_read_to_tell_what_was_given_back(own_studio: Studio) -> None:
    """By the indexes of owners and of group sessions, whichever kind of owner gave it back."""
    await ended_allocations(own_studio)
    for kind, other in (("appointment_id", "hold_id"), ("hold_id", "appointment_id")):
        told = await plan(own_studio, {kind: 7, other: None})
        assert told.count("ix_allocations_") == 3
        assert told.count(f"ix_allocations_{kind}") == 2
        assert told.count("ix_allocations_group_session_id") == 1
        assert "Seq Scan on allocations" not in told
        assert "SCAN allocations" not in told


async def ended_allocations(studio: Studio) -> None:
    """Blocked time of months ago that counts no more; PostgreSQL counts its rows by itself, SQLite never."""
    (own,) = await studio.table("resources")
    start = minute_of(NOW) - ENDED * 60
    row = {
        "business_id": studio.business_id,
        "resource_id": own["id"],
        "quantity": 1,
        "kind": "external",
        "is_active": False,
        "is_exclusive": False,
    }
    times = ({"starts_minute": start + at * 60, "ends_minute": start + at * 60 + 60} for at in range(ENDED))
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(insert(allocations), [row | time for time in times])
        await connection.commit()
    if studio.house.database.is_postgresql:
        await analyse(studio.house)


async def plan(studio: Studio, owner: dict[str, int | None]) -> str:
    """How the database goes about what an owner gave back in an hour."""
    start = minute_of(NOW)

    async def ask() -> None:
        await studio.ctx.ask(WaitlistQuestions).given_back(
            starts_minute=start, ends_minute=start + 60, **owner
        )
        await studio.ctx.release()

    return await plan_of(studio.house, studio.business_id, ask)
