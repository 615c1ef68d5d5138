"""The waitlist offer: a time that is kept for somebody who waits, or that they were told about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.appointments.hold import EXPIRED as RUN_OUT
from core.appointments.hold import RELEASED, Hold
from core.appointments.release_hold import let_go
from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

OPEN, TOLD, CLAIMED, DECLINED, EXPIRED, WITHDRAWN = (
    "OPEN",
    "TOLD",
    "CLAIMED",
    "DECLINED",
    "EXPIRED",
    "WITHDRAWN",
)
STATUSES = (OPEN, TOLD, CLAIMED, DECLINED, EXPIRED, WITHDRAWN)
"""OPEN keeps its time by a hold; TOLD keeps nothing: whoever books first has it."""


@dataclass(kw_only=True, eq=False)
class WaitlistOffer(Entity, TenantOwned):
    """A time offered to an entry until `expires_at`.

    `opening` is the same for all offers of one freed time, as it goes from one entry to the next: no
    entry is offered the same opening twice; `given_up_by` is the client whose time it was, who is not
    offered it back. `by_staff` tells those made by hand. Only the SHA-256 of the token is kept; `nonce`
    is what it was made from.
    """

    entry_id: int
    hold_id: int | None
    provider_id: int
    service_id: int | None
    location_id: int
    starts_at: datetime
    ends_at: datetime
    status: str
    opening: str
    by_staff: bool
    message: str | None
    nonce: str
    token_hash: str
    created_at: datetime
    expires_at: datetime
    given_up_by: int | None = None
    ended_at: datetime | None = None
    appointment_id: int | None = None

    @property
    def job(self) -> str:
        """The key of the job that ends it."""
        return f"waitlist_offer:{self.id}"


async def close(uow: UnitOfWork, offer: WaitlistOffer, how: str) -> None:
    """End a locked offer, and give back the time that it keeps."""
    if offer.hold_id is not None:
        hold = await uow.get(Hold, offer.hold_id, lock=True)
        if hold is not None and hold.ended_at is None:
            await let_go(uow, hold, RUN_OUT if how == EXPIRED else RELEASED)
    offer.status, offer.ended_at = how, uow.now
    uow.cancel_job(offer.job)


@dataclass(eq=False)
class OfferClosed(Conflict):
    """The offer was declined or withdrawn, or has run out; or the entry was booked otherwise."""

    code: ClassVar[str] = "OFFER_CLOSED"

    status: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This offer does not stand any more."


@dataclass(frozen=True, kw_only=True)
class WaitlistSlotOffered(Event):
    """A time is kept for a client who waits, until `expires_at`."""

    type: ClassVar[str] = "waitlist.slot_offered"
    noun: ClassVar[str] = "waitlist_offer"
    key_field: ClassVar[str] = "offer_id"
    changes_taken: ClassVar[bool] = True

    offer_id: int
    entry_id: int
    client_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime


@dataclass(frozen=True, kw_only=True)
class WaitlistSlotTold(Event):
    """A client who waits is told of a free time; nothing is kept for them."""

    type: ClassVar[str] = "waitlist.slot_told"
    noun: ClassVar[str] = "waitlist_offer"
    key_field: ClassVar[str] = "offer_id"

    offer_id: int
    entry_id: int
    client_id: int
    provider_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, kw_only=True)
class WaitlistClaimed(Event):
    """A client took the time that was offered."""

    type: ClassVar[str] = "waitlist.claimed"
    noun: ClassVar[str] = "waitlist_offer"
    key_field: ClassVar[str] = "offer_id"
    changes_taken: ClassVar[bool] = True

    offer_id: int
    entry_id: int
    client_id: int
    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistOfferDeclined(Event):
    """A client did not want the time that was offered; it goes to the next."""

    type: ClassVar[str] = "waitlist.offer_declined"
    noun: ClassVar[str] = "waitlist_offer"
    key_field: ClassVar[str] = "offer_id"
    changes_taken: ClassVar[bool] = True

    offer_id: int
    entry_id: int
    client_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistOfferExpired(Event):
    """An offer ran out before anybody took it; it goes to the next."""

    type: ClassVar[str] = "waitlist.offer_expired"
    noun: ClassVar[str] = "waitlist_offer"
    key_field: ClassVar[str] = "offer_id"
    changes_taken: ClassVar[bool] = True

    offer_id: int
    entry_id: int
    client_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistOfferWithdrawn(Event):
    """An offer was taken back; its time goes to the next."""

    type: ClassVar[str] = "waitlist.offer_withdrawn"
    noun: ClassVar[str] = "waitlist_offer"
    key_field: ClassVar[str] = "offer_id"
    changes_taken: ClassVar[bool] = True

    offer_id: int
    entry_id: int
    client_id: int
