"""What happens to the rules of availability: one type for each type of event."""

from __future__ import annotations

from datetime import date

import strawberry

from core.blocks import block as blocks
from core.catalog import service as services
from core.directory import business as businesses
from core.holidays import holiday as holidays
from core.holidays import public_holidays
from core.resources import resource as resources
from core.schedules import date_override as overrides
from core.schedules import schedule as schedules
from graphql_api.declare.events import event_type, told
from graphql_api.types.events import BookingEvent


@event_type(schedules.ScheduleSet)
class ScheduleSet(BookingEvent):
    """A schedule was added or replaced."""

    schedule_id: strawberry.ID = told("The schedule.", of="schedule")
    for_provider_id: strawberry.ID | None = told(
        "Whose it is; null is everybody's.", of="provider", fact="provider_id"
    )


@event_type(schedules.ScheduleDeleted)
class ScheduleDeleted(BookingEvent):
    """A schedule holds no longer."""

    schedule_id: strawberry.ID = told("The schedule.", of="schedule")
    for_provider_id: strawberry.ID | None = told(
        "Whose it was; null is everybody's.", of="provider", fact="provider_id"
    )


@event_type(overrides.DateOverrideSet)
class DateOverrideSet(BookingEvent):
    """The hours of one day were set."""

    date_override_id: strawberry.ID = told("The override.", of="date_override")
    for_provider_id: strawberry.ID | None = told(
        "Whose day; null is everybody's.", of="provider", fact="provider_id"
    )
    at_location_id: strawberry.ID | None = told(
        "At which location, if one is named.", of="location", fact="location_id"
    )
    day: date = told("Which day.", through=date.fromisoformat)


@event_type(overrides.DateOverrideCleared)
class DateOverrideCleared(BookingEvent):
    """A day is as usual again."""

    date_override_id: strawberry.ID = told("The override.", of="date_override")
    for_provider_id: strawberry.ID | None = told(
        "Whose day; null is everybody's.", of="provider", fact="provider_id"
    )
    at_location_id: strawberry.ID | None = told(
        "At which location, if one was named.", of="location", fact="location_id"
    )
    day: date = told("Which day.", through=date.fromisoformat)


@event_type(holidays.HolidayCreated)
class HolidayCreated(BookingEvent):
    """A holiday was added."""

    holiday_id: strawberry.ID = told("The holiday.", of="holiday")
    at_location_id: strawberry.ID | None = told(
        "The only location that is closed; null is all.", of="location", fact="location_id"
    )


@event_type(holidays.HolidayUpdated)
class HolidayUpdated(BookingEvent):
    """A holiday changed."""

    holiday_id: strawberry.ID = told("The holiday.", of="holiday")
    at_location_id: strawberry.ID | None = told(
        "The only location that is closed; null is all.", of="location", fact="location_id"
    )


@event_type(holidays.HolidayDeleted)
class HolidayDeleted(BookingEvent):
    """A holiday is one no longer."""

    holiday_id: strawberry.ID = told("The holiday.", of="holiday")
    at_location_id: strawberry.ID | None = told(
        "The only location that was closed; null is all.", of="location", fact="location_id"
    )


@event_type(public_holidays.HolidayCalendarAdopted)
class HolidayCalendarAdopted(BookingEvent):
    """The public holidays of a place are kept from now on."""

    calendar_id: strawberry.ID = told("The calendar.", of="holiday_calendar")
    code: str = told("Its code, such as DE-BE.")
    at_location_id: strawberry.ID | None = told(
        "The only location where they are kept; null is all.", of="location", fact="location_id"
    )


@event_type(public_holidays.HolidayCalendarRefreshed)
class HolidayCalendarRefreshed(BookingEvent):
    """Public holidays of further years were added."""

    calendar_id: strawberry.ID = told("The calendar.", of="holiday_calendar")
    first_year: int = told("The first year that was added.")
    last_year: int = told("The last year that was added.")


@event_type(public_holidays.HolidayCalendarDropped)
class HolidayCalendarDropped(BookingEvent):
    """The public holidays of a place are kept no longer."""

    calendar_id: strawberry.ID = told("The calendar.", of="holiday_calendar")


@event_type(blocks.BlockCreated)
class BlockCreated(BookingEvent):
    """Time was blocked."""

    block_id: strawberry.ID = told("The block.", of="block")


@event_type(blocks.BlockUpdated)
class BlockUpdated(BookingEvent):
    """A block changed."""

    block_id: strawberry.ID = told("The block.", of="block")


@event_type(blocks.BlockDeleted)
class BlockDeleted(BookingEvent):
    """Time is blocked no longer."""

    block_id: strawberry.ID = told("The block.", of="block")


@event_type(resources.ResourceCreated)
class ResourceCreated(BookingEvent):
    """A room or kit was added."""

    resource_id: strawberry.ID = told("The resource.", of="resource")
    capacity: int = told("How many units there are.")


@event_type(resources.ResourceUpdated)
class ResourceUpdated(BookingEvent):
    """A room or kit changed."""

    resource_id: strawberry.ID = told("The resource.", of="resource")
    capacity: int = told("How many units there are.")


@event_type(resources.ResourceArchived)
class ResourceArchived(BookingEvent):
    """A room or kit is used no longer."""

    resource_id: strawberry.ID = told("The resource.", of="resource")


@event_type(services.ServiceUpdated)
class ServiceUpdated(BookingEvent):
    """A service changed."""

    service_id: strawberry.ID | None = told("The service.", of="service")


@event_type(services.ServiceArchived)
class ServiceArchived(BookingEvent):
    """A service is offered no longer."""

    service_id: strawberry.ID | None = told("The service.", of="service")


@event_type(businesses.LocationUpdated)
class LocationUpdated(BookingEvent):
    """A place changed."""

    location_id: strawberry.ID = told("The place.", of="location")


@event_type(businesses.LocationArchived)
class LocationArchived(BookingEvent):
    """A place was given up."""

    location_id: strawberry.ID = told("The place.", of="location")
