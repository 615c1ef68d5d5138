"""Jobs that a unit of work schedules: one statement, all or nothing, moved and dropped by their key."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.sql.jobs import JobQueue
from app.house import House
from core.kernel.clock import FixedClock
from core.kernel.jobs import ScheduledJob
from tests.kit.houses import NOW, Studio, counted, new_studio

HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def studio(own_house: House, fresh_number: int) -> AsyncIterator[Studio]:
    """A studio whose queue no other module looks at."""
    made, block = await new_studio(own_house, fresh_number)
    yield made
    await block.__aexit__(None, None, None)


@pytest_asyncio.fixture
async def other_studio(own_house: House, fresh_number: int) -> AsyncIterator[Studio]:
    """Another business beside it."""
    made, block = await new_studio(own_house, fresh_number + 1_000_000)
    yield made
    await block.__aexit__(None, None, None)


async def scheduled(studio: Studio) -> list[dict[str, Any]]:
    """The business's jobs of the kind `chime`, oldest first, in words that are the same everywhere."""
    async with studio.house.database.connect(None) as connection:
        rows = await connection.execute(
            text(
                "SELECT dedupe_key, state, attempts, run_at, facts FROM jobs"
                " WHERE business_id = :business AND kind = 'chime' ORDER BY id"
            ),
            {"business": studio.business_id},
        )
        return [dict(row._mapping) for row in rows]


async def chime(studio: Studio, at: datetime, key: str = "bell", **facts: Any) -> None:
    """Schedule a chime."""
    async with studio.ctx.unit_of_work() as uow:
        uow.schedule("chime", facts, run_at=at, dedupe_key=key)


async def due(studio: Studio, at: datetime) -> list[Any]:
    """What a worker may take at an instant, of this business."""
    queue = JobQueue(studio.house.database, FixedClock(at))
    leased = await queue.lease(1_000)
    own = studio.business_id
    return [job for job in leased if job.kind == "chime" and job.facts["business_id"] == own]


async def test_jobs_are_one_statement_beside_the_reactions(studio: Studio) -> None:
    """Two scheduled and one dropped: one insert and one update, and no more."""
    with counted(studio.house) as seen:
        async with studio.ctx.unit_of_work() as uow:
            uow.schedule("chime", {"n": 1}, run_at=NOW + HOUR, dedupe_key="one")
            uow.schedule("chime", {"n": 2}, run_at=NOW + HOUR, dedupe_key="two")
            uow.cancel_job("three")
    assert [statement.split(" ", 2)[:2] for statement in seen] == [["INSERT", "INTO"], ["UPDATE", "jobs"]]
    rows = await scheduled(studio)
    assert [row["dedupe_key"] for row in rows] == [f"{studio.business_id}/{key}" for key in ("one", "two")]


async def test_a_refused_block_schedules_nothing(studio: Studio) -> None:
    """What was scheduled is undone with the rest."""
    with pytest.raises(ZeroDivisionError):
        async with studio.ctx.unit_of_work() as uow:
            uow.schedule("chime", {}, run_at=NOW + HOUR, dedupe_key="never")
            raise ZeroDivisionError
    assert await scheduled(studio) == []


async def test_the_same_key_moves_the_job_and_renews_its_facts(studio: Studio) -> None:
    """A debounce: the delay begins anew with each change, and the job is done once."""
    for hours in (1, 2, 3):
        await chime(studio, NOW + hours * HOUR, change=hours)
    assert len(await scheduled(studio)) == 1
    assert await due(studio, NOW + 3 * HOUR - timedelta(microseconds=1)) == []
    (job,) = await due(studio, NOW + 3 * HOUR)
    assert job.facts == {"change": 3, "business_id": studio.business_id}


@pytest.mark.parametrize("unless_later", [False, True])
async def test_unless_later_brings_nothing_forward(studio: Studio, unless_later: bool) -> None:
    """An earlier time changes neither time nor facts, a later one both; without it, every time does."""

    async def again(hours: int) -> tuple[datetime, int]:
        async with studio.ctx.unit_of_work() as uow:
            facts = {"change": hours}
            at = NOW + hours * HOUR
            uow.schedule("chime", facts, run_at=at, dedupe_key="bell", unless_later=unless_later)
        (job,) = await studio.house.job_list.newest(
            state="WAITING", kind="chime", business_id=studio.business_id, most=9
        )
        (row,) = await scheduled(studio)
        facts = row["facts"] if isinstance(row["facts"], dict) else json.loads(row["facts"])
        return job.run_at, facts["change"]

    seen = [await again(hours) for hours in (2, 1, 2, 3)]
    kept = (2, 2, 2, 3) if unless_later else (2, 1, 2, 3)
    assert seen == [(NOW + hours * HOUR, hours) for hours in kept]


