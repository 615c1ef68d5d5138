"""Matching: at which start, with whom, a freed time suits somebody who waits. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.availability.demand import Demand, demand_for, demand_of, sells
from core.availability.explain import locations_at, reasons_against
from core.availability.hours import DAY_MINUTES
from core.availability.rulebook import Rulebook, ServiceRules, Taken
from core.availability.search import Search, givers
from core.availability.sweep import starts
from core.kernel.clock import instant_of, minute_of
from core.kernel.text import zone_of
from core.waitlist.give import LEAST_LIFE, Opening
from core.waitlist.questions import Candidate, Stretch
from core.waitlist.wish import suits

MARGIN = 3 * DAY_MINUTES
"""How far around a freed time rows are looked at: rules such as a daily limit look at the whole day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Freed:
    """A time that became free: with whom, from when to when, without buffers, and which rooms and kit.

    `name` is the same for as long as the time goes from one entry to the next. `client_id` is whose it
    was, who is not offered it back.
    """

    name: str
    provider_ids: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime
    client_id: int | None = None
    resource_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Looking:
    """What matching looks at: the rules, what is taken about the freed time, and the present; and when
    those who wait have something else, or are offered it. `listed` is what was found already: many wait
    for the same."""

    rules: Rulebook
    taken: Sequence[Taken]
    now: datetime
    engaged: Mapping[int, Sequence[Stretch]] = field(default_factory=dict)
    listed: dict[tuple[int | None, ...], set[int]] = field(default_factory=dict)


def demand_of_wish(rules: Rulebook, wish: Candidate) -> tuple[ServiceRules | None, Demand] | None:
    """The service and what is taken for it; None where the service is gone or has no such length."""
    service = None if wish.service_id is None else rules.services.get(wish.service_id)
    if wish.service_id is not None and service is None:
        return None
    duration = wish.duration_minutes or (service.duration_minutes if service else 0)
    if service is not None and not sells(service, duration, for_staff=False):
        return None
    try:
        return service, demand_of(duration) if service is None else demand_for(service, duration)
    except ValueError:
        return None


def providers_about(rules: Rulebook, freed: Freed) -> list[int]:
    """Everybody who may have something to offer now: whose time it was, and whoever gives a service that
    needs a freed room or kit."""
    others = {
        key
        for service in rules.services.values()
        if not demand_for(service).needs.isdisjoint(freed.resource_ids)
        for key in givers(rules, service)
    }
    return [*freed.provider_ids, *sorted(others - set(freed.provider_ids))]


def resources_about(rules: Rulebook, provider_ids: Sequence[int], wishes: Sequence[Candidate]) -> list[int]:
    """Every resource that the wishes may take of these providers, rooms and kit included."""
    keys = {rules.providers[key].resource_id for key in provider_ids if key in rules.providers}
    for wish in wishes:
        if (found := demand_of_wish(rules, wish)) is not None:
            keys |= found[1].needs
    return sorted(keys)


def opening_for(looking: Looking, freed: Freed, wish: Candidate) -> Opening | None:
    """The opening that the freed time is for a wish: its own start first, else the earliest.

    Any start counts whose appointment reaches into the freed time: until then it could not be booked.
    The rules are those of public listings; nothing is for a client who has as many ahead as they may.
    """
    found = demand_of_wish(looking.rules, wish)
    if found is None:
        return None
    service, demand = found
    if service is not None and service.client_limit is not None and wish.ahead >= service.client_limit:
        return None
    for provider_id in _providers(looking.rules, freed, service, demand):
        if provider_id not in looking.rules.providers or wish.provider_id not in (None, provider_id):
            continue
        for start in _starts(looking, freed, wish, service, demand, provider_id):
            place = _place(looking, wish, service, demand, provider_id, start)
            if place is not None:
                return Opening(
                    name=freed.name,
                    provider_id=provider_id,
                    starts_at=instant_of(start),
                    ends_at=instant_of(start + demand.duration),
                    location_id=place,
                    given_up_by=freed.client_id,
                )
    return None


def _providers(
    rules: Rulebook, freed: Freed, service: ServiceRules | None, demand: Demand
) -> tuple[int, ...]:
    """Whose time it was; then whoever else gives a service that waited for the freed room or kit."""
    if service is None or demand.needs.isdisjoint(freed.resource_ids):
        return freed.provider_ids
    others = (key for key in givers(rules, service) if key not in freed.provider_ids)
    return (*freed.provider_ids, *others)


def _starts(
    looking: Looking,
    freed: Freed,
    wish: Candidate,
    service: ServiceRules | None,
    demand: Demand,
    provider_id: int,
) -> Iterator[int]:
    """The freed start, then those that are listed about it."""
    first, last = minute_of(freed.starts_at), minute_of(freed.ends_at)
    yield first
    places = looking.rules.places_of[provider_id]
    wanted = [wish.location_id] if wish.location_id is not None else list(places)
    listed: set[int] = set()
    for place in wanted:
        if place in looking.rules.locations:
            search = Search(
                provider_id=provider_id,
                location_id=place,
                service=service,
                demand=demand,
                now=looking.now,
                seats=wish.seats,
            )
            listed |= _listed(looking, search, first - demand.duration + 1, last)
    yield from sorted(listed - {first}, key=lambda minute: (minute < first, minute))


def _listed(looking: Looking, search: Search, begin: int, end: int) -> set[int]:
    """The starts in [begin, end) that are listed; looked for once, whoever wants the same."""
    service_id = None if search.service is None else search.service.service_id
    who, length = (search.provider_id, search.location_id), search.demand.duration
    key = (*who, service_id, length, search.seats, begin, end)
    if key not in looking.listed:
        found = starts(looking.rules, search, looking.taken, begin, end)
        looking.listed[key] = {one.minute for one in found}
    return looking.listed[key]


def _place(
    looking: Looking,
    wish: Candidate,
    service: ServiceRules | None,
    demand: Demand,
    provider_id: int,
    start: int,
) -> int | None:
    """Where the wish can be had at that start; None where a rule, what is taken or the wish refuses."""
    begins, ends = instant_of(start), instant_of(start + demand.duration)
    if begins < looking.now + LEAST_LIFE:
        return None
    if any(first < ends and begins < last for first, last in looking.engaged.get(wish.client_id, ())):
        return None
    locations = looking.rules.locations
    places = looking.rules.places_of[provider_id] if wish.location_id is None else [wish.location_id]
    # What the wish says costs least to ask.
    suited = [
        place
        for place in places
        if place in locations and suits(wish, begins, demand.duration, zone_of(locations[place].time_zone))
    ]
    if suited and wish.location_id is None:
        there = locations_at(looking.rules, provider_id, service, start, demand.duration, for_staff=False)
        suited = [place for place in there if place in suited]
    for place in suited:
        reasons = reasons_against(
            looking.rules,
            provider_id=provider_id,
            service=service,
            demand=demand,
            start=start,
            now=looking.now,
            taken=looking.taken,
            location_id=place,
            seats=wish.seats,
            on_grid=service is not None and service.slot_rules is not None,
        )
        if not reasons:
            return place
    return None
