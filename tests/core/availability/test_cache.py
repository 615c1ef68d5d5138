"""What a process keeps of availability: never stale, whatever happens in between, and bounded."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.availability.memory import InMemory
from core.availability.asking import Asked, wish_of
from core.availability.cache import AvailabilityCache, Kept
from core.availability.crowd import Crowd
from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.hours import every_day
from core.availability.next_opening import FindNextOpening, find_next_opening
from core.availability.open_days import FindOpenDays, find_open_days
from core.availability.outlook import outlook
from core.availability.rulebook import (
    LocationRules,
    ProviderRules,
    ResourceNeed,
    ResourceRules,
    Rulebook,
    ServiceRules,
    Taken,
)
from core.availability.walls import DAY
from core.kernel.clock import minute_of
from core.kernel.context import Context

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
MONDAY = date(2027, 3, 8)
TEN = minute_of(datetime(2027, 3, 8, 10, tzinfo=UTC))
ROOM = 80


def book(revision: int = 1, **more: Any) -> Rulebook:
    """Three providers, ten to six in UTC; service 1 alone, service 2 in the only room."""
    given: dict[str, Any] = {
        "weekly_hours": every_day(600, 1_080),
        "providers": {
            key: ProviderRules(
                provider_id=key,
                resource_id=70 + key,
                location_id=1,
                weekly_hours=None,
                is_accepting_bookings=True,
            )
            for key in (1, 2, 3)
        },
    }
    need = ResourceNeed(resource_ids=(ROOM,))
    return Rulebook(
        revision=revision,
        time_zone="UTC",
        locations={1: LocationRules(location_id=1, time_zone="UTC")},
        services={
            1: ServiceRules(service_id=1, duration_minutes=60, step_minutes=60),
            2: ServiceRules(service_id=2, duration_minutes=60, step_minutes=60, needs=(need,)),
        },
        resources={ROOM: ResourceRules(resource_id=ROOM, capacity=1)},
        **{**given, **more},
    )


class Business(InMemory):
    """A business whose rows come and go, each change under the next event's number."""

    def __init__(self) -> None:
        super().__init__(book(), {})

    def take(self, resource_id: int, start: int, *, expires_at: datetime | None = None) -> Taken:
        """Take an hour."""
        kind = "hold" if expires_at else "appointment"
        row = Taken(
            resource_id=resource_id,
            start=start,
            end=start + 60,
            kind=kind,
            owner=f"{kind}:{self.last}",
            begins=start,
            expires_at=expires_at,
        )
        self.rows.setdefault(resource_id, []).append(row)
        self.touch(resource_id)
        return row

    def release(self, row: Taken) -> None:  # type: ignore[override]
        """Give it back."""
        self.rows[row.resource_id].remove(row)
        self.touch(row.resource_id)

    def touch(self, resource_id: int) -> None:
        """An event, and the resource's revision with it."""
        self.last += 1
        self.touched[resource_id] = self.last

    def rule(self, **more: Any) -> None:
        """Change the rules."""
        self.last += 1
        self.book = book(self.last, **more)


async def hours(
    business: InMemory, cache: AvailabilityCache, *, service_id: int = 1, now: datetime = NOW
) -> list[tuple[int, int]]:
    """(Hour, provider) of every opening of the Monday."""
    command = FindOpenings(first=MONDAY, last=MONDAY, service_id=service_id)
    found = await find_openings(business.context(cache, now), command)
    return [(slot.starts_at.hour, slot.provider_id) for slot in found.days.get(MONDAY, [])]


async def anybody_of(business: InMemory, cache: AvailabilityCache, *, service_id: int = 1) -> set[int]:
    """The UTC minutes of the Monday at which at least one provider can be had."""
    look = await outlook(business.context(cache))
    wish, providers = wish_of(Asked(service_id=service_id), look, NOW)
    begin = TEN // DAY * DAY
    found = await look.anybody(wish, providers, begin, begin + DAY)
    return {
        minute for _, masks in found for one in masks for minute in one.between(begin, begin + DAY).minutes()
    }


async def test_what_is_taken_and_given_back_is_seen_at_once() -> None:
    """A second statement only for whom it concerns."""
    business, cache = Business(), AvailabilityCache()
    everything = await hours(business, cache)
    assert len(everything) == 24
    asked = business.asked
    assert await hours(business, cache) == everything
    assert business.asked == asked + 1
    row = business.take(71, TEN)
    assert set(everything) - set(await hours(business, cache)) == {(10, 1)}
    assert business.asked == asked + 3
    business.release(row)
    assert await hours(business, cache) == everything


async def test_a_room_that_is_taken_is_taken_for_everybody() -> None:
    """Who shares it has nothing left then; who does not need it has."""
    business, cache = Business(), AvailabilityCache()
    everything = await hours(business, cache, service_id=2)
    await hours(business, cache)
    business.take(ROOM, TEN + 60)
    left = await hours(business, cache, service_id=2)
    assert set(everything) - set(left) == {(11, 1), (11, 2), (11, 3)}
    assert await hours(business, cache) == everything


