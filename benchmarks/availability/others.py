"""What is measured beside the engine: ways in which schedulers without one list the same starts."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime, timedelta

from benchmarks.availability.salon import MONTH, NOW, SERVICE, WISH, hours_of
from core.availability.hours import WEEKDAYS
from core.availability.outlook import search_of
from core.availability.rulebook import Rulebook, Taken
from core.availability.sweep import starts
from core.kernel.clock import instant_of, minute_of
from core.kernel.text import zone_of

ZONE = zone_of("America/New_York")
LENGTH = timedelta(minutes=SERVICE.duration_minutes)
AFTER = timedelta(minutes=SERVICE.buffer_after_minutes)
STEP = timedelta(minutes=SERVICE.step_minutes)


def by_sweep(book: Rulebook, taken: Sequence[Taken]) -> int:
    """The definition: sorted stretches, provider by provider."""
    demand = WISH.demand
    return sum(
        len(starts(book, search_of(WISH, demand, provider_id, 1), taken, *MONTH))
        for provider_id in book.providers
    )


def by_slot(book: Rulebook, taken: Sequence[Taken]) -> int:
    """Every slot of every shift, looked at beside every appointment of its provider."""
    count = 0
    for provider_id in book.providers:
        rows = [(row.start, row.end) for row in taken if row.resource_id == provider_id]
        for start in _slots(provider_id):
            begins = minute_of(start)
            ends = begins + SERVICE.duration_minutes + SERVICE.buffer_after_minutes
            if all(end <= begins or ends <= opens for opens, end in rows):
                count += 1
    return count


def database_of(taken: Sequence[Taken]) -> sqlite3.Connection:
    """The appointments in a database of their own, with the index that such programs have."""
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE appointments (provider INTEGER, starts TEXT, ends TEXT)")
    database.execute("CREATE INDEX by_provider ON appointments (provider, starts)")
    database.executemany(
        "INSERT INTO appointments VALUES (?, ?, ?)",
        [
            (row.resource_id, instant_of(row.start).isoformat(), instant_of(row.end).isoformat())
            for row in taken
        ],
    )
    return database


def by_query(book: Rulebook, database: sqlite3.Connection) -> int:
    """A query for each day of each provider, and the day's slots beside its answer."""
    count = 0
    for provider_id in book.providers:
        slots = list(_slots(provider_id))
        for day in sorted({start.date() for start in slots}):
            here = [start for start in slots if start.date() == day]
            answered = database.execute(
                "SELECT starts, ends FROM appointments WHERE provider = ? AND starts < ? AND ends > ?",
                (
                    provider_id,
                    _utc(here[-1] + LENGTH + AFTER),
                    _utc(here[0]),
                ),
            )
            rows = [(datetime.fromisoformat(opens), datetime.fromisoformat(end)) for opens, end in answered]
            count += sum(
                all(end <= start or start + LENGTH + AFTER <= opens for opens, end in rows) for start in here
            )
    return count


def _utc(local: datetime) -> str:
    return instant_of(minute_of(local)).isoformat()


def _slots(provider_id: int) -> list[datetime]:
    """The provider's slots of the month, by the wall, from now on."""
    found = []
    first = instant_of(MONTH[0]).astimezone(ZONE)
    for later in range(31):
        day = (first + timedelta(days=later)).date()
        for start, end in hours_of(provider_id).get(WEEKDAYS[day.weekday()], []):
            midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
            at, closes = midnight + timedelta(minutes=start), midnight + timedelta(minutes=end)
            while at + LENGTH <= closes:
                if at > NOW:
                    found.append(at)
                at += STEP
    return found
