"""The outlook: a business's availability as of one moment, from the cache and at most two statements."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter

from core.availability.bits import MARGIN, NOTHING, Engine, Found, Shelf
from core.availability.cache import AvailabilityCache, Chunk, Kept, KeptShelf
from core.availability.crowd import Offer, anybodys, common, united
from core.availability.demand import Demand, demand_for, demand_of
from core.availability.moving import Moving, MovingQuestions, without
from core.availability.questions import AvailabilityQuestions, Changes
from core.availability.rulebook import Rulebook, ServiceRules, Taken
from core.availability.search import Search, earliest_start, latest_start
from core.availability.stretches import Stretch
from core.availability.table import Table
from core.availability.walls import CHUNK, DAY
from core.kernel.context import Context
from core.kernel.errors import NotFound

FEW_DAYS, MANY_PROVIDERS = 3, 1_000
"""A few days of many providers are kept day by day, so that a day is not paid for with a month."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is wanted, of whomever: see Search. `location_id` None is wherever somebody works."""

    service: ServiceRules | None
    duration: int
    now: datetime
    location_id: int | None = None
    for_staff: bool = False
    seats: int = 1

    @cached_property
    def demand(self) -> Demand:
        """What an appointment takes. Raises ValueError where the segments do not fit the duration."""
        if self.service is None:
            return demand_of(self.duration)
        return demand_for(self.service, self.duration)

    @property
    def earliest(self) -> int:
        """The first UTC minute that is in the future and far enough ahead."""
        return earliest_start(self.now, self.service, for_staff=self.for_staff)

    @property
    def latest(self) -> int:
        """The last UTC minute that is near enough."""
        return latest_start(self.now, self.service, for_staff=self.for_staff)

    @property
    def needs(self) -> frozenset[int]:
        """Every room and kit that might serve."""
        return self.demand.needs

    @property
    def standing(self) -> tuple[int | None, int | None, bool]:
        """What decides who may be asked at all: service, place, and whether staff asks."""
        return self.service.service_id if self.service else None, self.location_id, self.for_staff


