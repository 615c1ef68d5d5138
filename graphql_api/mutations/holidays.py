"""Holidays of the business's own, and public ones."""

from __future__ import annotations

from datetime import date

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.holidays.adopt_holiday_calendar import adopt_holiday_calendar
from core.holidays.create_holiday import create_holiday
from core.holidays.delete_holiday import DeletedHoliday, delete_holiday
from core.holidays.drop_holiday_calendar import DroppedHolidayCalendar, drop_holiday_calendar
from core.holidays.update_holiday import update_holiday
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types import rule_errors  # noqa: F401  # the errors below have their types there
from graphql_api.types.holidays import Holiday, HolidayCalendar

WRITE = may(Permission.SCHEDULES_WRITE)


@input_type
class CreateHolidayInput(MutationInput):
    """Days on which nobody works."""

    name: str = required("What is celebrated.")
    first_day: date = required("The first day.")
    last_day: date | None = optional("The last day, itself included; the first one where not given.")
    location_id: strawberry.ID | None = optional(
        "The only location that is closed; all where not given.", of="location"
    )


@payload
class CreateHolidayPayload:
    """The holiday was added; appointments stay as they are."""

    holiday: Holiday | None = keyed("holiday_id", "The new holiday.")


@input_type
class UpdateHolidayInput(MutationInput):
    """What is left out stays as it is. A public holiday becomes the business's own by this."""

    holiday_id: strawberry.ID = required("Which holiday.", of="holiday")
    name: str | None = optional("What is celebrated.")
    first_day: date | None = optional("The first day.")
    last_day: date | None = optional("The last day, itself included.")
    location_id: strawberry.ID | None = optional(
        "The only location that is closed; null is all.", of="location"
    )


@payload
class UpdateHolidayPayload:
    """The holiday was changed."""

    holiday: Holiday | None = keyed("holiday_id", "The holiday.")


@input_type
class DeleteHolidayInput(MutationInput):
    """The holiday that is to be one no longer."""

    holiday_id: strawberry.ID = required("Which holiday.", of="holiday")


def _deleted_id(root: DeletedHoliday) -> strawberry.ID:
    return spell_id("holiday", root.holiday_id)


@payload
class DeleteHolidayPayload:
    """The days are as usual again."""

    holiday_id: strawberry.ID = answered_by(_deleted_id, "Which holiday.")


@input_type
class AdoptHolidayCalendarInput(MutationInput):
    """Public holidays to keep."""

    code: str = required(
        "A country of ISO 3166-1 or one of its parts: FR, DE-BE, US-CA; see publicHolidayCodes."
    )
    location_id: strawberry.ID | None = optional(
        "The only location where they are kept; all where not given.", of="location"
    )


@payload
class AdoptHolidayCalendarPayload:
    """The holidays of this year and the next five are kept; later ones are added as years pass."""

    calendar: HolidayCalendar | None = keyed("calendar_id", "The calendar.")


@input_type
class DropHolidayCalendarInput(MutationInput):
    """The calendar whose holidays are to go."""

    calendar_id: strawberry.ID = required("Which calendar.", of="holiday_calendar")


def _dropped_id(root: DroppedHolidayCalendar) -> strawberry.ID:
    return spell_id("holiday_calendar", root.calendar_id)


@payload
class DropHolidayCalendarPayload:
    """Its holidays are gone; those that were changed by hand stay."""

    calendar_id: strawberry.ID = answered_by(_dropped_id, "Which calendar.")


@strawberry.type
class HolidayMutations:
    """Days on which nobody works."""

    create_holiday = mutation(
        create_holiday,
        "Add a holiday of the business's own.",
        takes=CreateHolidayInput,
        gives=CreateHolidayPayload,
        allow=WRITE,
    )
    update_holiday = mutation(
        update_holiday,
        "Change a holiday.",
        takes=UpdateHolidayInput,
        gives=UpdateHolidayPayload,
        allow=WRITE,
    )
    delete_holiday = mutation(
        delete_holiday,
        "Delete a holiday, a public one, too.",
        takes=DeleteHolidayInput,
        gives=DeleteHolidayPayload,
        allow=WRITE,
    )
    adopt_holiday_calendar = mutation(
        adopt_holiday_calendar,
        "Keep the public holidays of a country or of a part of it.",
        takes=AdoptHolidayCalendarInput,
        gives=AdoptHolidayCalendarPayload,
        allow=WRITE,
    )
    drop_holiday_calendar = mutation(
        drop_holiday_calendar,
        "Keep the public holidays of a place no longer.",
        takes=DropHolidayCalendarInput,
        gives=DropHolidayCalendarPayload,
        allow=WRITE,
    )
