"""Compares what receivers of webhooks were sent with the rows of `events`, message by message."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from core.webhooks.scheme import event_id, message_id
from graphql_api.webhook_scheme import TYPES
from tests.kit.receivers import Receiver

CREATE = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
    ... on CreateWebhookEndpointPayload { webhookEndpoint { id } } ... on Error { code message }
} }"""
READ_LOG = "SELECT business_id, sequence, type, version, key FROM events ORDER BY business_id, sequence"

Told = dict[str, set[tuple[str, str, int, int]]]
"""Message id → what its bodies say of the event: id, type, version and number; one where all say the same."""


def heard(receiver: Receiver) -> Told:
    """What a receiver was sent, in Daybook's own scheme. Two bodies under one id fail at once."""
    bodies: dict[str, set[bytes]] = {}
    for one in receiver.received:
        bodies.setdefault(one.headers["webhook-id"], set()).add(one.body)
    assert all(len(those) == 1 for those in bodies.values()), "a message was sent with two bodies"
    return {name: {_facts(json.loads(body)) for body in those} for name, those in bodies.items()}


def wanted(rows: Sequence[Any], endpoint_id: int, types: Sequence[str] = TYPES) -> Told:
    """What an endpoint of these types is to be sent of a log: what happened from its own making on."""
    (made,) = (row for row in rows if (row.type, row.key) == ("webhook_endpoint.created", endpoint_id))
    return {
        message_id(endpoint_id, row.sequence): {
            (event_id(row.business_id, row.sequence), row.type, row.version, row.sequence)
        }
        for row in rows
        if row.business_id == made.business_id and row.sequence >= made.sequence and row.type in types
    }


def _facts(body: dict[str, Any]) -> tuple[str, str, int, int]:
    return body["id"], body["type"], body["version"], body["sequence"]
