"""The job queue: a table, leased in one statement by as many workers as like.

A job waits until `run_at`. A lease pushes `run_at` to the lease's end, so that a job whose worker
died comes back by itself; finishing needs the lease that was given, so that a late worker cannot
undo what its successor did.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import literal, select, update

from adapters.sql.database import Database
from adapters.sql.tables import jobs
from core.kernel.clock import Clock

LEASE = timedelta(seconds=60)
RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 4 * 3_600, 12 * 3_600))
"""How long a job waits after its first, second… failure; after the last it is DEAD."""

MOST_ATTEMPTS = len(RETRIES) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that this worker has leased; `attempt` is 1 the first time."""

    id: int
    kind: str
    facts: dict[str, Any]
    attempt: int
    lease: str


class JobQueue:
    """Takes due jobs and tells what became of them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def lease(self, most: int) -> list[Job]:
        """Take up to `most` due jobs, oldest first, for 60 seconds; no other worker gets them."""
        now = self._clock.now()
        lease = secrets.token_hex(16)
        # As a CTE it is worked out once: joined in, PostgreSQL may ask it again for each row, and each time
        # it skips the rows just taken and answers others, up to all of them.
        due = (
            select(jobs.c.id)
            .where(jobs.c.state == literal("WAITING", literal_execute=True), jobs.c.run_at <= now)
            .order_by(jobs.c.run_at, jobs.c.id)
            .limit(most)
            .with_for_update(skip_locked=True)
            .cte("due")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        statement = (
            update(jobs)
            .where(jobs.c.id.in_(select(due.c.id)))
            .values(attempts=jobs.c.attempts + 1, lease=lease, run_at=now + LEASE)
            .returning(jobs.c.id, jobs.c.kind, jobs.c.facts, jobs.c.attempts)
        )
        async with self._database.connect(None, write=True) as connection:
            rows = (await connection.execute(statement)).all()
            await connection.commit()
        leased = [
            Job(id=row.id, kind=row.kind, facts=row.facts, attempt=row.attempts, lease=lease)
            for row in sorted(rows, key=lambda row: row.id)
        ]
        for job in leased:
            if job.attempt > MOST_ATTEMPTS:  # it never failed: each time its worker died over it
                await self._bury(job, "LeaseRanOut")
        return [job for job in leased if job.attempt <= MOST_ATTEMPTS]

    async def done(self, job: Job) -> bool:
        """The job is finished; False where the lease had passed to another worker."""
        now = self._clock.now()
        return await self._settle(job, state="DONE", finished_at=now, lease=None, last_error=None)

    async def failed(self, job: Job, error: str) -> bool:
        """The job failed and is tried again later, or is DEAD after its last retry.

        `error` names the fault in a word or two, without personal data.
        """
        now = self._clock.now()
        if job.attempt >= MOST_ATTEMPTS:
            return await self._bury(job, error)
        run_at = now + RETRIES[job.attempt - 1]
        return await self._settle(job, run_at=run_at, lease=None, last_error=error)

    async def next_due(self) -> datetime | None:
        """When the next waiting job is due; None where none waits."""
        statement = (
            select(jobs.c.run_at)
            .where(jobs.c.state == literal("WAITING", literal_execute=True))
            .order_by(jobs.c.run_at)
            .limit(1)
        )
        async with self._database.connect(None) as connection:
            return (await connection.execute(statement)).scalar()

    async def _bury(self, job: Job, error: str) -> bool:
        now = self._clock.now()
        return await self._settle(job, state="DEAD", finished_at=now, lease=None, last_error=error)

    async def _settle(self, job: Job, **values: Any) -> bool:
        statement = update(jobs).where(jobs.c.id == job.id, jobs.c.lease == job.lease).values(**values)
        async with self._database.connect(None, write=True) as connection:
            settled = await connection.execute(statement)
            await connection.commit()
        return bool(settled.rowcount)
