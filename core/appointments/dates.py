"""The dates of a series with each who may give it: at the wall-clock time of where they work then."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.appointments.series import Repeats, starts_of
from core.availability.explain import locations_at
from core.availability.recurrence import issues_in
from core.availability.rulebook import Rulebook, ServiceRules
from core.kernel.clock import minute_of
from core.kernel.errors import NotFound
from core.kernel.text import Check, zone_of


@dataclass(frozen=True, slots=True, kw_only=True)
class First:
    """The first start of a series, and what decides where it is had."""

    starts_at: datetime
    duration: int
    service: ServiceRules | None = None
    location_id: int | None = None
    for_staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """The starts with each provider, in UTC minutes; and of a series the zone whose wall clock they keep."""

    starts: Mapping[int, Sequence[int]]
    zones: Mapping[int, str] = field(default_factory=dict)


def dates_of(
    check: Check,
    rules: Rulebook,
    first: First,
    repeats: Repeats,
    candidates: Sequence[int],
    now: datetime,
    *,
    together: bool,
) -> Dates:
    """The series with each candidate, in the zone of the place where the first start can be had with
    them, their home where nowhere; `together` in the zone of the first of them.

    Who can have no such series by the clocks of their zone is left out. Where nobody can, the issues
    of the first are noted in `check`. Raises NotFound where none of them is there.
    """
    check.issues += issues_in(repeats.recurrence, "repeats.recurrence")
    if check.issues:
        return Dates(starts={})
    zones = {key: _zone(rules, first, key) for key in candidates if key in rules.providers}
    if not zones:
        raise NotFound("provider")
    if together:
        zones = dict.fromkeys(zones, next(iter(zones.values())))
    sound: dict[str, Sequence[int]] = {}
    issues = []
    for zone in dict.fromkeys(zones.values()):
        own = Check()
        starts = starts_of(own, first.starts_at, repeats, zone_of(zone), now)
        if own.issues:
            issues.append(own.issues)
        else:
            sound[zone] = starts
    if not sound:
        check.issues += issues[0]
    return Dates(starts={key: sound[zone] for key, zone in zones.items() if zone in sound}, zones=zones)


def _zone(rules: Rulebook, first: First, provider_id: int) -> str:
    place = first.location_id
    if place is None:
        places = locations_at(
            rules,
            provider_id,
            first.service,
            minute_of(first.starts_at),
            first.duration,
            for_staff=first.for_staff,
        )
        place = next(iter(places), rules.providers[provider_id].location_id)
    return rules.locations[place].time_zone
