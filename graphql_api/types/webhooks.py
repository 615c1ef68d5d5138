"""Webhooks: endpoints, what they were sent, and how each try went."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.webhooks import endpoint as core
from core.webhooks import questions
from core.webhooks.reads import WEBHOOK_ATTEMPT, WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT
from core.webhooks.scheme import message_id
from graphql_api.declare.fields import column, worked_out
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction, listing_below
from graphql_api.declare.types import Node, enum_type, input_type, shown

READ = may(Permission.WEBHOOKS_READ)


@enum_type
class WebhookScheme(Enum):
    """How events are worded and signed."""

    STANDARD = strawberry.enum_value(
        "standard", description="Standard Webhooks: headers `webhook-id`, `-timestamp` and `-signature`."
    )
    SERVALODESK = strawberry.enum_value(
        "servalodesk", description="ServaloDesk's bodies and header `X-ServaloDesk-Signature`."
    )


@enum_type
class WebhookDisabledCause(Enum):
    """Why an endpoint was disabled by itself."""

    GONE = strawberry.enum_value(core.GONE, description="It answered 410 Gone.")
    FAILING = strawberry.enum_value(
        core.FAILING, description="It took nothing for five days, and a delivery ran out of tries."
    )


@enum_type
class WebhookDeliveryState(Enum):
    """What became of a delivery."""

    WAITING = strawberry.enum_value(
        questions.WAITING, description="It is to be tried, for the first time or again."
    )
    DELIVERED = strawberry.enum_value(questions.DELIVERED, description="The receiver answered 2xx.")
    FAILED = strawberry.enum_value(questions.FAILED, description="It ran out of tries; replay it.")


@shown(WEBHOOK_ATTEMPT, allow=READ)
class WebhookAttempt(Node):
    """One try to deliver an event."""

    number: int = column("Which try it was, from 1.")
    at: datetime = column("When it began.")
    status: int | None = column("The HTTP status of the answer; null where there was none.")
    error: str | None = column(
        "What went wrong: STATUS, REDIRECT, TIMED_OUT, UNREACHABLE; EVENT_GONE where the log has forgotten the "
        "event, EVENT_UNTELLABLE where its body could not be made; null for a success."
    )
    milliseconds: int = column("How long it took.")
    answer: str = column("The first 500 bytes of the answer's body.")


@shown(WEBHOOK_DELIVERY, allow=READ)
class WebhookDelivery(Node):
    """An event on its way to an endpoint. Kept for 30 days after it is settled."""

    message_id: str = worked_out(
        "The header `webhook-id`: the same for every try and replay.",
        of=("endpoint_id", "sequence"),
        through=message_id,
    )
    sequence: int = column("The event's number in the business's log.")
    event_type: str = column("The event's type, such as `appointment.booked`.")
    state: WebhookDeliveryState = column("What became of it.")
    attempt_count: int = column("How often it was tried, replays included.", of="attempts")
    next_attempt_at: datetime | None = column("When it is tried next.", of="next_at")
    created_at: datetime = column("When it was queued.")
    settled_at: datetime | None = column("When it was delivered, or had failed for good.")
    attempts: Any = listing_below("tries", "Its tries, oldest first.", of="webhooks.WebhookAttempt")


@shown(WEBHOOK_ENDPOINT, allow=READ)
class WebhookEndpoint(Node):
    """An address that the business's events are sent to. Its secret is shown once, when it is made."""

    url: str = column("The address.")
    scheme: WebhookScheme = column("How events are worded and signed.")
    scheme_version: str = column("Which version of the scheme: that of the day when the endpoint was made.")
    event_types: list[str] | None = column(
        "The events it wants, in the words of its scheme; null for all that whoever chose so may see, also those "
        "that come to be.",
        of="event_names",
    )
    description: str | None = column("What it is for.")
    is_active: bool = column("Whether anything is sent to it.")
    disabled_cause: WebhookDisabledCause | None = column("Why it was disabled by itself, if it was.")
    old_secret_ends_at: datetime | None = column(
        "Until when the previous secret signs beside the present one."
    )
    failing_since: datetime | None = column("Since when it has taken nothing; null while it is well.")
    last_success_at: datetime | None = column("When it last took something, to the minute.")
    quiet_until: datetime | None = column("Until when it asked to be left alone (Retry-After).")
    created_at: datetime = column("When it was made.")
    deliveries: Any = listing_below("deliveries", "What it was sent.", of="webhooks.WebhookDelivery")


@input_type
class WebhookAttemptFilter:
    """Which tries: every condition that is given must hold."""

    error: str | None = condition("error", "eq", "They failed in this way.")


@enum_type
class WebhookAttemptOrderField(Enum):
    """What tries can be sorted by."""

    AT = strawberry.enum_value("at", description="By when they began.")


@input_type
class WebhookAttemptOrder:
    """How tries are sorted."""

    field: WebhookAttemptOrderField = required("By what.")
    direction: OrderDirection = direction()


@input_type
class WebhookDeliveryFilter:
    """Which deliveries: every condition that is given must hold."""

    states: list[WebhookDeliveryState] | None = condition("state", "in", "They are in one of these states.")
    event_types: list[str] | None = condition("event_type", "in", "Their events are of these types.")
    from_sequence: int | None = condition("sequence", "ge", "Their events have this number or a greater one.")
    to_sequence: int | None = condition("sequence", "le", "Their events have this number or a smaller one.")
    created_from: datetime | None = condition("created_at", "ge", "They were queued then or later.")
    created_before: datetime | None = condition("created_at", "lt", "They were queued earlier than this.")


@enum_type
class WebhookDeliveryOrderField(Enum):
    """What deliveries can be sorted by."""

    SEQUENCE = strawberry.enum_value("sequence", description="By their events' places in the log.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were queued.")


@input_type
class WebhookDeliveryOrder:
    """How deliveries are sorted."""

    field: WebhookDeliveryOrderField = required("By what.")
    direction: OrderDirection = direction()


@input_type
class WebhookEndpointFilter:
    """Which endpoints: every condition that is given must hold."""

    is_active: bool | None = condition("is_active", "eq", "They are active, or are not.")


@enum_type
class WebhookEndpointOrderField(Enum):
    """What endpoints can be sorted by."""

    CREATED_AT = strawberry.enum_value("created_at", description="By when they were made.")


@input_type
class WebhookEndpointOrder:
    """How endpoints are sorted."""

    field: WebhookEndpointOrderField = required("By what.")
    direction: OrderDirection = direction()
