"""When else: the times that are told with a refusal."""

from __future__ import annotations

from dataclasses import replace

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.availability.hours import DAY_MINUTES
from core.availability.moving import MovingQuestions, without
from core.availability.nearest import REACH, Near, first_free, nearest_free, resources_near, stretches_after
from core.availability.questions import AvailabilityQuestions
from core.availability.shelf import newest_rulebook
from core.kernel.clock import instant_of, minute_of
from core.kernel.context import Context

_MARGIN = 3 * DAY_MINUTES


async def with_alternatives(
    ctx: Context, error: SlotTaken | OutsidePolicy, *, moving_id: int | None = None
) -> SlotTaken | OutsidePolicy:
    """The error, with up to three free starts nearest to a taken one, listed by time; or with the first
    start after the refused one that the rules allow.

    They are looked for after the refusal: nothing is locked, and two statements more than a booking
    that succeeds; up to four more where nothing is allowed for weeks. What an appointment that is to be
    moved takes itself is not in the way, for one statement more.
    """
    if (wanted := error.wanted) is None:
        return error
    ask = ctx.ask(AvailabilityQuestions)
    book = await newest_rulebook(ctx)
    near = Near(
        provider_ids=wanted.provider_ids,
        together=wanted.together,
        service=None if wanted.service_id is None else book.services.get(wanted.service_id),
        demand=wanted.demand,
        now=ctx.clock.now(),
        for_staff=wanted.for_staff,
        location_id=wanted.location_id,
        seats=wanted.seats,
    )
    keys = resources_near(book, near)
    if not keys:
        return error
    at = minute_of(wanted.starts_at)
    moving = None if moving_id is None else await ctx.ask(MovingQuestions).moving(moving_id)
    if isinstance(error, OutsidePolicy):
        for begin, end in stretches_after(near, at):
            taken = await ask.taken(keys, begin - _MARGIN, end + _MARGIN, near.now)
            taken = taken if moving is None else without(taken, moving)
            if (first := first_free(book, near, begin, end, taken)) is not None:
                return replace(error, earliest=instant_of(first))
        return error
    taken = await ask.taken(keys, at - REACH - _MARGIN, at + REACH + _MARGIN, near.now)
    taken = taken if moving is None else without(taken, moving)
    nearest = nearest_free(book, near, at, taken)
    return replace(error, next_free=[instant_of(minute) for minute in sorted(nearest)])
