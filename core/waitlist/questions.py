"""What is asked about the waitlist; one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal, Protocol

Gone = Literal["client", "service", "provider", "location"]
"""What may be archived while it is on offer."""

Stretch = tuple[datetime, datetime]
"""From when to when, half-open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An entry that waits, as far as matching looks at it; see WaitlistEntry.

    `ahead` are the appointments that its client has ahead for its service.
    """

    entry_id: int
    client_id: int
    service_id: int | None
    provider_id: int | None
    location_id: int | None
    first_day: date | None
    last_day: date | None
    days: list[str] | None
    weekdays: list[str] | None
    times: list[list[int]] | None
    duration_minutes: int | None
    seats: int
    ahead: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenBack:
    """What an appointment or a hold takes no longer: the other providers of a collective appointment,
    and rooms and kit."""

    provider_ids: tuple[int, ...] = ()
    resource_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFound:
    """The offer of a token, and its entry."""

    offer_id: int
    entry_id: int


class WaitlistQuestions(Protocol):
    """What is asked about the waitlist."""

    async def waiting(
        self,
        provider_ids: Sequence[int],
        starts_at: datetime,
        ends_at: datetime,
        opening: str,
        but_client_id: int | None,
        after: int,
        now: datetime,
    ) -> list[Candidate]:
        """Up to 100 entries that wait and may want one of the providers, by key, from beyond `after`.

        Left out are those who were offered this opening, whose client was archived, and the entries of
        `but_client_id`; in a business that was closed nobody waits.
        """
        ...

    async def engaged(
        self, client_ids: Sequence[int], starts_at: datetime, ends_at: datetime, now: datetime
    ) -> dict[int, list[Stretch]]:
        """When clients have an appointment, or a time is kept for them by an offer, of whatever reaches
        into that stretch."""
        ...

    async def who_had(self, opening: str, entry_ids: Sequence[int]) -> set[int]:
        """Which of the entries were offered this opening, or told of it."""
        ...

    async def given_back(
        self, *, appointment_id: int | None, hold_id: int | None, starts_minute: int, ends_minute: int
    ) -> GivenBack:
        """What an appointment or a hold took in that stretch, in UTC minutes, and takes no longer, by key;
        what it took by a group session too."""
        ...

    async def entries_of(self, client_id: int, joined_by: datetime) -> list[Candidate]:
        """The client's entries that wait or have an open offer and were there at that instant, by key.

        What their client has ahead is not counted.
        """
        ...

    async def offer_of(self, token_hash: str) -> OfferFound | None:
        """The offer with that token; None in a business that was closed."""
        ...

    async def offer_of_hold(self, hold_id: int) -> OfferFound | None:
        """The offer that is kept by that hold."""
        ...

    async def standing(self, noun: Gone, key: int, now: datetime) -> list[int]:
        """The offers that stand of a client, a service, a provider or a location, by key."""
        ...

    async def open_offer(self, entry_id: int) -> int | None:
        """The key of the open offer to an entry."""
        ...
