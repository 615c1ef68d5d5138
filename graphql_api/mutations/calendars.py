"""Calendar feeds, made and revoked; calendars elsewhere, connected and disconnected."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.calendars.addresses import Addresses
from core.calendars.connect import ConnectedCalendar, connect_calendar
from core.calendars.create_feed import CreatedCalendarFeed, create_calendar_feed
from core.calendars.disconnect import DisconnectedCalendar, disconnect_calendar
from core.calendars.feed import FeedFacts
from core.calendars.request_refresh import RefreshRequested, request_refresh
from core.calendars.revoke_feed import RevokedCalendarFeed, revoke_calendar_feed
from core.calendars.source import SourceQuestions
from graphql_api.declare.fields import answered_by
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.calendars import CalendarFeed, CalendarSource, feed_of, source_of
from graphql_api.visit import Visit

WRITE = may(Permission.CALENDARS_WRITE)


@input_type
class CreateCalendarFeedInput(MutationInput):
    """Whose appointments the feed tells: exactly one of the two is given."""

    provider_id: strawberry.ID | None = optional(
        "This provider's: oneself, or anybody with `providers:write`.", of="provider"
    )
    client_id: strawberry.ID | None = optional("This client's; takes `clients:write`.", of="client")


def _made(root: CreatedCalendarFeed) -> CalendarFeed:
    return feed_of(FeedFacts(feed_id=root.feed_id, created_at=datetime.fromisoformat(root.created_at)))


async def _url(root: CreatedCalendarFeed, info: strawberry.Info) -> str | None:
    visit: Visit = info.context
    return None if root.token is None else visit.ctx.reach(Addresses).feed(root.token)


@payload
class CreateCalendarFeedPayload:
    """The feed was made."""

    calendar_feed: CalendarFeed = answered_by(_made, "The feed.")
    url: str | None = answered_by(
        _url,
        "The address to subscribe to. Whoever has it reads the feed. Shown once: a repeat answers null.",
    )


@input_type
class RevokeCalendarFeedInput(MutationInput):
    """The feed to revoke."""

    calendar_feed_id: strawberry.ID = required("Which feed.", of="calendar_feed", to="feed_id")


def _revoked_id(root: RevokedCalendarFeed) -> strawberry.ID:
    return spell_id("calendar_feed", root.feed_id)


@payload
class RevokeCalendarFeedPayload:
    """The feed's address answers from now on as one that never was."""

    calendar_feed_id: strawberry.ID = answered_by(_revoked_id, "Which feed.")


async def _source(root: ConnectedCalendar | RefreshRequested, info: strawberry.Info) -> CalendarSource | None:
    visit: Visit = info.context
    found = await visit.ctx.ask(SourceQuestions).source(root.source_id)
    return None if found is None else source_of(found)


@input_type
class ConnectCalendarInput(MutationInput):
    """A provider's calendar elsewhere."""

    provider_id: strawberry.ID = required("Whose: oneself, or anybody with `providers:write`.", of="provider")
    url: str = required("Its secret address as iCalendar: `https:` or `webcal:`. It is kept encrypted.")


@payload
class ConnectCalendarPayload:
    """The calendar is connected and being read."""

    calendar_source: CalendarSource | None = answered_by(
        _source, "The calendar; null where it was disconnected since."
    )


@input_type
class RefreshCalendarInput(MutationInput):
    """The calendar to read now."""

    calendar_source_id: strawberry.ID = required("Which calendar.", of="calendar_source", to="source_id")


@payload
class RefreshCalendarPayload:
    """The calendar is being read; `calendarSources` tells what became of it."""

    calendar_source: CalendarSource | None = answered_by(_source, "The calendar as it stood before.")


@input_type
class DisconnectCalendarInput(MutationInput):
    """The calendar to forget."""

    calendar_source_id: strawberry.ID = required("Which calendar.", of="calendar_source", to="source_id")


def _disconnected_id(root: DisconnectedCalendar) -> strawberry.ID:
    return spell_id("calendar_source", root.source_id)


@payload
class DisconnectCalendarPayload:
    """The calendar is forgotten, and the time it took is free."""

    calendar_source_id: strawberry.ID = answered_by(_disconnected_id, "Which calendar.")


@strawberry.type
class CalendarMutations:
    """Appointments in other programs' calendars, and theirs in this one."""

    create_calendar_feed = mutation(
        create_calendar_feed,
        "Make a secret address at which a calendar program reads a provider's or a client's appointments.",
        takes=CreateCalendarFeedInput,
        gives=CreateCalendarFeedPayload,
        allow=WRITE,
    )
    revoke_calendar_feed = mutation(
        revoke_calendar_feed,
        "Revoke a feed for good.",
        takes=RevokeCalendarFeedInput,
        gives=RevokeCalendarFeedPayload,
        allow=WRITE,
    )
    connect_calendar = mutation(
        connect_calendar,
        "Read a provider's calendar elsewhere every fifteen minutes, and book nothing over its events.",
        takes=ConnectCalendarInput,
        gives=ConnectCalendarPayload,
        allow=WRITE,
    )
    refresh_calendar = mutation(
        request_refresh,
        "Have a calendar read now; a minute after it was last read, where that is later.",
        takes=RefreshCalendarInput,
        gives=RefreshCalendarPayload,
        allow=WRITE,
    )
    disconnect_calendar = mutation(
        disconnect_calendar,
        "Forget a calendar, and give back the time it took.",
        takes=DisconnectCalendarInput,
        gives=DisconnectCalendarPayload,
        allow=WRITE,
    )
