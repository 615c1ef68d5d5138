"""Give an endpoint a new secret."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.webhooks.describe import check_overlap, give_new_secret
from core.webhooks.endpoint import WebhookEndpointUpdated
from core.webhooks.update_endpoint import endpoint_in_use


@dataclass(kw_only=True)
class RotateWebhookSecret:
    """The endpoint, and for how many hours the old secret goes on signing beside the new one."""

    webhook_endpoint_id: int
    overlap_hours: int = 24
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class RotatedWebhookSecret:
    """The key of the endpoint, and its new secret, which a repeat does not tell."""

    webhook_endpoint_id: int
    secret: str | None = field(default=None, repr=False)


@use_case("webhook_secret.rotate", raises=(NotFound, Invalid, IdempotencyMismatch))
async def rotate_webhook_secret(ctx: Context, command: RotateWebhookSecret) -> RotatedWebhookSecret:
    """Sign with a new secret, and with the present one for 0 to 168 hours more.

    Raises NotFound and Invalid. A secret that was still signing from an earlier rotation stops at once.
    """
    check = Check()
    check_overlap(check, command.overlap_hours)
    check.done()
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_secret.rotate", command, RotatedWebhookSecret):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        secret = give_new_secret(ctx, endpoint, uow.now, command.overlap_hours)
        uow.emit(WebhookEndpointUpdated(endpoint_id=endpoint.id))
        remembered = uow.answer(RotatedWebhookSecret(webhook_endpoint_id=endpoint.id))
    return replace(remembered, secret=secret)
