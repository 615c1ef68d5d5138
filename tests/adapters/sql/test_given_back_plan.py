"""What was given back is found by its owner, however long the history: as each database plans it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event, insert, text

from adapters.sql.tables import allocations
from core.kernel.clock import minute_of
from core.waitlist.questions import WaitlistQuestions
from tests.kit.houses import NOW, Studio

ENDED = 5_000


async def test_a_long_history_is_not_read_to_tell_what_was_given_back(studio: Studio) -> None:
    """By the indexes of owners and of group sessions, whichever kind of owner gave it back."""
    await ended_allocations(studio)
    for kind, other in (("appointment_id", "hold_id"), ("hold_id", "appointment_id")):
        told = await plan(studio, {kind: 7, other: None})
        assert told.count("ix_allocations_") == 3
        assert told.count(f"ix_allocations_{kind}") == 2
        assert told.count("ix_allocations_group_session_id") == 1
        assert "Seq Scan on allocations" not in told
        assert "SCAN allocations" not in told


async def ended_allocations(studio: Studio) -> None:
    """Blocked time of months ago that counts no more, and the databases' statistics."""
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
        await connection.execute(text("ANALYZE"))
        await connection.commit()


async def plan(studio: Studio, owner: dict[str, int | None]) -> str:
    """How the database goes about what an owner gave back in an hour."""
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    database, start = studio.house.database, minute_of(NOW)
    async with database.connect(studio.business_id) as connection:
        engine = connection.sync_connection.engine  # type: ignore[union-attr]
        event.listen(engine, "before_cursor_execute", note)
        await studio.ctx.ask(WaitlistQuestions).given_back(
            starts_minute=start, ends_minute=start + 60, **owner
        )
        event.remove(engine, "before_cursor_execute", note)
        statement, values = seen[-1]
        explain = "EXPLAIN" if database.is_postgresql else "EXPLAIN QUERY PLAN"
        rows = await connection.exec_driver_sql(f"{explain} {statement}", values)
        return "\n".join(str(row[-1]) for row in rows)
