"""What is taken is found by an index, however long the history: as each database plans it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event

from adapters.sql.questions.openings import TAKEN, taken_values
from core.kernel.clock import minute_of
from tests.kit.houses import NOW, Studio


async def test_taken_time_and_seats_are_searched_by_resource_and_start(studio: Studio) -> None:
    """SQLite says so by the name of the index, for the rows and for the seats; and reads no whole table."""
    if studio.house.database.is_postgresql:
        return
    start = minute_of(NOW)
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    engine = studio.house.database.reader.sync_engine
    async with studio.house.database.connect(studio.business_id) as connection:
        event.listen(engine, "before_cursor_execute", note)
        await connection.execute(TAKEN, taken_values(studio.business_id, [1, 2], start, start + 1_440, NOW))
        event.remove(engine, "before_cursor_execute", note)
        statement, values = seen[-1]
        rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        plan = [str(row._mapping["detail"]) for row in rows]
    searched = [step for step in plan if "ix_allocations_taken" in step]
    assert any(step.startswith("SEARCH allocations") and "starts_minute>?" in step for step in searched)
    assert sum(step.startswith("SEARCH seat") for step in searched) == 3
    assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step]
