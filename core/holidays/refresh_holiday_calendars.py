"""Add the public holidays of the years that have come within reach."""

from __future__ import annotations

from datetime import date

from core.holidays.adopt_holiday_calendar import public_holidays
from core.holidays.public_holidays import (
    YEARS_AHEAD,
    HolidayCalendar,
    HolidayCalendarRefreshed,
    HolidayQuestions,
    keep_days,
)
from core.kernel.context import Context
from core.kernel.use_case import use_case


@use_case("holiday_calendar.refresh", raises=())
async def refresh_holiday_calendars(ctx: Context) -> int:
    """Bring every calendar of the business up to the year five years ahead; how many needed it.

    Only years after the last that is kept are added: a day that somebody deleted or changed does not
    come back. Done by several at once, nothing is added twice.
    """
    refreshed = 0
    for calendar_id, code, last_day in await ctx.ask(HolidayQuestions).kept():
        refreshed += await _refresh(ctx, calendar_id, code, last_day)
    return refreshed


async def _refresh(ctx: Context, calendar_id: int, code: str, kept: date | None) -> bool:
    """Add what is missing; whether anything was."""
    now = ctx.clock.now()
    first_year, last_year = now.year if kept is None else kept.year + 1, now.year + YEARS_AHEAD
    if first_year > last_year:
        return False
    days = await public_holidays(ctx, code, first_year, last_year)
    if not days:
        return False
    async with ctx.unit_of_work() as uow:
        calendar = await uow.get(HolidayCalendar, calendar_id, lock=True)
        if calendar is None or await uow.ask(HolidayQuestions).last_day(calendar_id) != kept:
            return False
        await keep_days(uow, calendar, days)
        uow.emit(
            HolidayCalendarRefreshed(calendar_id=calendar_id, first_year=first_year, last_year=last_year)
        )
    return True
