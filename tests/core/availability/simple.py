"""A business of one provider at one place, for tests of one thing at a time."""

from __future__ import annotations

from datetime import UTC, datetime

from core.availability.demand import demand_of
from core.availability.hours import WeeklyHours
from core.availability.rulebook import LocationRules, ProviderRules, Rulebook, ServiceRules
from core.availability.search import Search

RESOURCE = 70
LONG_AGO = datetime(1970, 1, 2, tzinfo=UTC)


def book_in(zone: str, hours: WeeklyHours) -> Rulebook:
    """Open at these hours of a zone."""
    return Rulebook(
        revision=1,
        time_zone=zone,
        weekly_hours=hours,
        locations={1: LocationRules(location_id=1, time_zone=zone)},
        providers={
            7: ProviderRules(
                provider_id=7,
                resource_id=RESOURCE,
                location_id=1,
                weekly_hours=None,
                is_accepting_bookings=True,
            )
        },
    )


def search_in(
    duration: int,
    *,
    before: int = 0,
    after: int = 0,
    step: int | None = None,
    now: datetime = LONG_AGO,
    tile: bool = False,
) -> Search:
    """An appointment of some minutes on a grid, of its own length where not given; ever so far ahead."""
    service = ServiceRules(
        service_id=3,
        duration_minutes=duration,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        step_minutes=step or duration,
    )
    return Search(
        provider_id=7,
        location_id=1,
        service=service,
        demand=demand_of(duration, before=before, after=after),
        now=now,
        tile=tile,
    )
