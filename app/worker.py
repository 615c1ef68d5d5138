"""The worker: takes due jobs as places become free and does them, until it is told to stop.

Jobs that call addresses which somebody gave have places of their own, so that however long these take
to answer, everything else finds a free place.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from prometheus_client import Counter

from adapters.sql.job_rows import INWARD, OUTWARD
from adapters.sql.jobs import LEASE, Job
from app.duties import attend
from app.house import House
from app.reactions import BY_NAME, Happened
from app.timers import TIMERS
from app.webhooks import send_webhooks
from core.kernel.bell import JOBS, Listener

PLACES: dict[str | None, int] = {INWARD: 8, OUTWARD: 8}
"""How many jobs of each lane are under way at most."""

_AT_ONCE = 8
_LONGEST_SLEEP_SECONDS = 2.0
_TOGETHER_SECONDS = 0.02
"""So long after one place has become free others may join it, to be filled by one statement."""

_TIME_LIMIT = LEASE - timedelta(seconds=10)

log = structlog.get_logger("daybook.worker")
done_counter = Counter("daybook_jobs_total", "Jobs by kind and what became of them", ["kind", "outcome"])


async def work(house: House, stop: asyncio.Event) -> None:
    """Do jobs until `stop` is set; those under way are finished first, or broken off where it is cancelled."""
    log.info("worker.started")
    async with asyncio.TaskGroup() as group:
        group.create_task(attend(house, stop))
        group.create_task(send_webhooks(house, stop))
        for lane, places in PLACES.items():
            group.create_task(_fill(house, stop, lane, places))
    log.info("worker.stopped")


async def _fill(house: House, stop: asyncio.Event, lane: str | None, places: int) -> None:
    """Fill the places of a lane with what is due, again and again."""
    under_way: set[asyncio.Task[None]] = set()
    async with house.bell.listen(JOBS) as bell, asyncio.TaskGroup() as group:
        while not stop.is_set():
            leased = await _leased(house, places - len(under_way), lane)
            for job in leased:
                task = group.create_task(_do(house, job))
                under_way.add(task)
                task.add_done_callback(under_way.discard)
            if not leased or len(under_way) >= places:
                await _pause(bell, stop, under_way, is_full=len(under_way) >= places)


async def _leased(house: House, most: int, lane: str | None) -> list[Job]:
    try:
        return await house.jobs.lease(most, lane)
    except Exception as error:
        log.error("worker.cannot_lease", error=type(error).__name__)
        return []


async def _pause(
    bell: Listener, stop: asyncio.Event, under_way: set[asyncio.Task[None]], *, is_full: bool
) -> None:
    """Wait until there may be something to do: a place that has become free, else a ring or two seconds."""
    waits: list[asyncio.Future[bool]] = [asyncio.ensure_future(stop.wait())]
    if not is_full:
        waits.append(asyncio.ensure_future(bell.wait(_LONGEST_SLEEP_SECONDS)))
    try:
        await asyncio.wait({*waits, *(under_way if is_full else ())}, return_when=asyncio.FIRST_COMPLETED)
        if is_full and under_way and not stop.is_set():
            await asyncio.wait({*under_way}, timeout=_TOGETHER_SECONDS)
    finally:
        for wait in waits:
            wait.cancel()


async def work_off(house: House) -> int:
    """Do every job that is due now, and say how many there were."""
    count = 0
    while jobs := await house.jobs.lease(_AT_ONCE):
        count += len(jobs)
        for job in jobs:
            await _do(house, job)
    return count


async def _do(house: House, job: Job) -> None:
    """Do a job and say what became of it; where even that cannot be said, its lease runs out."""
    try:
        outcome = await _tried(house, job)
    except Exception as error:
        log.error("job.unsettled", kind=job.kind, job=job.id, error=type(error).__name__)
        outcome = "unsettled"
    done_counter.labels(job.kind, outcome).inc()


async def _tried(house: House, job: Job) -> str:
    try:
        async with asyncio.timeout(_TIME_LIMIT.total_seconds()):
            await _perform(house, job)
    except Exception as error:
        log.warning("job.failed", kind=job.kind, job=job.id, attempt=job.attempt, error=type(error).__name__)
        await house.jobs.failed(job, type(error).__name__)
        return "failed"
    await house.jobs.done(job)
    return "done"


class UnknownKind(RuntimeError):
    """A job of a kind that this program does not do; a newer one may."""


async def _perform(house: House, job: Job) -> None:
    """Do a job in its business: a reaction to an event, or a timer that has come due."""
    if job.kind in BY_NAME:
        await _react(house, job)
    elif job.kind in TIMERS:
        async with house.system_at(job.facts["business_id"]) as ctx:
            await TIMERS[job.kind](ctx, job.facts)
    else:
        raise UnknownKind(job.kind)


async def _react(house: House, job: Job) -> None:
    """Do one reaction in the business that its event happened in."""
    business_id, sequence = job.facts["business_id"], job.facts["sequence"]
    event = await house.log.at(business_id, sequence)
    if event is None:
        return  # pruned from the log: too old to act on
    message_id = f"{business_id}.{sequence}.{job.kind}@{house.mail_domain}"
    async with house.system_at(business_id) as ctx:
        await BY_NAME[job.kind](ctx, Happened(event=event, mailer=house.mailer, message_id=message_id))
