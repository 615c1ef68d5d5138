"""Change a holiday."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.directory.known import require_known
from core.holidays.holiday import Holiday, HolidayUpdated, checked_name
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class UpdateHoliday:
    """What is UNSET stays as it is; a location of None means all of them.

    A holiday that came with a calendar of public holidays becomes the business's own by this: it stays
    when the calendar is dropped.
    """

    holiday_id: int
    name: Maybe[str] = UNSET
    first_day: Maybe[date] = UNSET
    last_day: Maybe[date] = UNSET
    location_id: Maybe[int | None] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedHoliday:
    """The key of the holiday."""

    holiday_id: int


@use_case("holiday.update", raises=(NotFound, Invalid, IdempotencyMismatch))
async def update_holiday(ctx: Context, command: UpdateHoliday) -> UpdatedHoliday:
    """Change what is given. Raises NotFound, and Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("holiday.update", command, UpdatedHoliday):
            return earlier
        holiday = await uow.get(Holiday, command.holiday_id, lock=True)
        if holiday is None:
            raise NotFound("holiday")
        first, last = given(command.first_day, holiday.first_day), given(command.last_day, holiday.last_day)
        name = checked_name(given(command.name, holiday.name), first, last)
        location_id = given(command.location_id, holiday.location_id)
        if location_id != holiday.location_id:
            await require_known(uow, location_ids=[location_id])
        holiday.name, holiday.first_day, holiday.last_day = name, first, last
        holiday.location_id, holiday.calendar_id = location_id, None
        uow.emit(HolidayUpdated(holiday_id=holiday.id, location_id=location_id))
        return uow.answer(UpdatedHoliday(holiday_id=holiday.id))