class Outlook:
    """Rules and taken time as of `changes.last`, or a little later."""

    def __init__(
        self,
        kept: Kept,
        cache: AvailabilityCache,
        changes: Changes,
        questions: AvailabilityQuestions,
        moving: Moving | None = None,
    ) -> None:
        assert kept.book is not None
        assert kept.engine is not None
        self.book: Rulebook = kept.book
        self.engine: Engine = kept.engine
        self._kept, self._cache, self._last, self._questions = kept, cache, changes.last, questions
        self._moving = moving

    async def offers(
        self, wish: Wish, provider_ids: Sequence[int], begin: int, end: int
    ) -> list[tuple[Chunk, dict[int, Offer]]]:
        """The starts of the providers (and maybe of others) in [begin, end), chunk by chunk, whatever
        time it is now.

        Chunks are wider than the range: see `Found.between`. Costs one statement where taken time is
        not known, none otherwise.
        """
        if self._moving is not None:
            # What is kept is made with the time that it takes itself.
            chunks = chunks_of(begin, end, len(provider_ids))
            return list((await self._made(wish, dict.fromkeys(chunks, provider_ids))).items())
        answer: list[tuple[Chunk, dict[int, Offer]]] = []
        lacking: dict[Chunk, list[int]] = {}
        for chunk in chunks_of(begin, end, len(provider_ids)):
            table = self._table(wish, chunk)
            known = table.offers
            if missing := table.lacking(provider_ids):
                lacking[chunk] = missing
                # Whoever is awaited may make others forget: what is known now is held on to.
                known = dict(known)
            answer.append((chunk, known))
        if lacking:
            fresh = await self._made(wish, lacking)
            for chunk, offers in answer:
                offers.update(fresh.get(chunk, ()))
        return answer

    async def anybody(
        self, wish: Wish, provider_ids: Sequence[int], begin: int, end: int
    ) -> list[tuple[Chunk, list[Found]]]:
        """The starts in [begin, end) at which at least one of the providers can be had, chunk by chunk;
        as `offers` otherwise."""
        if self._moving is not None:
            offers = await self.offers(wish, provider_ids, begin, end)
            return [(chunk, anybodys(known, provider_ids)) for chunk, known in offers]
        is_standing = self.engine.willing.get(wish.standing) is provider_ids
        answer: list[tuple[Chunk, list[Found]]] = []
        lacking: dict[Chunk, list[int]] = {}
        for chunk in chunks_of(begin, end, len(provider_ids)):
            table = self._table(wish, chunk)
            # Before anybody is awaited, as above.
            answer.append((chunk, table.anybodys(provider_ids, again=is_standing)))
            if missing := table.lacking(provider_ids):
                lacking[chunk] = missing
        if not lacking:
            return answer
        fresh = await self._made(wish, lacking)
        return [
            (chunk, united([*known, *anybodys(fresh[chunk], lacking[chunk])]) if chunk in fresh else known)
            for chunk, known in answer
        ]

    async def everybody(
        self, wish: Wish, provider_ids: Sequence[int], begin: int, end: int
    ) -> list[tuple[Chunk, list[Found]]]:
        """The starts in [begin, end) at which all of the providers can be had, chunk by chunk; as `offers`
        otherwise."""
        offers = await self.offers(wish, provider_ids, begin, end)
        return [(chunk, common(known, provider_ids)) for chunk, known in offers]

    async def _made(
        self, wish: Wish, lacking: Mapping[Chunk, Sequence[int]]
    ) -> dict[Chunk, dict[int, Offer]]:
        """The masks of those who are lacking, by chunk; kept, unless they are out of date already."""
        everybody = {one for missing in lacking.values() for one in missing}
        shelves = await self.shelves(self._resources(everybody, wish), list(lacking), wish.now)
        demand, current = wish.demand, self._is_current(wish)
        made: dict[Chunk, dict[int, Offer]] = {}
        for chunk, missing in lacking.items():
            table, fresh = self._table(wish, chunk), made.setdefault(chunk, {})
            for provider_id in missing:
                offer, until = self._offer(chunk, provider_id, wish, demand, shelves)
                fresh[provider_id] = offer
                own = self.book.providers[provider_id].resource_id
                if current and self._kept.is_current(own, self._last):
                    table.put(provider_id, offer, until)
        self._cache.trim()
        return made

    def _table(self, wish: Wish, chunk: Chunk) -> Table:
        return self._kept.table((*_key_of(wish), chunk), wish.needs, wish.now)

    async def shelves(
        self, resource_ids: Iterable[int], chunks: Sequence[Chunk], now: datetime
    ) -> dict[tuple[int, Chunk], KeptShelf]:
        """What is taken of each resource about each chunk; what is not known is asked for at once."""
        found: dict[tuple[int, Chunk], KeptShelf] = {}
        unknown: dict[int, list[Chunk]] = {}
        for resource_id in resource_ids:
            for chunk in chunks:
                kept = self._kept.shelf(resource_id, chunk, now)
                if kept is None:
                    unknown.setdefault(resource_id, []).append(chunk)
                else:
                    found[resource_id, chunk] = kept
        if not unknown:
            return self._let_go(found)
        asked = {chunk for lacking in unknown.values() for chunk in lacking}
        first = min(begin for begin, _ in asked) - MARGIN
        last = max(end for _, end in asked) + MARGIN
        rows = await self._questions.taken(sorted(unknown), first, last, now)
        by_resource = {key: list(own) for key, own in groupby(rows, key=_RESOURCE)}
        for resource_id, lacking in unknown.items():
            own = by_resource.get(resource_id, [])
            about = (
                [own] if len(asked) == 1 else touching(own, [(a - MARGIN, b + MARGIN) for a, b in lacking])
            )
            for chunk, there in zip(lacking, about, strict=True):
                kept = found[resource_id, chunk] = KeptShelf(there, self._last, now)
                self._kept.keep(resource_id, chunk, kept)
        return self._let_go(found)

    def _let_go(self, found: dict[tuple[int, Chunk], KeptShelf]) -> dict[tuple[int, Chunk], KeptShelf]:
        """The shelves without what is moved; what is kept of them stays as it is."""
        if self._moving is None:
            return found
        return {
            key: KeptShelf(without(kept.rows, self._moving), kept.last, kept.at)
            for key, kept in found.items()
        }

    async def taken(self, wish: Wish, provider_ids: Iterable[int], begin: int, end: int) -> list[Taken]:
        """The rows behind a question: what is taken of the providers and of what the service needs."""
        shelves = await self.shelves(self._resources(provider_ids, wish), chunks_of(begin, end, 1), wish.now)
        self._cache.trim()
        return list(dict.fromkeys(row for kept in shelves.values() for row in kept.rows))

    def trim(self) -> None:
        """Bring the process's memory back within its bytes, once what was made of taken time is told."""
        self._cache.trim()

    def places(self, provider_id: int, location_id: int | None) -> Sequence[int]:
        """Where a provider may be booked: at the location, or wherever they work, home first."""
        places = self.book.places_of[provider_id]
        return places if location_id is None else [place for place in places if place == location_id]

    def searches(self, wish: Wish, provider_id: int) -> Iterator[Search]:
        """The wish, asked of a provider at each place."""
        demand = wish.demand
        for place in self.places(provider_id, wish.location_id):
            yield search_of(wish, demand, provider_id, place)

    def _resources(self, provider_ids: Iterable[int], wish: Wish) -> list[int]:
        own = {self.book.providers[provider_id].resource_id for provider_id in provider_ids}
        return sorted(own | (wish.needs & self.book.resources.keys()))

    def _is_current(self, wish: Wish) -> bool:
        """Whether masks made now may be kept: the rules are those known, and no need was touched since."""
        same_rules = self._kept.book is self.book and self._moving is None
        return same_rules and all(self._kept.is_current(key, self._last) for key in wish.needs)

    def _offer(
        self,
        chunk: Chunk,
        provider_id: int,
        wish: Wish,
        demand: Demand,
        shelves: dict[tuple[int, Chunk], KeptShelf],
    ) -> tuple[Offer, datetime | None]:
        """A provider's masks by place, and when a hold that they heed runs out."""

        def shelf(resource_id: int) -> Shelf:
            kept = shelves.get((resource_id, chunk))
            return NOTHING if kept is None else kept.shelf

        offer = [
            (place, self.engine.found(search_of(wish, demand, provider_id, place), *chunk, shelf))
            for place in self.places(provider_id, wish.location_id)
        ]
        heeded = (self.book.providers[provider_id].resource_id, *wish.needs)
        ends = [shelves[key, chunk].until for key in heeded if (key, chunk) in shelves]
        return offer, min((one for one in ends if one is not None), default=None)


