"""The client: the person an appointment is for."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.directory.reads import CLIENT
from core.kernel.reading import AnyOf, Where
from graphql_api.declare.fields import column, money, relation
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction, listing_below
from graphql_api.declare.scalars import EmailAddress, PhoneNumber
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.money import Money
from graphql_api.types.providers import Provider

HEALTH = may(Permission.CLIENTS_HEALTH)


@shown(CLIENT, allow=may(Permission.CLIENTS_READ))
class Client(Node):
    """The person an appointment is for."""

    display_name: str = column("The name that is shown.")
    given_name: str | None = column("The given name, where it is known.")
    family_name: str | None = column("The family name, where it is known.")
    email: EmailAddress | None = column("The e-mail address; no two clients of a business share one.")
    phone: str | None = column("The phone number as it was given.")
    phone_number: PhoneNumber | None = column(
        "The phone number in E.164, where it was given with its country code.", of="phone_e164"
    )
    allergies: str | None = column("Allergies. Kept encrypted; needs clients:health.", allow=HEALTH)
    medical_notes: str | None = column("Medical notes. Kept encrypted; needs clients:health.", allow=HEALTH)
    internal_notes: str | None = column(
        "Notes that the client never sees. Kept encrypted; needs clients:health.", allow=HEALTH
    )
    appointment_count: int = column("How many appointments they have, without cancelled and declined ones.")
    last_appointment_at: datetime | None = column("When their last completed appointment began.")
    total_spent: Money = money(
        "total_spent_minor",
        "The prices of their completed appointments together.",
        currency="business.currency",
    )
    preferred_provider: Provider | None = relation("Whom they like to come to.")
    appointments: Any = listing_below("appointments", "Their appointments.", of="appointments.Appointment")
    language: str | None = column(
        "The language they are written to in, such as `de`; null for the business's."
    )
    sms_opted_out_at: datetime | None = column("Since when they want no SMS; null where they may get some.")
    created_at: datetime = column("When they were added.")
    archived_at: datetime | None = column(
        "When they were removed: lists show only those for whom this is null."
    )


@input_type
class ClientFilter:
    """Which clients: every condition that is given must hold."""

    preferred_provider_id: strawberry.ID | None = condition(
        "preferred_provider_id", "eq", "They like to come to this provider.", of="provider"
    )
    created_from: datetime | None = condition("created_at", "ge", "They were added then or later.")
    created_before: datetime | None = condition("created_at", "lt", "They were added earlier than this.")


@enum_type
class ClientOrderField(Enum):
    """What clients can be sorted by."""

    DISPLAY_NAME = strawberry.enum_value("display_name", description="By name.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were added.")


@input_type
class ClientOrder:
    """How clients are sorted."""

    field: ClientOrderField = required("By what.")
    direction: OrderDirection = direction()


def found_by(text: str) -> AnyOf:
    """Clients whose name, e-mail address or phone number holds what somebody typed."""
    wheres = [Where("display_name", "contains", text), Where("email", "contains", text)]
    if any(letter.isdigit() for letter in text):
        wheres.append(Where("phone", "digits", text))
    return AnyOf(tuple(wheres))
