"""List the openings: when one or more providers can take an appointment, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby

from core.availability.asking import MAX_DAYS, Asked, midnight, range_of, wish_of
from core.availability.outlook import Outlook, Wish, outlook
from core.availability.score import scored
from core.availability.search import givers
from core.availability.sweep import Start, starts
from core.kernel.clock import instant_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound, invalid
from core.kernel.text import zone_of
from core.kernel.use_case import use_case

__all__ = ["MAX_DAYS", "FindOpenings", "Openings", "Slot", "find_openings"]


@dataclass(kw_only=True)
class FindOpenings(Asked):
    """A range of local days, both included, and what is wanted: see Asked for who and where.

    `tile` lays slots of the duration end to end from the start of each free stretch, instead of on
    the service's grid. Days are those of `time_zone`, else of the business: the asker's dates,
    whatever zone a provider works in. `together` puts slots of one start into one, which names all who
    could take it; `collective` lists only starts at which all of the providers can be had, in the same
    way. `maximise_utilisation` keeps, per provider and earliest first, only slots that do not overlap
    one kept before; None is as the service says. `with_scores` tells how well a slot fits the day.
    `most_days` is the longest range, for a dialect that documents another.
    """

    first: date
    last: date
    tile: bool = False
    together: bool = False
    collective: bool = False
    maximise_utilisation: bool | None = None
    with_scores: bool = False
    most_days: int = MAX_DAYS


@dataclass(slots=True, kw_only=True, unsafe_hash=True)
class Slot:
    """A time that can be booked now, with one provider; never changed once made. `remaining` seats of a group service are left.

    Where slots are put together, `provider_ids` are all who could take it, `provider_id` is the first
    of them, and `remaining` the most seats that one of them has. `score` is 0 to 100, the best of all,
    for the reasons named: see core.availability.score.
    """

    starts_at: datetime
    ends_at: datetime
    provider_id: int
    location_id: int | None = field(default=None, compare=False)
    remaining: int = field(default=1, compare=False)
    provider_ids: tuple[int, ...] = field(default=(), compare=False)
    score: int | None = field(default=None, compare=False)
    reasons: tuple[str, ...] = field(default=(), compare=False)

    @property
    def providers_left(self) -> int:
        """How many could take it."""
        return len(self.provider_ids) or 1


@dataclass(frozen=True, kw_only=True)
class Openings:
    """The slots by local date, each day sorted by start and then provider; `time_zone` groups them.

    They follow the rules of the service, where one was named, as of `rules_revision`.
    """

    time_zone: str
    duration_minutes: int
    service_id: int | None = None
    rules_revision: int = 0
    days: dict[date, list[Slot]] = field(default_factory=dict)


_Offered = tuple[int, int, int, int]
"""Start, provider, place and seats left."""


@use_case("availability.find", raises=(NotFound, Invalid))
async def find_openings(ctx: Context, command: FindOpenings) -> Openings:
    """The bookable slots, in one statement where what is taken is known and two otherwise.

    Raises NotFound for an unknown service, provider or location, and Invalid.
    """
    range_of(command, most_days=command.most_days)
    look = await outlook(ctx)
    wish, providers = wish_of(command, look, ctx.clock.now())
    zone_name = command.time_zone or look.book.time_zone
    openings = Openings(
        time_zone=zone_name,
        duration_minutes=wish.duration,
        service_id=command.service_id,
        rules_revision=look.book.revision,
    )
    begin, end = midnight(command.first, 0, zone_name), midnight(command.last, 1, zone_name)
    end = min(end, wish.latest + 1)
    if command.collective and not _all_are_willing(command, wish, look, providers):
        return openings
    if not providers or max(begin, wish.earliest) >= end:
        return openings
    found = await (_tiled if command.tile else _gridded)(look, wish, providers, begin, end)
    if _is_thinned(command, wish):
        found = {one: _thinned(slots, wish.duration) for one, slots in found.items()}
    offered = sorted(one for mine in found.values() for one in mine)
    instants = {start: instant_of(start) for start in {one[0] for one in offered}}
    length = timedelta(minutes=wish.duration)
    slots = [
        Slot(
            starts_at=instants[start],
            ends_at=instants[start] + length,
            provider_id=provider_id,
            location_id=place,
            remaining=left,
        )
        for start, provider_id, place, left in offered
    ]
    if command.with_scores:
        slots = list(scored(look, wish, slots, await look.taken(wish, providers, begin, end)))
    if command.together or command.collective:
        slots = list(_together(slots, len(providers) if command.collective else 1))
    zone = zone_of(zone_name)
    for starts_at, same in groupby(slots, key=_start_of):
        openings.days.setdefault(starts_at.astimezone(zone).date(), []).extend(same)
    return openings


def _all_are_willing(command: FindOpenings, wish: Wish, look: Outlook, willing: Sequence[int]) -> bool:
    """Whether all who would have to come may be booked. Raises Invalid for a group: it has one provider."""
    if wish.service is not None and wish.service.capacity > 1:
        raise invalid("collective", "NOT_FOR_GROUPS", "a group service has one provider")
    wanted = givers(look.book, wish.service) if command.provider_ids is None else set(command.provider_ids)
    return len(wanted) == len(willing)


def _start_of(slot: Slot) -> datetime:
    return slot.starts_at


async def _gridded(
    look: Outlook, wish: Wish, providers: Sequence[int], begin: int, end: int
) -> dict[int, list[_Offered]]:
    """The starts from masks; who can be had at two places is offered at the first of them."""
    lowest = max(begin, wish.earliest)
    found: dict[int, list[_Offered]] = {provider_id: [] for provider_id in providers}
    for chunk, offers in await look.offers(wish, providers, begin, end):
        low, high = max(lowest, chunk[0]), min(end, chunk[1])
        for provider_id in providers:
            found[provider_id] += _of_places(
                provider_id,
                ((place, mask.between(low, high).starts()) for place, mask in offers[provider_id]),
            )
    return found


async def _tiled(
    look: Outlook, wish: Wish, providers: Sequence[int], begin: int, end: int
) -> dict[int, list[_Offered]]:
    """The starts from the sweep, laid end to end within the range."""
    rows = await look.taken(wish, providers, begin, end)
    return {
        provider_id: list(
            _of_places(
                provider_id,
                (
                    (search.location_id, starts(look.book, search, rows, begin, end))
                    for search in look.searches(wish, provider_id, tile=True)
                ),
            )
        )
        for provider_id in providers
    }


def _of_places(provider_id: int, places: Iterable[tuple[int, list[Start]]]) -> Iterator[_Offered]:
    seen: set[int] = set()
    for place, offered in places:
        for start in offered:
            if start.minute not in seen:
                yield start.minute, provider_id, place, start.remaining
        seen.update(start.minute for start in offered)


def _is_thinned(command: FindOpenings, wish: Wish) -> bool:
    if command.maximise_utilisation is not None:
        return command.maximise_utilisation
    return wish.service is not None and wish.service.maximise_utilisation


def _thinned(offered: Iterable[_Offered], duration: int) -> list[_Offered]:
    """Earliest first, only what begins at or after the end of the last that was kept."""
    kept: list[_Offered] = []
    for one in sorted(offered):
        if not kept or one[0] >= kept[-1][0] + duration:
            kept.append(one)
    return kept


def _together(slots: Sequence[Slot], least: int) -> Iterator[Slot]:
    """Slots of one start as one, where at least so many providers have it."""
    by_start: dict[datetime, list[Slot]] = {}
    for slot in slots:
        by_start.setdefault(slot.starts_at, []).append(slot)
    for same in by_start.values():
        if len(same) < least:
            continue
        best = max(same, key=lambda slot: slot.score or 0)
        yield Slot(
            starts_at=same[0].starts_at,
            ends_at=same[0].ends_at,
            provider_id=same[0].provider_id,
            location_id=same[0].location_id,
            remaining=max(slot.remaining for slot in same),
            provider_ids=tuple(slot.provider_id for slot in same),
            score=best.score,
            reasons=best.reasons,
        )
