"""The appointment: somebody's time, promised to a client."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments import life as core
from core.appointments.reads import APPOINTMENT
from graphql_api.declare.fields import column, money, relation
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.business import Location
from graphql_api.types.clients import HEALTH, Client
from graphql_api.types.deposits import Deposit
from graphql_api.types.groups import GroupSession, Series
from graphql_api.types.money import Money
from graphql_api.types.providers import Provider
from graphql_api.types.services import Service


@enum_type
class AppointmentStatus(Enum):
    """Where an appointment is in its life. Pending and confirmed ones hold time."""

    PENDING = strawberry.enum_value(core.PENDING, description="Asked for; somebody has to agree.")
    CONFIRMED = strawberry.enum_value(core.CONFIRMED, description="Agreed by both sides.")
    COMPLETED = strawberry.enum_value(core.COMPLETED, description="It took place.")
    NO_SHOW = strawberry.enum_value(core.NO_SHOW, description="The client did not come.")
    CANCELLED = strawberry.enum_value(core.CANCELLED, description="Called off.")
    DECLINED = strawberry.enum_value(core.DECLINED, description="Asked for, and refused by the business.")


@shown(APPOINTMENT, allow=may(Permission.APPOINTMENTS_READ))
class Appointment(Node):
    """A client's appointment with a provider. Its id stays the same for its whole life."""

    status: AppointmentStatus = column("Where it is in its life.")
    starts_at: datetime = column("When it starts.")
    ends_at: datetime = column("When it ends, without the buffer after it.")
    duration_minutes: int = column("How long it takes, without buffers.")
    buffer_before_minutes: int = column("Time kept free before it.")
    buffer_after_minutes: int = column("Time kept free after it.")
    price: Money | None = money("price_minor", "What it costs, where that was agreed.")
    deposit_due: Money | None = money("deposit_minor", "What is asked for in advance, where anything is.")
    description: str | None = column("What is to be done.")
    style: str | None = column("In which style.")
    notes: str | None = column("Notes that the client may see.")
    internal_notes: str | None = column(
        "Notes that the client never sees. Kept encrypted; needs clients:health.", allow=HEALTH
    )
    client: Client | None = relation("Who comes.")
    provider: Provider | None = relation("Whose time it is.")
    service: Service | None = relation("What was booked; null where only a length was.")
    location: Location | None = relation("Where it takes place.")
    deposit: Deposit | None = relation("The deposit, once it has been asked for.")
    awaiting: str | None = column("Who has to agree to a pending one: BUSINESS or CLIENT.")
    seats: int = column("How many seats of a group it takes; 1 where it is no group.")
    group_session: GroupSession | None = relation("The session it has its seats in, where it is of a group.")
    series: Series | None = relation("The series it belongs to, if any.")
    confirmed_at: datetime | None = column("When `confirmAppointment` was first called, if ever.")
    cancellation_reason: str | None = column("Why it was called off, where that was said.")
    created_at: datetime = column("When it was booked.")
    updated_at: datetime = column("When it was last changed.")


@input_type
class AppointmentFilter:
    """Which appointments: every condition that is given must hold."""

    statuses: list[AppointmentStatus] | None = condition("status", "in", "They are at one of these.")
    starts_from: datetime | None = condition("starts_at", "ge", "They start then or later.")
    starts_before: datetime | None = condition("starts_at", "lt", "They start earlier than this.")
    client_id: strawberry.ID | None = condition("client_id", "eq", "This client comes.", of="client")
    provider_id: strawberry.ID | None = condition(
        "provider_id", "eq", "They are with this provider.", of="provider"
    )
    service_id: strawberry.ID | None = condition("service_id", "eq", "This service was booked.", of="service")
    location_id: strawberry.ID | None = condition(
        "location_id", "eq", "They are at this location.", of="location"
    )


@enum_type
class AppointmentOrderField(Enum):
    """What appointments can be sorted by."""

    STARTS_AT = strawberry.enum_value("starts_at", description="By when they start.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were booked.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By when they were last changed.")


@input_type
class AppointmentOrder:
    """How appointments are sorted."""

    field: AppointmentOrderField = required("By what.")
    direction: OrderDirection = direction()
