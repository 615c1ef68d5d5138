"""Adding services."""

from __future__ import annotations

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.catalog.create_service import create_service
from graphql_api.declare.fields import keyed
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.scalars import Percent
from graphql_api.declare.types import input_type, payload
from graphql_api.types.money import MoneyInput, money_of
from graphql_api.types.services import Service


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


@payload
class CreateServicePayload:
    """The service was added and can be booked."""

    service: Service | None = keyed("service_id", "The new service.")


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
