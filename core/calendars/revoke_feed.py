"""Revoke a feed."""

from __future__ import annotations

from dataclasses import dataclass

from core.calendars.feed import CalendarFeed
from core.calendars.managing import require_owner
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class RevokeCalendarFeed:
    """The feed to revoke."""

    feed_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class RevokedCalendarFeed:
    """The feed that was revoked."""

    feed_id: int


@use_case("calendar_feed.revoke", raises=(NotFound, Forbidden, IdempotencyMismatch))
async def revoke_calendar_feed(ctx: Context, command: RevokeCalendarFeed) -> RevokedCalendarFeed:
    """Have the feed's address answer from now on as one that never was.

    Raises NotFound where there is no such feed, or no longer, and Forbidden for somebody else's.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("calendar_feed.revoke", command, RevokedCalendarFeed):
            return earlier
        feed = await uow.get(CalendarFeed, command.feed_id, lock=True)
        if feed is None or feed.revoked_at is not None:
            raise NotFound("calendar_feed")
        require_owner(ctx.actor, feed.provider_id, feed.client_id)
        feed.revoked_at = uow.now
        uow.audit("calendar_feed.revoked", "calendar_feed", feed.id)
        return uow.answer(RevokedCalendarFeed(feed_id=feed.id))
