"""Find the first opening after an instant, however far ahead it lies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.availability.asking import Asked, all_are_willing, checked, wish_of
from core.availability.crowd import anybodys, common
from core.availability.find_openings import Slot
from core.availability.open_days import first_of
from core.availability.outlook import Outlook, Wish, outlook
from core.availability.walls import CHUNK
from core.kernel.clock import instant_of, is_whole_minute, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class FindNextOpening(Asked):
    """The instant from which on to look, now where None. See Asked for who, where and what."""

    after: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class NextOpening:
    """The first slot, with all who could take it; None where there is none up to the horizon.

    It follows the rules of the service, where one was named, as of `rules_revision`; `time_zone` is the
    one asked for, else the business's.
    """

    slot: Slot | None
    time_zone: str
    duration_minutes: int
    service_id: int | None
    rules_revision: int


@use_case("availability.next", raises=(NotFound, Invalid))
async def find_next_opening(ctx: Context, command: FindNextOpening) -> NextOpening:
    """The first start at or after the instant, up to the service's horizon.

    Looks at one stretch of 32 days, then at two, four, and so on: one statement in all where what is
    taken is known, one more for each look otherwise. Raises NotFound for an unknown service, provider,
    location or appointment, and Invalid.
    """
    checked(command).done()
    look = await outlook(ctx, command.moving_appointment_id)
    wish, providers = wish_of(command, look, ctx.clock.now())
    begin, end = wish.earliest, wish.latest + 1
    if command.after is not None:
        begun = 0 if is_whole_minute(command.after) else 1
        begin = max(begin, minute_of(command.after) + begun)
    if command.collective and not all_are_willing(command, wish, look, providers):
        providers = []
    slot, chunks = None, 1
    while slot is None and providers and begin < end:
        until = min(end, (begin // CHUNK + chunks) * CHUNK)
        slot = await _first(look, wish, providers, begin, until, together=command.collective)
        begin, chunks = until, chunks * 2
    return NextOpening(
        slot=slot,
        time_zone=command.time_zone or look.book.time_zone,
        duration_minutes=wish.duration,
        service_id=command.service_id,
        rules_revision=look.book.revision,
    )


async def _first(
    look: Outlook, wish: Wish, providers: list[int], begin: int, end: int, *, together: bool
) -> Slot | None:
    masks_of = common if together else anybodys
    for _, offers in await look.offers(wish, providers, begin, end):
        start = first_of(masks_of(offers, providers), begin, end)
        if start is None:
            continue
        there = [
            (provider_id, place, found.starts_at(start))
            for provider_id in providers
            for place, found in offers[provider_id]
        ]
        having = [(provider_id, place, left) for provider_id, place, left in there if left]
        return Slot(
            starts_at=instant_of(start),
            ends_at=instant_of(start + wish.duration),
            provider_id=having[0][0],
            location_id=having[0][1],
            remaining=max(left for _, _, left in having),
            provider_ids=tuple(dict.fromkeys(provider_id for provider_id, _, _ in having)),
        )
    return None
