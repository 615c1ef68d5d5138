"""Measure availability, and say it in Markdown: `python -m benchmarks.availability [POSTGRES_URL]`.

The PostgreSQL URL is that of an empty database; without it a server is started as the tests do.
"""

from __future__ import annotations

import asyncio
import sys
import tracemalloc
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

from benchmarks.availability.beside import Beside, beside
from benchmarks.availability.growth import growth
from benchmarks.availability.measure import in_turns, machine
from benchmarks.availability.memory import InMemory, in_memory
from benchmarks.availability.others import by_query, by_slot, by_sweep, database_of
from benchmarks.availability.salon import DAY, MONTH, WISH, YEAR, book_of, rows_of
from benchmarks.places import places, say
from core.availability.bits import Engine, Shelf, within_limits
from core.availability.cache import AvailabilityCache
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.open_days import FindOpenDays, find_open_days
from core.availability.outlook import outlook, search_of
from core.availability.rulebook import BlockRules, Reach, Rulebook, Taken, taken_of

MARCH = date(2027, 3, 1)


def main() -> None:
    """Measure everything and print it."""
    say(f"Measured on {machine()}.")
    month()
    year()
    many()
    with places(sys.argv[1:2]) as found:
        for name, url in found.items():
            day_by_day(name, asyncio.run(beside(url)))
            grown(name, asyncio.run(growth(url)))


def month() -> None:
    """A month of 20 providers with 2,000 appointments."""
    book, rows = book_of(20), rows_of(20, 100, *MONTH)
    taken = taken_of(rows)
    engine, database, memory = Engine(book), database_of(taken), in_memory(book, taken)
    loop, ctx = asyncio.new_event_loop(), memory.context(AvailabilityCache())
    past = in_memory(replace(book, blocks=past_blocks(5_000)), taken)
    expected = by_sweep(book, taken)
    assert by_slot(book, taken) == by_query(book, database) == from_rows(engine, rows) == expected
    assert loop.run_until_complete(warm(memory, ctx)) == expected
    asked = FindOpenings(first=MARCH, last=MARCH + timedelta(days=30), service_id=1)
    spent = in_turns(
        9,
        cold=lambda: from_rows(engine, rows),
        anew=lambda: from_rows(Engine(book), rows),
        warm=lambda: loop.run_until_complete(warm(memory, ctx)),
        anybody=lambda: loop.run_until_complete(anybody(ctx)),
        whole=running(loop, lambda: find_openings(ctx, asked)),
        scores=running(loop, lambda: find_openings(ctx, replace(asked, with_scores=True))),
        tiles=running(loop, lambda: find_openings(ctx, replace(asked, tile=True))),
        thinned=running(loop, lambda: find_openings(ctx, replace(asked, maximise_utilisation=True))),
        blank=running(loop, lambda: find_openings(memory.context(AvailabilityCache()), asked)),
        blocked=running(loop, lambda: find_openings(past.context(AvailabilityCache()), asked)),
        sweep=lambda: by_sweep(book, taken),
        slots=lambda: by_slot(book, taken),
        queries=lambda: by_query(book, database),
    )
    loop.close()
    say(f"\n### A month of 20 providers with 2,000 appointments: {expected} starts\n")
    say("| what | ms | goal |\n|---|---|---|")
    told = {
        "cold": ("database rows to starts, each provider's", "≤ 3"),
        "anew": ("the same, and the rules compiled", ""),
        "anybody": ("known already: the starts at which anybody is free", "≤ 0.5"),
        "warm": ("known already: each provider's starts, as numbers", ""),
        "whole": ("known already: the use case, with an object for each slot", ""),
        "scores": ("the same, with scores and their reasons", ""),
        "tiles": ("the same, laid end to end from where free time begins", ""),
        "thinned": ("the same, without what overlaps an earlier one", ""),
        "blank": ("nothing known: the use case, rules compiled", ""),
        "blocked": ("the same, with 5,000 blocks that are over", ""),
        "sweep": ("the plain sweep", ""),
        "slots": ("a loop over slots and appointments", ""),
        "queries": ("one query for each day and provider, of SQLite in memory by its bare driver", ""),
    }
    for name, (what, goal) in told.items():
        say(f"| {what} | {spent[name]:.2f} | {goal} |")
    ratios = ", ".join(
        f"{spent[slow] / spent[fast]:.0f}× ({slow} ÷ {fast})"
        for slow in ("sweep", "slots", "queries")
        for fast in ("cold", "anybody")
    )
    say(f"\nRatios: {ratios}.")


def past_blocks(number: int) -> list[BlockRules]:
    """So many hours in which everybody was blocked once, years ago."""
    hour = timedelta(hours=1)
    starts = [datetime(2020, 1, 1) + at * hour for at in range(number)]
    return [
        BlockRules(block_id=at, starts=start, ends=start + hour, reaches=(Reach(),))
        for at, start in enumerate(starts)
    ]


def from_rows(engine: Engine, rows: list[tuple[object, ...]]) -> int:
    """Rows as a driver gives them to the starts of everybody."""
    by_resource = groupby(taken_of(rows), key=itemgetter(0))
    shelves = {key: Shelf(list(own)) for key, own in by_resource}
    demand, count = WISH.demand, 0
    for provider_id in engine.book.providers:
        search = search_of(WISH, demand, provider_id, 1)
        found = engine.found(search, *MONTH, lambda key: shelves[key])
        count += len(within_limits(found, search).minutes())
    return count


