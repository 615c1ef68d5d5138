"""Today's board: a snapshot with the cursor to go on from, as a query and as a subscription."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any

import strawberry

from auth.allow import INHERITED
from core.insights import board as core
from core.kernel.errors import NotFound
from core.kernel.log import LoggedEvent
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import answered_by, fact, streamed_by
from graphql_api.declare.ids import key_of, spell_id
from graphql_api.declare.places import spell_place
from graphql_api.declare.scalars import Cursor, TimeZone
from graphql_api.declare.types import object_type
from graphql_api.streaming.topics import Latest, Shown
from graphql_api.types.appointments import AppointmentStatus
from graphql_api.types.event_log import EVENTS_READ
from graphql_api.visit import Visit

_CHANGES_WITH = frozenset({"appointment", "provider", "client", "location", "business", "service"})
_COST = 20


@object_type(allow=INHERITED)
class BoardEntry:
    """An appointment as a wall shows it."""

    appointment_id: strawberry.ID = fact("Which appointment.")
    provider_id: strawberry.ID = fact("Whose time it is.")
    provider_name: str = fact("Their name.")
    location_id: strawberry.ID = fact("Where it takes place.")
    client_name: str = fact("Who comes: the whole name with clients:read, else the given name or initials.")
    service_name: str | None = fact(
        "What was booked; null where only a length was, and without clients:read: beside a name it may tell of "
        "somebody's health."
    )
    status: AppointmentStatus = fact("Where it is in its life.")
    starts_at: datetime = fact("When it starts.")
    ends_at: datetime = fact("When it ends.")


@object_type(allow=INHERITED)
class StatusCount:
    """How many of the day's appointments are at a status."""

    status: AppointmentStatus = fact("Which status.")
    count: int = fact("How many.")


@object_type(allow=INHERITED)
class ProviderNow:
    """What a provider has now, and what comes next today."""

    provider_id: strawberry.ID = fact("Who.")
    provider_name: str = fact("Their name.")
    now: BoardEntry | None = fact("What is under way, if anything is.")
    next: BoardEntry | None = fact("What starts next today, if anything does.")


@object_type(allow=INHERITED)
class Dashboard:
    """Today's board, as it was at its cursor or a little later."""

    cursor: Cursor | None = fact("Its place in the log: `bookingEvents(after:)` goes on from it.")
    date: date = fact("The day, in the zone.")
    time_zone: TimeZone = fact("The location's zone, else the business's.")
    counts: list[StatusCount] = fact("How many of the day's appointments are at each status.")
    appointments: list[BoardEntry] = fact("All that start today, in order; cancelled ones are among them.")
    providers: list[ProviderNow] = fact("Now and next of everybody who has an appointment today, by name.")


async def _read(visit: Visit, location_id: int | None) -> Shown:
    """The cursor is read first: what happens meanwhile is shown and told again, and never left out."""
    place = (await visit.door.log.reach(visit.ctx.business_id)).newest
    found = await core.board(visit.ctx, location_id)
    return Shown(
        Dashboard(
            cursor=spell_place(visit.ctx.business_id, place),
            date=found.date,
            time_zone=TimeZone(found.time_zone),
            counts=[
                StatusCount(status=AppointmentStatus(status), count=count)
                for status, count in found.counts.items()
            ],
            appointments=[_entry(one) for one in found.entries],
            providers=[
                ProviderNow(
                    provider_id=spell_id("provider", one.provider_id),
                    provider_name=one.provider_name,
                    now=None if one.now is None else _entry(one.now),
                    next=None if one.next is None else _entry(one.next),
                )
                for one in found.providers
            ],
        ),
        found.changes_at,
    )


def _entry(entry: core.BoardEntry) -> BoardEntry:
    told = {field.name: getattr(entry, field.name) for field in fields(entry)}
    for noun in ("appointment", "provider", "location"):
        told[f"{noun}_id"] = spell_id(noun, told[f"{noun}_id"])
    told["status"] = AppointmentStatus(told["status"])
    return BoardEntry(**told)


@dataclass(frozen=True, slots=True)
class _Boards(Latest):
    location_id: int | None

    def changes_with(self, event: LoggedEvent) -> bool:
        """Whether it is about something that the board shows."""
        return event.noun in _CHANGES_WITH

    async def shown(self, visit: Visit) -> Shown:
        """The board now."""
        return await _read(visit, self.location_id)


async def _dashboard(info: Any, **given: Any) -> Dashboard | None:
    visit: Visit = info.context
    try:
        shown = await _read(visit, _location(given))
    except NotFound:
        return None
    found: Dashboard = shown.source
    return found


async def _dashboards(info: Any, **given: Any) -> _Boards:
    """An unknown location is refused before anything is told."""
    location_id = _location(given)
    await core.board(info.context.ctx, location_id)
    return _Boards(location_id)


def _location(given: dict[str, Any]) -> int | None:
    spelled = given.get("location_id")
    return None if spelled is None else key_of("location", spelled)


_ARGUMENTS = (
    Argument("location_id", strawberry.ID, "Only this location, in its zone; the business where not given."),
)


def dashboard() -> Any:
    """The root field of Query that shows the board once."""
    return answered_by(
        with_arguments(_dashboard, _ARGUMENTS),
        "Today's board, once; null for a location that is not there.",
        allow=EVENTS_READ,
        gives=Dashboard | None,
        cost=_COST,
    )


def dashboards() -> Any:
    """The root field of Subscription that shows it again and again."""
    return streamed_by(
        with_arguments(_dashboards, _ARGUMENTS),
        "Today's board, at once and again whenever it changes: after events, when an appointment begins or "
        "ends, and at midnight. What changes together is told once.",
        allow=EVENTS_READ,
        gives=Dashboard,
        cost=_COST,
    )
