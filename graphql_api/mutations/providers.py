"""Adding, changing and archiving providers."""

from __future__ import annotations

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.directory.archive_provider import ArchivedProvider, archive_provider
from core.directory.create_provider import create_provider
from core.directory.update_provider import update_provider
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import EmailAddress, Percent
from graphql_api.declare.types import input_type, payload
from graphql_api.types.hours import DayHoursInput, hours_of
from graphql_api.types.people import Role
from graphql_api.types.providers import Provider

WRITE = may(Permission.PROVIDERS_WRITE)


@input_type
class CreateProviderInput(MutationInput):
    """A new provider."""

    display_name: str = required("The name that clients see.")
    location_id: strawberry.ID | None = optional(
        "Where they work; the first location where not given.", of="location"
    )
    role: Role | None = optional("What they are in the business; PROVIDER where not given.")
    email: EmailAddress | None = optional("The address for mail to them.")
    slug: str | None = optional("The public address; made from the name where not given.")
    is_accepting_bookings: bool | None = optional("Whether clients may book; true where not given.")
    weekly_hours: list[DayHoursInput] | None = optional(
        "When they work, weekdays left out being closed; the business's hours where not given.",
        through=hours_of,
    )
    deposit_percent: Percent | None = optional("The deposit asked for where the service says nothing.")
    styles: list[str] | None = optional("What they are good at; at most 50.")
    instagram_handle: str | None = optional("Their name on Instagram.")
    availability_note: str | None = optional("A word to clients about their time.")
    portfolio_images: list[str] | None = optional("Addresses of pictures of their work; at most 100.")


@payload
class CreateProviderPayload:
    """The provider was added and can be booked."""

    provider: Provider | None = keyed("provider_id", "The new provider.")


@input_type
class UpdateProviderInput(MutationInput):
    """What is left out stays as it is; null makes it nothing where nothing is possible."""

    provider_id: strawberry.ID = required("Which provider.", of="provider")
    display_name: str | None = optional("The name that clients see.")
    location_id: strawberry.ID | None = optional("Where they work.", of="location")
    role: Role | None = optional("What they are in the business.")
    email: EmailAddress | None = optional("The address for mail to them.")
    slug: str | None = optional("The public address.")
    is_accepting_bookings: bool | None = optional("Whether clients may book.")
    weekly_hours: list[DayHoursInput] | None = optional(
        "When they work, weekdays left out being closed; null means the business's hours.",
        through=hours_of,
    )
    deposit_percent: Percent | None = optional("The deposit asked for where the service says nothing.")
    styles: list[str] | None = optional("What they are good at; at most 50.")
    instagram_handle: str | None = optional("Their name on Instagram.")
    availability_note: str | None = optional("A word to clients about their time.")
    portfolio_images: list[str] | None = optional("Addresses of pictures of their work; at most 100.")


@payload
class UpdateProviderPayload:
    """The provider was changed."""

    provider: Provider | None = keyed("provider_id", "The provider.")


@input_type
class ArchiveProviderInput(MutationInput):
    """The provider who left."""

    provider_id: strawberry.ID = required("Which provider.", of="provider")


def _archived_id(root: ArchivedProvider) -> strawberry.ID:
    return spell_id("provider", root.provider_id)


@payload
class ArchiveProviderPayload:
    """The provider is in no list any more; past appointments keep them, their public address is free."""

    provider_id: strawberry.ID = answered_by(_archived_id, "Which provider.")


@strawberry.type
class ProviderMutations:
    """Who can be booked."""

    create_provider = mutation(
        create_provider,
        "Add a provider, who can be booked at once.",
        takes=CreateProviderInput,
        gives=CreateProviderPayload,
        allow=WRITE,
    )
    update_provider = mutation(
        update_provider,
        "Change a provider.",
        takes=UpdateProviderInput,
        gives=UpdateProviderPayload,
        allow=WRITE,
    )
    archive_provider = mutation(
        archive_provider,
        "Archive a provider who left. Refused for the last owner, and while appointments lie ahead.",
        takes=ArchiveProviderInput,
        gives=ArchiveProviderPayload,
        allow=WRITE,
    )
