"""Schedules and date overrides: when people work."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.schedules.reads import DATE_OVERRIDE, SCHEDULE
from graphql_api.declare.fields import column, relation, worked_out
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.business import Location
from graphql_api.types.hours import DayHours, Shift, days_of, shown_shifts
from graphql_api.types.providers import Provider


def _service_ids(keys: list[int] | None) -> list[strawberry.ID] | None:
    return None if keys is None else [spell_id("service", key) for key in keys]


@shown(SCHEDULE, allow=may(Permission.SCHEDULES_READ))
class Schedule(Node):
    """Weekly hours in force from one day to another. Schedules of one provider on the same day add up;
    while one is in force, the hours of provider and business count for nothing."""

    provider: Provider | None = relation(
        "Whose hours; null is everybody who has no schedule of their own in force that day."
    )
    location: Location | None = relation("Where they work then; null is the provider's home.")
    time_zone: TimeZone | None = column("The zone the hours are written in; null is the location's.")
    weekly_hours: list[DayHours] = worked_out("The hours.", of=("weekly_hours",), through=days_of)
    first_day: date | None = column("The first day it is in force; null is ever since.")
    last_day: date | None = column("The last day it is in force, itself included; null is without end.")
    service_ids: list[strawberry.ID] | None = worked_out(
        "The only services that can be booked then; null is every service.",
        of=("service_ids",),
        through=_service_ids,
    )
    is_public: bool = column("Whether clients are offered these hours; staff always are.")
    created_at: datetime = column("When it was added.")


@input_type
class ScheduleFilter:
    """Which schedules: every condition that is given must hold."""

    provider_id: strawberry.ID | None = condition("provider_id", "eq", "Theirs.", of="provider")
    location_id: strawberry.ID | None = condition("location_id", "eq", "At this location.", of="location")
    is_public: bool | None = condition("is_public", "eq", "Offered to clients, or to staff only.")


@enum_type
class ScheduleOrderField(Enum):
    """What schedules can be sorted by."""

    CREATED_AT = strawberry.enum_value("created_at", description="By when they were added.")


@input_type
class ScheduleOrder:
    """How schedules are sorted."""

    field: ScheduleOrderField = required("By what.")
    direction: OrderDirection = direction()


@shown(DATE_OVERRIDE, allow=may(Permission.SCHEDULES_READ))
class DateOverride(Node):
    """The hours of one day instead of the usual ones. A provider's beats their location's, which beats
    the business's, which beats holidays."""

    provider: Provider | None = relation("Whose day; null is everybody's at the location, or at all.")
    location: Location | None = relation(
        "Where: for a provider's, where they work that day (null is their home); else whose day it is."
    )
    day: date = column("Which day.")
    shifts: list[Shift] = worked_out("The hours; none is closed.", of=("shifts",), through=shown_shifts)
    note: str | None = column("Why, for staff.")
    created_at: datetime = column("When it was first set.")


@input_type
class DateOverrideFilter:
    """Which overrides: every condition that is given must hold."""

    provider_id: strawberry.ID | None = condition("provider_id", "eq", "Theirs.", of="provider")
    location_id: strawberry.ID | None = condition("location_id", "eq", "At this location.", of="location")
    day_from: date | None = condition("day", "ge", "On this day or later.")
    day_to: date | None = condition("day", "le", "On this day or earlier.")


@enum_type
class DateOverrideOrderField(Enum):
    """What overrides can be sorted by."""

    DAY = strawberry.enum_value("day", description="By their day.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were first set.")


@input_type
class DateOverrideOrder:
    """How overrides are sorted."""

    field: DateOverrideOrderField = required("By what.")
    direction: OrderDirection = direction()
