"""ServaloDesk's webhooks: seven events, a body of its own, and the header X-ServaloDesk-Signature."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, timedelta
from typing import Any

from core.appointments.life import CANCELLED, CONFIRMED
from core.deposits.deposit import PAID
from core.events.catalogue import CATALOGUE
from core.kernel.context import Context
from core.kernel.errors import NotFound
from core.kernel.log import LoggedEvent
from core.waitlist.entry import OFFERED
from core.webhooks.endpoint import WebhookEndpointTested
from core.webhooks.scheme import Message, Scheme, event_id
from rest_compat.engine.reading import read_row
from rest_compat.engine.shape import Field, Shape, nested, written
from rest_compat.servalodesk.answers import APPOINTMENT, DEPOSIT_STATE
from rest_compat.servalodesk.spellings import TENANT_ID, WEBHOOK_ENDPOINT_ID
from rest_compat.servalodesk.waitlist import ENTRY_STATE

EVENTS = (
    "appointment.confirmed",
    "appointment.cancelled",
    "deposit.paid",
    "deposit.refunded",
    "consent_form.signed",
    "booking_request.received",
    "waitlist.slot_offered",
)
"""The documented names, in their order (ServaloDesk, Webhooks: Supported events)."""

WITH_DEPOSIT = Shape(
    "AppointmentWithDeposit",
    of=APPOINTMENT.of,
    rows=(*APPOINTMENT.rows, Field("deposit", "deposit", nested(DEPOSIT_STATE), nullable=True)),
)
WAITS = tuple(timedelta(seconds=seconds) for seconds in (0, 60, 600, 3_600, 18_000, 61_200))
"""Six tries over about 24 hours (contract: recommended_delivery)."""

Data = dict[str, Any]


async def _confirmed(ctx: Context, event: LoggedEvent) -> Data:
    appointment = await _appointment(ctx, event.payload["appointment_id"], status=CONFIRMED)
    return {"appointment": appointment, "deposit": appointment.pop("deposit")}


async def _cancelled(ctx: Context, event: LoggedEvent) -> Data:
    appointment = await _appointment(ctx, event.payload["appointment_id"], status=CANCELLED)
    appointment.pop("deposit")
    return {"appointment": appointment}


async def _paid(ctx: Context, event: LoggedEvent) -> Data:
    deposit = await read_row(ctx, DEPOSIT_STATE, event.payload["deposit_id"])
    appointment = await _appointment(ctx, event.payload["appointment_id"])
    appointment.pop("deposit")
    return {"deposit": written(DEPOSIT_STATE, {**deposit, "status": PAID}), "appointment": appointment}


async def _tested(ctx: Context, event: LoggedEvent) -> Data:
    return {"webhook_endpoint": {"id": WEBHOOK_ENDPOINT_ID.write(event.key)}}


async def _appointment(ctx: Context, key: int, **facts: Any) -> Data:
    """The appointment on the wire; what the event says of it counts, whatever has happened since."""
    return written(WITH_DEPOSIT, {**await read_row(ctx, WITH_DEPOSIT, key), **facts})


async def _offered(ctx: Context, event: LoggedEvent) -> Data:
    entry = await read_row(ctx, ENTRY_STATE, event.payload["entry_id"])
    return {
        "waitlist_entry": written(ENTRY_STATE, {**entry, "status": OFFERED}),
        "available_date": event.payload["starts_at"],
        "expires_at": event.payload["expires_at"],
    }


DATA: dict[str, Callable[[Context, LoggedEvent], Awaitable[Data]]] = {
    "appointment.confirmed": _confirmed,
    "appointment.cancelled": _cancelled,
    "deposit.paid": _paid,
    "waitlist.slot_offered": _offered,
    WebhookEndpointTested.type: _tested,
}
"""Event type → what its body is about. A type of the vocabulary joins when its verb does."""


def names_of(event_type: str) -> tuple[str, ...]:
    """What ServaloDesk calls an event that it can be told about."""
    row = CATALOGUE.get(event_type)
    return row.names_in("servalodesk") if row is not None and event_type in DATA else ()


async def _body(ctx: Context, event: LoggedEvent) -> str:
    """{id, event, created_at, tenant_id, data} (contract: recommended_payload)."""
    try:
        data = await DATA[event.type](ctx, event)
    except NotFound:
        data = {}
    body = {
        "id": event_id(event.business_id, event.sequence),
        "event": next(iter(names_of(event.type)), "test"),
        "created_at": event.occurred_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "tenant_id": TENANT_ID.write(event.business_id),
        "data": data,
    }
    return json.dumps(body, separators=(",", ":"))


def sign(message: Message) -> Mapping[str, str]:
    """Lower-case hex of HMAC-SHA256 over the body; the old secret's, while it lasts, in a header beside it."""
    signatures = [
        hmac.new(secret.encode(), message.body, hashlib.sha256).hexdigest() for secret in message.secrets
    ]
    headers = {"X-ServaloDesk-Signature": signatures[0], "webhook-id": message.id}
    if len(signatures) > 1:
        headers["X-ServaloDesk-Signature-Previous"] = signatures[1]
    return headers


SERVALODESK_WEBHOOKS = Scheme(
    name="servalodesk",
    version="1",
    vocabulary=EVENTS,
    names=names_of,
    body=_body,
    headers=sign,
    new_secret=lambda random: f"whsec_{random.hex()}",
    waits=WAITS,
)
