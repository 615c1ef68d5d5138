"""Events as they happen: the source of the subscription `bookingEvents`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry
from strawberry import UNSET

from core.appointments.reads import APPOINTMENT
from core.directory.reads import LOCATION, PROVIDER
from core.kernel.errors import NotFound
from core.kernel.log import LoggedEvent
from core.kernel.reading import Selection, Where
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.events import SHOWN_EVENTS, shown_event
from graphql_api.declare.fields import streamed_by
from graphql_api.declare.ids import key_of
from graphql_api.declare.inputs import optional
from graphql_api.declare.places import sequence_at
from graphql_api.declare.scalars import Cursor
from graphql_api.declare.types import input_type
from graphql_api.streaming.topics import EveryEvent
from graphql_api.types.event_log import EVENTS_READ
from graphql_api.types.event_types import EventType
from graphql_api.types.events import BookingEvent
from graphql_api.visit import Visit


@input_type
class BookingEventFilter:
    """Which events: every condition that is given must hold."""

    types: list[EventType] | None = optional("They are of one of these types.")
    provider_ids: list[strawberry.ID] | None = optional(
        "They name one of these providers, before or after a move; where an event names none, its "
        "appointment is with one of them."
    )
    location_ids: list[strawberry.ID] | None = optional(
        "They name one of these locations; where an event names none, its appointment or its provider is "
        "at one of them."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A filter in the core's terms; None where it does not say."""

    types: frozenset[str] | None = None
    providers: frozenset[int] | None = None
    locations: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class BookingEvents(EveryEvent):
    """The events that pass a filter, each as its type shows it."""

    after: int
    wanted: Wanted

    def wants(self, event: LoggedEvent) -> bool:
        """Whether it has a type that is wanted, and known here."""
        return event.type in SHOWN_EVENTS and (self.wanted.types is None or event.type in self.wanted.types)

    async def shown(self, visit: Visit, event: LoggedEvent) -> Any | None:
        """The event as it is shown now; None where it is not wanted after all."""
        wanted = self.wanted
        if wanted.providers is not None or wanted.locations is not None:
            providers, location = await _whereabouts(visit, event, with_location=bool(wanted.locations))
            if wanted.providers is not None and not wanted.providers & providers:
                return None
            if wanted.locations is not None and location not in wanted.locations:
                return None
        return shown_event(event)


async def _whereabouts(
    visit: Visit, event: LoggedEvent, *, with_location: bool
) -> tuple[set[int], int | None]:
    """The providers and the location that an event is about."""
    facts = event.payload
    providers = {facts[name] for name in ("provider_id", "from_provider_id") if facts.get(name) is not None}
    location = facts.get("location_id")
    if facts.get("appointment_id") is not None and (not providers or (with_location and location is None)):
        place = Selection(noun=APPOINTMENT, fields={"provider_id", "location_id"})
        row = await visit.ctx.read.one(place, facts["appointment_id"])
        if row is not None:
            return providers or {row["provider_id"]}, row["location_id"]
    if with_location and location is None and facts.get("provider_id") is not None:
        row = await visit.ctx.read.one(Selection(noun=PROVIDER, fields={"location_id"}), facts["provider_id"])
        location = row["location_id"] if row is not None else None
    return providers, location


async def begin_after(visit: Visit, cursor: str | None) -> int:
    """The number of the event that a reader has seen last: the newest of all where they name none.

    Raises BadCursor and CursorExpired.
    """
    business_id = visit.ctx.business_id
    reach = await visit.door.log.reach(business_id)
    return reach.newest if cursor is None else sequence_at(business_id, cursor, reach)


async def require_known(visit: Visit, wanted: Wanted) -> None:
    """Raise NotFound where a filter names what the business does not have, archived or not.

    Nothing would ever be heard of it: whoever misspelt an id would wait for good.
    """
    for noun, keys in ((PROVIDER, wanted.providers), (LOCATION, wanted.locations)):
        if not keys:
            continue
        named = Selection(noun=noun, fields={"id"}, where=(Where("id", "in", sorted(keys)),))
        if len(await visit.ctx.read.rows(named)) < len(keys):
            raise NotFound(noun.name)


async def _stream(info: Any, **given: Any) -> BookingEvents:
    """Where to begin, and for whom, is settled before anything is told, so a refusal comes at once."""
    after = await begin_after(info.context, given.get("after"))
    wanted = _wanted(given.get("filter"))
    await require_known(info.context, wanted)
    return BookingEvents(after, wanted)


def _wanted(filter: BookingEventFilter | None) -> Wanted:
    if filter is None:
        return Wanted()
    types = _given(filter.types)
    return Wanted(
        types=None if types is None else frozenset(one.value for one in types),
        providers=_keys("provider", filter.provider_ids),
        locations=_keys("location", filter.location_ids),
    )


def _keys(noun: str, spelled: Sequence[str] | None) -> frozenset[int] | None:
    ids = _given(spelled)
    return None if ids is None else frozenset(key_of(noun, one) for one in ids)


def _given(value: Any) -> Any:
    return None if value is UNSET else value


def booking_events() -> Any:
    """The root field of Subscription that tells events."""
    arguments = (
        Argument(
            "after",
            Cursor,
            "Begin right after this place, with what happened meanwhile; from now on where not given.",
        ),
        Argument("filter", BookingEventFilter, "Only events for which every given condition holds."),
    )
    return streamed_by(
        with_arguments(_stream, arguments),
        "What happens in the business: in order, without a gap, from wherever the caller left off.",
        allow=EVENTS_READ,
        gives=BookingEvent,
    )
