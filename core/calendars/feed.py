"""The feed: appointments of one provider or one client, at an address that is a secret."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.kernel.unit_of_work import Entity, TenantOwned

PAST = timedelta(days=90)
FUTURE = timedelta(days=731)
"""How far back and ahead a feed reaches."""

CANCELLED_STAY = timedelta(days=30)
"""For how long a feed still says that an appointment is off, so that subscribers drop it."""

MOST_FEEDS = 10
"""So many feeds of one provider, or of one client, may work at once."""


@dataclass(kw_only=True, eq=False)
class CalendarFeed(Entity, TenantOwned):
    """A feed of either a provider or a client. Only the SHA-256 of its token is kept."""

    provider_id: int | None
    client_id: int | None
    token_hash: str
    created_at: datetime
    revoked_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFacts:
    """What is shown of a feed to those who manage it."""

    feed_id: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRow:
    """An appointment as a feed may need it: names and times, and nothing about health."""

    appointment_id: int
    status: str
    starts_at: datetime
    ends_at: datetime
    created_at: datetime
    updated_at: datetime
    client_name: str
    provider_name: str
    service_name: str | None
    location_name: str
    location_address: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFound:
    """A working feed with its appointments, by start; `is_client` tells for whom it is."""

    business_id: int
    business_name: str
    time_zone: str
    owner_name: str
    is_client: bool
    rows: tuple[FeedRow, ...]


class FeedQuestions(Protocol):
    """What is asked about feeds; one statement each."""

    async def feed(
        self, token_hash: str, first: datetime, last: datetime, off_since: datetime
    ) -> FeedFound | None:
        """The working feed with that token, with its appointments that start from `first` to `last`.

        Those that are off count while they were changed after `off_since`. None where there is no such
        feed, it was revoked, its owner was archived, or the business was closed.
        """
        ...

    async def feeds_of(self, provider_id: int | None, client_id: int | None) -> list[FeedFacts]:
        """The feeds of that provider, or of that client, that are not revoked, oldest first."""
        ...
