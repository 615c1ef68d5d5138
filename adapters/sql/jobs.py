"""The job queue: a table, leased in one statement by as many workers as like.

A job waits until `run_at`. A lease pushes `run_at` to the lease's end, so that a job whose worker
died comes back by itself; finishing needs the lease that was given, so that a late worker cannot
undo what its successor did.

Oldest first, while no more is due than a worker takes at once. Beyond that the businesses that have
something due take turns, so that the flood of one does not keep the others waiting. Each lane takes its
turns apart, by indexes that begin with the lane: what is due in another is not looked at.
"""

from __future__ import annotations

import math
import random
import secrets
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, delete, func, literal, select, true, union_all, update

from adapters.sql.database import Database
from adapters.sql.job_rows import CANCELLED, DEAD, DONE, OUTWARD, WAITING
from adapters.sql.tables import jobs
from core.kernel.clock import Clock

LEASE = timedelta(seconds=60)
RETRIES = tuple(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 4 * 3_600, 12 * 3_600))
"""How long a job waits after its first, second… failure; after the last it is DEAD."""

JITTER = 0.1
"""A wait is longer by up to this part of it, so that what failed together does not come back together."""

MOST_ATTEMPTS = len(RETRIES) + 1
_COUNTED_AGAIN = timedelta(seconds=1)
_MOST_BUSINESSES = 1_000
_IS_WAITING = jobs.c.state == literal(WAITING, literal_execute=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A job that this worker has leased; `attempt` is 1 the first time."""

    id: int
    kind: str
    facts: dict[str, Any]
    attempt: int
    lease: str


@dataclass(slots=True)
class _Turns:
    """Whose turn it is among the businesses that have something due in a lane."""

    is_crowded: bool = False
    order: list[int | None] = field(default_factory=list)
    counted_at: datetime | None = None
    number: int = 0
    served: dict[int | None, int] = field(default_factory=dict)


class JobQueue:
    """Takes due jobs and tells what became of them."""

    def __init__(
        self, database: Database, clock: Clock, *, jitter: Callable[[], float] = random.random
    ) -> None:
        self._database = database
        self._clock = clock
        self._jitter = jitter
        self._turns: defaultdict[str | None, _Turns] = defaultdict(_Turns)

    async def lease(self, most: int, lane: str | None = None) -> list[Job]:
        """Take up to `most` due jobs of a lane, or of all, for 60 seconds; no other worker gets them."""
        now = self._clock.now()
        turns = self._turns[lane]
        if lane == OUTWARD and not await self._is_any_due(lane, now):
            return []  # these are seldom due: looking first keeps the writer free
        leased: list[Job] = []
        if turns.is_crowded:
            whose = await self._next_turns(most, now, lane)
            if len(turns.order) > 1:
                leased = await self._take(_oldest_of_each(whose, most, now, lane), now)
        if not leased:
            leased = await self._take(_oldest(most, now, lane), now)
            turns.is_crowded = len(leased) == most
        for job in leased:
            if job.attempt > MOST_ATTEMPTS:  # it never failed: each time its worker died over it
                await self._bury(job, "LeaseRanOut")
        return [job for job in leased if job.attempt <= MOST_ATTEMPTS]

    async def _is_any_due(self, lane: str, now: datetime) -> bool:
        async with self._database.connect(None) as connection:
            return (await connection.execute(_oldest(1, now, lane))).first() is not None

    async def _take(self, chosen: Select[Any], now: datetime) -> list[Job]:
        # As a CTE it is worked out once: joined in, PostgreSQL may ask it again for each row, and each time
        # it skips the rows just taken and answers others, up to all of them.
        due = (
            chosen.with_for_update(skip_locked=True)
            .cte("due")
            .prefix_with("MATERIALIZED", dialect="postgresql")
        )
        lease = secrets.token_hex(16)
        statement = (
            update(jobs)
            .where(jobs.c.id.in_(select(due.c.id)))
            .values(attempts=jobs.c.attempts + 1, lease=lease, run_at=now + LEASE)
            .returning(jobs.c.id, jobs.c.kind, jobs.c.facts, jobs.c.attempts)
        )
        async with self._database.connect(None, write=True) as connection:
            rows = (await connection.execute(statement)).all()
            await connection.commit()
        return [
            Job(id=row.id, kind=row.kind, facts=row.facts, attempt=row.attempts, lease=lease)
            for row in sorted(rows, key=lambda row: row.id)
        ]

    async def _next_turns(self, most: int, now: datetime, lane: str | None) -> Sequence[int | None]:
        """The businesses whose turn it is; who has something due is counted once a second."""
        turns = self._turns[lane]
        if not turns.order or turns.counted_at is None or now - turns.counted_at >= _COUNTED_AGAIN:
            statement = (
                select(jobs.c.business_id)
                .where(_IS_WAITING, _is_in(lane), jobs.c.run_at <= now)
                .group_by(jobs.c.business_id)
                .order_by(func.min(jobs.c.run_at))
                .limit(_MOST_BUSINESSES)
            )
            async with self._database.connect(None) as connection:
                due = list((await connection.execute(statement)).scalars())
            turns.served = {business: turns.served.get(business, 0) for business in due}
            turns.order = sorted(due, key=turns.served.__getitem__)
            turns.counted_at = now
        turn = turns.order[:most]
        turns.order = turns.order[most:] + turn
        turns.number += 1
        turns.served |= dict.fromkeys(turn, turns.number)
        return turn

    async def done(self, job: Job) -> bool:
        """The job is finished; False where the lease had passed to another worker."""
        now = self._clock.now()
        return await self._settle(job, state=DONE, finished_at=now, lease=None, last_error=None)

    async def failed(self, job: Job, error: str) -> bool:
        """The job failed and is tried again later, or is DEAD after its last retry.

        `error` names the fault in a word or two, without personal data.
        """
        now = self._clock.now()
        if job.attempt >= MOST_ATTEMPTS:
            return await self._bury(job, error)
        run_at = now + RETRIES[job.attempt - 1] * (1 + JITTER * self._jitter())
        return await self._settle(job, run_at=run_at, lease=None, last_error=error)

    async def forget(self, before: datetime, *, most: int) -> int:
        """Delete up to `most` jobs that were done or cancelled before then; the dead stay to be looked at."""
        old = (
            select(jobs.c.id)
            .where(jobs.c.state.in_((DONE, CANCELLED)), jobs.c.finished_at < before)
            .limit(most)
        )
        async with self._database.connect(None, write=True) as connection:
            gone = await connection.execute(delete(jobs).where(jobs.c.id.in_(old)))
            await connection.commit()
        return int(gone.rowcount)

    async def _bury(self, job: Job, error: str) -> bool:
        now = self._clock.now()
        return await self._settle(job, state=DEAD, finished_at=now, lease=None, last_error=error)

    async def _settle(self, job: Job, **values: Any) -> bool:
        statement = update(jobs).where(jobs.c.id == job.id, jobs.c.lease == job.lease).values(**values)
        async with self._database.connect(None, write=True) as connection:
            settled = await connection.execute(statement)
            await connection.commit()
        return bool(settled.rowcount)


def _oldest(most: int, now: datetime, lane: str | None) -> Select[Any]:
    """The oldest due jobs of a lane."""
    return (
        select(jobs.c.id)
        .where(_IS_WAITING, _is_in(lane), jobs.c.run_at <= now)
        .order_by(jobs.c.run_at, jobs.c.id)
        .limit(most)
    )


def _oldest_of_each(
    businesses: Sequence[int | None], most: int, now: datetime, lane: str | None
) -> Select[Any]:
    """The oldest due jobs of each business, an equal share of `most`."""
    share = math.ceil(most / len(businesses))
    parts = [
        select(part.c.id)
        for business in businesses
        for part in [_oldest(share, now, lane).where(_is_of(business)).subquery()]
    ]
    # Looked at again outside: a union cannot be locked, and a row of it may be taken meanwhile.
    return (
        select(jobs.c.id)
        .where(and_(jobs.c.id.in_(union_all(*parts)), _IS_WAITING, jobs.c.run_at <= now))
        .order_by(jobs.c.run_at, jobs.c.id)
        .limit(most)
    )


def _is_in(lane: str | None) -> ColumnElement[bool]:
    return true() if lane is None else jobs.c.lane == lane


def _is_of(business: int | None) -> ColumnElement[bool]:
    return jobs.c.business_id.is_(None) if business is None else jobs.c.business_id == business
