"""Disconnect a calendar."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.ledger import Ledger
from core.calendars.connect import job_of
from core.calendars.managing import require_provider
from core.calendars.source import CalendarDisconnected, CalendarSource, SourceQuestions
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class DisconnectCalendar:
    """The source that is read no longer."""

    source_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class DisconnectedCalendar:
    """The key that the source had."""

    source_id: int


@use_case("calendar.disconnect", raises=(NotFound, Forbidden, IdempotencyMismatch))
async def disconnect_calendar(ctx: Context, command: DisconnectCalendar) -> DisconnectedCalendar:
    """Forget the calendar and its address, and give back the time it took.

    Raises NotFound where there is no such source, and Forbidden for somebody else's.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("calendar.disconnect", command, DisconnectedCalendar):
            return earlier
        questions = uow.ask(SourceQuestions)
        found = await questions.source(command.source_id)
        if found is None:
            raise NotFound("calendar_source")
        require_provider(ctx.actor, found.provider_id)
        # The resource first, as whoever takes time does: two orders of locking would be a deadlock.
        resource_id = await questions.resource_of(command.source_id)
        assert resource_id is not None
        await uow.ask(Ledger).lock([resource_id])
        source = await uow.get(CalendarSource, command.source_id, lock=True)
        if source is None:
            raise NotFound("calendar_source")
        taken = await questions.taken_by(source.id)
        if taken:
            await questions.drop(source.id, [key for key, _, _ in taken])
            uow.touch([resource_id])
        await uow.delete(source)
        uow.cancel_job(job_of(source.id))
        uow.emit(CalendarDisconnected(calendar_source_id=source.id, provider_id=source.provider_id))
        return uow.answer(DisconnectedCalendar(source_id=command.source_id))
