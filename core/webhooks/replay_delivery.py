"""Send one delivery anew."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.webhooks.endpoint import EndpointInactive
from core.webhooks.questions import WebhookQuestions
from core.webhooks.update_endpoint import endpoint_in_use


@dataclass(kw_only=True)
class ReplayWebhookDelivery:
    """The delivery."""

    webhook_delivery_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ReplayedWebhookDelivery:
    """The key of the delivery."""

    webhook_delivery_id: int


@use_case("webhook_delivery.replay", raises=(NotFound, EndpointInactive, IdempotencyMismatch))
async def replay_webhook_delivery(ctx: Context, command: ReplayWebhookDelivery) -> ReplayedWebhookDelivery:
    """Send the same body under the same id, at once, with all its tries before it.

    Raises NotFound, for one of a deleted endpoint as well, and EndpointInactive.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_delivery.replay", command, ReplayedWebhookDelivery):
            return earlier
        asked = uow.ask(WebhookQuestions)
        endpoint_id = await asked.again(command.webhook_delivery_id, uow.now)
        if endpoint_id is None:
            raise NotFound("webhook_delivery")
        endpoint = await endpoint_in_use(uow, endpoint_id)
        if not endpoint.is_active:
            raise EndpointInactive()
        await asked.give_turn(endpoint_id, uow.now)
        uow.audit("webhook_delivery.replayed", "webhook_delivery", command.webhook_delivery_id)
        return uow.answer(ReplayedWebhookDelivery(webhook_delivery_id=command.webhook_delivery_id))
