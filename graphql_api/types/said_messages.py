"""Messages: what was said to clients, and what became of it."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.messaging import message as core
from core.messaging.reads import MESSAGE
from graphql_api.declare.fields import column, relation
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.appointments import Appointment
from graphql_api.types.clients import Client
from graphql_api.types.messages import MessageChannel, MessageLanguage, MessageOccasion


@enum_type
class MessageStatus(Enum):
    """What became of a message."""

    SENDING = strawberry.enum_value(
        core.SENDING,
        description="It is being handed on, or is tried again; where it stays so, nobody took it in eight tries.",
    )
    SENT = strawberry.enum_value(core.SENT, description="The mail system or carrier took it.")
    DELIVERED = strawberry.enum_value(core.DELIVERED, description="The carrier says that it arrived.")
    FAILED = strawberry.enum_value(core.FAILED, description="The carrier took it, and it did not arrive.")
    REFUSED = strawberry.enum_value(
        core.REFUSED, description="The mail system or carrier will never take it: see `errorCode`."
    )


@shown(MESSAGE, allow=may(Permission.MESSAGES_READ))
class Message(Node):
    """Something that was said to a client, once. Its words and the address that it went to are not kept."""

    occasion: MessageOccasion = column("On which occasion.", of="template")
    channel: MessageChannel = column("By which way.")
    language: MessageLanguage = column("In which language.")
    client: Client | None = relation("To whom.")
    appointment: Appointment | None = relation("About which appointment; null where it is about none.")
    status: MessageStatus = column("What became of it.")
    segments: int | None = column("How many SMS it took; null for mail.")
    error_code: int | None = column(
        "Why it failed or was refused: Twilio's error code for SMS, SMTP's reply for mail."
    )
    created_at: datetime = column("When it was first handed on.")
    updated_at: datetime = column("When something was last heard of it.")


@input_type
class MessageFilter:
    """Which messages: every condition that is given must hold."""

    client_id: strawberry.ID | None = condition("client_id", "eq", "They went to this client.", of="client")
    appointment_id: strawberry.ID | None = condition(
        "appointment_id", "eq", "They are about this appointment.", of="appointment"
    )
    statuses: list[MessageStatus] | None = condition("status", "in", "This became of them.")
    occasions: list[MessageOccasion] | None = condition(
        "template", "in", "They were said on one of these occasions."
    )
    channels: list[MessageChannel] | None = condition("channel", "in", "They went by one of these ways.")
    created_from: datetime | None = condition("created_at", "ge", "They were handed on then or later.")
    created_before: datetime | None = condition("created_at", "lt", "They were handed on earlier than this.")


@enum_type
class MessageOrderField(Enum):
    """What messages can be sorted by."""

    CREATED_AT = strawberry.enum_value("created_at", description="By when they were first handed on.")


@input_type
class MessageOrder:
    """How messages are sorted."""

    field: MessageOrderField = required("By what.")
    direction: OrderDirection = direction()
