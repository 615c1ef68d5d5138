"""Resources: the rooms and kit that services need."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.appointments.ledger import KIT, ROOM
from core.kernel.errors import Invalid
from core.resources.reads import RESOURCE
from core.resources.use import LONGEST_PERIOD, FindResourceUse, ResourceUse, find_resource_use
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.errors import on_the_wire
from graphql_api.declare.fields import answered_by, column, fact, keyed, relation
from graphql_api.declare.ids import key_of
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.types import Node, enum_type, input_type, object_type, shown
from graphql_api.types.business import Location
from graphql_api.visit import Visit


@enum_type
class ResourceKind(Enum):
    """What a resource is."""

    ROOM = strawberry.enum_value(ROOM, description="A room, or a place in one.")
    KIT = strawberry.enum_value(KIT, description="Equipment.")


@shown(RESOURCE, allow=may(Permission.RESOURCES_READ))
class Resource(Node):
    """A room or kit that services need."""

    kind: ResourceKind = column("What it is.")
    name: str = column("The name that staff see.")
    capacity: int = column("How many units of it there are at once.")
    description: str | None = column("What it is, in words.")
    location: Location | None = relation("The only location it serves; null is all.")
    archived_at: datetime | None = column("When it was given up: lists show only those where this is null.")


@object_type(allow=INHERITED)
class ResourceAvailability:
    """How much of a resource is taken in a period."""

    resource: Resource | None = keyed("resource_id", "The resource.")
    capacity: int = fact("How many units there are.")
    peak: int = fact("The most units that are taken at once at any time in the period.")
    free: int = fact("How many units are free throughout the period.")


@input_type
class ResourceFilter:
    """Which resources: every condition that is given must hold."""

    kind: ResourceKind | None = condition("kind", "eq", "Of this kind.")
    location_id: strawberry.ID | None = condition(
        "location_id", "eq", "They serve this location only.", of="location"
    )
    name_contains: str | None = condition("name", "contains", "The name holds this text, in any case.")


@enum_type
class ResourceOrderField(Enum):
    """What resources can be sorted by."""

    NAME = strawberry.enum_value("name", description="By name.")
    CAPACITY = strawberry.enum_value("capacity", description="By capacity.")


@input_type
class ResourceOrder:
    """How resources are sorted."""

    field: ResourceOrderField = required("By what.")
    direction: OrderDirection = direction()


async def _use(info: Any, **given: Any) -> ResourceUse:
    visit: Visit = info.context
    command = FindResourceUse(
        resource_id=key_of("resource", given["resource_id"]),
        starts_at=given["starts_at"],
        ends_at=given["ends_at"],
    )
    try:
        return await find_resource_use(visit.ctx, command)
    except Invalid as error:
        raise on_the_wire(error, {"ends_at": "to"}) from None


def resource_availability() -> Any:
    """The root field that says how much of a resource is taken."""
    arguments = (
        Argument("resource_id", strawberry.ID, "Which resource.", optional=False),
        Argument("starts_at", datetime, "When the period begins.", optional=False, graphql_name="from"),
        Argument(
            "ends_at",
            datetime,
            f"When it ends; at most {LONGEST_PERIOD.days} days later.",
            optional=False,
            graphql_name="to",
        ),
    )
    return answered_by(
        with_arguments(_use, arguments),
        "How much of a room or kit is taken in a period: the peak, and what is left throughout.",
        allow=may(Permission.RESOURCES_READ),
        gives=ResourceAvailability,
        cost=5,
    )
