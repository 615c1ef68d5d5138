"""The nearest free starts, told with the refusal of a taken one."""

from __future__ import annotations

from dataclasses import replace

from core.appointments.appointment import SlotTaken
from core.availability.hours import DAY_MINUTES
from core.availability.nearest import REACH, nearest_free
from core.availability.questions import AvailabilityQuestions
from core.availability.rulebook import Rulebook
from core.availability.shelf import RulebookShelf
from core.kernel.clock import instant_of, minute_of
from core.kernel.context import Context

_MARGIN = 3 * DAY_MINUTES


async def with_alternatives(ctx: Context, error: SlotTaken) -> SlotTaken:
    """The error, with up to three free starts of the same provider nearest to the one refused.

    They are listed by time, and looked for after the refusal: nothing is locked, and two statements
    more than a booking that succeeds.
    """
    if (wanted := error.wanted) is None:
        return error
    ask = ctx.ask(AvailabilityQuestions)
    book = await _rulebook(ctx, ask)
    if error.provider_id not in book.providers:
        return error
    service = None if wanted.service_id is None else book.services.get(wanted.service_id)
    demand = wanted.demand
    at, now = minute_of(error.starts_at), ctx.clock.now()
    keys = {book.providers[error.provider_id].resource_id}
    keys |= {key for leg in demand.resources for key in leg.need.resource_ids}
    taken = await ask.taken(sorted(keys), at - REACH - _MARGIN, at + REACH + _MARGIN, now)
    nearest = nearest_free(
        book,
        provider_id=error.provider_id,
        service=service,
        demand=demand,
        start=at,
        now=now,
        taken=taken,
        for_staff=wanted.for_staff,
        location_id=wanted.location_id,
        seats=wanted.seats,
    )
    return replace(error, next_free=[instant_of(minute) for minute in sorted(nearest)])


async def _rulebook(ctx: Context, ask: AvailabilityQuestions) -> Rulebook:
    """The rules, read anew only where they changed since the shelf was filled."""
    shelf = ctx.reach(RulebookShelf)
    known = shelf.newest(ctx.business_id)
    changes = await ask.changes(None, None if known is None else known.revision)
    if changes.rulebook is None:
        assert known is not None
        return known
    shelf.put(ctx.business_id, changes.rulebook)
    return changes.rulebook
