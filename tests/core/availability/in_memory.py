"""A small business in memory, and a Context that asks it: exact answers without a database."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from benchmarks.availability.memory import in_memory
from core.availability.cache import AvailabilityCache
from core.availability.hours import every_day
from core.availability.rulebook import (
    LocationRules,
    ProviderRules,
    ResourceRules,
    Rulebook,
    ScheduleRules,
    ServiceRules,
    Taken,
)
from core.kernel.clock import minute_of
from core.kernel.context import Context

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
MONDAY = date(2027, 3, 8)
TEN = datetime(2027, 3, 8, 10, 0, tzinfo=UTC)
AT = minute_of(TEN)
HOME, ANNEXE = 1, 2
MARA, KAI, ZOE = 7, 8, 9
"""Kai works at the annexe, by a schedule, in the morning; Zoe takes no bookings."""


def provider(key: int, **more: Any) -> ProviderRules:
    """At home, by the hours of the business; their time is the resource of a hundred times their key."""
    given = {
        "resource_id": key * 100,
        "location_id": HOME,
        "weekly_hours": None,
        "is_accepting_bookings": True,
    }
    return ProviderRules(provider_id=key, **{**given, **more})


def salon(*services: ServiceRules, **more: Any) -> Rulebook:
    """Mara, Kai and Zoe, from ten to two in UTC; a room of two units; services given."""
    at_annexe = ScheduleRules(
        schedule_id=1, weekly_hours=every_day(600, 720), provider_id=KAI, location_id=ANNEXE
    )
    given: dict[str, Any] = {
        "revision": 5,
        "time_zone": "UTC",
        "weekly_hours": every_day(600, 840),
        "locations": {key: LocationRules(location_id=key, time_zone="UTC") for key in (HOME, ANNEXE)},
        "providers": {
            MARA: provider(MARA),
            KAI: provider(KAI),
            ZOE: provider(ZOE, is_accepting_bookings=False),
        },
        "services": {one.service_id: one for one in services},
        "resources": {80: ResourceRules(resource_id=80, capacity=2)},
        "schedules": [at_annexe],
    }
    return Rulebook(**{**given, **more})


def service(key: int = 3, **more: Any) -> ServiceRules:
    """An hour on a grid of hours."""
    return ServiceRules(**{"service_id": key, "duration_minutes": 60, "step_minutes": 60, **more})


def row(provider_id: int, start: int, end: int, **more: Any) -> Taken:
    """A provider's time, in minutes from ten, taken by appointment 5 unless said otherwise; a session is as
    long as that."""
    given: dict[str, Any] = {"owner": "appointment:5", "kind": "appointment", "begins": AT + start}
    if more.get("kind") == "session":
        given["length"] = end - start
    return Taken(resource_id=provider_id * 100, start=AT + start, end=AT + end, **{**given, **more})


def asking(rules: Rulebook, *rows: Taken, now: datetime = NOW) -> Context:
    """A Context whose questions are answered by these rules and rows, with a blank cache."""
    return in_memory(rules, rows).context(AvailabilityCache(), now)


def clock_times(instants: Sequence[datetime]) -> list[str]:
    """What the clock says, as `08T10:00` with the day of the month."""
    return [f"{instant:%dT%H:%M}" for instant in instants]


def later(**more: int) -> datetime:
    """Some time after ten."""
    return TEN + timedelta(**more)
