"""Availability: the openings of one or more providers, by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.availability.find_openings import MAX_DAYS, FindOpenings, Openings, Slot, find_openings
from core.kernel.errors import Invalid, invalid
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.errors import on_the_wire
from graphql_api.declare.fields import answered_by, fact, keyed
from graphql_api.declare.ids import key_of
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import object_type
from graphql_api.types.providers import Provider
from graphql_api.visit import Visit

MOST_OPENINGS = 10_000
"""One answer lists no more: as many starts of as many providers."""


@object_type(allow=INHERITED)
class AvailableSlot:
    """A time that can be booked now."""

    starts_at: datetime = fact("When it starts.")
    ends_at: datetime = fact("When it ends.")
    providers: list[Provider] = keyed("provider_ids", "With whom; at least one.", many=True)


@object_type(allow=INHERITED)
class AvailableDay:
    """The openings that start on one day."""

    date: date = fact("The day, in the zone of the answer.")
    slots: list[AvailableSlot] = fact("In order of their start.")


@object_type(allow=INHERITED)
class Availability:
    """The openings in a range of days; a day without any is not listed."""

    time_zone: TimeZone = fact("The zone whose days these are.")
    duration_minutes: int = fact("How long each slot is.")
    days: list[AvailableDay] = fact("The days with openings, in order.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Slot:
    starts_at: datetime
    ends_at: datetime
    provider_ids: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    date: date
    slots: list[_Slot]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Availability:
    time_zone: str
    duration_minutes: int
    days: list[_Day]


async def _find(info: Any, **given: Any) -> _Availability:
    visit: Visit = info.context
    service, providers = given.get("service_id"), given.get("provider_ids")
    location = given.get("location_id")
    command = FindOpenings(
        first=given["first"],
        last=given["last"],
        service_id=None if service is None else key_of("service", service),
        provider_ids=None if providers is None else [key_of("provider", one) for one in providers],
        location_id=None if location is None else key_of("location", location),
        duration_minutes=given.get("duration_minutes"),
        time_zone=given.get("time_zone"),
    )
    try:
        openings = await find_openings(visit.ctx, command)
        if sum(map(len, openings.days.values())) > MOST_OPENINGS:
            raise invalid("last", "TOO_MANY", f"must be nearer: there are over {MOST_OPENINGS} openings")
    except Invalid as error:
        raise on_the_wire(error, {"first": "from", "last": "to"}) from None
    return _by_day(openings)


def _by_day(openings: Openings) -> _Availability:
    """The same openings, with the providers of one time together."""
    days = []
    for day, slots in openings.days.items():
        times = [list(same) for _, same in groupby(slots, key=_time_of)]
        together = [
            _Slot(
                starts_at=same[0].starts_at,
                ends_at=same[0].ends_at,
                provider_ids=[slot.provider_id for slot in same],
            )
            for same in times
        ]
        days.append(_Day(date=day, slots=together))
    return _Availability(time_zone=openings.time_zone, duration_minutes=openings.duration_minutes, days=days)


def _time_of(slot: Slot) -> datetime:
    return slot.starts_at


def availability() -> Any:
    """The root field that lists openings."""
    arguments = (
        Argument("first", date, "The first day.", optional=False, graphql_name="from"),
        Argument(
            "last",
            date,
            f"The last day, itself included; at most {MAX_DAYS} days, and {MOST_OPENINGS} openings, in all.",
            optional=False,
            graphql_name="to",
        ),
        Argument(
            "service_id", strawberry.ID, "What is to be booked; its length, buffers, notice and grid count."
        ),
        Argument("provider_ids", list[strawberry.ID], "Who may do it; everybody where not given."),
        Argument("location_id", strawberry.ID, "Only those who work there; everywhere where not given."),
        Argument("time_zone", TimeZone, "The zone whose days are meant; the business's where not given."),
        Argument("duration_minutes", int, "How long; needed where no service is named."),
    )
    return answered_by(
        with_arguments(_find, arguments),
        "The times that can be booked now, for a service or a length, by day.",
        allow=may(Permission.PROVIDERS_READ),
        gives=Availability,
        cost=10,
    )
