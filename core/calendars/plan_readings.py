"""Plan the readings that are missing."""

from __future__ import annotations

from core.calendars.connect import job_of
from core.calendars.source import REFRESH, SourceQuestions
from core.kernel.context import Context
from core.kernel.use_case import use_case


@use_case("calendar.plan_readings", raises=())
async def plan_readings(ctx: Context) -> int:
    """Have every source of the business that nobody would read again read now; how many there were.

    Each reading plans the next, unless it cannot be written down: then its job is tried again, and dead
    after the last try.
    """
    missing = await ctx.ask(SourceQuestions).unplanned()
    if not missing:
        return 0
    async with ctx.unit_of_work() as uow:
        for source_id in missing:
            uow.schedule(REFRESH, {"source_id": source_id}, run_at=uow.now, dedupe_key=job_of(source_id))
            uow.audit("calendar.reading_planned", "calendar_source", source_id)
    return len(missing)