async def outlook(ctx: Context, moving_id: int | None = None) -> Outlook:
    """Ask what changed, in one statement, and look; past an appointment that is to be moved, in one more.

    Raises NotFound where that one is not there.
    """
    cache, questions = ctx.reach(AvailabilityCache), ctx.ask(AvailabilityQuestions)
    kept = cache.of(ctx.business_id)
    known_last = kept.last
    changes = await questions.changes(known_last, kept.rules)
    kept.learn(changes, known_last)
    moving = None
    if moving_id is not None and (moving := await ctx.ask(MovingQuestions).moving(moving_id)) is None:
        raise NotFound("appointment")
    return Outlook(kept, cache, changes, questions, moving)


def chunks_of(begin: int, end: int, providers: int) -> list[Chunk]:
    """The chunks that hold [begin, end)."""
    length = DAY if providers >= MANY_PROVIDERS and end - begin <= FEW_DAYS * DAY else CHUNK
    return [(at * length, (at + 1) * length) for at in range(begin // length, -(-end // length))]


def touching(rows: Sequence[Taken], stretches: Sequence[Stretch]) -> list[list[Taken]]:
    """The rows, which are sorted by start, that touch each of the stretches."""
    starts = [row.start for row in rows]
    longest = max((row.end - row.start for row in rows), default=0)
    return [
        [row for row in rows[bisect_left(starts, low - longest) : bisect_left(starts, high)] if row.end > low]
        for low, high in stretches
    ]


def _key_of(wish: Wish) -> tuple[int | None, int | None, int, bool, int]:
    service_id = wish.service.service_id if wish.service else None
    return wish.location_id, service_id, wish.duration, wish.for_staff, wish.seats


_RESOURCE = itemgetter(0)


def search_of(wish: Wish, demand: Demand, provider_id: int, place: int) -> Search:
    """The wish, asked of one provider at one place."""
    return Search(
        provider_id=provider_id,
        location_id=place,
        service=wish.service,
        demand=demand,
        now=wish.now,
        for_staff=wish.for_staff,
        seats=wish.seats,
    )
