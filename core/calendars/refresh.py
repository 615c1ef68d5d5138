"""Read a calendar anew, and take the time at which it is busy."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from core.appointments.ledger import Ledger
from core.availability.hours import DAY_MINUTES
from core.availability.sweep import Stretch
from core.calendars.busy import CalendarReader, Unreadable, pieces
from core.calendars.connect import job_of
from core.calendars.fetch import Fetched, fetch
from core.calendars.source import (
    EVERY,
    FAILING,
    FRESH,
    FUTURE,
    LONGEST_WAIT,
    PAST,
    REFRESH,
    CalendarReconnected,
    CalendarRefreshed,
    CalendarRefreshFailed,
    CalendarSource,
    SourceQuestions,
)
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.outbound import Outbound
from core.kernel.unit_of_work import UnitOfWork

_AT_ONCE = 500
_JITTER_SECONDS = 180
_LONGEST_SECONDS = 40.0
"""For fetching and reading together; less than a job may take, so that there is time to note the failure."""


async def refresh_calendar(ctx: Context, source_id: int) -> str | None:
    """Fetch the source, and replace what it took by what it says now; then see to the next time.

    An import is never refused, whatever it overlaps. Where the calendar cannot be read, the reason is
    kept and the time it took before stays taken. A source that is there no longer is left alone. Where
    the fault is the program's own the answer is its name, for the log.
    """
    source = await ctx.ask(SourceQuestions).to_read(source_id)
    if source is None:
        return None
    now = ctx.clock.now()
    first, last = _window(now)
    await ctx.release()
    wanted: list[Stretch] | None = None
    try:
        async with asyncio.timeout(_LONGEST_SECONDS):
            fetched = await fetch(ctx.reach(Outbound), source, now)
            if fetched.body is not None:
                found = await ctx.reach(CalendarReader).busy(
                    fetched.body,
                    business_id=ctx.business_id,
                    time_zone=source.time_zone,
                    first=first,
                    last=last,
                )
                wanted = pieces(found, first, last)
    except Unreadable as failure:
        await _fail(ctx, source_id, source.url, failure.code)
        return None
    except TimeoutError:
        await _fail(ctx, source_id, source.url, "TIMED_OUT")
        return None
    except Exception as fault:
        # A job that fails for good is never tried again; a source always is.
        await _fail(ctx, source_id, source.url, "FAULT")
        return type(fault).__name__
    await _keep(ctx, source_id, source.url, fetched, wanted)
    return None


def _window(now: datetime) -> Stretch:
    """The UTC minutes between which busy time is kept: whole days, so that it moves once a day."""
    today = minute_of(now) // DAY_MINUTES * DAY_MINUTES
    return today - PAST // timedelta(minutes=1), today + FUTURE // timedelta(minutes=1)


async def _keep(
    ctx: Context, source_id: int, url: str, fetched: Fetched, wanted: Sequence[Stretch] | None
) -> None:
    async with ctx.unit_of_work() as uow:
        source, resource_id = await _locked(uow, source_id, url)
        if source is None or resource_id is None:
            return
        if wanted is not None:
            await _replace(uow, source, resource_id, wanted)
            source.etag, source.modified, source.read_at = fetched.etag, fetched.modified, uow.now
        if source.state == FAILING:
            uow.emit(CalendarReconnected(calendar_source_id=source.id, provider_id=source.provider_id))
        source.state, source.error, source.failures = FRESH, None, 0
        source.tried_at = source.fetched_at = uow.now
        _see_to_the_next(uow, source)


async def _fail(ctx: Context, source_id: int, url: str, code: str) -> None:
    async with ctx.unit_of_work() as uow:
        source, _ = await _locked(uow, source_id, url)
        if source is None:
            return
        if source.state != FAILING:
            uow.emit(
                CalendarRefreshFailed(
                    calendar_source_id=source.id, provider_id=source.provider_id, error=code
                )
            )
        source.state, source.error = FAILING, code
        source.failures += 1
        source.tried_at = uow.now
        _see_to_the_next(uow, source)


async def _locked(uow: UnitOfWork, source_id: int, url: str) -> tuple[CalendarSource | None, int | None]:
    """The source and its resource, unless it was disconnected meanwhile or its provider left."""
    resource_id = await uow.ask(SourceQuestions).resource_of(source_id)
    if resource_id is None:
        return None, None
    if not any(row.capacity for row in await uow.ask(Ledger).lock([resource_id])):
        return None, None
    source = await uow.get(CalendarSource, source_id, lock=True)
    if source is None or source.url != url:
        return None, None
    return source, resource_id


async def _replace(
    uow: UnitOfWork, source: CalendarSource, resource_id: int, wanted: Sequence[Stretch]
) -> None:
    """Change only what differs. What has slipped out of the window goes without a word."""
    questions = uow.ask(SourceQuestions)
    first, _ = _window(uow.now)
    asked = set(wanted)
    before = await questions.taken_by(source.id)
    there = {(start, end) for _, start, end in before}
    dropped = [(key, end) for key, start, end in before if (start, end) not in asked]
    added = [one for one in wanted if one not in there]
    for at in range(0, len(dropped), _AT_ONCE):
        await questions.drop(source.id, [key for key, _ in dropped[at : at + _AT_ONCE]])
    for at in range(0, len(added), _AT_ONCE):
        await questions.add(source.id, resource_id, added[at : at + _AT_ONCE])
    removed = sum(end > first for _, end in dropped)
    if added or removed:
        uow.touch([resource_id])
        uow.emit(
            CalendarRefreshed(
                calendar_source_id=source.id,
                provider_id=source.provider_id,
                added=len(added),
                removed=removed,
            )
        )


def _see_to_the_next(uow: UnitOfWork, source: CalendarSource) -> None:
    """In fifteen minutes, doubled with every failure up to half a day, and up to three minutes more."""
    wait = min(EVERY * 2 ** min(max(source.failures - 1, 0), 8), LONGEST_WAIT)
    # Spread by the source and the hour: sources that were connected together do not stay together.
    spread = (source.id * 7_919 + minute_of(uow.now) * 104_729) % (_JITTER_SECONDS + 1)
    uow.schedule(
        REFRESH,
        {"source_id": source.id},
        run_at=uow.now + wait + timedelta(seconds=spread),
        dedupe_key=job_of(source.id),
    )
