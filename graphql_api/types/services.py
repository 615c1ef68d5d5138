"""The service: what is booked."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.catalog.describe import Performer
from core.catalog.reads import SERVICE, SERVICE_PROVIDER
from core.kernel.reading import Row, Selection
from graphql_api.declare.arguments import with_arguments
from graphql_api.declare.fields import answered_by, column, fact, keyed, money, worked_out
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.scalars import Percent
from graphql_api.declare.types import Node, enum_type, input_type, object_type, shown
from graphql_api.types.money import Money
from graphql_api.types.providers import Provider
from graphql_api.types.service_policies import ServicePolicies, shown_policies
from graphql_api.visit import asked


@object_type(allow=INHERITED)
class ServiceProvider:
    """Somebody who does a service."""

    provider: Provider | None = keyed("provider_id", "Who.")
    weight: int = fact("How often they are chosen beside the others: twice as often with twice the weight.")


async def _performers(root: Row, info: Any) -> list[Performer] | None:
    """Those who do a service, read for all services together."""
    visit, raw = asked(info)
    selection = Selection(noun=SERVICE_PROVIDER, fields={"provider_id", "weight"})
    rows = await visit.loaders.rows(raw, selection, "service_id", root["id"])
    return [Performer(provider_id=row["provider_id"], weight=row["weight"]) for row in rows] or None


@shown(SERVICE, allow=may(Permission.SERVICES_READ))
class Service(Node):
    """Something the business offers."""

    name: str = column("The name that clients see.")
    description: str | None = column("What it is.")
    duration_minutes: int = column("How long it takes, without buffers.")
    price: Money | None = money("price_minor", "What it costs; null where that is agreed each time.")
    buffer_before_minutes: int = column("Time kept free before it.")
    buffer_after_minutes: int = column("Time kept free after it.")
    deposit_percent: Percent | None = column(
        "The deposit asked for; null leaves it to provider and business."
    )
    notice_minutes: int = column("How long before its start it must be booked.")
    step_minutes: int = column("The grid on which its starts are offered.")
    policies: ServicePolicies = worked_out("Its rules.", of=("policies",), through=shown_policies)
    providers: list[ServiceProvider] | None = answered_by(
        with_arguments(_performers, (), with_root=True),
        "Those who do it; null is everybody.",
        gives=list[ServiceProvider] | None,
    )
    created_at: datetime = column("When it was added.")
    archived_at: datetime | None = column("When it was given up: lists show only those where this is null.")


@input_type
class ServiceFilter:
    """Which services: every condition that is given must hold."""

    name_contains: str | None = condition("name", "contains", "The name holds this text, in any case.")
    duration_at_most: int | None = condition("duration_minutes", "le", "They take at most so many minutes.")


@enum_type
class ServiceOrderField(Enum):
    """What services can be sorted by."""

    NAME = strawberry.enum_value("name", description="By name.")
    DURATION = strawberry.enum_value("duration_minutes", description="By how long they take.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were added.")


@input_type
class ServiceOrder:
    """How services are sorted."""

    field: ServiceOrderField = required("By what.")
    direction: OrderDirection = direction()
