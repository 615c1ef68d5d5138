"""What is asked of wall displays and stream tickets; one statement each, all of them outside every business."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from auth.questions import KeyStanding


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayStanding:
    """A working display credential, and its business's plan."""

    display_id: int
    business_id: int
    plan: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayFacts:
    """What is shown of a display credential; `prefix` is its first characters."""

    display_id: int
    name: str
    prefix: str
    created_by: int
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketFacts:
    """A ticket that was redeemed: whose it is, and that person's epochs and session when it was made.

    `uses` counts how often it was redeemed, this time included: whoever finds more in the database has been
    followed by another stream.
    """

    ticket_id: int
    uses: int
    expires_at: datetime
    business_id: int
    actor: str
    identity_epoch: int | None
    membership_epoch: int | None
    session_id: int | None
    credential_expires_at: datetime | None


class WatchQuestions(Protocol):
    """Questions about displays and tickets."""

    async def display_by_hash(self, token_hash: str) -> DisplayStanding | None:
        """The display credential with this SHA-256, where it is not revoked and its business not closed."""
        ...

    async def display_by_id(self, display_id: int) -> DisplayStanding | None:
        """The same by its key."""
        ...

    async def key_by_id(self, key_id: int) -> KeyStanding | None:
        """The API key of that key, where it is not revoked and its business not closed."""
        ...

    async def displays_of(self, business_id: int) -> list[DisplayFacts]:
        """The business's display credentials that are not revoked, oldest first."""
        ...

    async def revoke_display(self, business_id: int, display_id: int, now: datetime) -> bool:
        """Revoke one; False where the business has no such credential, or no longer."""
        ...

    async def ticket(
        self, ticket_hash: str, now: datetime, *, resuming: bool, most: int
    ) -> TicketFacts | None:
        """A ticket that `redeem` would use now, as it stands; nothing is written."""
        ...

    async def uses_of(self, ticket_id: int) -> int | None:
        """How often a ticket was redeemed; None where it is forgotten."""
        ...

    async def redeem(
        self, ticket_hash: str, now: datetime, *, resuming: bool, most: int
    ) -> TicketFacts | None:
        """Use a ticket that has not run out: one that was never used, or when resuming one that was used
        fewer than `most` times. Of several who try at once with a new one, exactly one succeeds."""
        ...

    async def forget_tickets(self, before: datetime) -> int:
        """Delete the tickets that ran out before an instant, and say how many they were."""
        ...
