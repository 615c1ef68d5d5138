"""Read a feed, as whoever has its address may."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from core.appointments.life import CANCELLED, DECLINED, PENDING
from core.calendars.feed import CANCELLED_STAY, FUTURE, PAST, FeedFound, FeedQuestions, FeedRow
from core.calendars.feed_token import hash_of_feed_token
from core.kernel.context import Context
from core.kernel.errors import NotFound
from core.kernel.use_case import use_case

_SECOND = timedelta(seconds=1)


@dataclass(kw_only=True)
class ReadCalendarFeed:
    """The feed with this token, in the business that the Context stands in."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """One appointment as a calendar shows it; `status` is TENTATIVE, CONFIRMED or CANCELLED.

    `sequence` goes up with every change: the whole seconds, begun ones counted, from when the
    appointment was made to its last change.
    """

    appointment_id: int
    status: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    summary: str
    location: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed's content. `time_zone` is the business's, for programs that ask; all times are instants."""

    business_id: int
    name: str
    time_zone: str
    entries: tuple[FeedEntry, ...]


class FeedWriter(Protocol):
    """Writes feeds in the form that calendar programs read."""

    def mark(self, feed: Feed) -> str:
        """A text that changes with whatever is written; cheap."""
        ...

    def write(self, feed: Feed) -> bytes:
        """The feed as it is sent."""
        ...


@use_case("calendar_feed.read", raises=(NotFound,))
async def read_calendar_feed(ctx: Context, command: ReadCalendarFeed) -> Feed:
    """The appointments from 90 days back to two years ahead, in one statement.

    Raises NotFound alike for a token that never was, was revoked, or whose owner left.
    """
    now = ctx.clock.now()
    found = await ctx.ask(FeedQuestions).feed(
        hash_of_feed_token(command.token), now - PAST, now + FUTURE, now - CANCELLED_STAY
    )
    if found is None:
        raise NotFound("calendar_feed")
    return Feed(
        business_id=found.business_id,
        name=f"{found.owner_name}: {found.business_name}",
        time_zone=found.time_zone,
        entries=tuple(_entry(found, row) for row in found.rows),
    )


def _entry(found: FeedFound, row: FeedRow) -> FeedEntry:
    return FeedEntry(
        appointment_id=row.appointment_id,
        status=_status(row.status),
        sequence=max(0, -((row.created_at - row.updated_at) // _SECOND)),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        created_at=row.created_at,
        updated_at=row.updated_at,
        summary=_summary(found, row),
        location=row.location_address or row.location_name,
    )


def _status(status: str) -> str:
    """What the calendar's three words say of an appointment; those that took place stay confirmed."""
    if status in (CANCELLED, DECLINED):
        return "CANCELLED"
    return "TENTATIVE" if status == PENDING else "CONFIRMED"


def _summary(found: FeedFound, row: FeedRow) -> str:
    """Providers see who comes, and not for what: a service's name may tell of somebody's health."""
    if not found.is_client:
        return row.client_name
    what = row.service_name or "Appointment"
    return f"{what} – {found.business_name} ({row.provider_name})"
