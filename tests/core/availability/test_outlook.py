"""The outlook: which chunks are looked at, what is asked for once, and that their edges lose nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from benchmarks.availability.memory import InMemory, in_memory
from core.availability.bits import MARGIN
from core.availability.cache import AvailabilityCache
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.outlook import Outlook, Wish, chunks_of, outlook
from core.availability.rulebook import ResourceNeed, Segment, Taken
from core.availability.walls import CHUNK, DAY
from core.kernel.clock import instant_of
from tests.core.availability.in_memory import ANNEXE, AT, HOME, KAI, MARA, NOW, later, row, salon, service

EDGE = (AT // CHUNK + 1) * CHUNK
"""The first minute of the chunk after the Monday's: a midnight in UTC."""


@pytest.mark.parametrize(
    ("begin", "end", "providers", "expected"),
    [
        (0, 1, 1, [(0, CHUNK)]),
        (CHUNK - 1, CHUNK, 1, [(0, CHUNK)]),
        (CHUNK - 1, CHUNK + 1, 1, [(0, CHUNK), (CHUNK, 2 * CHUNK)]),
        (0, 3 * DAY, 999, [(0, CHUNK)]),
        (0, 3 * DAY, 1_000, [(0, DAY), (DAY, 2 * DAY), (2 * DAY, 3 * DAY)]),
        (0, 3 * DAY + 1, 1_000, [(0, CHUNK)]),
        (5, 6, 1_000, [(0, DAY)]),
    ],
)
def test_a_range_is_looked_at_by_chunks(
    begin: int, end: int, providers: int, expected: list[tuple[int, int]]
) -> None:
    """Of 32 days; of one where a few days of very many are asked for."""
    assert chunks_of(begin, end, providers) == expected


def test_a_wish_knows_its_demand_and_every_room_that_might_serve() -> None:
    """Of the service's needs and of its segments'; of none without a service."""
    segments = (
        Segment(minutes=20, needs=(ResourceNeed(resource_ids=(80, 81)),)),
        Segment(minutes=40, needs=(ResourceNeed(resource_ids=(82,)),)),
    )
    wanted = service(segments=segments, needs=(ResourceNeed(resource_ids=(83,)),))
    assert Wish(service=wanted, duration=75, now=NOW).needs == {80, 81, 82, 83}
    assert Wish(service=wanted, duration=75, now=NOW).demand.duration == 75
    plain = Wish(service=None, duration=75, now=NOW)
    assert (plain.needs, plain.demand.duration, plain.demand.resources) == (frozenset(), 75, ())


def edge_of(*rows: Taken) -> InMemory:
    """Mara around the clock."""
    hours = {day: [[0, 1_440]] for day in ("saturday", "sunday", "monday", "tuesday", "friday", "thursday")}
    wanted = service(horizon_minutes=200 * DAY)
    return in_memory(salon(wanted, weekly_hours={**hours, "wednesday": [[0, 1_440]]}), list(rows))


async def test_the_edge_of_a_chunk_is_like_any_other_midnight() -> None:
    """What is taken on either side of it and over it; nothing is lost and nothing is told twice."""
    shift = EDGE - AT
    rows = [
        row(MARA, shift - 150, shift - 90),
        row(MARA, shift - 30, shift + 30),
        row(MARA, shift + 90, shift + 91),
    ]
    day = instant_of(EDGE).date()
    asked = FindOpenings(first=day - timedelta(days=1), last=day, service_id=3, provider_ids=[MARA])
    found = await find_openings(edge_of(*rows).context(AvailabilityCache()), asked)
    starts = [slot.starts_at for slots in found.days.values() for slot in slots]
    every = [instant_of(EDGE + 60 * hour) for hour in range(-24, 24)]
    gone = [instant_of(EDGE + 60 * hour) for hour in (-3, -2, -1, 0, 1)]
    assert starts == [start for start in every if start not in gone]


async def look_at(business: InMemory, cache: AvailabilityCache) -> Outlook:
    """The outlook now."""
    return await outlook(business.context(cache))


def wish_in(look: Outlook, **more: Any) -> Wish:
    """An hour of service 3."""
    return Wish(service=look.book.services[3], duration=60, now=NOW, **more)


async def test_taken_time_is_asked_for_once_and_with_its_margins() -> None:
    """Each row once though it touches two chunks; what is further away than a margin is not there."""
    shift = EDGE - AT
    over, near = (
        row(MARA, shift - 30, shift + 30),
        row(MARA, shift + CHUNK + MARGIN - 1, shift + CHUNK + MARGIN),
    )
    far, other = row(MARA, shift + CHUNK + MARGIN, shift + CHUNK + MARGIN + 1), row(KAI, 0, 60)
    business, cache = edge_of(over, near, far, other), AvailabilityCache()
    look = await look_at(business, cache)
    found = await look.taken(wish_in(look), [MARA], EDGE - 1, EDGE + 1)
    assert found == [over, near]
    assert business.asked == 2
    assert await look.taken(wish_in(look), [MARA], EDGE - 1, EDGE + 1) == [over, near]
    assert business.asked == 2
    assert set(await look.taken(wish_in(look), [MARA, KAI], EDGE - 1, EDGE + 1)) == {over, near, other}
    assert business.asked == 3


