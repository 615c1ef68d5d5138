"""The holiday: days on which nobody works."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.unit_of_work import Entity, TenantOwned

LONGEST_DAYS = 366


@dataclass(kw_only=True, eq=False)
class Holiday(Entity, TenantOwned):
    """Days from `first_day` to `last_day`, both included, at one location or at all. `calendar_id` is
    the calendar of public holidays that it came with, if any."""

    name: str
    first_day: date
    last_day: date
    location_id: int | None
    calendar_id: int | None
    created_at: datetime


def checked_name(name: str, first_day: date, last_day: date) -> str:
    """The name of a holiday, cleaned, once its days are judged. Raises Invalid."""
    check = Check()
    clean = check.text("name", name)
    check.days(first_day, last_day)
    if (last_day - first_day).days >= LONGEST_DAYS:
        check.refuse("last_day", "TOO_LONG", f"must not make the holiday longer than {LONGEST_DAYS} days")
    check.done()
    return clean


@dataclass(frozen=True, kw_only=True)
class HolidayCreated(Event):
    """A holiday was added."""

    type: ClassVar[str] = "holiday.created"
    noun: ClassVar[str] = "holiday"
    key_field: ClassVar[str] = "holiday_id"
    changes_rules: ClassVar[bool] = True

    holiday_id: int
    location_id: int | None


@dataclass(frozen=True, kw_only=True)
class HolidayUpdated(Event):
    """A holiday's name, days or location changed."""

    type: ClassVar[str] = "holiday.updated"
    noun: ClassVar[str] = "holiday"
    key_field: ClassVar[str] = "holiday_id"
    changes_rules: ClassVar[bool] = True

    holiday_id: int
    location_id: int | None


@dataclass(frozen=True, kw_only=True)
class HolidayDeleted(Event):
    """A holiday is one no longer."""

    type: ClassVar[str] = "holiday.deleted"
    noun: ClassVar[str] = "holiday"
    key_field: ClassVar[str] = "holiday_id"
    changes_rules: ClassVar[bool] = True

    holiday_id: int
    location_id: int | None
