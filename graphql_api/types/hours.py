"""Weekly hours, out and in."""

from __future__ import annotations

from datetime import time
from enum import Enum

import strawberry

from auth.allow import INHERITED
from core.availability.hours import DAY_MINUTES, WEEKDAYS, WeeklyHours
from core.kernel.errors import invalid
from graphql_api.declare.fields import fact
from graphql_api.declare.inputs import required
from graphql_api.declare.types import enum_type, input_type, object_type


@enum_type
class Weekday(Enum):
    """A day of the week."""

    MONDAY = strawberry.enum_value("monday", description="Monday.")
    TUESDAY = strawberry.enum_value("tuesday", description="Tuesday.")
    WEDNESDAY = strawberry.enum_value("wednesday", description="Wednesday.")
    THURSDAY = strawberry.enum_value("thursday", description="Thursday.")
    FRIDAY = strawberry.enum_value("friday", description="Friday.")
    SATURDAY = strawberry.enum_value("saturday", description="Saturday.")
    SUNDAY = strawberry.enum_value("sunday", description="Sunday.")


@object_type(allow=INHERITED)
class Shift:
    """A stretch of open time, by the wall clock of the location."""

    opens_at: time = fact("When it begins.")
    closes_at: time = fact("When it ends; not after opensAt means on the day after.")
    minutes: int = fact("How long it is by the wall clock.")


@object_type(allow=INHERITED)
class DayHours:
    """The shifts that begin on one weekday."""

    weekday: Weekday = fact("The day on which the shifts begin.")
    shifts: list[Shift] = fact("In order, and apart; none where the day is closed.")


@input_type
class ShiftInput:
    """A stretch of open time, by the wall clock of the location."""

    opens_at: time = required("When it begins.")
    closes_at: time = required("When it ends; not after opensAt means on the day after.")


@input_type
class DayHoursInput:
    """The shifts that begin on one weekday."""

    weekday: Weekday = required("The day on which the shifts begin.")
    shifts: list[ShiftInput] = required("They must not overlap.")


def days_of(hours: WeeklyHours | None) -> list[DayHours] | None:
    """Weekly hours as the seven days, Monday first."""
    if hours is None:
        return None
    return [
        DayHours(
            weekday=Weekday(day),
            shifts=shown_shifts(hours.get(day, [])),
        )
        for day in WEEKDAYS
    ]


def shown_shifts(shifts: list[list[int]]) -> list[Shift]:
    """Stretches of a day, in minutes after its midnight."""
    return [Shift(opens_at=_wall(start), closes_at=_wall(end), minutes=end - start) for start, end in shifts]


def hours_of(days: list[DayHoursInput]) -> WeeklyHours:
    """The seven days as weekly hours. Raises Invalid where a weekday comes twice."""
    hours: WeeklyHours = {}
    for day in days:
        weekday = str(day.weekday.value)
        if weekday in hours:
            raise invalid(f"weekly_hours.{weekday}", "TWICE", "must be given once")
        hours[weekday] = shifts_of(day.shifts)
    return hours


def shifts_of(shifts: list[ShiftInput]) -> list[list[int]]:
    """Stretches of a day in minutes after its midnight."""
    return [_stretch(shift) for shift in shifts]


def _stretch(shift: ShiftInput) -> list[int]:
    start, end = _minute(shift.opens_at), _minute(shift.closes_at)
    return [start, end if end > start else end + DAY_MINUTES]


def _minute(wall: time) -> int:
    return wall.hour * 60 + wall.minute


def _wall(minute: int) -> time:
    return time(minute // 60 % 24, minute % 60)