async def warm(memory: InMemory, ctx: Any) -> int:
    """Each provider's starts from what is kept; one question, whether anything changed."""
    look = await outlook(ctx)
    providers, count = list(memory.book.providers), 0
    earliest = search_of(WISH, WISH.demand, 1, 1).earliest
    for chunk, offers in await look.offers(WISH, providers, *MONTH):
        low, high = max(chunk[0], MONTH[0], earliest), min(chunk[1], MONTH[1])
        for provider_id in providers:
            for _, found in offers[provider_id]:
                count += len(found.between(low, high).minutes())
    return count


async def anybody(ctx: Any) -> int:
    """The starts of all together."""
    look = await outlook(ctx)
    providers, count = list(look.book.providers), 0
    for _, masks in await look.anybody(WISH, providers, *MONTH):
        for found in masks:
            count += len(found.between(*MONTH).minutes())
    return count


def running(
    loop: asyncio.AbstractEventLoop, make: Callable[[], Coroutine[Any, Any, object]]
) -> Callable[[], object]:
    """A use case as a plain function."""
    return lambda: loop.run_until_complete(make())


def year() -> None:
    """A year of 200 providers: the days with an opening, and what keeping that costs in memory."""
    book, taken = book_of(200), taken_of(rows_of(200, 1_200, *YEAR))
    asked = FindOpenDays(first=MARCH, last=MARCH + timedelta(days=365), service_id=1)
    cold, spent, after, cache, real = _days(book, taken, asked)
    say("\n### The days with an opening\n")
    say("| what | ms | goal |\n|---|---|---|")
    say(f"| a year of 200 providers with 240,000 appointments, known already | {spent:.2f} | ≤ 10 |")
    say(f"| the same, just after somebody was booked | {after:.2f} | |")
    say(f"| the same, nothing known, rows in memory | {cold:.0f} | |")
    say(
        f"\nKept for it: {real / 2**20:.0f} MiB as allocated, {cache.size / 2**20:.0f} MiB by the cache's own"
    )
    say(f"estimate, of {cache.most_bytes / 2**20:.0f} MiB at most.")


def many() -> None:
    """Ten thousand providers, one day."""
    book, taken = book_of(10_000), taken_of(rows_of(10_000, 20, DAY[0] - 4_320, DAY[1] + 4_320))
    asked = FindOpenDays(first=date(2027, 3, 9), last=date(2027, 3, 9), service_id=1)
    cold, spent, after, _, _ = _days(book, taken, asked)
    say("\n| what | ms | goal |\n|---|---|---|")
    say(f"| one day of 10,000 providers, known already | {spent:.2f} | ≤ 15 |")
    say(f"| the same, just after somebody was booked | {after:.2f} | |")
    say(f"| the same, nothing known, rows in memory | {cold:.0f} | |")


def _days(
    book: Rulebook, taken: list[Taken], asked: FindOpenDays
) -> tuple[float, float, float, AvailabilityCache, int]:
    """Milliseconds cold, warm and after a booking; the cache afterwards, and what it really allocated."""
    memory, cache, loop = in_memory(book, taken), AvailabilityCache(), asyncio.new_event_loop()
    cold = in_turns(1, one=running(loop, lambda: find_open_days(memory.context(AvailabilityCache()), asked)))
    tracemalloc.start()
    loop.run_until_complete(find_open_days(memory.context(cache), asked))
    real = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    ctx = memory.context(cache)
    spent = in_turns(9, one=running(loop, lambda: find_open_days(ctx, asked)))

    def booked() -> None:
        memory.last += 1
        memory.touched[7] = memory.last
        loop.run_until_complete(find_open_days(ctx, asked))

    after = in_turns(9, one=booked)
    loop.close()
    return cold["one"], spent["one"], after["one"], cache, real


def day_by_day(name: str, found: Beside) -> None:
    """The whole answer beside the way that asks for each day."""
    say(f"\n### The same month on {name}: whole answers, {found.starts} starts\n")
    say("| what | statements | ms by the clock | ms of processor |\n|---|---|---|---|")
    told = {
        "cold": ("nothing known: rules and appointments are read", "2"),
        "listed": ("known already: an object for each slot", "1"),
        "together": ("known already: an object for each start, with all who could take it", "1"),
        "anybody": ("known already: the starts at which anybody is free, as numbers", "1"),
        "layer": ("day by day, through the program's own layer", f"{found.statements:,}"),
        "driver": ("day by day, the bare driver", f"{found.statements:,}"),
    }
    for key, (what, statements) in told.items():
        spent = found.spent[key]
        say(f"| {what} | {statements} | {spent.clock:.1f} | {spent.processor:.1f} |")
    say("\n| day by day ÷ ours | by the clock | by processor |\n|---|---|---|")
    for slow, way in (("layer", "own layer"), ("driver", "bare driver")):
        for fast in ("cold", "listed", "together", "anybody"):
            more = [found.spent[slow][at] / found.spent[fast][at] for at in (0, 1)]
            say(f"| {way} ÷ {fast} | {more[0]:.0f}× | {more[1]:.0f}× |")


def grown(name: str, found: dict[int, tuple[float, float]]) -> None:
    """What a longer history costs."""
    say(f"\n### A month of 5 providers on {name}, as history grows\n")
    say(
        "| appointments, and ended sessions, of each | cold, ms by the clock | known already, ms by the clock |\n|---|---|---|"
    )
    for multiple, (cold, warm_) in found.items():
        say(f"| {multiple * 500:,} | {cold:.1f} | {warm_:.1f} |")


if __name__ == "__main__":
    main()
