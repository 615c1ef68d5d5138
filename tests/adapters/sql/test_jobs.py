"""The job queue: leased by one worker at a time, tried again on a schedule, settled by whoever holds the lease."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from adapters.sql.job_rows import INWARD
from adapters.sql.jobs import LEASE, RETRIES, JobQueue
from adapters.sql.tables import jobs
from app.house import House
from core.kernel.clock import FixedClock
from tests.adapters.sql.plans import analyse
from tests.kit.houses import NOW

SECOND = timedelta(seconds=1)


class Bench:
    """Two workers' queues by one clock, on a table that holds this test's jobs alone."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.clock = FixedClock(NOW)
        self.one = JobQueue(house.database, self.clock, jitter=lambda: 0.0)
        self.two = JobQueue(house.database, self.clock, jitter=lambda: 0.0)

    async def put(self, count: int = 1, *, due: timedelta = timedelta(0), kind: str = "greet") -> None:
        """Queue jobs, each due a second after the one before."""
        rows = [
            {
                "business_id": None,
                "kind": kind,
                "lane": INWARD,
                "facts": {"number": at},
                "dedupe_key": f"{kind}:{due}:{at}",
                "state": "WAITING",
                "attempts": 0,
                "run_at": NOW + due + at * SECOND,
                "created_at": NOW,
            }
            for at in range(count)
        ]
        async with self.house.database.connect(None, write=True) as connection:
            await connection.execute(insert(jobs), rows)
            await connection.commit()

    async def rows(self) -> list[dict[str, Any]]:
        """Every job, oldest first."""
        async with self.house.database.connect(None) as connection:
            return [dict(row._mapping) for row in await connection.execute(select(jobs).order_by(jobs.c.id))]

    async def row(self) -> dict[str, Any]:
        """The only job."""
        (row,) = await self.rows()
        return row


@pytest_asyncio.fixture
async def bench(own_house: House) -> Bench:
    """A bench whose table is empty."""
    async with own_house.database.connect(None, write=True) as connection:
        await connection.execute(text("DELETE FROM jobs"))
        await connection.commit()
    return Bench(own_house)


async def test_due_jobs_are_leased_oldest_first_and_others_wait(bench: Bench) -> None:
    """At most as many as asked for, never before their time."""
    await bench.put(3)
    await bench.put(1, due=timedelta(hours=1), kind="later")
    assert [job.facts["number"] for job in await bench.one.lease(2)] == [0]
    bench.clock.advance(2 * SECOND)
    assert [(job.kind, job.facts, job.attempt) for job in await bench.one.lease(5)] == [
        ("greet", {"number": 1}, 1),
        ("greet", {"number": 2}, 1),
    ]
    assert await bench.one.lease(5) == []
    rows = await bench.rows()
    assert {row["run_at"] for row in rows if row["state"] == "WAITING"} == {
        NOW + LEASE,
        NOW + LEASE + 2 * SECOND,
        NOW + timedelta(hours=1),
    }


async def test_sixteen_leases_at_once_share_the_jobs_out(bench: Bench) -> None:
    """Two workers ask eight times each for seven of a hundred: no job goes out twice, and none is left."""
    await bench.put(100)
    bench.clock.advance(100 * SECOND)
    leased = await asyncio.gather(*(queue.lease(7) for queue in (bench.one, bench.two) for _ in range(8)))
    assert max(len(some) for some in leased) <= 7
    ids = [job.id for some in leased for job in some]
    assert len(ids) == len(set(ids))
    while more := await bench.one.lease(7):
        ids += [job.id for job in more]
    assert sorted(ids) == sorted(row["id"] for row in await bench.rows())
    assert {row["attempts"] for row in await bench.rows()} == {1}


async def test_a_lease_never_takes_more_than_asked_for(bench: Bench) -> None:
    """Whatever the database believes about the table's size: that of one row, or the right one.

    Believing in one row, PostgreSQL joins so that a plain subquery would answer anew for each of forty.
    """
    await bench.put(1, due=timedelta(days=1), kind="later")
    await analyse(bench.house)
    await bench.put(40)
    bench.clock.advance(60 * SECOND)
    assert [len(await bench.one.lease(most)) for most in (1, 8, 1)] == [1, 8, 1]
    await analyse(bench.house)
    assert [len(await bench.one.lease(most)) for most in (1, 8, 1)] == [1, 8, 1]
    assert sum(row["attempts"] for row in await bench.rows()) == 20


async def test_a_job_that_is_done_never_comes_back(bench: Bench) -> None:
    """Its row says when, and no lease finds it any more."""
    await bench.put()
    (job,) = await bench.one.lease(1)
    bench.clock.advance(3 * SECOND)
    assert await bench.one.done(job) is True
    bench.clock.advance(timedelta(days=400))
    assert await bench.one.lease(1) == []
    row = await bench.row()
    assert (row["state"], row["finished_at"], row["lease"]) == ("DONE", NOW + 3 * SECOND, None)


async def test_failures_are_tried_again_on_the_schedule_and_then_are_dead(bench: Bench) -> None:
    """Seven waits, to the second; the eighth failure is the last."""
    await bench.put()
    waits = []
    while jobs_ := await bench.one.lease(1):
        (job,) = jobs_
        failed_at = bench.clock.now()
        assert await bench.one.failed(job, f"Fault {job.attempt}") is True
        row = await bench.row()
        assert (row["attempts"], row["last_error"]) == (job.attempt, f"Fault {job.attempt}")
        if row["state"] == "DEAD":
            break
        waits.append(row["run_at"] - failed_at)
        bench.clock.advance(waits[-1] - SECOND)
        assert await bench.one.lease(1) == []
        bench.clock.advance(SECOND)
    seconds = [5, 30, 120, 600, 3_600, 14_400, 43_200]
    assert waits == list(RETRIES) == [timedelta(seconds=wait) for wait in seconds]
    row = await bench.row()
    assert (row["state"], row["attempts"], row["finished_at"]) == ("DEAD", 8, bench.clock.now())
    bench.clock.advance(timedelta(days=400))
    assert await bench.one.lease(1) == []


async def test_a_lease_runs_out_by_the_clock(bench: Bench) -> None:
    """The job of a worker that died comes back after sixty seconds, not one before."""
    await bench.put()
    (first,) = await bench.one.lease(1)
    bench.clock.advance(LEASE - SECOND)
    assert await bench.two.lease(1) == []
    bench.clock.advance(SECOND)
    (second,) = await bench.two.lease(1)
    assert (second.id, second.attempt, second.facts) == (first.id, 2, first.facts)
    assert second.lease != first.lease


@pytest.mark.parametrize("late", ["done", "failed"])
async def test_a_late_worker_cannot_settle_what_its_successor_holds(bench: Bench, late: str) -> None:
    """Neither while the successor works nor after it is done: the row is as the successor left it."""
    await bench.put()
    (first,) = await bench.one.lease(1)
    bench.clock.advance(LEASE)
    (second,) = await bench.two.lease(1)

    async def settle_late() -> bool:
        return await (bench.one.done(first) if late == "done" else bench.one.failed(first, "Late"))

    held = await bench.row()
    assert await settle_late() is False
    assert await bench.row() == held
    assert await bench.two.done(second) is True
    done = await bench.row()
    assert await settle_late() is False
    assert await bench.row() == done


async def test_a_job_is_queued_once_per_dedupe_key(bench: Bench) -> None:
    """The second row of a key is refused by the database, and the first stays."""
    await bench.put()
    with pytest.raises(IntegrityError):
        await bench.put()
    assert len(await bench.rows()) == 1
