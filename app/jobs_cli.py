"""`daybook jobs`: look at the queue, and mend it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Annotated, TypeVar

import typer

from adapters.sql.database import open_database
from adapters.sql.file_lock import FileInUse
from adapters.sql.job_list import JobList, ListedJob
from adapters.sql.job_rows import STATES
from adapters.sql.migrate import require_migrated
from app.settings import read_settings
from core.kernel.clock import SystemClock
from core.kernel.ids import MAX_KEY

T = TypeVar("T")

jobs_cli = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Look at the job queue, and mend it.\n\n"
    "A job is something that a worker does once its time has come: what follows from an event (mail, "
    "messages to other programs), and timers (reminders, holds that run out). It waits (WAITING) until it "
    "is DONE. A job that fails is tried again after 5 s, 30 s, 2 min, 10 min, 1 h, 4 h and 12 h; after the "
    "eighth failure it is DEAD and stays so until `retry`. CANCELLED jobs were dropped before their time.\n\n"
    "`list` and `show` also work beside a running `daybook serve`. On SQLite `retry` and `cancel` need the "
    "server to be stopped; on PostgreSQL they do not.",
)

JobNumber = Annotated[int, typer.Argument(help="The job's number, as `list` shows it.", min=1, max=MAX_KEY)]


@jobs_cli.command("list")
def list_jobs(
    state: Annotated[str | None, typer.Option(help=f"Only those in this state: {', '.join(STATES)}.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only those of this kind, such as mail_cancelled.")] = None,
    business: Annotated[
        int | None, typer.Option(help="Only those of the business with this number.", min=1, max=MAX_KEY)
    ] = None,
    most: Annotated[int, typer.Option(help="How many at most.", min=1, max=10_000)] = 50,
) -> None:
    """List jobs: number, state, kind, when due or finished (UTC), business, attempts, last error.

    Waiting jobs are listed soonest first with `--state WAITING`; otherwise the newest come first. The
    last line says how many wait, are due and are dead in all.

    Examples:

      daybook jobs list --state DEAD

      daybook jobs list --state WAITING --kind remind --most 20
    """
    if state is not None and state.upper() not in STATES:
        raise typer.BadParameter(f"must be one of {', '.join(STATES)}", param_hint="--state")

    async def listed(jobs: JobList) -> None:
        found = await jobs.newest(
            state=state.upper() if state else None, kind=kind, business_id=business, most=most
        )
        for job in found:
            error = f"  {job.last_error}" if job.last_error else ""
            when = job.finished_at or job.run_at
            typer.echo(
                f"{job.id:>8}  {_state(job):<9}  {job.kind:<28}  {when:%Y-%m-%d %H:%M:%S}"
                f"  business {job.business_id or '-'}  attempts {job.attempts}{error}"
            )
        figures = await jobs.figures()
        typer.echo(
            f"{len(found)} shown. In all {figures.waiting} waiting, {figures.due} of them due"
            f" (the oldest for {figures.oldest_due.total_seconds():.0f} s), {figures.dead} dead."
        )

    _with_list(listed)


@jobs_cli.command()
def show(number: JobNumber) -> None:
    """Show all that is known of a job.

    Facts are ids and instants, never personal data. The error names the kind of fault.
    """

    async def shown(jobs: JobList) -> None:
        job = _found(number, await jobs.one(number))
        rows = {
            "number": job.id,
            "kind": job.kind,
            "state": _state(job),
            "business": "none" if job.business_id is None else job.business_id,
            "due": "no more" if job.finished_at else job.run_at.isoformat(),
            "attempts": job.attempts,
            "last error": job.last_error or "none",
            "key": job.dedupe_key,
            "queued": job.created_at.isoformat(),
            "finished": job.finished_at.isoformat() if job.finished_at else "not yet",
            "facts": json.dumps(job.facts, sort_keys=True),
        }
        for name, value in rows.items():
            typer.echo(f"{name:<10}  {value}")

    _with_list(shown)


@jobs_cli.command()
def retry(number: JobNumber) -> None:
    """Have a dead, cancelled or waiting job done now.

    Its attempts are counted anew. A job that is done stays done, and one that a worker is doing is left
    alone. On SQLite stop the server first.
    """

    async def retried(jobs: JobList) -> None:
        job = _found(number, await jobs.one(number))
        if not await jobs.retry(number):
            raise ValueError(f"job {number} is {_state(job)}: it cannot be done again")
        typer.echo(f"Job {number} is due now.")

    _with_list(retried, writes=True)


@jobs_cli.command()
def cancel(number: JobNumber) -> None:
    """Drop a waiting job.

    One that a worker is doing is left alone. `retry` brings a dropped job back. On SQLite stop the server
    first.
    """

    async def cancelled(jobs: JobList) -> None:
        job = _found(number, await jobs.one(number))
        if not await jobs.cancel(number):
            raise ValueError(f"job {number} is {_state(job)}: only waiting jobs can be cancelled")
        typer.echo(f"Job {number} is cancelled.")

    _with_list(cancelled, writes=True)


def _with_list(look: Callable[[JobList], Awaitable[T]], *, writes: bool = False) -> T:
    """Open the queue; beside the process that holds a SQLite file it is only read."""

    async def opened() -> T:
        settings = read_settings()
        try:
            database = open_database(settings.database_url, pool_size=1)
        except FileInUse:
            if writes:
                raise
            database = open_database(settings.database_url, lock=False)
        try:
            if database.is_postgresql or database.lock is not None:
                await require_migrated(database)
            return await look(JobList(database, SystemClock()))
        finally:
            await database.close()

    return asyncio.run(opened())


def _found(number: int, job: ListedJob | None) -> ListedJob:
    if job is None:
        raise ValueError(f"there is no job {number}: `daybook jobs list` shows their numbers")
    return job


def _state(job: ListedJob) -> str:
    return "LEASED" if job.is_leased else job.state
