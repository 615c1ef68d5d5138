"""The job queue as people look at it: listed, shown, done again, dropped, and in figures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, literal, select, update

from adapters.sql.database import Database
from adapters.sql.job_rows import CANCELLED, DEAD, WAITING
from adapters.sql.tables import jobs
from core.kernel.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedJob:
    """A job as it stands; a leased one still waits, for the end of its lease."""

    id: int
    business_id: int | None
    kind: str
    facts: dict[str, Any]
    dedupe_key: str
    state: str
    attempts: int
    run_at: datetime
    is_leased: bool
    last_error: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueFigures:
    """How many jobs wait, are due and are dead, and how long the oldest due one has been due."""

    waiting: int
    due: int
    dead: int
    oldest_due: timedelta


class JobList:
    """Looks at the queue without taking part in it; `retry` and `cancel` are the two exceptions."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def newest(
        self, *, state: str | None, kind: str | None, business_id: int | None, most: int
    ) -> list[ListedJob]:
        """The jobs that match, those due soonest first where they wait, else the newest first."""
        wanted = select(jobs).limit(most)
        wanted = (
            wanted.order_by(jobs.c.run_at, jobs.c.id)
            if state == WAITING
            else wanted.order_by(jobs.c.id.desc())
        )
        if state is not None:
            wanted = wanted.where(jobs.c.state == literal(state, literal_execute=True))
        if kind is not None:
            wanted = wanted.where(jobs.c.kind == kind)
        if business_id is not None:
            wanted = wanted.where(jobs.c.business_id == business_id)
        async with self._database.connect(None) as connection:
            return [_listed(row) for row in await connection.execute(wanted)]

    async def one(self, job_id: int) -> ListedJob | None:
        """A job by its number."""
        async with self._database.connect(None) as connection:
            row = (await connection.execute(select(jobs).where(jobs.c.id == job_id))).one_or_none()
        return None if row is None else _listed(row)

    async def retry(self, job_id: int) -> bool:
        """Have a job done now, as if it were new; False where there is none that is dead, dropped or waits.

        A job that is done stays done, and one that a worker holds stays with it.
        """
        return await self._change(
            job_id,
            jobs.c.state.in_((WAITING, DEAD, CANCELLED)),
            state=WAITING,
            attempts=0,
            run_at=self._clock.now(),
            last_error=None,
            finished_at=None,
        )

    async def cancel(self, job_id: int) -> bool:
        """Drop a waiting job; False where none of that number waits, or a worker is doing it."""
        return await self._change(
            job_id, jobs.c.state == WAITING, state=CANCELLED, finished_at=self._clock.now()
        )

    async def figures(self) -> QueueFigures:
        """The queue in figures, in one statement."""
        now = self._clock.now()
        is_waiting = jobs.c.state == literal(WAITING, literal_execute=True)
        is_due = is_waiting & (jobs.c.run_at <= now)
        counted = select(
            func.count().filter(is_waiting),
            func.count().filter(is_due),
            func.count().filter(jobs.c.state == literal(DEAD, literal_execute=True)),
            func.min(jobs.c.run_at).filter(is_due),
        ).where(
            jobs.c.state.in_((literal(WAITING, literal_execute=True), literal(DEAD, literal_execute=True)))
        )
        async with self._database.connect(None) as connection:
            waiting, due, dead, oldest = (await connection.execute(counted)).one()
        return QueueFigures(
            waiting=waiting, due=due, dead=dead, oldest_due=now - oldest if oldest else timedelta(0)
        )

    async def _change(self, job_id: int, condition: Any, **values: Any) -> bool:
        statement = (
            update(jobs).where(jobs.c.id == job_id, jobs.c.lease.is_(None), condition).values(**values)
        )
        async with self._database.connect(None, write=True) as connection:
            changed = await connection.execute(statement)
            await connection.commit()
        return bool(changed.rowcount)


def _listed(row: Any) -> ListedJob:
    return ListedJob(
        id=row.id,
        business_id=row.business_id,
        kind=row.kind,
        facts=row.facts,
        dedupe_key=row.dedupe_key,
        state=row.state,
        attempts=row.attempts,
        run_at=row.run_at,
        is_leased=row.lease is not None,
        last_error=row.last_error,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )
