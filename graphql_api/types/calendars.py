"""Calendars: feeds that other programs subscribe to."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.calendars.feed import FeedFacts, FeedQuestions
from core.calendars.managing import require_owner
from core.kernel.errors import invalid
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.ids import key_of, spell_id
from graphql_api.declare.types import object_type
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
