"""Public holidays: what is asked of whoever knows them, and the calendars that a business adopted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Protocol

from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

YEARS_AHEAD = 5
"""Public holidays are kept for the present year and so many more: as far ahead as anything is booked."""
LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicHoliday:
    """A public holiday, by its name in the place's own language."""

    day: date
    name: str


class PublicHolidays(Protocol):
    """Knows public holidays by code: a country of ISO 3166-1, or one of its parts, as in `DE-BE`."""

    async def codes(self) -> Sequence[str]:
        """All codes, sorted."""
        ...

    async def days(self, code: str, years: Sequence[int]) -> list[PublicHoliday] | None:
        """The public holidays of some years, by day; None for a code that is not known."""
        ...


class HolidayQuestions(Protocol):
    """What is asked of holiday calendars; one statement each."""

    async def adopted(self, code: str, location_id: int | None) -> bool:
        """Whether the business has the calendar already, for the same location."""
        ...

    async def kept(self) -> list[tuple[int, str, date | None]]:
        """The calendars of the business: key, code, and the last day that is kept of each."""
        ...

    async def last_day(self, calendar_id: int) -> date | None:
        """The last day that is kept of a calendar."""
        ...

    async def keep_days(
        self, calendar_id: int, location_id: int | None, days: Sequence[tuple[date, str]], now: datetime
    ) -> None:
        """Add holidays of one day each to a calendar."""
        ...

    async def forget_days(self, calendar_id: int) -> None:
        """Delete the holidays of a calendar."""
        ...


@dataclass(kw_only=True, eq=False)
class HolidayCalendar(Entity, TenantOwned):
    """Public holidays that a business keeps, at one location or at all."""

    code: str
    location_id: int | None
    created_at: datetime


async def keep_days(uow: UnitOfWork, calendar: HolidayCalendar, days: Iterable[PublicHoliday]) -> None:
    """Keep days as holidays of a calendar."""
    named = [(one.day, one.name[:LONGEST_NAME]) for one in days]
    if named:
        await uow.ask(HolidayQuestions).keep_days(calendar.id, calendar.location_id, named, uow.now)


@dataclass(frozen=True, kw_only=True)
class HolidayCalendarAdopted(Event):
    """The business keeps the public holidays of a place from now on."""

    type: ClassVar[str] = "holiday_calendar.adopted"
    noun: ClassVar[str] = "holiday_calendar"
    key_field: ClassVar[str] = "calendar_id"
    changes_rules: ClassVar[bool] = True

    calendar_id: int
    code: str
    location_id: int | None


@dataclass(frozen=True, kw_only=True)
class HolidayCalendarRefreshed(Event):
    """Public holidays of further years were added."""

    type: ClassVar[str] = "holiday_calendar.refreshed"
    noun: ClassVar[str] = "holiday_calendar"
    key_field: ClassVar[str] = "calendar_id"
    changes_rules: ClassVar[bool] = True

    calendar_id: int
    first_year: int
    last_year: int


@dataclass(frozen=True, kw_only=True)
class HolidayCalendarDropped(Event):
    """The business keeps these public holidays no longer."""

    type: ClassVar[str] = "holiday_calendar.dropped"
    noun: ClassVar[str] = "holiday_calendar"
    key_field: ClassVar[str] = "calendar_id"
    changes_rules: ClassVar[bool] = True

    calendar_id: int


@dataclass(eq=False)
class CalendarAdoptedAlready(Conflict):
    """The business keeps these public holidays already, for the same location."""

    code: ClassVar[str] = "CALENDAR_ADOPTED_ALREADY"

    calendar_code: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "These public holidays are kept already."
