"""What is done when its time has come: kind of job → function, given a Context in the job's business.

A use case schedules one with `uow.schedule(kind, facts, run_at=…, dedupe_key=…)`; the worker does it at
`run_at` or later. A function looks at the state anew and drops what has become pointless. It may be run
twice, where a worker died over it: whatever it does must be harmless the second time.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import structlog

from adapters.sql.job_rows import INWARD, OUTWARD
from core.appointments.book import END_WAITS
from core.appointments.release_hold import expire_hold
from core.calendars.refresh import refresh_calendar
from core.calendars.source import REFRESH
from core.kernel.context import Context
from core.messaging.changes import TELL_CHANGE, tell_change
from core.messaging.reminders import REMIND, REPLAN, remind, replan_reminders
from core.waitlist.expire import expire_waitlist_entry, expire_waitlist_offer
from core.waitlist.settle import end_waits

Facts = Mapping[str, Any]

log = structlog.get_logger("daybook.timers")


async def expire(ctx: Context, facts: Facts) -> None:
    """Report that a hold ran out."""
    await expire_hold(ctx, facts["hold_id"])


async def read_calendar(ctx: Context, facts: Facts) -> None:
    """Read a connected calendar anew."""
    fault = await refresh_calendar(ctx, facts["source_id"])
    if fault is not None:
        log.error("calendar.fault", source=facts["source_id"], error=fault)


async def expire_offer(ctx: Context, facts: Facts) -> None:
    """End a waitlist offer that nobody took."""
    await expire_waitlist_offer(ctx, facts["offer_id"])


async def expire_entry(ctx: Context, facts: Facts) -> None:
    """End a waitlist entry whose last day is over."""
    await expire_waitlist_entry(ctx, facts["entry_id"])


async def settle_waits(ctx: Context, facts: Facts) -> None:
    """Have whoever booked what they waited for wait no longer."""
    await end_waits(ctx, facts["appointment_id"])


TIMERS: dict[str, Callable[[Context, Facts], Awaitable[None]]] = {
    "expire_hold": expire,
    REFRESH: read_calendar,
    "expire_waitlist_offer": expire_offer,
    "expire_waitlist_entry": expire_entry,
    END_WAITS: settle_waits,
    REMIND: remind,
    REPLAN: replan_reminders,
    TELL_CHANGE: tell_change,
}

CALLS_OUT = frozenset({REFRESH})
"""The kinds of jobs that call addresses which somebody gave."""


def lane_of(kind: str) -> str:
    """The lane in which jobs of a kind wait."""
    return OUTWARD if kind in CALLS_OUT else INWARD
