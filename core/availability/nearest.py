"""The nearest starts that can be had instead of one that cannot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.availability.bits import Engine, Shelf, within_limits
from core.availability.demand import Demand
from core.availability.rulebook import Rulebook, ServiceRules, Taken
from core.availability.search import Search, earliest_start, latest_start
from core.availability.walls import DAY

MOST, REACH, MOST_ASKED = 3, 7 * DAY, 20
"""So many alternatives at most, not further away, in minutes, and of so many providers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What is looked for: with any of the providers (the first MOST_ASKED of them) or, `together`, with
    all of them, of which the first takes what is needed beside them. Without a location it is any at
    which they work.
    """

    provider_ids: Sequence[int]
    service: ServiceRules | None
    demand: Demand
    now: datetime
    together: bool = False
    for_staff: bool = False
    location_id: int | None = None
    seats: int = 1


def resources_near(book: Rulebook, near: Near) -> list[int]:
    """Every resource whose taken time has to be known."""
    keys = {book.providers[key].resource_id for key in _asked(book, near)}
    keys |= {key for leg in near.demand.resources for key in leg.need.resource_ids}
    return sorted(keys)


def nearest_free(book: Rulebook, near: Near, start: int, taken: Sequence[Taken]) -> list[int]:
    """Up to three starts, UTC minutes, that can be had within REACH of one that cannot.

    The nearest come first, of two as near the earlier. `taken` holds what is taken of `resources_near`
    within the reach and three days on either side.
    """
    found = set(_free(book, near, start - REACH, start + REACH + 1, taken)) - {start}
    return sorted(found, key=lambda minute: (abs(minute - start), minute))[:MOST]


def first_free(book: Rulebook, near: Near, begin: int, end: int, taken: Sequence[Taken]) -> int | None:
    """The first start in [begin, end); `taken` as for the nearest."""
    return min(_free(book, near, begin, end, taken), default=None)


def stretches_after(near: Near, start: int) -> Iterator[tuple[int, int]]:
    """Where to look for a start after one that cannot be had, [begin, end) in UTC minutes: within notice
    and horizon, first one REACH, then each time four times as far."""
    begin = max(start + 1, earliest_start(near.now, near.service, for_staff=near.for_staff))
    last, length = latest_start(near.now, near.service, for_staff=near.for_staff), REACH
    while begin <= last:
        end = min(begin + length, last + 1)
        yield begin, end
        begin, length = end, length * 4


def _asked(book: Rulebook, near: Near) -> list[int]:
    """Whom to ask; nobody, where all are wanted and one is not there."""
    there = [key for key in near.provider_ids if key in book.providers]
    if near.together:
        return there if len(there) == len(near.provider_ids) else []
    return there[:MOST_ASKED]


def _free(book: Rulebook, near: Near, begin: int, end: int, taken: Sequence[Taken]) -> set[int]:
    """The starts within [begin, end), as far as notice and horizon let it."""
    begin = max(begin, earliest_start(near.now, near.service, for_staff=near.for_staff))
    end = min(end, latest_start(near.now, near.service, for_staff=near.for_staff) + 1)
    if begin >= end:
        return set()
    shelves: dict[int, list[Taken]] = {}
    for row in taken:
        if row.expires_at is None or row.expires_at > near.now:
            shelves.setdefault(row.resource_id, []).append(row)
    made = {resource_id: Shelf(rows) for resource_id, rows in shelves.items()}
    engine, nothing = Engine(book), Shelf(())
    everybodys: list[set[int]] = []
    for position, provider_id in enumerate(_asked(book, near)):
        mine: set[int] = set()
        alone = near.together and position > 0
        for place in book.places_of[provider_id]:
            if near.location_id not in (None, place):
                continue
            search = Search(
                provider_id=provider_id,
                location_id=place,
                service=near.service,
                demand=replace(near.demand, resources=()) if alone else near.demand,
                now=near.now,
                for_staff=near.for_staff,
                seats=near.seats,
            )
            masks = engine.found(search, begin, end, lambda key: made.get(key, nothing))
            mine.update(within_limits(masks, search).minutes())
        everybodys.append(mine)
    if not everybodys:
        return set()
    return set.intersection(*everybodys) if near.together else set().union(*everybodys)
