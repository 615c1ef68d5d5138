"""Holidays, and the calendars of public ones."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.holidays.public_holidays import PublicHolidays
from core.holidays.reads import HOLIDAY, HOLIDAY_CALENDAR
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import answered_by, column, relation
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.business import Location
from graphql_api.visit import Visit


@shown(HOLIDAY_CALENDAR, allow=may(Permission.SCHEDULES_READ))
class HolidayCalendar(Node):
    """The public holidays of a country or a part of it, kept for this year and the next five."""

    code: str = column("A country of ISO 3166-1, or one of its parts: FR, DE-BE, US-CA.")
    location: Location | None = relation("The only location where they are kept; null is all.")
    days_count: int = column("How many of its holidays are kept.")
    last_day: date | None = column("The last of its holidays that is kept.")
    created_at: datetime = column("When it was adopted.")


@shown(HOLIDAY, allow=may(Permission.SCHEDULES_READ))
class Holiday(Node):
    """Days on which nobody works. Date overrides beat them."""

    name: str = column("What is celebrated.")
    first_day: date = column("The first day.")
    last_day: date = column("The last day, itself included.")
    location: Location | None = relation("The only location that is closed; null is all.")
    calendar: HolidayCalendar | None = relation("The calendar it came with; null is the business's own.")
    created_at: datetime = column("When it was added.")


@input_type
class HolidayFilter:
    """Which holidays: every condition that is given must hold."""

    calendar_id: strawberry.ID | None = condition(
        "calendar_id", "eq", "They came with this calendar.", of="holiday_calendar"
    )
    location_id: strawberry.ID | None = condition(
        "location_id", "eq", "At this location only.", of="location"
    )
    ends_from: date | None = condition("last_day", "ge", "They end on this day or later.")
    begins_to: date | None = condition("first_day", "le", "They begin on this day or earlier.")


@enum_type
class HolidayOrderField(Enum):
    """What holidays can be sorted by."""

    FIRST_DAY = strawberry.enum_value("first_day", description="By their first day.")
    NAME = strawberry.enum_value("name", description="By name.")


@input_type
class HolidayOrder:
    """How holidays are sorted."""

    field: HolidayOrderField = required("By what.")
    direction: OrderDirection = direction()


@input_type
class HolidayCalendarFilter:
    """Which calendars: every condition that is given must hold."""

    code: str | None = condition("code", "eq", "Of this code.")


@enum_type
class HolidayCalendarOrderField(Enum):
    """What calendars can be sorted by."""

    CODE = strawberry.enum_value("code", description="By code.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were adopted.")


@input_type
class HolidayCalendarOrder:
    """How calendars are sorted."""

    field: HolidayCalendarOrderField = required("By what.")
    direction: OrderDirection = direction()


async def _codes(info: Any, **given: Any) -> list[str]:
    visit: Visit = info.context
    country = given.get("country")
    codes = await visit.ctx.reach(PublicHolidays).codes()
    return [code for code in codes if country is None or code.partition("-")[0] == country]


def public_holiday_codes() -> Any:
    """The root field that lists the codes of public holidays."""
    arguments = (Argument("country", str, "Only this country and its parts, such as DE."),)
    return answered_by(
        with_arguments(_codes, arguments),
        "The codes of public holidays that can be adopted.",
        allow=may(Permission.SCHEDULES_READ),
        gives=list[str],
        cost=10,
    )
