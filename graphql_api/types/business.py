"""The business and its places."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.directory.business import HOLD_AND_OFFER, NOTIFY_FIRST
from core.directory.reads import BUSINESS, LOCATION
from graphql_api.declare.fields import column, worked_out
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.scalars import Percent, TimeZone
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.hours import DayHours, days_of
from graphql_api.visit import asked


@enum_type
class WaitlistMode(Enum):
    """What a freed slot means to those who wait."""

    NOTIFY_FIRST = strawberry.enum_value(
        NOTIFY_FIRST, description="They are told, and the first to book has it."
    )
    HOLD_AND_OFFER = strawberry.enum_value(HOLD_AND_OFFER, description="It is held for the first of them.")


@shown(BUSINESS, allow=may(Permission.BUSINESS_READ))
class Business(Node):
    """The business that the caller stands in. It owns everything else."""

    name: str = column("The name that clients see.")
    slug: str = column("The public address: lower-case words joined by hyphens.")
    time_zone: TimeZone = column("The zone of its days and its first location.")
    currency: str = column("The ISO 4217 currency of all its prices.")
    plan: str = column("The plan it is on: free, starter, pro or studio.")
    trial_ends_at: datetime | None = column("When its trial ends.")
    weekly_hours: list[DayHours] = worked_out(
        "When it is open; holds for providers without hours of their own.",
        of=("weekly_hours",),
        through=days_of,
    )
    deposit_percent: Percent = column("The deposit asked for where service and provider say nothing.")
    waitlist_mode: WaitlistMode = column("What a freed slot means to those who wait.")
    provider_count: int = column("How many providers it has.", of="providers_count")
    client_count: int = column("How many clients it has.", of="clients_count")
    created_at: datetime = column("When it signed up.")


@shown(LOCATION, allow=may(Permission.BUSINESS_READ))
class Location(Node):
    """A place where appointments happen."""

    name: str = column("The name that is shown.")
    time_zone: TimeZone = column("The zone in which hours at this place are written.")
    address: str | None = column("Where it is.")
    created_at: datetime = column("When it was added.")
    archived_at: datetime | None = column("When it was given up: lists show only places where this is null.")


async def own_business(info: strawberry.Info) -> Any:
    """The row of the caller's business."""
    visit, raw = asked(info)
    selection = visit.lookahead(raw).row(Business.__name__, raw.field_nodes)
    return await visit.ctx.read.one(selection, visit.ctx.business_id)


@input_type
class LocationFilter:
    """Which locations: every condition that is given must hold."""

    name_contains: str | None = condition("name", "contains", "The name holds this text, in any case.")


@enum_type
class LocationOrderField(Enum):
    """What locations can be sorted by."""

    NAME = strawberry.enum_value("name", description="By name.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were added.")


@input_type
class LocationOrder:
    """How locations are sorted."""

    field: LocationOrderField = required("By what.")
    direction: OrderDirection = direction()
