"""Send an endpoint a stretch of the log anew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.webhooks.endpoint import EndpointInactive
from core.webhooks.questions import WebhookQuestions
from core.webhooks.scheme import Schemes
from core.webhooks.update_endpoint import endpoint_in_use

MOST_EVENTS = 1_000


@dataclass(kw_only=True)
class ReplayWebhookEvents:
    """The endpoint and a stretch: by the events' numbers, both included, or by when they happened."""

    webhook_endpoint_id: int
    first_sequence: int | None = None
    last_sequence: int | None = None
    since: datetime | None = None
    before: datetime | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ReplayedWebhookEvents:
    """The key of the endpoint, and how many events it is sent."""

    webhook_endpoint_id: int
    events: int


@use_case("webhook_endpoint.replay", raises=(NotFound, EndpointInactive, Invalid, IdempotencyMismatch))
async def replay_webhook_events(ctx: Context, command: ReplayWebhookEvents) -> ReplayedWebhookEvents:
    """Send every event of the stretch that the endpoint wants, also those it was never sent.

    An event that was sent before goes out with the same body under the same id. Raises NotFound,
    EndpointInactive, and Invalid for no stretch at all, for one from before the first event, for one that
    ends before it begins, and for one of more than 1,000 events.
    """
    bounds = (command.first_sequence, command.last_sequence, command.since, command.before)
    check = Check()
    if command.first_sequence is None and command.since is None:
        check.refuse("first_sequence", "REQUIRED", "is needed where since is not given")
    first, last = command.first_sequence, command.last_sequence
    if first is not None and first < 1:
        check.refuse("first_sequence", "OUT_OF_RANGE", "must be at least 1: events are counted from there")
    if first is not None and last is not None and last < first:
        check.refuse(
            "last_sequence", "BEFORE_FIRST", "must not be smaller than the number of the first event"
        )
    if command.since is not None and command.before is not None and command.before <= command.since:
        check.refuse("before", "BEFORE_SINCE", "must be later than since")
    check.done()
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("webhook_endpoint.replay", command, ReplayedWebhookEvents):
            return earlier
        endpoint = await endpoint_in_use(uow, command.webhook_endpoint_id)
        if not endpoint.is_active:
            raise EndpointInactive()
        asked, scheme = uow.ask(WebhookQuestions), ctx.reach(Schemes)[endpoint.scheme]
        events = await asked.events_between(*bounds, MOST_EVENTS + 1)
        if len(events) > MOST_EVENTS:
            check.refuse("last_sequence", "TOO_MANY", f"must not take in more than {MOST_EVENTS} events")
            check.done()
        names, hears = endpoint.event_names, endpoint.hears
        wanted = [event for event in events if scheme.is_wanted(event.event_type, names, hears)]
        if wanted:
            await asked.queue(endpoint.id, wanted, uow.now)
            await asked.again_all(endpoint.id, [event.sequence for event in wanted], uow.now)
            await asked.give_turn(endpoint.id, uow.now)
        uow.audit("webhook_endpoint.replayed", "webhook_endpoint", endpoint.id, events=len(wanted))
        return uow.answer(ReplayedWebhookEvents(webhook_endpoint_id=endpoint.id, events=len(wanted)))