async def test_what_was_begun_or_is_over_is_moved_whatever_its_time(studio: Studio) -> None:
    """A job that failed waits for its next try, one that is done for nothing: both begin anew, and earlier."""
    queue = JobQueue(studio.house.database, FixedClock(NOW), jitter=lambda: 0.0)

    async def again(at: datetime) -> None:
        async with studio.ctx.unit_of_work() as uow:
            uow.schedule("chime", {}, run_at=at, dedupe_key="bell", unless_later=True)

    await again(NOW)
    (job,) = [one for one in await queue.lease(1_000) if one.kind == "chime"]
    await again(NOW)
    assert await queue.done(job) is False
    (job,) = [one for one in await queue.lease(1_000) if one.kind == "chime"]
    assert await queue.failed(job, "Late")
    await again(NOW)
    (job,) = [one for one in await queue.lease(1_000) if one.kind == "chime"]
    assert await queue.done(job)
    await again(NOW - HOUR)
    (row,) = await scheduled(studio)
    assert (row["state"], row["attempts"]) == ("WAITING", 0)
    async with studio.ctx.unit_of_work() as uow:
        uow.cancel_job("bell")


async def test_a_job_that_is_being_done_can_be_moved(studio: Studio) -> None:
    """Its worker finishes without a say; the job is done again at its new time."""
    await chime(studio, NOW)
    queue = JobQueue(studio.house.database, FixedClock(NOW))
    (job,) = [one for one in await queue.lease(1_000) if one.kind == "chime"]
    await chime(studio, NOW + HOUR)
    assert await queue.done(job) is False
    assert await queue.failed(job, "Late") is False
    (row,) = await scheduled(studio)
    assert (row["state"], row["attempts"]) == ("WAITING", 0)
    assert [one.attempt for one in await due(studio, NOW + HOUR)] == [1]


async def test_a_job_that_is_over_begins_anew(studio: Studio) -> None:
    """Done or dropped, scheduling its key again has it wait once more."""
    await chime(studio, NOW)
    queue = JobQueue(studio.house.database, FixedClock(NOW))
    (job,) = [one for one in await queue.lease(1_000) if one.kind == "chime"]
    assert await queue.done(job)
    await chime(studio, NOW + HOUR)
    assert [row["state"] for row in await scheduled(studio)] == ["WAITING"]
    async with studio.ctx.unit_of_work() as uow:
        uow.cancel_job("bell")
    assert [row["state"] for row in await scheduled(studio)] == ["CANCELLED"]
    assert await due(studio, NOW + 9 * HOUR) == []
    await chime(studio, NOW + 10 * HOUR)
    assert len(await due(studio, NOW + 10 * HOUR)) == 1


async def test_within_a_block_the_last_word_holds(studio: Studio) -> None:
    """Scheduled then dropped is dropped; dropped then scheduled is scheduled."""
    async with studio.ctx.unit_of_work() as uow:
        uow.schedule("chime", {}, run_at=NOW, dedupe_key="off")
        uow.cancel_job("off")
        uow.cancel_job("on")
        uow.schedule("chime", {}, run_at=NOW, dedupe_key="on")
    assert [row["dedupe_key"] for row in await scheduled(studio)] == [f"{studio.business_id}/on"]


async def test_a_key_counts_within_its_business(studio: Studio, other_studio: Studio) -> None:
    """The same key elsewhere is another job: it is neither moved nor dropped from here."""
    await chime(studio, NOW + HOUR)
    await chime(other_studio, NOW + 2 * HOUR)
    before = await scheduled(other_studio)
    async with studio.ctx.unit_of_work() as uow:
        uow.cancel_job("bell")
    assert [row["state"] for row in await scheduled(studio)] == ["CANCELLED"]
    assert await scheduled(other_studio) == before
    assert before[0]["state"] == "WAITING"


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_key_has_a_length(key: str) -> None:
    """One that is empty or too long is a mistake of the program."""
    with pytest.raises(ValueError, match="1 to 200"):
        ScheduledJob(kind="chime", facts={}, run_at=NOW, dedupe_key=key)


def test_a_time_without_offset_is_refused() -> None:
    """Every instant says where on the globe it counts."""
    with pytest.raises(TypeError, match="offset"):
        ScheduledJob(kind="chime", facts={}, run_at=NOW.astimezone(UTC).replace(tzinfo=None), dedupe_key="k")