async def test_masks_are_made_once_until_something_changes() -> None:
    """The very same for the same question; anew for whoever was touched, and for all where a need was."""
    need = (ResourceNeed(resource_ids=(80,)),)
    business, cache = in_memory(salon(service(needs=need)), []), AvailabilityCache()
    who, span = [MARA, KAI], (AT - 600, AT + 840)
    look = await look_at(business, cache)
    ((chunk, first),) = await look.offers(wish_in(look), who, *span)
    assert chunk == (EDGE - CHUNK, EDGE)
    ((_, again),) = await look.offers(wish_in(look), who, *span)
    assert all(again[one] is first[one] for one in who)
    assert [place for place, _ in first[KAI]] == [HOME, ANNEXE]
    ((_, shown),) = await look.anybody(wish_in(look), who, *span)
    ((_, once_more),) = await look.anybody(wish_in(look), who, *span)
    assert once_more == shown
    assert business.asked == 2
    for touched, kept in ((MARA * 100, [KAI]), (80, []), (99, who)):
        business.last += 1
        business.touched[touched] = business.last
        look = await look_at(business, cache)
        ((_, anew),) = await look.offers(wish_in(look), who, *span)
        assert [one for one in who if anew[one] is first[one]] == kept
        first = dict(anew)


async def test_what_was_overtaken_is_answered_and_not_kept() -> None:
    """An outlook from before a change, asked after a later one was taken: its masks are its own."""
    business, cache = in_memory(salon(service()), []), AvailabilityCache()
    early = await look_at(business, cache)
    business.last, business.touched[MARA * 100] = 2, 2
    business.rows[MARA * 100] = [row(MARA, 0, 60)]
    await look_at(business, cache)
    span = (AT - 600, AT + 840)
    for look in (early, await look_at(business, cache)):
        ((_, offers),) = await look.offers(wish_in(look), [MARA, KAI], *span)
        assert offers[MARA][0][1].between(*span).minutes() == [AT + 60, AT + 120, AT + 180]
    assert cache.of(1).is_current(MARA * 100, 2)
    assert not cache.of(1).is_current(MARA * 100, 1)
    ((_, kept),) = await (await look_at(business, cache)).offers(wish_in(early), [MARA, KAI], *span)
    assert kept[KAI] is offers[KAI]


async def test_searches_go_to_every_place_or_to_the_one_named() -> None:
    """Home first; on the grid."""
    look = await look_at(in_memory(salon(service(capacity=4)), []), AvailabilityCache())
    wish = wish_in(look, seats=2)
    found = list(look.searches(wish, KAI))
    assert [(one.location_id, one.tile, one.seats, one.for_staff, one.now) for one in found] == [
        (HOME, False, 2, False, NOW),
        (ANNEXE, False, 2, False, NOW),
    ]
    (only,) = look.searches(wish_in(look, location_id=ANNEXE), KAI)
    assert (only.provider_id, only.location_id, only.tile, only.service) == (KAI, ANNEXE, False, wish.service)
    assert only.demand == wish.demand
    assert list(look.searches(wish_in(look, location_id=ANNEXE), MARA)) == []


async def test_a_hold_that_masks_heed_ends_them_when_it_runs_out() -> None:
    """Of the provider, or of a room that is needed: the first of them."""
    need = (ResourceNeed(resource_ids=(80,), quantity=2),)
    soon, late = NOW + timedelta(minutes=5), NOW + timedelta(minutes=9)
    rows = [
        row(MARA, 0, 60, kind="hold", owner="hold:1", expires_at=late),
        Taken(resource_id=80, start=AT + 60, end=AT + 120, kind="hold", owner="hold:1", expires_at=soon),
    ]
    business, cache = in_memory(salon(service(needs=need)), rows), AvailabilityCache()

    async def starts(minutes: int) -> list[int]:
        ctx = business.context(cache, NOW + timedelta(minutes=minutes))
        asked = FindOpenings(first=later().date(), last=later().date(), service_id=3, provider_ids=[MARA])
        found = await find_openings(ctx, asked)
        return [slot.starts_at.hour for slots in found.days.values() for slot in slots]

    assert [await starts(minutes) for minutes in (0, 4, 5, 8, 9, 0)] == [
        [12, 13],
        [12, 13],
        [11, 12, 13],
        [11, 12, 13],
        [10, 11, 12, 13],
        [12, 13],
    ]
