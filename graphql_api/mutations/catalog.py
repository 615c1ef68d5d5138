"""Adding, changing and archiving services."""

from __future__ import annotations

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.catalog.archive_service import ArchivedService, archive_service
from core.catalog.create_service import create_service
from core.catalog.describe import Performer
from core.catalog.update_service import update_service
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, made_from, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import Percent
from graphql_api.declare.types import input_type, payload
from graphql_api.types.money import MoneyInput, money_of
from graphql_api.types.service_policies import ServicePoliciesInput, policies_given
from graphql_api.types.services import Service


@input_type
class ServiceProviderInput:
    """Somebody who does a service."""

    provider_id: strawberry.ID = required("Who.", of="provider")
    weight: int | None = optional(
        "How often they are chosen beside the others, 1 to 1,000; 1 where not given."
    )


def performers(given: list[ServiceProviderInput]) -> list[Performer]:
    """Those who do a service."""
    return [made_from(one, Performer) for one in given]


@input_type
class CreateServiceInput(MutationInput):
    """A new service; lengths in minutes, at most a day each."""

    name: str = required("The name that clients see.")
    duration_minutes: int = required("How long it takes, without buffers.")
    description: str | None = optional("What it is.")
    price: MoneyInput | None = optional("What it costs, in the business's currency.", through=money_of)
    buffer_before_minutes: int | None = optional("Time kept free before it; 0 where not given.")
    buffer_after_minutes: int | None = optional("Time kept free after it; 0 where not given.")
    deposit_percent: Percent | None = optional(
        "The deposit asked for; provider and business say where not given."
    )
    notice_minutes: int | None = optional("How long before its start it must be booked; 0 where not given.")
    step_minutes: int | None = optional("The grid on which its starts are offered; 15 where not given.")
    policies: ServicePoliciesInput | None = optional(
        "Its rules; those left out are as by default.", through=policies_given
    )
    providers: list[ServiceProviderInput] | None = optional(
        "Those who do it; everybody where not given.", through=performers
    )


@payload
class CreateServicePayload:
    """The service was added and can be booked."""

    service: Service | None = keyed("service_id", "The new service.")


@input_type
class UpdateServiceInput(MutationInput):
    """What is left out stays as it is; null makes it nothing where nothing is possible."""

    service_id: strawberry.ID = required("Which service.", of="service")
    name: str | None = optional("The name that clients see.")
    duration_minutes: int | None = optional("How long it takes, without buffers.")
    description: str | None = optional("What it is.")
    price: MoneyInput | None = optional(
        "What it costs; null where that is agreed each time.", through=money_of
    )
    buffer_before_minutes: int | None = optional("Time kept free before it.")
    buffer_after_minutes: int | None = optional("Time kept free after it.")
    deposit_percent: Percent | None = optional(
        "The deposit asked for; null leaves it to provider and business."
    )
    notice_minutes: int | None = optional("How long before its start it must be booked.")
    step_minutes: int | None = optional("The grid on which its starts are offered.")
    policies: ServicePoliciesInput | None = optional("Its rules.", through=policies_given)
    providers: list[ServiceProviderInput] | None = optional(
        "Those who do it, instead of those before; null is everybody.", through=performers
    )


@payload
class UpdateServicePayload:
    """The service was changed; what is booked keeps what it was booked with."""

    service: Service | None = keyed("service_id", "The service.")


@input_type
class ArchiveServiceInput(MutationInput):
    """The service that is offered no longer."""

    service_id: strawberry.ID = required("Which service.", of="service")


def _archived_id(root: ArchivedService) -> strawberry.ID:
    return spell_id("service", root.service_id)


@payload
class ArchiveServicePayload:
    """The service is in no list any more; appointments stay and name it."""

    service_id: strawberry.ID = answered_by(_archived_id, "Which service.")


@strawberry.type
class CatalogMutations:
    """What is sold."""

    create_service = mutation(
        create_service,
        "Add a service, open for booking at once.",
        takes=CreateServiceInput,
        gives=CreateServicePayload,
        allow=may(Permission.SERVICES_WRITE),
    )
    update_service = mutation(
        update_service,
        "Change a service.",
        takes=UpdateServiceInput,
        gives=UpdateServicePayload,
        allow=may(Permission.SERVICES_WRITE),
    )
    archive_service = mutation(
        archive_service,
        "Archive a service.",
        takes=ArchiveServiceInput,
        gives=ArchiveServicePayload,
        allow=may(Permission.SERVICES_WRITE),
    )
