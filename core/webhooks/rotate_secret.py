"""Give an endpoint a new secret."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.webhooks.describe import new_secret
from core.webhooks.endpoint import LONGEST_OVERLAP, WebhookEndpointUpdated
from core.webhooks.scheme import Schemes
from core.webhooks.update_endpoint import endpoint_in_use

_MOST_HOURS = LONGEST_OVERLAP // timedelta(hours=1)


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
    check.whole("overlap_hours", command.overlap_hours, least=0, most=_MOST_HOURS, unit="hours")
    check.done()
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_secret.rotate", command, RotatedWebhookSecret):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        secret = new_secret(ctx.reach(Schemes)[endpoint.scheme])
        overlaps = command.overlap_hours > 0
        endpoint.old_secret = endpoint.secret if overlaps else None
        endpoint.old_secret_ends_at = uow.now + timedelta(hours=command.overlap_hours) if overlaps else None
        endpoint.secret = secret
        uow.emit(WebhookEndpointUpdated(endpoint_id=endpoint.id))
        remembered = uow.answer(RotatedWebhookSecret(webhook_endpoint_id=endpoint.id))
    return replace(remembered, secret=secret)
