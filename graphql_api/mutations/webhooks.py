"""Making, changing, testing and replaying webhooks."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.webhooks.create_endpoint import create_webhook_endpoint
from core.webhooks.delete_endpoint import DeletedWebhookEndpoint, delete_webhook_endpoint
from core.webhooks.endpoint import LONGEST_OVERLAP
from core.webhooks.replay_delivery import replay_webhook_delivery
from core.webhooks.replay_events import MOST_EVENTS, replay_webhook_events
from core.webhooks.rotate_secret import rotate_webhook_secret
from core.webhooks.send_test import send_webhook_test
from core.webhooks.update_endpoint import update_webhook_endpoint
from graphql_api.declare.fields import answered_by, fact, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.webhooks import WebhookDelivery, WebhookEndpoint, WebhookScheme

WRITE = may(Permission.WEBHOOKS_WRITE)
_SHOWN_ONCE = "What the signature is made with. Shown once: a repeat answers null."
_MOST_HOURS = int(LONGEST_OVERLAP.total_seconds()) // 3_600


@input_type
class CreateWebhookEndpointInput(MutationInput):
    """A new endpoint."""

    url: str = required("Where to send events: an https address of the public internet.")
    scheme: WebhookScheme | None = optional("How to word and sign them; STANDARD where not given.")
    event_types: list[str] | None = optional(
        "Which events, in the words of the scheme; where not given, all that you may see.", to="event_names"
    )
    description: str | None = optional("What it is for.")


@payload
class CreateWebhookEndpointPayload:
    """The endpoint is sent what happens from now on."""

    webhook_endpoint: WebhookEndpoint | None = keyed("webhook_endpoint_id", "The new endpoint.")
    secret: str | None = fact(_SHOWN_ONCE)


@input_type
class UpdateWebhookEndpointInput(MutationInput):
    """What is left out stays as it is. An endpoint that is activated again hears of what happens from then on:
    replay what it missed."""

    webhook_endpoint_id: strawberry.ID = required("Which endpoint.", of="webhook_endpoint")
    url: str | None = optional("Where to send events; for whoever may see all that the endpoint hears.")
    event_types: list[str] | None = optional(
        "Which events; null for all that you may see. For whoever may see all that the endpoint hears.",
        to="event_names",
    )
    description: str | None = optional("What it is for.")
    is_active: bool | None = optional("Whether to send anything.")


@payload
class UpdateWebhookEndpointPayload:
    """The endpoint was changed."""

    webhook_endpoint: WebhookEndpoint | None = keyed("webhook_endpoint_id", "The endpoint.")


@input_type
class DeleteWebhookEndpointInput(MutationInput):
    """The endpoint to delete."""

    webhook_endpoint_id: strawberry.ID = required("Which endpoint.", of="webhook_endpoint")


def _deleted_id(root: DeletedWebhookEndpoint) -> strawberry.ID:
    return spell_id("webhook_endpoint", root.webhook_endpoint_id)


@payload
class DeleteWebhookEndpointPayload:
    """Nothing more is sent, and the secret is forgotten; the record of deliveries stays 30 days."""

    webhook_endpoint_id: strawberry.ID = answered_by(_deleted_id, "Which endpoint.")


@input_type
class RotateWebhookSecretInput(MutationInput):
    """A new secret, and how long the present one goes on signing."""

    webhook_endpoint_id: strawberry.ID = required("Which endpoint.", of="webhook_endpoint")
    overlap_hours: int | None = optional(
        f"For how many hours both secrets sign: 0 to {_MOST_HOURS}; 24 where not given."
    )


@payload
class RotateWebhookSecretPayload:
    """The endpoint has a new secret."""

    webhook_endpoint: WebhookEndpoint | None = keyed("webhook_endpoint_id", "The endpoint.")
    secret: str | None = fact(_SHOWN_ONCE)


@input_type
class SendWebhookTestInput(MutationInput):
    """The endpoint to test."""

    webhook_endpoint_id: strawberry.ID = required("Which endpoint.", of="webhook_endpoint")


@payload
class SendWebhookTestPayload:
    """An event `webhook_endpoint.tested` is on its way to this endpoint alone."""

    webhook_endpoint: WebhookEndpoint | None = keyed("webhook_endpoint_id", "The endpoint.")


@input_type
class ReplayWebhookDeliveryInput(MutationInput):
    """The delivery to send anew."""

    webhook_delivery_id: strawberry.ID = required("Which delivery.", of="webhook_delivery")


@payload
class ReplayWebhookDeliveryPayload:
    """The same body is sent under the same message id, with all its tries before it."""

    webhook_delivery: WebhookDelivery | None = keyed("webhook_delivery_id", "The delivery.")


@input_type
class ReplayWebhookEventsInput(MutationInput):
    """A stretch of the log, by the events' numbers or by when they happened: give `firstSequence` or `since`."""

    webhook_endpoint_id: strawberry.ID = required("Which endpoint.", of="webhook_endpoint")
    first_sequence: int | None = optional("The number of the first event.")
    last_sequence: int | None = optional("The number of the last event; the newest where not given.")
    since: datetime | None = optional("Only events that happened then or later.")
    before: datetime | None = optional("Only events that happened earlier than this.")


@payload
class ReplayWebhookEventsPayload:
    """The events are sent; those that were sent before with the same body and message id."""

    webhook_endpoint: WebhookEndpoint | None = keyed("webhook_endpoint_id", "The endpoint.")
    events: int = fact("How many events of the stretch the endpoint wants.")


@strawberry.type
class WebhookMutations:
    """Where events are sent."""

    create_webhook_endpoint = mutation(
        create_webhook_endpoint,
        "Have the business's events sent to an address.",
        takes=CreateWebhookEndpointInput,
        gives=CreateWebhookEndpointPayload,
        allow=WRITE,
    )
    update_webhook_endpoint = mutation(
        update_webhook_endpoint,
        "Change an endpoint, switch it off, or on again.",
        takes=UpdateWebhookEndpointInput,
        gives=UpdateWebhookEndpointPayload,
        allow=WRITE,
    )
    delete_webhook_endpoint = mutation(
        delete_webhook_endpoint,
        "Delete an endpoint for good.",
        takes=DeleteWebhookEndpointInput,
        gives=DeleteWebhookEndpointPayload,
        allow=WRITE,
    )
    rotate_webhook_secret = mutation(
        rotate_webhook_secret,
        "Give an endpoint a new secret.",
        takes=RotateWebhookSecretInput,
        gives=RotateWebhookSecretPayload,
        allow=WRITE,
    )
    send_webhook_test = mutation(
        send_webhook_test,
        "Send an endpoint a test event.",
        takes=SendWebhookTestInput,
        gives=SendWebhookTestPayload,
        allow=WRITE,
    )
    replay_webhook_delivery = mutation(
        replay_webhook_delivery,
        "Send one delivery anew.",
        takes=ReplayWebhookDeliveryInput,
        gives=ReplayWebhookDeliveryPayload,
        allow=WRITE,
    )
    replay_webhook_events = mutation(
        replay_webhook_events,
        f"Send an endpoint a stretch of the log anew, at most {MOST_EVENTS} events at a time.",
        takes=ReplayWebhookEventsInput,
        gives=ReplayWebhookEventsPayload,
        allow=WRITE,
    )