async def test_rules_that_change_are_seen_at_once() -> None:
    """Shorter hours; then somebody who has left."""
    business, cache = Business(), AvailabilityCache()
    assert len(await hours(business, cache)) == 24
    business.rule(weekly_hours=every_day(600, 720))
    assert len(await hours(business, cache)) == 6
    business.rule(providers={key: one for key, one in business.book.providers.items() if key != 2})
    assert {provider for _, provider in await hours(business, cache)} == {1, 3}


async def test_a_hold_counts_to_the_moment_it_runs_out_and_again_for_a_clock_set_back() -> None:
    """Without a change in the database, and without a third statement."""
    business, cache = Business(), AvailabilityCache()
    ends = NOW + timedelta(minutes=10)
    business.take(71, TEN, expires_at=ends)
    assert (10, 1) not in await hours(business, cache)
    assert (10, 1) not in await hours(business, cache, now=ends - timedelta(microseconds=1))
    asked = business.asked
    assert (10, 1) in await hours(business, cache, now=ends)
    assert business.asked == asked + 1
    assert (10, 1) not in await hours(business, cache, now=NOW)


async def test_two_caches_over_one_database_agree() -> None:
    """As two processes do: each sees what the other's callers booked."""
    business, one, other = Business(), AvailabilityCache(), AvailabilityCache()
    for at in range(5):
        assert await hours(business, one) == await hours(business, other)
        business.take(71 + at % 3, TEN + 60 * at)
    assert len(await hours(business, one)) == 19


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_no_interleaving_serves_what_is_stale(seed: int) -> None:
    """Readers who are overtaken between their two statements, while others book and change rules: whoever
    asks once all is quiet sees what a blank cache sees."""
    assert asyncio.run(is_right_after_all(random.Random(seed)))


def test_a_cache_that_trusts_what_it_read_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the guard switched off the same interleavings serve what is stale."""
    monkeypatch.setattr(Kept, "is_current", lambda *_: True)
    assert not all(asyncio.run(is_right_after_all(random.Random(seed))) for seed in range(60))


def test_a_crowd_that_overlooks_a_change_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where what many come to is not put together anew the same interleavings serve what is stale."""
    change = Crowd.change

    def overlook(crowd: Crowd, provider_id: int) -> None:
        change(crowd, provider_id)
        crowd._stale.clear()

    monkeypatch.setattr(Crowd, "change", overlook)
    assert not all(asyncio.run(is_right_after_all(random.Random(seed))) for seed in range(60))


async def is_right_after_all(draw: random.Random) -> bool:
    """Whether a cache that many used at once says in the end what a blank one says."""
    business, cache = Slow(draw), AvailabilityCache()

    async def reader() -> None:
        for _ in range(4):
            await draw.choice((hours, anybody_of))(business, cache, service_id=draw.choice((1, 2)))

    async def writer() -> None:
        rows: list[Taken] = []
        for _ in range(8):
            await business.pause()
            if rows and draw.random() < 0.4:
                business.release(rows.pop(draw.randrange(len(rows))))
            elif draw.random() < 0.15:
                business.rule(weekly_hours=every_day(600, 60 * draw.randint(12, 18)))
            else:
                rows.append(business.take(draw.choice((71, 72, 73, ROOM)), TEN + 60 * draw.randrange(8)))

    await asyncio.gather(reader(), reader(), reader(), writer())
    business.is_slow = False
    return all(
        [
            await listed(business, cache, service_id=service_id)
            == await listed(business, AvailabilityCache(), service_id=service_id)
            for service_id in (1, 2)
            for listed in (hours, anybody_of)
        ]
    )


class Slow(Business):
    """Answers after a while, as of when it was asked."""

    def __init__(self, draw: random.Random) -> None:
        super().__init__()
        self.is_slow, self._draw = True, draw

    async def pause(self) -> None:
        """Let others go first, a few times."""
        for _ in range(self._draw.randrange(6) if self.is_slow else 0):
            await asyncio.sleep(0)

    async def changes(self, known_last: int | None, known_rules: int | None) -> Any:
        """What changed, told late."""
        await self.pause()
        answer = await super().changes(known_last, known_rules)
        await self.pause()
        return answer

    async def taken(self, resource_ids: Sequence[int], start: int, end: int, now: datetime) -> list[Taken]:
        """What is taken, told late."""
        await self.pause()
        answer = await super().taken(resource_ids, start, end, now)
        await self.pause()
        return answer


