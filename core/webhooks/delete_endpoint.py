"""Stop sending to an endpoint, for good."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.webhooks.endpoint import WebhookEndpointDeleted
from core.webhooks.update_endpoint import endpoint_in_use


@dataclass(kw_only=True)
class DeleteWebhookEndpoint:
    """The endpoint."""

    webhook_endpoint_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class DeletedWebhookEndpoint:
    """The key of the endpoint."""

    webhook_endpoint_id: int


@use_case("webhook_endpoint.delete", raises=(NotFound, IdempotencyMismatch))
async def delete_webhook_endpoint(ctx: Context, command: DeleteWebhookEndpoint) -> DeletedWebhookEndpoint:
    """Send nothing more, and forget the secrets; the record of deliveries stays 30 days. Raises NotFound."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_endpoint.delete", command, DeletedWebhookEndpoint):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        endpoint.archived_at = uow.now
        endpoint.is_active = False
        endpoint.secret = endpoint.old_secret = endpoint.old_secret_ends_at = None
        uow.emit(WebhookEndpointDeleted(endpoint_id=endpoint.id))
        return uow.answer(DeletedWebhookEndpoint(webhook_endpoint_id=endpoint.id))
