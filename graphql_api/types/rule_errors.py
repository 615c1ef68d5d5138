"""The refusals of the verbs that write rules."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.directory.business import LocationStillNeeded
from core.holidays.public_holidays import CalendarAdoptedAlready
from core.resources.resource import ResourceNeeded, ResourceTaken
from graphql_api.declare.errors import Error, about, error_type
from graphql_api.declare.fields import fact


@error_type(CalendarAdoptedAlready)
class CalendarAdoptedAlreadyError(Error):
    """The business keeps these public holidays already, for the same location."""

    calendar_code: str = fact("Their code.")


@error_type(ResourceTaken)
class ResourceTakenError(Error):
    """More of the resource is taken ahead than would be left of it."""

    resource_id: strawberry.ID = about("resource", "Which resource.")
    starts_at: datetime = fact("From when on too much is taken.")
    taken: int = fact("How many units are taken then.")


@error_type(ResourceNeeded)
class ResourceNeededError(Error):
    """A service needs the resource, or more of it than would be left."""

    resource_id: strawberry.ID = about("resource", "Which resource.")
    service_id: strawberry.ID = about("service", "Which service.")


@error_type(LocationStillNeeded)
class LocationStillNeededError(Error):
    """The place is the last one, or something at it is still in use."""

    reason: str = fact("Which: LAST_LOCATION, PROVIDERS, RESOURCES or APPOINTMENTS_AHEAD.")
