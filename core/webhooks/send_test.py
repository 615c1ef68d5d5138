"""Send an endpoint a test event."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.webhooks.endpoint import EndpointInactive, WebhookEndpointTested
from core.webhooks.update_endpoint import endpoint_in_use


@dataclass(kw_only=True)
class SendWebhookTest:
    """The endpoint."""

    webhook_endpoint_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class SentWebhookTest:
    """The key of the endpoint."""

    webhook_endpoint_id: int


@use_case("webhook_endpoint.test", raises=(NotFound, EndpointInactive, IdempotencyMismatch))
async def send_webhook_test(ctx: Context, command: SendWebhookTest) -> SentWebhookTest:
    """Send a test to this endpoint alone, whichever events it wants. Raises NotFound and EndpointInactive."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_endpoint.test", command, SentWebhookTest):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        if not endpoint.is_active:
            raise EndpointInactive()
        uow.emit(WebhookEndpointTested(endpoint_id=endpoint.id))
        return uow.answer(SentWebhookTest(webhook_endpoint_id=endpoint.id))
