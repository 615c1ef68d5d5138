"""Change an endpoint."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.unset import UNSET, Maybe
from core.kernel.use_case import use_case
from core.webhooks.describe import check_names, check_url
from core.webhooks.endpoint import WebhookEndpoint, WebhookEndpointUpdated
from core.webhooks.questions import WebhookQuestions
from core.webhooks.scheme import Schemes


@dataclass(kw_only=True)
class UpdateWebhookEndpoint:
    """What is UNSET stays as it is. An endpoint that is activated again hears of what happens from then on."""

    webhook_endpoint_id: int
    url: Maybe[str] = UNSET
    event_names: Maybe[list[str] | None] = UNSET
    description: Maybe[str | None] = UNSET
    is_active: Maybe[bool] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedWebhookEndpoint:
    """The key of the endpoint."""

    webhook_endpoint_id: int


@use_case("webhook_endpoint.update", raises=(NotFound, Invalid, IdempotencyMismatch))
async def update_webhook_endpoint(ctx: Context, command: UpdateWebhookEndpoint) -> UpdatedWebhookEndpoint:
    """Change what is given. Raises NotFound, and Invalid with every issue found."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_endpoint.update", command, UpdatedWebhookEndpoint):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        check = Check()
        if command.url is not UNSET:
            endpoint.url = check_url(ctx, check, command.url)
        if command.event_names is not UNSET:
            scheme = ctx.reach(Schemes)[endpoint.scheme]
            endpoint.event_names = check_names(check, scheme, command.event_names)
        if command.description is not UNSET:
            endpoint.description = check.note("description", command.description, longest=500)
        check.done()
        if command.is_active is not UNSET and command.is_active != endpoint.is_active:
            endpoint.is_active = command.is_active
            if command.is_active:
                await _begin_anew(uow, endpoint)
        uow.emit(WebhookEndpointUpdated(endpoint_id=endpoint.id))
        return uow.answer(UpdatedWebhookEndpoint(webhook_endpoint_id=endpoint.id))


async def endpoint_in_use(uow: UnitOfWork, endpoint_id: int) -> WebhookEndpoint:
    """The endpoint, locked. Raises NotFound where there is none, or it was deleted."""
    endpoint = await uow.get(WebhookEndpoint, endpoint_id, lock=True)
    if endpoint is None or endpoint.archived_at is not None:
        raise NotFound("webhook_endpoint")
    return endpoint


async def _begin_anew(uow: UnitOfWork, endpoint: WebhookEndpoint) -> None:
    endpoint.disabled_cause = endpoint.failing_since = endpoint.quiet_until = None
    endpoint.taken_to = await uow.ask(WebhookQuestions).follow()
    await uow.ask(WebhookQuestions).give_turn(endpoint.id, uow.now)
