"""Delete a holiday."""

from __future__ import annotations

from dataclasses import dataclass

from core.holidays.holiday import Holiday, HolidayDeleted
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class DeleteHoliday:
    """The holiday that is to be one no longer."""

    holiday_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class DeletedHoliday:
    """The key that the holiday had."""

    holiday_id: int


@use_case("holiday.delete", raises=(NotFound, IdempotencyMismatch))
async def delete_holiday(ctx: Context, command: DeleteHoliday) -> DeletedHoliday:
    """Delete a holiday, a public one, too. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("holiday.delete", command, DeletedHoliday):
            return earlier
        holiday = await uow.get(Holiday, command.holiday_id, lock=True)
        if holiday is None:
            raise NotFound("holiday")
        await uow.delete(holiday)
        uow.emit(HolidayDeleted(holiday_id=holiday.id, location_id=holiday.location_id))
        return uow.answer(DeletedHoliday(holiday_id=holiday.id))
