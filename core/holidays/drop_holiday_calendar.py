"""Keep the public holidays of a place no longer."""

from __future__ import annotations

from dataclasses import dataclass

from core.holidays.public_holidays import HolidayCalendar, HolidayCalendarDropped, HolidayQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class DropHolidayCalendar:
    """The calendar whose holidays are to go."""

    calendar_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class DroppedHolidayCalendar:
    """The key that the calendar had."""

    calendar_id: int


@use_case("holiday_calendar.drop", raises=(NotFound, IdempotencyMismatch))
async def drop_holiday_calendar(ctx: Context, command: DropHolidayCalendar) -> DroppedHolidayCalendar:
    """Delete a calendar and its holidays; those that were changed by hand stay. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("holiday_calendar.drop", command, DroppedHolidayCalendar):
            return earlier
        calendar = await uow.get(HolidayCalendar, command.calendar_id, lock=True)
        if calendar is None:
            raise NotFound("holiday_calendar")
        await uow.ask(HolidayQuestions).forget_days(calendar.id)
        await uow.delete(calendar)
        uow.emit(HolidayCalendarDropped(calendar_id=calendar.id))
        return uow.answer(DroppedHolidayCalendar(calendar_id=calendar.id))
