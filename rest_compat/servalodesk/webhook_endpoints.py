"""ServaloDesk's webhook endpoints: their shapes, and what a route row cannot say of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.kernel.reading import Where
from core.kernel.unset import UNSET
from core.webhooks.create_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from core.webhooks.delete_endpoint import DeleteWebhookEndpoint, delete_webhook_endpoint
from core.webhooks.reads import WEBHOOK_ENDPOINT
from core.webhooks.update_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from rest_compat.engine.call import Call
from rest_compat.engine.codec import constant, listed, worked
from rest_compat.engine.reading import read_one
from rest_compat.engine.route import calling
from rest_compat.engine.scalars import BOOLEAN, TEXT, line, words
from rest_compat.engine.shape import Field, Shape
from rest_compat.servalodesk.spellings import WEBHOOK_ENDPOINT_ID
from rest_compat.servalodesk.webhooks import EVENTS, SERVALODESK_WEBHOOKS

OURS = (Where("archived_at", "eq", None), Where("scheme", "eq", SERVALODESK_WEBHOOKS.name))
"""Only endpoints that ServaloDesk made: those of other schemes know words that it does not."""

OVERLAP_HOURS = 24
"""For how long both secrets sign after a rotation: a second one within that time ends the oldest at once."""

_EVENT = words({name: name for name in EVENTS})
_SHOWN_EVENTS = worked(
    lambda names: list(EVENTS if names is None else names), {"type": "array", "items": {"enum": list(EVENTS)}}
)

ENDPOINT = Shape(
    "WebhookEndpoint",
    of=WEBHOOK_ENDPOINT,
    rows=(
        Field("id", "id", WEBHOOK_ENDPOINT_ID),
        Field("url", "url", TEXT),
        Field("events", "event_names", _SHOWN_EVENTS),
        Field("secret", "", constant(None, {"type": "null"})),
    ),
)
ENDPOINT_WITH_SECRET = Shape(
    "WebhookEndpointWithSecret",
    rows=(
        Field("id", "id", TEXT),
        Field("url", "url", TEXT),
        Field("events", "events", listed(_EVENT)),
        Field("secret", "secret", TEXT, nullable=True),
    ),
)
NEW_ENDPOINT = Shape(
    "NewWebhookEndpoint",
    makes=CreateWebhookEndpoint,
    always={"scheme": SERVALODESK_WEBHOOKS.name},
    rows=(
        Field("url", "url", line(2_048), required=True),
        Field("events", "event_names", listed(_EVENT), nullable=True),
    ),
)
_ID = Field("id", "webhook_endpoint_id", WEBHOOK_ENDPOINT_ID)


@dataclass(kw_only=True)
class ChangeEndpoint:
    """What the body of a PATCH asks for."""

    webhook_endpoint_id: int
    url: Any = UNSET
    event_names: Any = UNSET
    rotate_secret: bool = False
    idempotency_key: str | None = None


CHANGED_ENDPOINT = Shape(
    "ChangedWebhookEndpoint",
    makes=ChangeEndpoint,
    rows=(
        _ID,
        Field("url", "url", line(2_048)),
        Field("events", "event_names", listed(_EVENT), nullable=True),
        Field("rotate_secret", "rotate_secret", BOOLEAN, default=False),
    ),
)
GONE_ENDPOINT = Shape("GoneWebhookEndpoint", makes=DeleteWebhookEndpoint, rows=(_ID,))


@calling(create_webhook_endpoint)
async def make_endpoint(call: Call) -> dict[str, Any]:
    """A new endpoint, whose secret is shown this once."""
    made = await create_webhook_endpoint(call.ctx, call.command)
    return await _shown(call, made.webhook_endpoint_id, made.secret)


@calling(update_webhook_endpoint)
async def change_endpoint(call: Call) -> dict[str, Any]:
    """Change address and events, and make a new secret where that is asked; the old one signs a day more."""
    change: ChangeEndpoint = call.command
    await read_one(call.ctx, ENDPOINT, change.webhook_endpoint_id, OURS)
    update = UpdateWebhookEndpoint(
        webhook_endpoint_id=change.webhook_endpoint_id,
        url=change.url,
        event_names=change.event_names,
        overlap_hours=OVERLAP_HOURS if change.rotate_secret else UNSET,
        idempotency_key=call.idempotency_key,
    )
    changed = await update_webhook_endpoint(call.ctx, update)
    return await _shown(call, change.webhook_endpoint_id, changed.secret)


@calling(delete_webhook_endpoint)
async def drop_endpoint(call: Call) -> None:
    """Stop deliveries."""
    await read_one(call.ctx, ENDPOINT, call.command.webhook_endpoint_id, OURS)
    await delete_webhook_endpoint(call.ctx, call.command)


async def _shown(call: Call, key: int, secret: str | None) -> dict[str, Any]:
    return {**await read_one(call.ctx, ENDPOINT, key), "secret": secret}
