"""Availability: the openings of one or more providers, by day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry
from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, SelectionSetNode

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.availability import score
from core.availability.find_openings import MAX_DAYS, FindOpenings, Openings, Slot, find_openings
from core.kernel.errors import Invalid
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.errors import on_the_wire
from graphql_api.declare.fields import answered_by, fact, keyed
from graphql_api.declare.ids import key_of
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import enum_type, object_type
from graphql_api.types.business import Location
from graphql_api.types.providers import Provider
from graphql_api.types.services import Service
from graphql_api.visit import Visit, asked

MOST_STARTS, MOST_OFFERS = 30_000, 60_000
"""One answer lists no more starts, and no more of single providers where each is looked at."""
MOST_WATCHED = 10_000
"""Of what is told anew with every change: as many starts of single providers."""
READ = may(Permission.PROVIDERS_READ)
_STAFF = may(Permission.APPOINTMENTS_WRITE)
_MOVING = may(Permission.APPOINTMENTS_READ)


@enum_type
class SlotReason(Enum):
    """Why a slot fits the day well, or not."""

    FILLS_GAP = strawberry.enum_value(score.FILLS_GAP, description="It fills the time between two others.")
    ADJACENT = strawberry.enum_value(score.ADJACENT, description="It lies beside time that is taken.")
    DAY_EDGE = strawberry.enum_value(score.DAY_EDGE, description="It lies at the edge of open time.")
    LEAVES_SHORT_GAP = strawberry.enum_value(
        score.LEAVES_SHORT_GAP, description="It leaves less than its own length free beside it."
    )
    JOINS_SESSION = strawberry.enum_value(
        score.JOINS_SESSION, description="It joins a group session that takes place anyhow."
    )


@object_type(allow=INHERITED)
class AvailableSlot:
    """A time that can be booked now."""

    starts_at: datetime = fact("When it starts.")
    ends_at: datetime = fact("When it ends.")
    remaining: int = fact("How many seats are left with one provider; 1 where it is no group.")
    score: int | None = fact("How well it fits the day: 0 to 100, 50 where it lies free on both sides.")
    reasons: list[SlotReason] = fact("What the score comes from.")
    providers: list[Provider] = keyed("provider_ids", "With whom; at least one.", many=True)
    location: Location | None = keyed("location_id", "Where, with the first of them.")


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
    rules_revision: int = fact("The number of the event that last changed a rule these follow.")
    service: Service | None = keyed("service_id", "Whose rules they follow, where a service was named.")
    days: list[AvailableDay] = fact("The days with openings, in order.")


@dataclass(slots=True, kw_only=True)
class SlotFacts:
    """The source of an AvailableSlot; never changed once made."""

    starts_at: datetime
    ends_at: datetime
    remaining: int
    score: int | None
    reasons: list[SlotReason]
    provider_ids: list[int]
    location_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    date: date
    slots: list[SlotFacts]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Availability:
    time_zone: str
    duration_minutes: int
    rules_revision: int
    service_id: int | None
    until: datetime | None
    days: list[_Day]


WHO_AND_WHAT = (
    Argument(
        "service_id", strawberry.ID, "What is to be booked; its length, buffers, notice and grid count."
    ),
    Argument("provider_ids", list[strawberry.ID], "Who may do it; everybody where not given."),
    Argument("location_id", strawberry.ID, "Only what is offered there; everywhere where not given."),
    Argument("duration_minutes", int, "How long; needed where no service is named."),
    Argument("seats", int, "How many seats of a group; 1 where not given."),
    Argument("collective", bool, "Whether only times count at which all of the providers can be had."),
    Argument(
        "moving_appointment_id",
        strawberry.ID,
        "An appointment that is to be moved: what it takes itself is not in its way. Needs appointments:read.",
    ),
    Argument(
        "for_staff",
        bool,
        "Whether to list what the public is not offered: hours that are not public, and who and what takes "
        "no bookings. Needs appointments:write.",
    ),
)
"""What every question about openings takes."""


def who_and_what(visit: Visit, given: dict[str, Any]) -> dict[str, Any]:
    """The same, as the core's questions take it. Raises Forbidden for the staff's view, and for
    an appointment that the caller may not see."""
    if given.get("for_staff"):
        visit.require(_STAFF)
    names = ("service_id", "provider_ids", "location_id", "moving_appointment_id")
    service, providers, location, moving = (given.get(name) for name in names)
    if moving is not None:
        visit.require(_MOVING)
    told = {
        "service_id": None if service is None else key_of("service", service),
        "provider_ids": None if providers is None else [key_of("provider", one) for one in providers],
        "location_id": None if location is None else key_of("location", location),
        "moving_appointment_id": None if moving is None else key_of("appointment", moving),
    }
    plain = ("duration_minutes", "seats", "for_staff", "time_zone", "collective")
    return told | {name: given[name] for name in plain if given.get(name) is not None}


async def list_openings(
    visit: Visit,
    given: dict[str, Any],
    *,
    with_scores: bool,
    with_until: bool = False,
    names_all: bool = True,
    most_offers: int = MOST_WATCHED,
) -> _Availability:
    """The openings that arguments ask for. Raises as `find_openings`."""
    command = FindOpenings(
        first=given["first"],
        last=given["last"],
        together=True,
        with_scores=with_scores,
        with_until=with_until,
        names_all=names_all,
        most_starts=MOST_STARTS,
        most_offers=most_offers,
        maximise_utilisation=given.get("maximise_utilisation"),
        **who_and_what(visit, given),
    )
    try:
        openings = await find_openings(visit.ctx, command)
    except Invalid as error:
        raise on_the_wire(error, {"first": "from", "last": "to"}) from None
    return _by_day(openings)


async def _find(info: Any, **given: Any) -> _Availability:
    visit, raw = asked(info)
    scored, named = (
        any(_selects(names, node.selection_set, raw.fragments) for node in raw.field_nodes)
        for names in (("score", "reasons"), ("providers",))
    )
    return await list_openings(visit, given, with_scores=scored, names_all=named, most_offers=MOST_OFFERS)


def _selects(
    names: tuple[str, ...],
    selected: SelectionSetNode | None,
    fragments: dict[str, FragmentDefinitionNode],
) -> bool:
    """Whether one of the fields is asked for anywhere below."""
    for node in selected.selections if selected else ():
        if isinstance(node, FieldNode) and node.name.value in names:
            return True
        if isinstance(node, FragmentSpreadNode):
            below: SelectionSetNode | None = fragments[node.name.value].selection_set
        else:
            below = getattr(node, "selection_set", None)
        if _selects(names, below, fragments):
            return True
    return False


def slot_facts(slot: Slot) -> SlotFacts:
    """A slot of the core as the schema shows it."""
    return SlotFacts(
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        remaining=slot.remaining,
        score=slot.score,
        reasons=[SlotReason(reason) for reason in slot.reasons],
        provider_ids=list(slot.provider_ids) or [slot.provider_id],
        location_id=slot.location_id,
    )


def _by_day(openings: Openings) -> _Availability:
    return _Availability(
        time_zone=openings.time_zone,
        duration_minutes=openings.duration_minutes,
        rules_revision=openings.rules_revision,
        service_id=openings.service_id,
        until=openings.until,
        days=[
            _Day(date=day, slots=[slot_facts(slot) for slot in slots]) for day, slots in openings.days.items()
        ],
    )


RANGE = (
    Argument("first", date, "The first day.", optional=False, graphql_name="from"),
    Argument(
        "last",
        date,
        f"The last day, itself included; at most {MAX_DAYS} days in all.",
        optional=False,
        graphql_name="to",
    ),
)
ZONE = Argument("time_zone", TimeZone, "The zone whose days are meant; the business's where not given.")
LISTED = (
    *RANGE,
    *WHO_AND_WHAT,
    ZONE,
    Argument(
        "maximise_utilisation",
        bool,
        "Whether to hide times that overlap an earlier one of the same provider; what the service says where "
        "not given. They can be booked all the same.",
    ),
)


def availability() -> Any:
    """The root field that lists openings."""
    return answered_by(
        with_arguments(_find, LISTED),
        "The times that can be booked now, for a service or a length, by day. One answer lists at most "
        f"{MOST_STARTS} starts; and, where providers, scores, all together or times that do not overlap are "
        f"asked for, at most {MOST_OFFERS} of single providers before any is hidden.",
        allow=READ,
        gives=Availability,
        cost=10,
    )
