"""Many who wait for the same are matched by what was found for the first of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from core.availability.hours import WEEKDAYS
from core.availability.rulebook import (
    LocationRules,
    ProviderRules,
    ResourceNeed,
    ResourceRules,
    Rulebook,
    ServiceRules,
)
from core.availability.sweep import starts
from core.waitlist import matching
from core.waitlist.matching import Freed, Looking, opening_for
from core.waitlist.questions import Candidate

NOW = datetime(2027, 3, 1, 6, tzinfo=UTC)
TEN, ELEVEN = (datetime(2027, 3, 2, hour, tzinfo=UTC) for hour in (10, 11))
PROVIDERS, ROOM, SERVICE = (1, 2, 3), 9, 5

BOOK = Rulebook(
    revision=1,
    time_zone="UTC",
    weekly_hours={},
    locations={1: LocationRules(location_id=1, time_zone="UTC")},
    providers={
        key: ProviderRules(
            provider_id=key,
            resource_id=key,
            location_id=1,
            weekly_hours={day: [[540, 1_020]] for day in WEEKDAYS},
            is_accepting_bookings=True,
        )
        for key in PROVIDERS
    },
    services={
        SERVICE: ServiceRules(
            service_id=SERVICE, duration_minutes=60, needs=(ResourceNeed(resource_ids=(ROOM,)),)
        )
    },
    resources={ROOM: ResourceRules(resource_id=ROOM, capacity=1, location_id=None)},
)
FREED = Freed(name="event:1", provider_ids=(1,), starts_at=TEN, ends_at=ELEVEN, resource_ids=(ROOM,))
ANOTHER_DAY = Candidate(
    entry_id=1,
    client_id=1,
    service_id=SERVICE,
    provider_id=None,
    location_id=None,
    first_day=None,
    last_day=None,
    days=["2027-03-09"],
    weekdays=None,
    times=None,
    duration_minutes=None,
    seats=1,
)


async def test_starts_are_looked_for_once_for_all_who_wait_for_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of each provider; anew for another length. Who wants another day has none, who wants this one the first."""
    asked: list[tuple[int, int]] = []

    def counted(book: Rulebook, search: Any, *more: Any) -> Any:
        asked.append((search.provider_id, search.demand.duration))
        return starts(book, search, *more)

    monkeypatch.setattr(matching, "starts", counted)
    looking = Looking(rules=BOOK, taken=[], now=NOW)
    for number in range(100):
        assert opening_for(looking, FREED, replace(ANOTHER_DAY, entry_id=number)) is None
    assert asked == [(key, 60) for key in PROVIDERS]
    opening = opening_for(looking, FREED, replace(ANOTHER_DAY, days=["2027-03-02"]))
    assert opening is not None
    assert (opening.provider_id, opening.starts_at) == (1, TEN)
    longer = replace(ANOTHER_DAY, service_id=None, duration_minutes=90)
    assert opening_for(looking, FREED, longer) is None
    assert asked == [*((key, 60) for key in PROVIDERS), (1, 90)]
