"""One turn of one endpoint: what happened since becomes deliveries, and those that are due are sent."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.kernel.context import Context
from core.kernel.log import Log, LoggedEvent
from core.kernel.outbound import Outbound, OutboundFailure, OutboundRequest
from core.webhooks.bodies import EVENT_GONE, EVENT_UNTELLABLE, NOT_ITS_FAULT, Untold, word, word_again
from core.webhooks.endpoint import (
    FAILING,
    GONE,
    WebhookEndpoint,
    WebhookEndpointDisabled,
    WebhookEndpointTested,
)
from core.webhooks.questions import (
    DELIVERED,
    FAILED,
    WAITING,
    DueDelivery,
    NewDelivery,
    TriedDelivery,
    WebhookQuestions,
)
from core.webhooks.schedule import is_given_up, next_try, retry_after_of
from core.webhooks.scheme import Message, Scheme, Schemes, message_id

EVENTS_AT_ONCE = 50
DELIVERIES_AT_ONCE = 32
IN_FLIGHT = 4
"""How many deliveries one endpoint has under way at most."""

SLOW_SECONDS = 2.0
"""An endpoint that takes longer gets no further delivery in this turn."""

TRY_SECONDS = 10.0
ANSWER_KEPT = 500
KEPT_FOR = timedelta(days=30)
PRUNED_EVERY = timedelta(days=1)
REST = timedelta(seconds=1)
"""An endpoint is left alone so long after a turn in which nothing went well, whatever else waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Turned:
    """How a turn ended: when the next is due, how far the log was taken in, and how the endpoint fares.

    `untold` are the events that were due and could not be put into words.
    """

    due_at: datetime
    taken_to: int
    is_ailing: bool
    is_listening: bool
    untold: tuple[Untold, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answer:
    due: DueDelivery
    at: datetime
    seconds: float
    status: int | None
    error: str | None
    text: str
    retry_after: timedelta | None

    @property
    def is_success(self) -> bool:
        return self.error is None

    @property
    def is_the_endpoints(self) -> bool:
        """Whether it says something of the endpoint; what cannot be worded never got there."""
        return self.error not in NOT_ITS_FAULT


async def take_turn(
    ctx: Context, log: Log, endpoint_id: int, newest: int, chance: Callable[[], float]
) -> Turned | None:
    """Look after one endpoint, up to 32 deliveries; None where it and all its deliveries are gone.

    The caller sees to it that nobody else looks after the endpoint meanwhile. `newest` is how far the
    log reaches at least, `chance` gives numbers from 0 to 1.
    """
    endpoint = await ctx.ask(WebhookQuestions).endpoint(endpoint_id)
    await ctx.release()  # the log is read through a connection of its own: nobody waits holding another
    now = ctx.clock.now()
    if endpoint is None:
        return None
    if now - endpoint.pruned_at >= PRUNED_EVERY:
        await _prune(ctx, endpoint, now)
    if endpoint.archived_at is not None and now - endpoint.archived_at > KEPT_FOR + 2 * PRUNED_EVERY:
        return None
    if not endpoint.is_active or endpoint.archived_at is not None:
        return _idle(endpoint, now)
    scheme = ctx.reach(Schemes)[endpoint.scheme]
    taken_to = await _take_in(ctx, log, endpoint, scheme) if newest > endpoint.taken_to else endpoint.taken_to
    if endpoint.quiet_until is not None and endpoint.quiet_until > now:
        return Turned(due_at=endpoint.quiet_until, taken_to=taken_to, is_ailing=True, is_listening=True)
    asked = ctx.ask(WebhookQuestions)
    now = ctx.clock.now()  # what was taken in is due since then
    due = await asked.due(endpoint.id, scheme.name, endpoint.scheme_version, now, DELIVERIES_AT_ONCE)
    untold: tuple[Untold, ...] = ()
    if bare := [one for one in due if one.body is None]:
        untold = await word_again(ctx, log, endpoint, scheme, bare)
        due = await asked.due(endpoint.id, scheme.name, endpoint.scheme_version, now, DELIVERIES_AT_ONCE)
    await ctx.release()
    answers = await _send_all(ctx, endpoint, scheme, due, {one.sequence: one.error for one in untold})
    if answers:
        endpoint = await _settle(ctx, endpoint, scheme, answers, chance)
    turned = await _ended(ctx, endpoint, taken_to, answers)
    return replace(turned, untold=tuple(one for one in untold if one.error == EVENT_UNTELLABLE))


def _idle(endpoint: WebhookEndpoint, now: datetime) -> Turned:
    """Nothing is sent: the endpoint is looked at once a day, to prune."""
    due_at = now + PRUNED_EVERY
    return Turned(due_at=due_at, taken_to=endpoint.taken_to, is_ailing=False, is_listening=False)


def _wants(endpoint: WebhookEndpoint, scheme: Scheme, event: LoggedEvent) -> bool:
    if event.type == WebhookEndpointTested.type:
        return event.key == endpoint.id
    return scheme.is_wanted(event.type, endpoint.event_names, endpoint.hears)


async def _take_in(ctx: Context, log: Log, endpoint: WebhookEndpoint, scheme: Scheme) -> int:
    """Make deliveries of what happened since, with their bodies; answers how far the log was taken in.

    One whose body cannot be made becomes a delivery all the same, and is tried like any other.
    """
    events = await log.after(endpoint.business_id, endpoint.taken_to, most=EVENTS_AT_ONCE)
    if not events:
        return endpoint.taken_to
    wanted = [event for event in events if _wants(endpoint, scheme, event)]
    bodies = (await word(ctx, endpoint, scheme, wanted)).bodies
    await ctx.release()
    async with ctx.unit_of_work() as uow:
        asked = uow.ask(WebhookQuestions)
        if bodies:
            await asked.word(scheme.name, endpoint.scheme_version, bodies, uow.now)
        if wanted:
            new = [NewDelivery(sequence=event.sequence, event_type=event.type) for event in wanted]
            await asked.queue(endpoint.id, new, uow.now)
        await asked.take_to(endpoint.id, events[-1].sequence)
    return events[-1].sequence


async def _send_all(
    ctx: Context,
    endpoint: WebhookEndpoint,
    scheme: Scheme,
    due: Sequence[DueDelivery],
    untold: Mapping[int, str],
) -> list[_Answer]:
    """Send a few at a time, in order; whatever makes the endpoint look unwell ends it.

    `untold` says why there is no body, by the events' numbers.
    """
    waiting, answers = iter(due), list[_Answer]()
    is_well = True

    async def lane() -> None:
        nonlocal is_well
        for one in waiting:
            if one.body is None:
                answers.append(_unsent(one, ctx.clock.now(), untold.get(one.sequence, EVENT_UNTELLABLE)))
                continue
            answer = await _send(ctx, endpoint, scheme, one, one.body)
            answers.append(answer)
            if not answer.is_success or answer.seconds > SLOW_SECONDS:
                is_well = False
            if not is_well:
                return

    await asyncio.gather(*(lane() for _ in range(min(IN_FLIGHT, len(due)))))
    return answers


def _unsent(due: DueDelivery, at: datetime, error: str) -> _Answer:
    return _Answer(due=due, at=at, seconds=0, status=None, error=error, text="", retry_after=None)


async def _send(
    ctx: Context, endpoint: WebhookEndpoint, scheme: Scheme, due: DueDelivery, body: str
) -> _Answer:
    at = ctx.clock.now()
    message = Message(
        id=message_id(endpoint.id, due.sequence),
        at=at,
        body=body.encode(),
        secrets=_secrets(endpoint, at),
    )
    request = OutboundRequest(
        url=endpoint.url,
        method="POST",
        headers={"Content-Type": "application/json", **scheme.headers(message)},
        body=message.body,
        cut=True,
        total_seconds=TRY_SECONDS,
    )
    try:
        response = await ctx.reach(Outbound).send(request)
    except OutboundFailure as failure:
        # A name that leads inward looks like one that leads nowhere: the log of tries maps no network.
        error = "UNREACHABLE" if failure.code == "REFUSED" else failure.code
        return _Answer(
            due=due, at=at, seconds=failure.seconds, status=None, error=error, text="", retry_after=None
        )
    return _Answer(
        due=due,
        at=at,
        seconds=response.seconds,
        status=response.status,
        error=_error(response.status),
        text=_kept(response.body),
        retry_after=retry_after_of(response.headers.get("retry-after"), at),
    )


def _secrets(endpoint: WebhookEndpoint, at: datetime) -> tuple[str, ...]:
    assert endpoint.secret is not None
    ends = endpoint.old_secret_ends_at
    if endpoint.old_secret is None or ends is None or ends <= at:
        return (endpoint.secret,)
    return (endpoint.secret, endpoint.old_secret)


def _error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return "REDIRECT" if 300 <= status < 400 else "STATUS"


def _kept(body: bytes) -> str:
    """The beginning of an answer as text that every database can hold."""
    text = body[:ANSWER_KEPT].decode("utf-8", "replace")
    return "".join(letter if letter >= " " or letter in "\n\t" else "\ufffd" for letter in text)


async def _settle(
    ctx: Context,
    seen: WebhookEndpoint,
    scheme: Scheme,
    answers: Sequence[_Answer],
    chance: Callable[[], float],
) -> WebhookEndpoint:
    """Keep what became of the tries, of their deliveries, and of the endpoint."""
    async with ctx.unit_of_work() as uow:
        tried = [_tried(scheme, answer, uow.now, chance()) for answer in answers]
        asked = uow.ask(WebhookQuestions)
        await asked.settle(tried)
        await asked.note_attempts(tried)
        theirs = [answer for answer in answers if answer.is_the_endpoints]
        if not _is_news(seen, theirs, uow.now):
            return seen
        endpoint = await uow.get(WebhookEndpoint, seen.id, lock=True)
        assert endpoint is not None
        _judge(endpoint, theirs, uow.now)
        cause = None
        if any(answer.status == 410 for answer in theirs):
            cause = GONE
        elif any(one.state == FAILED for one in tried) and is_given_up(endpoint.failing_since, uow.now):
            cause = FAILING
        if cause is not None and endpoint.is_active and endpoint.archived_at is None:
            endpoint.is_active, endpoint.disabled_cause = False, cause
            uow.emit(WebhookEndpointDisabled(endpoint_id=endpoint.id, cause=cause))
        return endpoint


def _tried(scheme: Scheme, answer: _Answer, now: datetime, chance: float) -> TriedDelivery:
    tries = answer.due.tries + 1
    next_at = None
    if not answer.is_success and answer.error != EVENT_GONE:
        next_at = next_try(scheme.waits, tries, now, chance=chance, retry_after=answer.retry_after)
    unsettled = FAILED if next_at is None else WAITING
    state = DELIVERED if answer.is_success else unsettled
    return TriedDelivery(
        delivery_id=answer.due.delivery_id,
        number=answer.due.attempts + 1,
        at=answer.at,
        status=answer.status,
        error=answer.error,
        milliseconds=round(answer.seconds * 1_000),
        answer=answer.text,
        state=state,
        tries=tries,
        next_at=next_at,
        settled_at=None if state == WAITING else now,
    )


def _is_news(endpoint: WebhookEndpoint, answers: Sequence[_Answer], now: datetime) -> bool:
    """Whether the endpoint's own row must say something new; that it is well is told once a minute."""
    if not answers:
        return False
    if not all(answer.is_success for answer in answers) or endpoint.failing_since is not None:
        return True
    return endpoint.last_success_at is None or now - endpoint.last_success_at > timedelta(minutes=1)


def _judge(endpoint: WebhookEndpoint, answers: Sequence[_Answer], now: datetime) -> None:
    if any(answer.is_success for answer in answers):
        endpoint.last_success_at, endpoint.failing_since = now, None
    elif endpoint.failing_since is None:
        endpoint.failing_since = now
    asked = [answer.retry_after for answer in answers if answer.status in (429, 503)]
    waits = [min(wait, timedelta(hours=24)) for wait in asked if wait is not None]
    endpoint.quiet_until = now + max(waits) if waits else None


async def _ended(
    ctx: Context, endpoint: WebhookEndpoint, taken_to: int, answers: Sequence[_Answer]
) -> Turned:
    now = ctx.clock.now()
    if not endpoint.is_active:
        return _idle(endpoint, now)
    due_at = await ctx.ask(WebhookQuestions).next_due(endpoint.id) or now + PRUNED_EVERY
    if endpoint.quiet_until is not None:
        due_at = max(due_at, endpoint.quiet_until)
    if answers and not any(answer.is_success for answer in answers):
        due_at = max(due_at, now + REST)
    is_ailing = endpoint.failing_since is not None or any(
        answer.seconds > SLOW_SECONDS or not answer.is_success
        for answer in answers
        if answer.is_the_endpoints
    )
    return Turned(
        due_at=min(due_at, now + PRUNED_EVERY), taken_to=taken_to, is_ailing=is_ailing, is_listening=True
    )


async def _prune(ctx: Context, endpoint: WebhookEndpoint, now: datetime) -> None:
    """Forget what was settled 30 days ago, and what an endpoint that is off has waited for so long."""
    async with ctx.unit_of_work() as uow:
        asked = uow.ask(WebhookQuestions)
        is_off = not endpoint.is_active or endpoint.archived_at is not None
        await asked.prune_attempts(endpoint.id, now - KEPT_FOR, with_waiting=is_off)
        await asked.prune_deliveries(endpoint.id, now - KEPT_FOR, with_waiting=is_off)
        await asked.prune_bodies(now - KEPT_FOR)
        kept = await uow.get(WebhookEndpoint, endpoint.id, lock=True)
        assert kept is not None
        kept.pruned_at = now
        if kept.old_secret_ends_at is not None and kept.old_secret_ends_at <= now:
            kept.old_secret = kept.old_secret_ends_at = None
