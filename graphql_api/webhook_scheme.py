"""Daybook's own webhooks: Standard Webhooks (standardwebhooks.com), told in the words of the GraphQL API."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import UTC

import graphql_api.types.events  # noqa: F401  # declares how each event is told
from core.events.catalogue import CATALOGUE
from core.kernel.context import Context
from core.kernel.log import LoggedEvent
from core.webhooks.endpoint import WebhookEndpointTested
from core.webhooks.scheme import Message, Scheme, event_id
from graphql_api.declare.events import told_facts

_PREFIX = "whsec_"
TYPES = tuple(
    sorted(row.type for row in CATALOGUE.values() if not row.later and row.type != WebhookEndpointTested.type)
)


async def _body(ctx: Context, event: LoggedEvent) -> str:
    """The event's facts as its GraphQL type tells them: ids, times and words, no personal data."""
    return json.dumps(
        {
            "id": event_id(event.business_id, event.sequence),
            "type": event.type,
            "version": event.version,
            "timestamp": event.occurred_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            "sequence": event.sequence,
            "data": told_facts(event),
        },
        separators=(",", ":"),
    )


def sign(message: Message) -> Mapping[str, str]:
    """The three headers; a signature for each secret, parted by spaces."""
    second = str(int(message.at.timestamp()))
    content = b".".join((message.id.encode(), second.encode(), message.body))
    signatures = (
        hmac.new(base64.b64decode(secret.removeprefix(_PREFIX)), content, hashlib.sha256).digest()
        for secret in message.secrets
    )
    return {
        "webhook-id": message.id,
        "webhook-timestamp": second,
        "webhook-signature": " ".join(f"v1,{base64.b64encode(one).decode()}" for one in signatures),
    }


STANDARD = Scheme(
    name="standard",
    version="1",
    vocabulary=TYPES,
    names=lambda event_type: (event_type,) if event_type in TYPES else (),
    body=_body,
    headers=sign,
    new_secret=lambda random: _PREFIX + base64.b64encode(random).decode(),
)
