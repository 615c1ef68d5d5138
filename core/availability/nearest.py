"""The nearest starts that can be had instead of one that cannot."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.availability.bits import Engine, Shelf, within_limits
from core.availability.demand import Demand
from core.availability.rulebook import Rulebook, ServiceRules, Taken
from core.availability.search import Search, earliest_start, latest_start
from core.availability.walls import DAY

MOST, REACH = 3, 7 * DAY
"""So many alternatives at most, and not further away, in minutes."""


def nearest_free(
    book: Rulebook,
    *,
    provider_id: int,
    service: ServiceRules | None,
    demand: Demand,
    start: int,
    now: datetime,
    taken: Sequence[Taken],
    for_staff: bool = False,
    location_id: int | None = None,
    seats: int = 1,
    reach: int = REACH,
) -> list[int]:
    """Up to three starts, UTC minutes, that can be had within `reach` minutes of one that cannot.

    The nearest come first, of two as near the earlier. `taken` holds what is taken of the provider and of
    what the demand needs, within the reach and three days on either side. Without a location it is any
    at which the provider works.
    """
    if provider_id not in book.providers:
        return []
    begin = max(start - reach, earliest_start(now, service))
    end = min(start + reach, latest_start(now, service)) + 1
    if begin >= end:
        return []
    shelves: dict[int, list[Taken]] = {}
    for row in taken:
        if row.expires_at is None or row.expires_at > now:
            shelves.setdefault(row.resource_id, []).append(row)
    made = {resource_id: Shelf(rows) for resource_id, rows in shelves.items()}
    engine, nothing = Engine(book), Shelf(())
    found: set[int] = set()
    for place in book.places_of[provider_id]:
        if location_id not in (None, place):
            continue
        search = Search(
            provider_id=provider_id,
            location_id=place,
            service=service,
            demand=demand,
            now=now,
            for_staff=for_staff,
            seats=seats,
        )
        masks = engine.found(search, begin, end, lambda key: made.get(key, nothing))
        found.update(within_limits(masks, search).minutes())
    return sorted(found - {start}, key=lambda minute: (abs(minute - start), minute))[:MOST]
