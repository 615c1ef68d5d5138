"""Saying when people work: schedules, and single days."""

from __future__ import annotations

from datetime import date

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.schedules.clear_date_override import ClearedDateOverride, clear_date_override
from core.schedules.delete_schedule import DeletedSchedule, delete_schedule
from core.schedules.set_date_override import set_date_override
from core.schedules.set_schedule import set_schedule
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import input_type, payload
from graphql_api.types.hours import DayHoursInput, ShiftInput, hours_of, shifts_of
from graphql_api.types.schedules import DateOverride, Schedule

WRITE = may(Permission.OWN_SCHEDULE_WRITE)
"""The verbs themselves refuse what is not one's own to whoever lacks schedules:write."""


@input_type
class SetScheduleInput(MutationInput):
    """Weekly hours in force from one day to another. With scheduleId the whole schedule is replaced."""

    schedule_id: strawberry.ID | None = optional(
        "Which to replace; a new one where not given.", of="schedule"
    )
    provider_id: strawberry.ID | None = optional(
        "Whose hours; everybody's who has no schedule of their own where not given.", of="provider"
    )
    location_id: strawberry.ID | None = optional(
        "Where they work then; the provider's home where not given.", of="location"
    )
    time_zone: TimeZone | None = optional(
        "The zone that the hours are written in; the location's where not given."
    )
    weekly_hours: list[DayHoursInput] = required(
        "The hours, weekdays left out being closed. A shift that closes when it opens, or before, ends on "
        "the day after.",
        through=hours_of,
    )
    first_day: date | None = optional("The first day it is in force; ever since where not given.")
    last_day: date | None = optional("The last day, itself included; without end where not given.")
    service_ids: list[strawberry.ID] | None = optional(
        "The only services that can be booked then; every one where not given.", of="service"
    )
    is_public: bool | None = optional("Whether clients are offered these hours; true where not given.")


@payload
class SetSchedulePayload:
    """The schedule holds."""

    schedule: Schedule | None = keyed("schedule_id", "The schedule.")


@input_type
class DeleteScheduleInput(MutationInput):
    """The schedule that is to hold no longer."""

    schedule_id: strawberry.ID = required("Which schedule.", of="schedule")


def _deleted_id(root: DeletedSchedule) -> strawberry.ID:
    return spell_id("schedule", root.schedule_id)


@payload
class DeleteSchedulePayload:
    """The schedule holds no longer; appointments stay as they are."""

    schedule_id: strawberry.ID = answered_by(_deleted_id, "Which schedule.")


@input_type
class SetDateOverrideInput(MutationInput):
    """The hours of one day, for a provider, else for a location, else for the whole business."""

    provider_id: strawberry.ID | None = optional("Whose day.", of="provider")
    location_id: strawberry.ID | None = optional(
        "With a provider: where they work that day, their home where not given. Without: whose day it is.",
        of="location",
    )
    day: date = required("Which day.")
    shifts: list[ShiftInput] = required(
        "The hours, by the wall clock of the location; none is closed.", through=shifts_of
    )
    note: str | None = optional("Why, for staff; at most 500 characters.")


@payload
class SetDateOverridePayload:
    """The day has these hours, whatever was set for it before."""

    date_override: DateOverride | None = keyed("date_override_id", "The override.")


@input_type
class ClearDateOverrideInput(MutationInput):
    """The override that is to hold no longer."""

    date_override_id: strawberry.ID = required("Which override.", of="date_override")


def _cleared_id(root: ClearedDateOverride) -> strawberry.ID:
    return spell_id("date_override", root.date_override_id)


@payload
class ClearDateOverridePayload:
    """The day is as usual again."""

    date_override_id: strawberry.ID = answered_by(_cleared_id, "Which override.")


@strawberry.type
class ScheduleMutations:
    """When people work."""

    set_schedule = mutation(
        set_schedule,
        "Add a schedule, or replace one. Appointments stay as they are.",
        takes=SetScheduleInput,
        gives=SetSchedulePayload,
        allow=WRITE,
    )
    delete_schedule = mutation(
        delete_schedule,
        "Delete a schedule.",
        takes=DeleteScheduleInput,
        gives=DeleteSchedulePayload,
        allow=WRITE,
    )
    set_date_override = mutation(
        set_date_override,
        "Set the hours of one day, or close it.",
        takes=SetDateOverrideInput,
        gives=SetDateOverridePayload,
        allow=WRITE,
    )
    clear_date_override = mutation(
        clear_date_override,
        "Clear the hours of one day: it is as usual again.",
        takes=ClearDateOverrideInput,
        gives=ClearDateOverridePayload,
        allow=WRITE,
    )
