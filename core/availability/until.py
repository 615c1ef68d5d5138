"""How long a listing stands: until the clock alone takes its first start out, or brings another in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.availability.crowd import anybodys
from core.availability.open_days import first_of
from core.availability.outlook import Outlook, Wish, chunks_of
from core.availability.search import near_from, too_near_from


async def stands_until(
    look: Outlook, wish: Wish, providers: Sequence[int], begin: int, end: int
) -> datetime | None:
    """When the clock first changes what starts in [begin, end); None where it never does.

    The first start goes once it is nearer than the notice, and the first beyond the horizon comes once
    it is near enough. What lies after either is not looked at.
    """
    first = await _first(look, wish, providers, max(begin, wish.earliest), min(end, wish.latest + 1))
    next_one = await _first(look, wish, providers, max(begin, wish.latest + 1), end)
    changes = []
    if first is not None:
        changes.append(too_near_from(first, wish.service, for_staff=wish.for_staff))
    if next_one is not None:
        changes.append(near_from(next_one, wish.service, for_staff=wish.for_staff))
    return min(changes, default=None)


async def _first(look: Outlook, wish: Wish, providers: Sequence[int], begin: int, end: int) -> int | None:
    """The first start in [begin, end) with any of the providers."""
    for low, high in chunks_of(begin, end, len(providers)) if begin < end else ():
        ((_, offers),) = await look.offers(wish, providers, low, high)
        found = first_of(anybodys(offers, providers), begin, end)
        if found is not None:
            return found
    return None
