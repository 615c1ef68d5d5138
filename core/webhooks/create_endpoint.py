"""Have events sent to an address."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.webhooks.describe import check_names, check_scheme, check_url, heard_by, new_secret
from core.webhooks.endpoint import MOST_ENDPOINTS, TooManyEndpoints, WebhookEndpoint, WebhookEndpointCreated
from core.webhooks.questions import WebhookQuestions


@dataclass(kw_only=True)
class CreateWebhookEndpoint:
    """A new endpoint. `event_names` are words of the scheme; None asks for all that the caller may see, also
    later ones."""

    url: str
    scheme: str = "standard"
    event_names: list[str] | None = None
    description: str | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedWebhookEndpoint:
    """The key of the endpoint, and its secret, which a repeat does not tell."""

    webhook_endpoint_id: int
    secret: str | None = field(default=None, repr=False)


@use_case("webhook_endpoint.create", raises=(TooManyEndpoints, Forbidden, Invalid, IdempotencyMismatch))
async def create_webhook_endpoint(ctx: Context, command: CreateWebhookEndpoint) -> CreatedWebhookEndpoint:
    """Send what happens from now on to an address.

    Raises TooManyEndpoints at 50, Forbidden for an event by name that the caller may not see, and Invalid
    with every issue found, an address inside the network among them.
    """
    check = Check()
    url = check_url(ctx, check, command.url)
    scheme = check_scheme(ctx, check, command.scheme)
    names = check_names(check, scheme, command.event_names)
    description = check.note("description", command.description, longest=500)
    check.done()
    hears = heard_by(ctx, scheme, names)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_endpoint.create", command, CreatedWebhookEndpoint):
            return earlier
        asked = uow.ask(WebhookQuestions)
        newest = await asked.follow()  # locks the numbers, so that two at once do not both see a free place
        if await asked.count_endpoints() >= MOST_ENDPOINTS:
            raise TooManyEndpoints(MOST_ENDPOINTS)
        secret = new_secret(scheme)
        endpoint = WebhookEndpoint(
            url=url,
            scheme=scheme.name,
            scheme_version=scheme.version,
            event_names=names,
            hears=hears,
            description=description,
            is_active=True,
            secret=secret,
            taken_to=newest,
            pruned_at=uow.now,
            created_at=uow.now,
        )
        uow.add(endpoint)
        await uow.flush()
        await asked.give_turn(endpoint.id, uow.now)
        uow.emit(WebhookEndpointCreated(endpoint_id=endpoint.id))
        remembered = uow.answer(CreatedWebhookEndpoint(webhook_endpoint_id=endpoint.id))
    return replace(remembered, secret=secret)
