"""Calendar feeds: made and revoked."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.calendars.addresses import Addresses
from core.calendars.create_feed import CreatedCalendarFeed, create_calendar_feed
from core.calendars.feed import FeedFacts
from core.calendars.revoke_feed import RevokedCalendarFeed, revoke_calendar_feed
from graphql_api.declare.fields import answered_by
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.calendars import CalendarFeed, feed_of
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


@strawberry.type
class CalendarMutations:
    """Appointments in other programs' calendars."""

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
