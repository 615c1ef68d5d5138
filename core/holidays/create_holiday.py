"""Add a holiday of the business's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.directory.known import require_known
from core.holidays.holiday import Holiday, HolidayCreated, checked_name
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateHoliday:
    """Days on which nobody works, both included; one day where `last_day` is None, all locations
    where none is named."""

    name: str
    first_day: date
    last_day: date | None = None
    location_id: int | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedHoliday:
    """The key of the new holiday."""

    holiday_id: int


@use_case("holiday.create", raises=(NotFound, Invalid, IdempotencyMismatch))
async def create_holiday(ctx: Context, command: CreateHoliday) -> CreatedHoliday:
    """Add a holiday. Raises NotFound for an unknown location, and Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("holiday.create", command, CreatedHoliday):
            return earlier
        last_day = command.last_day or command.first_day
        name = checked_name(command.name, command.first_day, last_day)
        await require_known(uow, location_ids=[command.location_id])
        holiday = Holiday(
            name=name,
            first_day=command.first_day,
            last_day=last_day,
            location_id=command.location_id,
            calendar_id=None,
            created_at=uow.now,
        )
        uow.add(holiday)
        await uow.flush()
        uow.emit(HolidayCreated(holiday_id=holiday.id, location_id=holiday.location_id))
        return uow.answer(CreatedHoliday(holiday_id=holiday.id))
