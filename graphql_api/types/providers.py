"""The provider: the person, or chair, whose time is booked."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.directory.reads import PROVIDER
from graphql_api.declare.fields import column, relation, worked_out
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction, listing_below
from graphql_api.declare.scalars import EmailAddress, Percent
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.business import Location
from graphql_api.types.hours import DayHours, days_of
from graphql_api.types.people import Role


@shown(PROVIDER, allow=may(Permission.PROVIDERS_READ))
class Provider(Node):
    """Somebody who can be booked."""

    display_name: str = column("The name that clients see.")
    slug: str = column("The public address: lower-case words joined by hyphens.")
    role: Role = column("What they are in the business.")
    email: EmailAddress | None = column("The address for mail to them.")
    is_accepting_bookings: bool = column("Whether openings are offered and clients may book.")
    weekly_hours: list[DayHours] | None = worked_out(
        "When they work; null means the business's hours.", of=("weekly_hours",), through=days_of
    )
    deposit_percent: Percent | None = column("The deposit asked for where the service says nothing.")
    styles: list[str] = column("What they are good at.")
    instagram_handle: str | None = column("Their name on Instagram.")
    availability_note: str | None = column("A word to clients about their time.")
    portfolio_images: list[str] = column("Addresses of pictures of their work.")
    location: Location | None = relation("Where they work.")
    appointments: Any = listing_below(
        "appointments", "The appointments with them.", of="appointments.Appointment"
    )
    schedules: Any = listing_below(
        "schedules", "Their own schedules: hours in force between two days.", of="schedules.Schedule"
    )
    created_at: datetime = column("When they were added.")
    archived_at: datetime | None = column("When they left: lists show only those for whom this is null.")


@input_type
class ProviderFilter:
    """Which providers: every condition that is given must hold."""

    location_id: strawberry.ID | None = condition(
        "location_id", "eq", "They work at this location.", of="location"
    )
    role: Role | None = condition("role", "eq", "They have this role.")
    is_accepting_bookings: bool | None = condition(
        "is_accepting_bookings", "eq", "They accept bookings, or they do not."
    )
    name_contains: str | None = condition(
        "display_name", "contains", "The name holds this text, in any case."
    )


@enum_type
class ProviderOrderField(Enum):
    """What providers can be sorted by."""

    DISPLAY_NAME = strawberry.enum_value("display_name", description="By name.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were added.")


@input_type
class ProviderOrder:
    """How providers are sorted."""

    field: ProviderOrderField = required("By what.")
    direction: OrderDirection = direction()
