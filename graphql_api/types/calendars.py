"""Calendars: feeds that other programs subscribe to, and calendars that busy time is read from."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.calendars.feed import FeedFacts, FeedQuestions
from core.calendars.managing import require_owner, require_provider
from core.calendars.source import SourceFacts, SourceQuestions
from core.kernel.errors import invalid
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.ids import key_of, spell_id
from graphql_api.declare.types import enum_type, object_type
from graphql_api.visit import Visit

CALENDARS_READ = may(Permission.CALENDARS_READ)


@object_type(allow=INHERITED)
class CalendarFeed:
    """A secret address at which a calendar program reads somebody's appointments. The address itself
    is not kept, only that there is one."""

    id: strawberry.ID = fact("The id to revoke it by.")
    created_at: datetime = fact("When it was made.")


def feed_of(facts: FeedFacts) -> CalendarFeed:
    """A feed as it is shown."""
    return CalendarFeed(id=spell_id("calendar_feed", facts.feed_id), created_at=facts.created_at)


async def _feeds(info: Any, **given: Any) -> list[CalendarFeed]:
    visit: Visit = info.context
    provider, client = given.get("provider_id"), given.get("client_id")
    if (provider is None) == (client is None):
        raise invalid("provider_id", "EITHER_OR", "must be given, or the client's, and not both")
    provider_id = None if provider is None else key_of("provider", provider)
    client_id = None if client is None else key_of("client", client)
    require_owner(visit.ctx.actor, provider_id, client_id)
    found = await visit.ctx.ask(FeedQuestions).feeds_of(provider_id, client_id)
    return [feed_of(facts) for facts in found]


def calendar_feeds() -> Any:
    """The root field that lists the feeds of one owner."""
    arguments = (
        Argument(
            "provider_id",
            strawberry.ID,
            "Those of this provider: oneself, or anybody with `providers:write`.",
        ),
        Argument("client_id", strawberry.ID, "Those of this client; takes `clients:write`."),
    )
    return answered_by(
        with_arguments(_feeds, arguments),
        "The working calendar feeds of a provider or of a client, oldest first; exactly one is named.",
        allow=CALENDARS_READ,
        gives=list[CalendarFeed],
    )


@enum_type
class CalendarState(Enum):
    """How it stands with a connected calendar."""

    NEW = strawberry.enum_value("NEW", description="It has not been read yet.")
    FRESH = strawberry.enum_value("FRESH", description="It was read the last time.")
    FAILING = strawberry.enum_value(
        "FAILING", description="It could not be read the last time; what was read before still counts."
    )


@enum_type
class CalendarError(Enum):
    """Why a calendar could not be read."""

    REFUSED = strawberry.enum_value("REFUSED", description="Its address is none that may be called.")
    UNREACHABLE = strawberry.enum_value("UNREACHABLE", description="Nobody answered at its address.")
    TIMED_OUT = strawberry.enum_value("TIMED_OUT", description="Its server, or reading it, took too long.")
    TOO_LARGE = strawberry.enum_value("TOO_LARGE", description="It is longer than ten megabytes.")
    DENIED = strawberry.enum_value("DENIED", description="Its server wants a credential.")
    GONE = strawberry.enum_value("GONE", description="There is nothing at its address any more.")
    HTTP_ERROR = strawberry.enum_value("HTTP_ERROR", description="Its server answered with an error.")
    NOT_A_CALENDAR = strawberry.enum_value(
        "NOT_A_CALENDAR", description="What is at its address is no iCalendar: a web page, perhaps."
    )
    TRUNCATED = strawberry.enum_value("TRUNCATED", description="Its end is missing.")
    MALFORMED = strawberry.enum_value("MALFORMED", description="A time or a rule in it cannot be understood.")
    UNKNOWN_TIME_ZONE = strawberry.enum_value(
        "UNKNOWN_TIME_ZONE", description="It names a time zone that it does not describe."
    )
    TOO_MANY_EVENTS = strawberry.enum_value("TOO_MANY_EVENTS", description="It holds too many events.")
    TOO_COMPLEX = strawberry.enum_value(
        "TOO_COMPLEX", description="Its events recur too often, or by rules that take too much work."
    )
    FAULT = strawberry.enum_value(
        "FAULT", description="The fault is not its own: it could not be read here, and is tried again."
    )


@object_type(allow=INHERITED)
class CalendarSource:
    """A provider's calendar elsewhere, read every fifteen minutes: nothing is booked over its events.
    Its address is a secret and never shown."""

    id: strawberry.ID = fact("The id to refresh or disconnect it by.")
    host: str = fact("Where it is: the name of the server in its address.")
    state: CalendarState = fact("How it stands with it.")
    error: CalendarError | None = fact("Why it could not be read the last time.")
    fetched_at: datetime | None = fact("When its server last answered.")
    created_at: datetime = fact("When it was connected.")


def source_of(facts: SourceFacts) -> CalendarSource:
    """A source as it is shown."""
    return CalendarSource(
        id=spell_id("calendar_source", facts.source_id),
        host=facts.host,
        state=CalendarState(facts.state),
        error=None if facts.error is None else CalendarError(facts.error),
        fetched_at=facts.fetched_at,
        created_at=facts.created_at,
    )


async def _sources(info: Any, **given: Any) -> list[CalendarSource]:
    visit: Visit = info.context
    provider_id = key_of("provider", given["provider_id"])
    require_provider(visit.ctx.actor, provider_id)
    return [source_of(facts) for facts in await visit.ctx.ask(SourceQuestions).sources_of(provider_id)]


def calendar_sources() -> Any:
    """The root field that lists the calendars of one provider."""
    whose = "Whose: oneself, or anybody with `providers:write`."
    return answered_by(
        with_arguments(_sources, (Argument("provider_id", strawberry.ID, whose, optional=False),)),
        "The calendars elsewhere that say when a provider is busy, oldest first.",
        allow=CALENDARS_READ,
        gives=list[CalendarSource],
    )
