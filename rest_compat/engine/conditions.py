"""What the filters of a list become, where equality with a column is not what is meant."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from core.availability.hours import wall_minute
from core.kernel.clock import instant_of
from core.kernel.reading import AnyOf, Where
from rest_compat.engine.codec import Later, Surroundings

_PHONE = re.compile(r"[0-9 +()./-]*[0-9][0-9 +()./-]*")


def containing(*columns: str, digits: str | None = None) -> Callable[[str], AnyOf]:
    """One of the columns contains the words, whatever their case; what looks like a telephone number is
    sought among the digits of the column `digits` too."""

    def condition(wanted: str) -> AnyOf:
        anywhere = tuple(Where(column, "contains", wanted) for column in columns)
        if digits is not None and _PHONE.fullmatch(wanted):
            anywhere += (Where(digits, "digits", wanted),)
        return AnyOf(anywhere)

    return condition


def from_day(column: str) -> Callable[[date], Later]:
    """The instant is not before the day begins in the business's zone."""
    return lambda day: Later(lambda around: Where(column, "ge", _midnight(day, around)))


def to_day(column: str) -> Callable[[date], Later]:
    """The instant is before the day ends in the business's zone."""
    return lambda day: Later(lambda around: Where(column, "lt", _midnight(day, around, days=1)))


def _midnight(day: date, around: Surroundings, *, days: int = 0) -> datetime:
    """When a day begins, or one so many days later; at the ends of the calendar, its end."""
    try:
        return instant_of(wall_minute(day + timedelta(days=days), 0, around.zone))
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC) if day.year < 2 else datetime.max.replace(tzinfo=UTC)
