"""Adding places, providers and clients."""

from __future__ import annotations

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.directory.create_client import create_client
from core.directory.create_location import create_location
from core.directory.create_provider import create_provider
from graphql_api.declare.fields import keyed
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import EmailAddress, Percent, TimeZone
from graphql_api.declare.types import input_type, payload
from graphql_api.types.business import Location
from graphql_api.types.clients import Client
from graphql_api.types.hours import DayHoursInput, hours_of
from graphql_api.types.people import Role
from graphql_api.types.providers import Provider


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
class CreateClientInput(MutationInput):
    """A new client: a display name, or given and family names to make it from."""

    display_name: str | None = optional("The name that is shown.")
    given_name: str | None = optional("The given name.")
    family_name: str | None = optional("The family name.")
    email: EmailAddress | None = optional("The e-mail address.")
    phone: str | None = optional("The phone number, in any spelling.")
    allergies: str | None = optional("Allergies. Kept encrypted.")
    medical_notes: str | None = optional("Medical notes. Kept encrypted.")
    internal_notes: str | None = optional("Notes that the client never sees. Kept encrypted.")
    preferred_provider_id: strawberry.ID | None = optional("Whom they like to come to.", of="provider")


@payload
class CreateClientPayload:
    """The client was added."""

    client: Client | None = keyed("client_id", "The new client.")


@strawberry.type
class DirectoryMutations:
    """Who is in the business, and where."""

    create_location = mutation(
        create_location,
        "Add a place.",
        takes=CreateLocationInput,
        gives=CreateLocationPayload,
        allow=may(Permission.LOCATIONS_WRITE),
    )
    create_provider = mutation(
        create_provider,
        "Add a provider, who can be booked at once.",
        takes=CreateProviderInput,
        gives=CreateProviderPayload,
        allow=may(Permission.PROVIDERS_WRITE),
    )
    create_client = mutation(
        create_client,
        "Add a client.",
        takes=CreateClientInput,
        gives=CreateClientPayload,
        allow=may(Permission.CLIENTS_WRITE),
    )
