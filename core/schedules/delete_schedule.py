"""Delete a schedule."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.schedules.own import require_hours_of
from core.schedules.schedule import Schedule, ScheduleDeleted


@dataclass(kw_only=True)
class DeleteSchedule:
    """The schedule that is to hold no longer."""

    schedule_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class DeletedSchedule:
    """The key that the schedule had."""

    schedule_id: int


@use_case("schedule.delete", raises=(NotFound, Forbidden, IdempotencyMismatch))
async def delete_schedule(ctx: Context, command: DeleteSchedule) -> DeletedSchedule:
    """Delete a schedule; appointments stay as they are. Raises NotFound, and Forbidden for others'."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("schedule.delete", command, DeletedSchedule):
            return earlier
        schedule = await uow.get(Schedule, command.schedule_id, lock=True)
        if schedule is None:
            raise NotFound("schedule")
        require_hours_of(ctx.actor, [schedule.provider_id])
        await uow.delete(schedule)
        uow.emit(ScheduleDeleted(schedule_id=schedule.id, provider_id=schedule.provider_id))
        return uow.answer(DeletedSchedule(schedule_id=schedule.id))
