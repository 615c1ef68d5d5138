"""Ask for a calendar to be read now, instead of within fifteen minutes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.calendars.connect import job_of
from core.calendars.managing import require_provider
from core.calendars.source import REFRESH, CalendarSource
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case

AT_MOST_EVERY = timedelta(minutes=1)


@dataclass(kw_only=True)
class RefreshCalendar:
    """The source to read."""

    source_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class RefreshRequested:
    """The key of the source that is being read."""

    source_id: int


@use_case("calendar.request_refresh", raises=(NotFound, Forbidden, IdempotencyMismatch))
async def request_refresh(ctx: Context, command: RefreshCalendar) -> RefreshRequested:
    """Have a worker read the source now, or a minute after it last did.

    Raises NotFound where there is no such source, and Forbidden for somebody else's.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("calendar.request_refresh", command, RefreshRequested):
            return earlier
        source = await uow.get(CalendarSource, command.source_id, lock=True)
        if source is None:
            raise NotFound("calendar_source")
        require_provider(ctx.actor, source.provider_id)
        run_at = uow.now if source.tried_at is None else max(uow.now, source.tried_at + AT_MOST_EVERY)
        uow.schedule(REFRESH, {"source_id": source.id}, run_at=run_at, dedupe_key=job_of(source.id))
        uow.audit("calendar.refresh_requested", "calendar_source", source.id)
        return uow.answer(RefreshRequested(source_id=source.id))
