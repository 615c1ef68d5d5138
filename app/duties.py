"""What the worker does again and again, beside its jobs: a list, so that a new duty is one row."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta

import structlog

from app.house import House
from auth.questions import IdentityQuestions
from auth.watch_questions import WatchQuestions
from core.calendars.plan_readings import plan_readings
from core.holidays.refresh_holiday_calendars import refresh_holiday_calendars
from core.kernel.context import ANONYMOUS

PRUNED_AT_ONCE = 500
JOBS_ARE_KEPT = timedelta(days=7)

log = structlog.get_logger("daybook.duties")


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Something to do every so many seconds; done by several workers at once, it must do no harm."""

    do: Callable[[House], Awaitable[None]]
    every_seconds: float


async def _in_each_business(house: House, done: str, do: Callable[[int], Awaitable[int]]) -> None:
    """Do something in every business, closed ones included, and say how often it was done under a name; where
    it fails the others have it all the same."""
    for business_id in await house.event_log.businesses():
        try:
            count = await do(business_id)
        except Exception as error:
            log.warning("duty.failed", duty=done, business=business_id, error=type(error).__name__)
            continue
        if count:
            log.info(done, business=business_id, count=count)
        await asyncio.sleep(0)


async def prune_events(house: House) -> None:
    """Forget events that are older than the setting says, a few hundred at a time."""
    days = house.settings.event_retention_days
    if days == 0:
        return
    before = house.clock.now() - timedelta(days=days)

    async def prune(business_id: int) -> int:
        pruned = 0
        while batch := await house.event_log.prune(business_id, before, most=PRUNED_AT_ONCE):
            pruned += batch
            await asyncio.sleep(0)
        return pruned

    await _in_each_business(house, "events.pruned", prune)


async def refresh_holidays(house: House) -> None:
    """Add the public holidays of years that have come within reach, in every business that keeps some."""

    async def refresh(business_id: int) -> int:
        async with house.system_at(business_id) as ctx:
            return await refresh_holiday_calendars(ctx)

    await _in_each_business(house, "holidays.refreshed", refresh)


async def plan_calendar_readings(house: House) -> None:
    """Plan the next reading of calendars whose job was given up or dropped, in every business."""

    async def plan(business_id: int) -> int:
        async with house.system_at(business_id) as ctx:
            return await plan_readings(ctx)

    await _in_each_business(house, "calendars.planned_anew", plan)


async def forget_tickets(house: House) -> None:
    """Delete stream tickets that ran out an hour ago."""
    async with house.context(ANONYMOUS, "duty") as ctx, ctx.open_unit_of_work(ANONYMOUS) as uow:
        await uow.ask(WatchQuestions).forget_tickets(uow.now - timedelta(hours=1))


async def forget_sessions(house: House) -> None:
    """Delete sessions whose refresh token ran out an hour ago."""
    async with house.context(ANONYMOUS, "duty") as ctx, ctx.open_unit_of_work(ANONYMOUS) as uow:
        await uow.ask(IdentityQuestions).forget_sessions(uow.now - timedelta(hours=1))


async def forget_jobs(house: House) -> None:
    """Delete jobs that were done or cancelled a week ago, a few hundred at a time."""
    before = house.clock.now() - JOBS_ARE_KEPT
    gone = PRUNED_AT_ONCE
    while gone == PRUNED_AT_ONCE:
        gone = await house.jobs.forget(before, most=PRUNED_AT_ONCE)


DUTIES = (
    Duty(do=forget_jobs, every_seconds=600),
    Duty(do=prune_events, every_seconds=600),
    Duty(do=refresh_holidays, every_seconds=12 * 3_600),
    Duty(do=plan_calendar_readings, every_seconds=3_600),
    Duty(do=forget_tickets, every_seconds=600),
    Duty(do=forget_sessions, every_seconds=600),
)


async def attend(house: House, stop: asyncio.Event, duties: tuple[Duty, ...] = DUTIES) -> None:
    """Do every duty at once and then in its turn, until `stop` is set; a failure waits for the next turn."""
    await asyncio.gather(*(_again_and_again(house, stop, duty) for duty in duties))


async def _again_and_again(house: House, stop: asyncio.Event, duty: Duty) -> None:
    while not stop.is_set():
        try:
            await duty.do(house)
        except Exception as error:
            log.warning("duty.failed", duty=duty.do.__name__, error=type(error).__name__)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), duty.every_seconds)
