"""List the openings: when one or more providers can take an appointment, day by day."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial
from itertools import chain, groupby
from operator import itemgetter
from typing import NamedTuple

from core.availability.asking import MAX_DAYS, Asked, all_are_willing, midnight, range_of, wish_of
from core.availability.bits import NOTHING, Shelf
from core.availability.merging import Ranged, counted, merged_offers
from core.availability.outlook import Outlook, Wish, outlook
from core.availability.rulebook import Taken
from core.availability.score import Offered, Scores, scored
from core.availability.tiling import tiled
from core.availability.until import stands_until
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
    could take it, and so does `collective`. `maximise_utilisation` keeps, per provider and earliest first,
    only slots that do not overlap one kept before; None is as the service says. `with_scores` tells how
    well a slot fits the day, `with_until` how long the listing stands, of slots on the grid. `most_days` is
    the longest range, for a dialect that documents another. `names_all` False names only the first of those
    put together, which is cheaper. More than `most_starts` starts, or `most_offers` of single providers where
    each is looked at, are refused before they are made; None is no bound.
    """

    first: date
    last: date
    tile: bool = False
    together: bool = False
    maximise_utilisation: bool | None = None
    with_scores: bool = False
    with_until: bool = False
    most_days: int = MAX_DAYS
    names_all: bool = True
    most_starts: int | None = None
    most_offers: int | None = None


class Slot(NamedTuple):
    """A time that can be booked now, with one provider. `remaining` seats of a group service are left.

    Where slots are put together, `provider_ids` are all who could take it, where they are named,
    `provider_id` is the first of them, and `remaining` the most seats that one of them has. `score` is 0
    to 100, the best of all, for the reasons named: see core.availability.score.
    """

    starts_at: datetime
    ends_at: datetime
    provider_id: int
    location_id: int | None = None
    remaining: int = 1
    provider_ids: tuple[int, ...] = ()
    score: int | None = None
    reasons: tuple[str, ...] = ()

    @property
    def providers_left(self) -> int:
        """How many could take it."""
        return len(self.provider_ids) or 1


@dataclass(frozen=True, kw_only=True)
class Openings:
    """The slots by local date, each day sorted by start and then provider; `time_zone` groups them.

    They follow the rules of the service, where one was named, as of `rules_revision`. `until` is when the
    clock alone may first change them, where that was asked for and will be.
    """

    time_zone: str
    duration_minutes: int
    service_id: int | None = None
    rules_revision: int = 0
    until: datetime | None = None
    days: dict[date, list[Slot]] = field(default_factory=dict)


@use_case("availability.find", raises=(NotFound, Invalid))
async def find_openings(ctx: Context, command: FindOpenings) -> Openings:
    """The bookable slots, in one statement where what is taken is known and two otherwise.

    Raises NotFound for an unknown service, provider, location or appointment, and Invalid.
    """
    range_of(command, most_days=command.most_days)
    look = await outlook(ctx, command.moving_appointment_id)
    wish, providers = wish_of(command, look, ctx.clock.now())
    zone_name = command.time_zone or look.book.time_zone
    begin, end = midnight(command.first, 0, zone_name), midnight(command.last, 1, zone_name)
    openings = Openings(
        time_zone=zone_name,
        duration_minutes=wish.duration,
        service_id=command.service_id,
        rules_revision=look.book.revision,
        until=await stands_until(look, wish, providers, begin, end) if command.with_until else None,
    )
    end = min(end, wish.latest + 1)
    if command.collective and not all_are_willing(command, wish, look, providers):
        return openings
    if not providers or max(begin, wish.earliest) >= end:
        return openings
    if command.tile:
        found = await _tiled(look, wish, providers, begin, end)
    else:
        found = _gridded(command, wish, providers, await _ranged(look, wish, providers, begin, end))
    if _is_thinned(command, wish):
        found = {one: _thinned(slots, wish.duration) for one, slots in found.items()}
    offered = sorted(chain.from_iterable(found.values()), key=_START)
    scores = None
    if command.with_scores:
        scores = scored(look, wish, offered, await look.taken(wish, providers, begin, end))
    look.trim()
    least = len(providers) if command.collective else int(command.together)
    zone, length = zone_of(zone_name), timedelta(minutes=wish.duration)
    for start, same in groupby(offered, key=_START):
        starts_at = instant_of(start)
        slots = _slots(starts_at, starts_at + length, list(same), scores, least)
        if slots:
            openings.days.setdefault(starts_at.astimezone(zone).date(), []).extend(slots)
    return openings


