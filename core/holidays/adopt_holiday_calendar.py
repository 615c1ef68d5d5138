"""Keep the public holidays of a country or of a part of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Business
from core.directory.known import require_known
from core.holidays.public_holidays import (
    YEARS_AHEAD,
    CalendarAdoptedAlready,
    HolidayCalendar,
    HolidayCalendarAdopted,
    HolidayQuestions,
    PublicHoliday,
    PublicHolidays,
    keep_days,
)
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class AdoptHolidayCalendar:
    """A code such as `DE-BE`, `US-CA` or `FR`, for one location, or for all where none is named."""

    code: str
    location_id: int | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class AdoptedHolidayCalendar:
    """The key of the calendar."""

    calendar_id: int


@use_case("holiday_calendar.adopt", raises=(NotFound, CalendarAdoptedAlready, Invalid, IdempotencyMismatch))
async def adopt_holiday_calendar(ctx: Context, command: AdoptHolidayCalendar) -> AdoptedHolidayCalendar:
    """Keep the public holidays of this year and the next five; later ones are added as years pass.

    Raises Invalid for a code that nobody knows, NotFound for an unknown location, and
    CalendarAdoptedAlready.
    """
    days = await public_holidays(ctx, command.code, ctx.clock.now().year, ctx.clock.now().year + YEARS_AHEAD)
    if days is None:
        raise invalid("code", "UNKNOWN_HOLIDAY_CALENDAR", "must be a known code, such as DE-BE, US-CA or FR")
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("holiday_calendar.adopt", command, AdoptedHolidayCalendar):
            return earlier
        await require_known(uow, location_ids=[command.location_id])
        # Locked, so that of two who adopt the same at once the second finds it there.
        await uow.get(Business, uow.business_id, lock=True)
        if await uow.ask(HolidayQuestions).adopted(command.code, command.location_id):
            raise CalendarAdoptedAlready(command.code)
        calendar = HolidayCalendar(code=command.code, location_id=command.location_id, created_at=uow.now)
        uow.add(calendar)
        await uow.flush()
        await keep_days(uow, calendar, days)
        uow.emit(
            HolidayCalendarAdopted(
                calendar_id=calendar.id, code=calendar.code, location_id=calendar.location_id
            )
        )
        return uow.answer(AdoptedHolidayCalendar(calendar_id=calendar.id))


async def public_holidays(
    ctx: Context, code: str, first_year: int, last_year: int
) -> list[PublicHoliday] | None:
    """The public holidays of these years, both included; None for a code that is not known."""
    await ctx.release()
    return await ctx.reach(PublicHolidays).days(code, range(first_year, last_year + 1))
