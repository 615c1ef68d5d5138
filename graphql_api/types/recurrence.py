"""Recurrence rules, out and in."""

from __future__ import annotations

from datetime import date
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED
from core.availability.hours import WEEKDAYS
from core.availability.kept import recurrence_of
from core.availability.recurrence import DAILY, MONTHLY, WEEKDAY_CODES, WEEKLY
from core.availability.recurrence import Recurrence as Rule
from graphql_api.declare.fields import fact
from graphql_api.declare.inputs import optional, required
from graphql_api.declare.types import enum_type, input_type, object_type
from graphql_api.types.hours import Weekday


@enum_type
class Frequency(Enum):
    """What a recurrence is counted in."""

    DAILY = strawberry.enum_value(DAILY, description="Days.")
    WEEKLY = strawberry.enum_value(WEEKLY, description="Weeks, which begin on Monday.")
    MONTHLY = strawberry.enum_value(MONTHLY, description="Months; those that lack the day are left out.")


@object_type(allow=INHERITED)
class Recurrence:
    """Again and again, counted from the first day."""

    frequency: Frequency = fact("What it is counted in.")
    interval: int = fact("Every how many of them.")
    weekdays: list[Weekday] = fact(
        "The days of a weekly rule, a filter of a daily one; none is the first day's weekday, or any."
    )
    count: int | None = fact("How many days it hits in all; null is endless.")
    until: date | None = fact("The last day that it may hit; null is endless.")


@input_type
class RecurrenceInput:
    """Again and again, counted from the first day. Where count and until are given the earlier end holds."""

    frequency: Frequency = required("What it is counted in.")
    interval: int | None = optional("Every how many of them; 1 where not given.")
    weekdays: list[Weekday] | None = optional(
        "The days of a weekly rule, a filter of a daily one, not allowed in a monthly one."
    )
    count: int | None = optional("How many days it hits in all, those left out included.")
    until: date | None = optional("The last day that it may hit.")


def rule_of(given: RecurrenceInput) -> Rule:
    """The rule that an input describes."""
    return Rule(
        frequency=str(given.frequency.value),
        interval=given.interval if isinstance(given.interval, int) else 1,
        byday=tuple(
            WEEKDAY_CODES[WEEKDAYS.index(str(day.value))]
            for day in (given.weekdays if isinstance(given.weekdays, list) else ())
        ),
        count=given.count if isinstance(given.count, int) else None,
        until=given.until if isinstance(given.until, date) else None,
    )


def shown_recurrence(kept: dict[str, Any] | None) -> Recurrence | None:
    """A kept recurrence."""
    return None if kept is None else shown_rule(recurrence_of(kept))


def shown_rule(rule: Rule) -> Recurrence:
    """A recurrence rule."""
    return Recurrence(
        frequency=Frequency(rule.frequency),
        interval=rule.interval,
        weekdays=[Weekday(WEEKDAYS[WEEKDAY_CODES.index(code)]) for code in rule.byday],
        count=rule.count,
        until=rule.until,
    )