_START = itemgetter(0)


async def _ranged(look: Outlook, wish: Wish, providers: Sequence[int], begin: int, end: int) -> list[Ranged]:
    """The masks, with the part of each chunk that is asked about."""
    lowest = max(begin, wish.earliest)
    chunks = await look.offers(wish, providers, begin, end)
    return [(offers, max(lowest, chunk[0]), min(end, chunk[1])) for chunk, offers in chunks]


def _gridded(
    command: FindOpenings, wish: Wish, providers: Sequence[int], ranged: Sequence[Ranged]
) -> dict[int, list[Offered]]:
    """The starts from masks; who can be had at two places is offered at the first of them.

    Where nobody but the first is named, all are under that one. Raises Invalid for too many.
    """
    one_by_one = command.names_all or command.with_scores or command.collective or _is_thinned(command, wish)
    starts, offers = counted(ranged, providers)
    if _is_over(starts, command.most_starts) or (one_by_one and _is_over(offers, command.most_offers)):
        raise invalid("last", "TOO_MANY", "must be nearer: there are too many openings")
    if not one_by_one:
        return {providers[0]: merged_offers(ranged, providers)}
    found: dict[int, list[Offered]] = {provider_id: [] for provider_id in providers}
    for known, low, high in ranged:
        for provider_id in providers:
            places = [
                (place, mask.between(low, high).seats_by_minute()) for place, mask in known[provider_id]
            ]
            found[provider_id] += _of_places(provider_id, places)
    return found


def _is_over(number: int, most: int | None) -> bool:
    return most is not None and number > most


async def _tiled(
    look: Outlook, wish: Wish, providers: Sequence[int], begin: int, end: int
) -> dict[int, list[Offered]]:
    """The starts laid end to end within the range."""
    rows: dict[int, list[Taken]] = {}
    for row in await look.taken(wish, providers, begin, end):
        rows.setdefault(row.resource_id, []).append(row)
    shelves = {resource_id: Shelf(own) for resource_id, own in rows.items()}
    found: dict[int, list[Offered]] = {}
    for provider_id in providers:
        places = [
            (
                search.location_id,
                tiled(look.engine, search, begin, end, lambda key: shelves.get(key, NOTHING)),
            )
            for search in look.searches(wish, provider_id)
        ]
        found[provider_id] = _of_places(provider_id, places)
    return found


def _of_places(provider_id: int, places: Sequence[tuple[int, Iterable[tuple[int, int]]]]) -> list[Offered]:
    """Minutes and seats by place as what is offered; a minute that two places have, at the first."""
    if len(places) == 1:
        ((place, seats),) = places
        return [(minute, provider_id, place, left) for minute, left in seats]
    first: dict[int, Offered] = {}
    for place, seats in places:
        for minute, left in seats:
            first.setdefault(minute, (minute, provider_id, place, left))
    return sorted(first.values())


def _is_thinned(command: FindOpenings, wish: Wish) -> bool:
    if command.maximise_utilisation is not None:
        return command.maximise_utilisation
    return wish.service is not None and wish.service.maximise_utilisation


def _thinned(offered: Iterable[Offered], duration: int) -> list[Offered]:
    """Earliest first, only what begins at or after the end of the last that was kept."""
    kept: list[Offered] = []
    for one in sorted(offered):
        if not kept or one[0] >= kept[-1][0] + duration:
            kept.append(one)
    return kept


def _slots(
    starts_at: datetime,
    ends_at: datetime,
    same: Sequence[Offered],
    scores: Scores | None,
    least: int,
) -> list[Slot]:
    """What is offered at one start: a slot for each provider or, where so many at least are asked for,
    one for all of them together."""
    if least == 0 and scores is not None:
        return [_slot((starts_at, ends_at, *one[1:], (), *scores[one])) for one in same]
    if least == 0:
        # There are thousands of these: no Python frame is entered for each.
        return [
            _slot((starts_at, ends_at, provider_id, place, left, (), None, ()))
            for _, provider_id, place, left in same
        ]
    if len(same) < least:
        return []
    score, reasons = max((scores[one] for one in same), key=_START) if scores else (None, ())
    _, provider_id, place, _ = same[0]
    left = max(one[3] for one in same)
    together = tuple([one[1] for one in same])
    return [Slot(starts_at, ends_at, provider_id, place, left, together, score, reasons)]


_slot = partial(tuple.__new__, Slot)
