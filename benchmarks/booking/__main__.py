"""Measure booking, and say it in Markdown: `python -m benchmarks.booking [POSTGRES_URL]`.

The URL is that of an empty PostgreSQL database, whose user may create roles; without it a server is
started as the tests do. Four client processes book: on PostgreSQL each by itself, on SQLite over loopback by the
one process that may write.
Both ways leave the same rows in the same tables, each booking in a transaction of its own.
"""

from __future__ import annotations

import asyncio
import statistics
import sys

from benchmarks.availability.measure import machine
from benchmarks.booking.clients import CLIENTS, EACH, ROUNDS, WAYS, by_processes, opened
from benchmarks.booking.served import by_clients
from benchmarks.places import places, say


def main() -> None:
    """Measure and print."""
    say(f"Measured on {machine()}.")
    say(f"{CLIENTS} clients, {EACH} distinct slots each, the median of {ROUNDS} interleaved rounds.\n")
    say("| database | booked | inserted bare | ratio |")
    say("|---|---|---|---|")
    with places(sys.argv[1:2]) as found:
        for name, url in found.items():
            measured = by_clients if name == "SQLite" else by_processes
            shop = asyncio.run(opened(url))
            spent: dict[str, list[float]] = {way: [] for way in WAYS}
            for number in range(ROUNDS):
                for at, way in enumerate(WAYS):
                    spent[way].append(measured(shop, way, (number * len(WAYS) + at) * EACH))
            booked, bare = (statistics.median(spent[way]) for way in WAYS)
            count = CLIENTS * EACH
            say(f"| {name} | {count / booked:.0f}/s | {count / bare:.0f}/s | {booked / bare:.2f} |")


if __name__ == "__main__":
    main()