async def test_the_cache_stays_within_its_bytes() -> None:
    """Many businesses and many months: what was used least of late is forgotten, and answers stay right."""
    cache = AvailabilityCache(most_bytes=200_000)
    businesses = [Business() for _ in range(3)]
    for number, business in enumerate(businesses):
        business.take(71, TEN)
        ctx = business.context(cache)
        there = type(ctx)(**{**vars(ctx), "actor": type(ctx.actor)(name="system", business_id=number + 1)})
        for month in range(12):
            first = MONDAY + timedelta(days=30 * month)
            command = FindOpenings(first=first, last=first, service_id=1)
            found = await find_openings(there, command)
            assert len(found.days[first]) == (23 if month == 0 else 24)
            assert cache.size <= cache.most_bytes


async def test_explaining_and_tiling_stay_within_the_bytes_too() -> None:
    """Month after month is asked about in ways that keep rows and no masks; each stays within its bytes."""
    for ask in (_explained, _tiled):
        assert await _sizes_within(40_000, ask)


async def test_a_cache_that_nobody_trims_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same months go over the same bytes."""
    monkeypatch.setattr(AvailabilityCache, "trim", lambda _: None)
    for ask in (_explained, _tiled):
        assert not await _sizes_within(40_000, ask)


async def _sizes_within(most_bytes: int, ask: Callable[[Context, date], Awaitable[None]]) -> bool:
    """Whether the cache is within its bytes after each of a year's months was asked about."""
    cache = AvailabilityCache(most_bytes=most_bytes)
    ctx, sizes = Business().context(cache), []
    for month in range(12):
        await ask(ctx, MONDAY + timedelta(days=32 * month))
        sizes.append(cache.size)
    return max(sizes) <= most_bytes


async def _explained(ctx: Context, day: date) -> None:
    at = datetime(day.year, day.month, day.day, 10, tzinfo=UTC)
    await explain_availability(ctx, ExplainAvailability(service_id=1, provider_id=1, starts_at=at))


async def _tiled(ctx: Context, day: date) -> None:
    await find_openings(ctx, FindOpenings(first=day, last=day, service_id=1, tile=True))


async def test_a_year_of_days_and_the_next_opening() -> None:
    """Every day but the one that is full; and the first start after it."""
    business, cache = Business(), AvailabilityCache()
    for resource_id in (71, 72, 73):
        for hour in range(8):
            business.take(resource_id, TEN + 60 * hour)
    ctx = business.context(cache)
    year = await find_open_days(
        ctx, FindOpenDays(first=date(2027, 3, 2), last=date(2028, 2, 29), service_id=1)
    )
    assert len(year.days) == 364
    assert MONDAY not in year.days
    after = datetime(2027, 3, 7, 17, 0, 1, tzinfo=UTC)
    found = await find_next_opening(ctx, FindNextOpening(service_id=1, after=after))
    assert found.slot is not None
    assert (found.slot.starts_at, found.slot.provider_ids) == (
        datetime(2027, 3, 9, 10, tzinfo=UTC),
        (1, 2, 3),
    )


async def test_who_is_never_open_has_no_next_opening_and_few_statements_say_so() -> None:
    """Five years are looked through in a handful of steps."""
    business = Business()
    business.rule(weekly_hours={})
    found = await find_next_opening(business.context(AvailabilityCache()), FindNextOpening(service_id=1))
    assert found.slot is None
    assert business.asked <= 8


@pytest.mark.parametrize("collective", [False, True])
async def test_starts_are_put_together(collective: bool) -> None:
    """All who are free at ten but one; together with all, ten is none."""
    business = Business()
    business.take(72, TEN)
    command = FindOpenings(
        first=MONDAY, last=MONDAY, service_id=1, together=True, collective=collective, with_scores=True
    )
    found = await find_openings(business.context(AvailabilityCache()), command)
    first = found.days[MONDAY][0]
    assert (first.starts_at.hour, first.provider_ids, first.providers_left) == (
        (11, (1, 2, 3), 3) if collective else (10, (1, 3), 2)
    )
    assert (first.score, first.reasons) == ((80, ("ADJACENT",)) if collective else (60, ("DAY_EDGE",)))


async def test_offers_that_overlap_are_hidden_where_time_is_to_be_used_well() -> None:
    """An hour every half hour, offered end to end; nothing else changes."""
    business = Business()
    ctx = business.context(AvailabilityCache())
    who = {"provider_ids": [1], "duration_minutes": 90, "service_id": 1, "for_staff": True}
    asked = {"first": MONDAY, "last": MONDAY, **who}
    plain = await find_openings(ctx, FindOpenings(**asked))  # type: ignore[arg-type]
    thin = await find_openings(ctx, FindOpenings(**asked, maximise_utilisation=True))  # type: ignore[arg-type]
    assert [slot.starts_at.hour for slot in plain.days[MONDAY]] == [10, 11, 12, 13, 14, 15, 16]
    assert [slot.starts_at.hour for slot in thin.days[MONDAY]] == [10, 12, 14, 16]
