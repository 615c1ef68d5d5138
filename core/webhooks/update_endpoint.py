"""Change an endpoint."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.unset import UNSET, Maybe
from core.kernel.use_case import use_case
from core.webhooks.describe import (
    check_names,
    check_overlap,
    check_url,
    give_new_secret,
    heard_by,
    require_all,
)
from core.webhooks.endpoint import WebhookEndpoint, WebhookEndpointUpdated
from core.webhooks.questions import WebhookQuestions
from core.webhooks.scheme import Schemes


@dataclass(kw_only=True)
class UpdateWebhookEndpoint:
    """What is UNSET stays as it is. An endpoint that is activated again hears of what happens from then on.

    `overlap_hours` asks for a new secret too, and for how many hours the old one signs beside it.
    """

    webhook_endpoint_id: int
    url: Maybe[str] = UNSET
    event_names: Maybe[list[str] | None] = UNSET
    description: Maybe[str | None] = UNSET
    is_active: Maybe[bool] = UNSET
    overlap_hours: Maybe[int] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class UpdatedWebhookEndpoint:
    """The key of the endpoint, and a new secret where one was asked for, which a repeat does not tell."""

    webhook_endpoint_id: int
    secret: str | None = field(default=None, repr=False)


@use_case("webhook_endpoint.update", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def update_webhook_endpoint(ctx: Context, command: UpdateWebhookEndpoint) -> UpdatedWebhookEndpoint:
    """Change what is given, and report it where it differs. Raises NotFound, Invalid with every issue, and
    Forbidden for another address or other events by whoever may not see all that the endpoint hears, or
    chooses what they may not see."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_endpoint.update", command, UpdatedWebhookEndpoint):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        before = _state(endpoint)
        if command.url is not UNSET or command.event_names is not UNSET:
            require_all(ctx, endpoint.hears)
        check = Check()
        if command.url is not UNSET:
            endpoint.url = check_url(ctx, check, command.url)
        if command.event_names is not UNSET:
            scheme = ctx.reach(Schemes)[endpoint.scheme]
            endpoint.event_names = check_names(check, scheme, command.event_names)
        if command.description is not UNSET:
            endpoint.description = check.note("description", command.description, longest=500)
        if command.overlap_hours is not UNSET:
            check_overlap(check, command.overlap_hours)
        check.done()
        if command.event_names is not UNSET:
            more = heard_by(ctx, ctx.reach(Schemes)[endpoint.scheme], endpoint.event_names)
            endpoint.hears = sorted({*endpoint.hears, *more})
        secret = None
        if command.overlap_hours is not UNSET:
            secret = give_new_secret(ctx, endpoint, uow.now, command.overlap_hours)
        if command.is_active is not UNSET and command.is_active != endpoint.is_active:
            endpoint.is_active = command.is_active
            if command.is_active:
                await _begin_anew(uow, endpoint)
        if _state(endpoint) != before:
            uow.emit(WebhookEndpointUpdated(endpoint_id=endpoint.id))
        remembered = uow.answer(UpdatedWebhookEndpoint(webhook_endpoint_id=endpoint.id))
    return replace(remembered, secret=secret)


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


def _state(endpoint: WebhookEndpoint) -> tuple[Any, ...]:
    """What somebody may change of it."""
    return (
        endpoint.url,
        endpoint.event_names,
        endpoint.hears,
        endpoint.description,
        endpoint.is_active,
        endpoint.secret,
    )
