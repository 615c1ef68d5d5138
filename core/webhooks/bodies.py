"""Bodies: an event in the words of a scheme, made once and kept; one that cannot be made holds nobody up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from core.kernel.context import Context
from core.kernel.log import Log, LoggedEvent
from core.webhooks.endpoint import WebhookEndpoint
from core.webhooks.questions import DueDelivery, WebhookQuestions
from core.webhooks.scheme import Scheme

EVENT_GONE = "EVENT_GONE"
EVENT_UNTELLABLE = "EVENT_UNTELLABLE"
NOT_ITS_FAULT = (EVENT_GONE, EVENT_UNTELLABLE)
"""What goes wrong on this side of the wire: the log has forgotten the event, or its body cannot be made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Untold:
    """An event without a body: why, in a word of `NOT_ITS_FAULT`, and the kind of fault that stood in the way."""

    sequence: int
    error: str
    fault: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Worded:
    """The bodies that were made, by the events' numbers, and the events that none could be made for."""

    bodies: dict[int, str] = field(default_factory=dict)
    untold: tuple[Untold, ...] = ()


async def word(
    ctx: Context, endpoint: WebhookEndpoint, scheme: Scheme, events: Sequence[LoggedEvent]
) -> Worded:
    """Make the bodies of those events that have none yet; nothing is kept. A fault of one spares the others."""
    if not events:
        return Worded()
    numbers = [event.sequence for event in events]
    there = set(await ctx.ask(WebhookQuestions).worded(scheme.name, endpoint.scheme_version, numbers))
    bodies: dict[int, str] = {}
    untold: list[Untold] = []
    for event in events:
        if event.sequence in there:
            continue
        try:
            bodies[event.sequence] = await scheme.body(ctx, event)
        except Exception as fault:
            await ctx.release()
            name = type(fault).__name__
            untold.append(Untold(sequence=event.sequence, error=EVENT_UNTELLABLE, fault=name))
    return Worded(bodies=bodies, untold=tuple(untold))


async def word_again(
    ctx: Context, log: Log, endpoint: WebhookEndpoint, scheme: Scheme, bare: Sequence[DueDelivery]
) -> tuple[Untold, ...]:
    """Make and keep the bodies of due deliveries without one; answers those that stay without.

    They are those of old deliveries that are sent anew, and those that could not be made before.
    """
    await ctx.release()
    found = {one.sequence: await log.at(endpoint.business_id, one.sequence) for one in bare}
    worded = await word(ctx, endpoint, scheme, [event for event in found.values() if event is not None])
    await ctx.release()
    if worded.bodies:
        async with ctx.unit_of_work() as uow:
            asked = uow.ask(WebhookQuestions)
            await asked.word(scheme.name, endpoint.scheme_version, worded.bodies, uow.now)
    gone = [Untold(sequence=number, error=EVENT_GONE) for number, event in found.items() if event is None]
    return (*worded.untold, *gone)
