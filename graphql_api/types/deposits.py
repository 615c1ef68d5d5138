"""The deposit: money asked for in advance."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.deposits import deposit as core
from core.deposits.reads import DEPOSIT
from graphql_api.declare.fields import column, money, relation
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.clients import Client
from graphql_api.types.money import Money

if TYPE_CHECKING:
    from graphql_api.types.appointments import Appointment


@enum_type
class DepositStatus(Enum):
    """Where a deposit stands."""

    PENDING = strawberry.enum_value(core.PENDING, description="Asked for and not paid.")
    PAID = strawberry.enum_value(core.PAID, description="Paid.")
    REFUNDED = strawberry.enum_value(core.REFUNDED, description="Paid back in full.")
    PARTIALLY_REFUNDED = strawberry.enum_value(core.PARTIALLY_REFUNDED, description="Paid back in part.")
    FORFEITED = strawberry.enum_value(core.FORFEITED, description="Kept, since the client did not come.")
    CANCELLED = strawberry.enum_value(core.CANCELLED, description="No longer asked for.")


@shown(DEPOSIT, allow=may(Permission.DEPOSITS_READ))
class Deposit(Node):
    """Money asked for one appointment in advance."""

    amount: Money = money("amount_minor", "What is asked for.")
    refunded: Money = money("refunded_minor", "What was paid back.")
    status: DepositStatus = column("Where it stands.")
    is_current: bool = column("Whether it is the appointment's deposit; earlier ones stay for the record.")
    appointment: Annotated[Appointment, strawberry.lazy("graphql_api.types.appointments")] | None = relation(
        "What it was asked for."
    )
    client: Client | None = relation("Who was asked.")
    due_at: datetime | None = column("Until when it should be paid.")
    paid_at: datetime | None = column("When it was paid.")
    refunded_at: datetime | None = column("When it was last paid back.")
    created_at: datetime = column("When it was asked for.")


@input_type
class DepositFilter:
    """Which deposits: every condition that is given must hold."""

    statuses: list[DepositStatus] | None = condition("status", "in", "They stand at one of these.")
    appointment_id: strawberry.ID | None = condition(
        "appointment_id", "eq", "They were asked for this appointment.", of="appointment"
    )
    client_id: strawberry.ID | None = condition("client_id", "eq", "This client was asked.", of="client")
    is_current: bool | None = condition(
        "is_current", "eq", "They are their appointment's deposit, or earlier ones."
    )


@enum_type
class DepositOrderField(Enum):
    """What deposits can be sorted by."""

    AMOUNT = strawberry.enum_value("amount_minor", description="By what is asked for.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were asked for.")


@input_type
class DepositOrder:
    """How deposits are sorted."""

    field: DepositOrderField = required("By what.")
    direction: OrderDirection = direction()
