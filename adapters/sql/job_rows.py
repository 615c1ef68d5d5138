"""Rows of the job queue as a unit of work writes them: one statement for all jobs of a transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import literal, or_, update
from sqlalchemy.dialects import postgresql, sqlite

from adapters.sql.database import Database
from adapters.sql.tables import jobs
from core.kernel.jobs import ScheduledJob

WAITING, DONE, DEAD, CANCELLED = "WAITING", "DONE", "DEAD", "CANCELLED"
STATES = (WAITING, DONE, DEAD, CANCELLED)
"""A job that is being done still waits, for the end of its lease."""

INWARD, OUTWARD = "INWARD", "OUTWARD"
LANES = (INWARD, OUTWARD)
"""Jobs that call addresses which somebody gave are outward, all others inward."""


def reaction_row(business_id: int, reaction: str, sequence: int, lane: str, now: datetime) -> dict[str, Any]:
    """The job of a reaction to an event, due at once."""
    facts = {"business_id": business_id, "sequence": sequence}
    return _row(business_id, reaction, lane, facts, f"{business_id}:{sequence}:{reaction}", now, now)


def job_row(business_id: int, job: ScheduledJob, lane: str, now: datetime) -> dict[str, Any]:
    """A scheduled job; its key counts within its business."""
    facts = {**job.facts, "business_id": business_id}
    return _row(business_id, job.kind, lane, facts, key_of(business_id, job.dedupe_key), job.run_at, now)


def key_of(business_id: int, dedupe_key: str) -> str:
    """A business's key among all: a slash, which no reaction's key has, parts the two."""
    return f"{business_id}/{dedupe_key}"


def put_jobs(database: Database, *, unless_later: bool = False) -> Any:
    """Insert jobs; one whose key is there already is moved, and starts anew.

    A worker that is doing it loses its lease, so that what it says of the old one changes nothing. With
    `unless_later` one that nobody has begun, and that waits for a later time, stays as it is.
    """
    return _put_jobs(is_postgresql=database.is_postgresql, unless_later=unless_later)


@cache
def _put_jobs(*, is_postgresql: bool, unless_later: bool) -> Any:
    statement = (postgresql if is_postgresql else sqlite).insert(jobs)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["dedupe_key"],
        set_={
            "kind": new.kind,
            "lane": new.lane,
            "facts": new.facts,
            "run_at": new.run_at,
            "state": WAITING,
            "attempts": 0,
            "lease": None,
            "last_error": None,
            "finished_at": None,
        },
        where=or_(jobs.c.run_at <= new.run_at, jobs.c.state != WAITING, jobs.c.attempts > 0)
        if unless_later
        else None,
    )


def drop_jobs(business_id: int, dedupe_keys: Sequence[str], now: datetime) -> Any:
    """Cancel the waiting jobs of these keys, within the business."""
    keys = [key_of(business_id, key) for key in dedupe_keys]
    return (
        update(jobs)
        .where(
            jobs.c.business_id == business_id,
            jobs.c.dedupe_key.in_(keys),
            jobs.c.state == literal(WAITING, literal_execute=True),
        )
        .values(state=CANCELLED, lease=None, finished_at=now)
    )


def _row(
    business_id: int,
    kind: str,
    lane: str,
    facts: dict[str, Any],
    dedupe_key: str,
    run_at: datetime,
    now: datetime,
) -> dict[str, Any]:
    return {
        "business_id": business_id,
        "kind": kind,
        "lane": lane,
        "facts": facts,
        "dedupe_key": dedupe_key,
        "state": WAITING,
        "attempts": 0,
        "run_at": run_at,
        "created_at": now,
    }
