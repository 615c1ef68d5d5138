"""The salon that is measured: providers with hours of their own in New York, and their appointments."""

from __future__ import annotations

import random
from datetime import UTC, datetime

from core.availability.hours import WEEKDAYS, WeeklyHours
from core.availability.outlook import Wish
from core.availability.rulebook import LocationRules, ProviderRules, Rulebook, ServiceRules
from core.kernel.clock import minute_of

ZONE_NAME = "America/New_York"
NOW = datetime(2027, 3, 1, 6, 0, tzinfo=UTC)
MONTH = (minute_of(datetime(2027, 3, 1, 5, tzinfo=UTC)), minute_of(datetime(2027, 4, 1, 4, tzinfo=UTC)))
YEAR = (MONTH[0], minute_of(datetime(2028, 3, 1, 5, tzinfo=UTC)))
DAY = (minute_of(datetime(2027, 3, 9, 5, tzinfo=UTC)), minute_of(datetime(2027, 3, 10, 5, tzinfo=UTC)))
SERVICE = ServiceRules(
    service_id=1, duration_minutes=60, step_minutes=30, buffer_after_minutes=10, horizon_minutes=3_000_000
)
WISH = Wish(service=SERVICE, duration=60, now=NOW)


def hours_of(number: int) -> WeeklyHours:
    """Split shifts on five days a week, another free day for each."""
    shifts = [[540 + number % 4 * 15, 720], [780, 1_020 + number % 3 * 30]]
    return {weekday: shifts for at, weekday in enumerate(WEEKDAYS) if (at + number) % 7 > 1}


def book_of(providers: int) -> Rulebook:
    """Its rules."""
    return Rulebook(
        revision=1,
        time_zone=ZONE_NAME,
        weekly_hours={},
        locations={1: LocationRules(location_id=1, time_zone=ZONE_NAME)},
        providers={
            key: ProviderRules(
                provider_id=key,
                resource_id=key,
                location_id=1,
                weekly_hours=hours_of(key),
                is_accepting_bookings=True,
            )
            for key in range(1, providers + 1)
        },
        services={1: SERVICE},
    )


def rows_of(providers: int, each: int, begin: int, end: int) -> list[tuple[object, ...]]:
    """So many appointments of each provider in [begin, end), as the columns of a database row.

    They stand on quarters of an hour by day, some of them over one another: nobody sells them here.
    """
    draw = random.Random(7)  # noqa: S311  # the same salon every time
    days = (end - begin) // 1_440
    found: list[tuple[object, ...]] = []
    for provider_id in range(1, providers + 1):
        starts = sorted(
            begin + draw.randrange(days) * 1_440 + 540 + draw.randrange(32) * 15 for _ in range(each)
        )
        for start in starts:
            end_minute = start + draw.choice((40, 70, 100))
            owner = f"appointment:{len(found)}"
            row = (provider_id, start, end_minute, 1, "appointment", owner, start, 1, None, None, None, None)
            found.append(row)
    return found
