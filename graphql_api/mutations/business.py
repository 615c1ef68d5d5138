"""Founding, changing and closing a business, and adding its places."""

from __future__ import annotations

import strawberry

from auth.allow import SIGNED_IN, may
from auth.found_own_business import FoundedOwnBusiness, found_own_business
from auth.permissions import Permission
from core.directory.archive_location import ArchivedLocation, archive_location
from core.directory.close_business import ClosedBusiness, close_business
from core.directory.create_location import create_location
from core.directory.update_business import update_business
from core.directory.update_location import update_location
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import Percent, TimeZone
from graphql_api.declare.types import input_type, payload
from graphql_api.types import rule_errors  # noqa: F401  # the errors below have their types there
from graphql_api.types.business import Business, Location, WaitlistMode
from graphql_api.types.hours import DayHoursInput, hours_of


@input_type
class CreateLocationInput(MutationInput):
    """A new place."""

    name: str = required("The name that is shown.")
    time_zone: TimeZone | None = optional(
        "The zone its hours are written in; the business's where not given."
    )
    address: str | None = optional("Where it is.")


@payload
class CreateLocationPayload:
    """The place was added."""

    location: Location | None = keyed("location_id", "The new place.")


@input_type
class UpdateLocationInput(MutationInput):
    """What is left out stays as it is."""

    location_id: strawberry.ID = required("Which place.", of="location")
    name: str | None = optional("The name that is shown.")
    time_zone: TimeZone | None = optional(
        "The zone its hours are written in; they move with it, and appointments stay when they are."
    )
    address: str | None = optional("Where it is.")


@payload
class UpdateLocationPayload:
    """The place was changed."""

    location: Location | None = keyed("location_id", "The place.")


@input_type
class ArchiveLocationInput(MutationInput):
    """The place that was given up."""

    location_id: strawberry.ID = required("Which place.", of="location")


def _archived_id(root: ArchivedLocation) -> strawberry.ID:
    return spell_id("location", root.location_id)


@payload
class ArchiveLocationPayload:
    """The place is in no list any more; past appointments keep it."""

    location_id: strawberry.ID = answered_by(_archived_id, "Which place.")


@input_type
class FoundBusinessInput(MutationInput):
    """A new business of the person who signed in."""

    name: str = required("The name that clients will see.")
    slug: str | None = optional("The public address; made from the name where not given.")
    time_zone: TimeZone | None = optional("The business's zone; UTC where not given.")
    currency: str | None = optional("The ISO 4217 currency of its prices; USD where not given.")


def _founded_id(root: FoundedOwnBusiness) -> strawberry.ID:
    return spell_id("business", root.business_id)


def _owner_id(root: FoundedOwnBusiness) -> strawberry.ID:
    return spell_id("provider", root.provider_id)


@payload
class FoundBusinessPayload:
    """The business is founded. The caller's token stands in it from the next request on."""

    business_id: strawberry.ID = answered_by(_founded_id, "The new business.")
    provider_id: strawberry.ID = answered_by(_owner_id, "Its owner as its first provider.")


@input_type
class UpdateBusinessInput(MutationInput):
    """What is left out stays as it is."""

    name: str | None = optional("The name that clients see.")
    slug: str | None = optional("The public address.")
    time_zone: TimeZone | None = optional(
        "The zone of its days; places in the old zone move to the new one with it."
    )
    weekly_hours: list[DayHoursInput] | None = optional(
        "When it is open, weekdays left out being closed; holds for providers without hours of their own.",
        through=hours_of,
    )
    deposit_percent: Percent | None = optional(
        "The deposit asked for where service and provider say nothing."
    )
    waitlist_mode: WaitlistMode | None = optional("What a freed slot means to those who wait.")


@payload
class UpdateBusinessPayload:
    """The business was changed."""

    business: Business | None = keyed("business_id", "The business.")


@input_type
class CloseBusinessInput(MutationInput):
    """Nothing to say: it is the caller's own business."""


def _closed_id(root: ClosedBusiness) -> strawberry.ID:
    return spell_id("business", root.business_id)


@payload
class CloseBusinessPayload:
    """The business is closed: within five seconds its credentials work nowhere; its data stays."""

    business_id: strawberry.ID = answered_by(_closed_id, "The business.")


@strawberry.type
class BusinessMutations:
    """The business itself."""

    create_location = mutation(
        create_location,
        "Add a place.",
        takes=CreateLocationInput,
        gives=CreateLocationPayload,
        allow=may(Permission.LOCATIONS_WRITE),
    )
    update_location = mutation(
        update_location,
        "Change a place.",
        takes=UpdateLocationInput,
        gives=UpdateLocationPayload,
        allow=may(Permission.LOCATIONS_WRITE),
    )
    archive_location = mutation(
        archive_location,
        "Archive a place. Refused for the last one, and while people, rooms or appointments are there.",
        takes=ArchiveLocationInput,
        gives=ArchiveLocationPayload,
        allow=may(Permission.LOCATIONS_WRITE),
    )
    found_business = mutation(
        found_own_business,
        "Found a business, for somebody who signed up without one.",
        takes=FoundBusinessInput,
        gives=FoundBusinessPayload,
        allow=SIGNED_IN,
    )
    update_business = mutation(
        update_business,
        "Change the business.",
        takes=UpdateBusinessInput,
        gives=UpdateBusinessPayload,
        allow=may(Permission.BUSINESS_WRITE),
    )
    close_business = mutation(
        close_business,
        "Close the business. Nobody can sign in to it afterwards.",
        takes=CloseBusinessInput,
        gives=CloseBusinessPayload,
        allow=may(Permission.BUSINESS_WRITE),
    )
