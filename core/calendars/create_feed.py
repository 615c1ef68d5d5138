"""Make a feed of a provider's or a client's appointments."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from core.calendars.feed import MOST_FEEDS, CalendarFeed, FeedQuestions
from core.calendars.feed_token import hash_of_feed_token, new_feed_token
from core.calendars.managing import require_owner
from core.directory.client import Client
from core.directory.provider import Provider
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CreateCalendarFeed:
    """A feed of either the provider or the client."""

    provider_id: int | None = None
    client_id: int | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class CreatedCalendarFeed:
    """The new feed. `token` is shown this once: a repeated command is answered without it.

    `created_at` is an instant in ISO 8601, fit to be remembered.
    """

    feed_id: int
    created_at: str
    token: str | None = field(default=None, repr=False)


@use_case("calendar_feed.create", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def create_calendar_feed(ctx: Context, command: CreateCalendarFeed) -> CreatedCalendarFeed:
    """Make a feed; whoever has its token reads it, so only the token's SHA-256 is kept.

    Raises Invalid unless exactly one owner is named, and beyond ten working feeds of one owner;
    Forbidden for somebody else's calendar, and NotFound for owners who are not there or were archived.
    """
    if (command.provider_id is None) == (command.client_id is None):
        raise invalid("provider_id", "EITHER_OR", "must be given, or the client's, and not both")
    require_owner(ctx.actor, command.provider_id, command.client_id)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("calendar_feed.create", command, CreatedCalendarFeed):
            return earlier
        await _require_there(uow, command)
        working = await uow.ask(FeedQuestions).feeds_of(command.provider_id, command.client_id)
        if len(working) >= MOST_FEEDS:
            path = "client_id" if command.provider_id is None else "provider_id"
            raise invalid(path, "TOO_MANY", f"has {MOST_FEEDS} feeds already: revoke one first")
        token = new_feed_token(ctx.business_id)
        feed = CalendarFeed(
            provider_id=command.provider_id,
            client_id=command.client_id,
            token_hash=hash_of_feed_token(token),
            created_at=uow.now,
        )
        uow.add(feed)
        await uow.flush()
        uow.audit("calendar_feed.created", "calendar_feed", feed.id)
        remembered = uow.answer(CreatedCalendarFeed(feed_id=feed.id, created_at=uow.now.isoformat()))
    return replace(remembered, token=token)


async def _require_there(uow: UnitOfWork, command: CreateCalendarFeed) -> None:
    """Lock the owner, so that two commands at once do not make an eleventh feed."""
    if command.provider_id is not None:
        provider = await uow.get(Provider, command.provider_id, lock=True)
        if provider is None or provider.archived_at is not None:
            raise NotFound("provider")
    if command.client_id is not None:
        client = await uow.get(Client, command.client_id, lock=True)
        if client is None or client.archived_at is not None:
            raise NotFound("client")
