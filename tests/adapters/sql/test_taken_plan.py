"""What is taken is found by an index, however long the history: as each database plans it."""

from __future__ import annotations

from adapters.sql.questions.openings import TAKEN, taken_values
from core.kernel.clock import minute_of
from tests.adapters.sql.plans import plan_of
from tests.kit.houses import NOW, Studio


async def test_taken_time_and_seats_are_searched_by_resource_and_start(own_studio: Studio) -> None:
    """SQLite says so by the name of the index, for the rows and for the seats; and reads no whole table."""
    if own_studio.house.database.is_postgresql:
        return
    start = minute_of(NOW)

    async def ask() -> None:
        async with own_studio.house.database.connect(own_studio.business_id) as connection:
            values = taken_values(own_studio.business_id, [1, 2], start, start + 1_440, NOW)
            await connection.execute(TAKEN, values)

    plan = (await plan_of(own_studio.house, own_studio.business_id, ask)).splitlines()
    searched = [step for step in plan if "ix_allocations_taken" in step]
    assert any(step.startswith("SEARCH allocations") and "starts_minute>?" in step for step in searched)
    assert sum(step.startswith("SEARCH seat") for step in searched) == 3
    assert not [step for step in plan if step.startswith("SCAN") and "json_each" not in step]
