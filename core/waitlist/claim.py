"""Claim an offer: the client takes the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import HoldExpired, OutsidePolicy, SlotTaken, TooManyAhead
from core.appointments.book import BookAppointment, sell
from core.appointments.hold import OFFER, Hold
from core.availability.shelf import RulebookShelf
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.errors import DomainError, Invalid, NotFound
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case
from core.waitlist.entry import BOOKED, OFFERED, REMOVED, WaitlistEntry
from core.waitlist.expire import withdraw_offer
from core.waitlist.offer import (
    CLAIMED,
    OPEN,
    TOLD,
    WITHDRAWN,
    OfferClosed,
    WaitlistClaimed,
    WaitlistOffer,
    WaitlistOfferWithdrawn,
    close,
)
from core.waitlist.offer_token import hash_of_offer_token
from core.waitlist.questions import WaitlistQuestions


@dataclass(kw_only=True)
class ClaimWaitlistOffer:
    """The token of the letter; it is its own idempotency key."""

    token: str = field(repr=False)


@dataclass(kw_only=True)
class ClaimedWaitlistOffer:
    """The entry, its offer, and the appointment that it became."""

    waitlist_entry_id: int
    waitlist_offer_id: int
    appointment_id: int


@use_case(
    "waitlist.claim",
    raises=(OfferClosed, SlotTaken, HoldExpired, OutsidePolicy, TooManyAhead, NotFound, Invalid),
)
async def claim_waitlist_offer(ctx: Context, command: ClaimWaitlistOffer) -> ClaimedWaitlistOffer:
    """Turn the held time into an appointment; the same token again is answered the same.

    Without a service nothing says that it is approved, so the appointment is pending until the business
    confirms it. Where nothing was held, whoever comes first has the time. Raises NotFound for an unknown
    token, OfferClosed for an offer that does not stand any more, and as booking does: where the client
    has too many appointments ahead, what was kept for them goes to the next.
    """
    offer_id: int | None = None
    try:
        async with ctx.unit_of_work() as uow:
            entry, offer = await locked_offer(uow, command.token)
            offer_id = offer.id
            return await take(uow, ctx.reach(RulebookShelf), entry, offer)
    except (SlotTaken, OutsidePolicy, TooManyAhead, NotFound, Invalid) as error:
        raise await turned_away(ctx, error, offer_id) from None


async def turned_away(
    ctx: Context, error: SlotTaken | OutsidePolicy | TooManyAhead | NotFound | Invalid, offer_id: int | None
) -> DomainError:
    """The error as it is told, with other times where the time is taken.

    What is kept for a client who cannot have it goes to the next: they have too many ahead; or the
    service, the provider or the client is gone, or the service is of other lengths or fewer seats now,
    which is told as OfferClosed.
    """
    if isinstance(error, SlotTaken | OutsidePolicy):
        return await with_alternatives(ctx, error)
    if offer_id is None:
        return error
    if isinstance(error, TooManyAhead):
        await withdraw_offer(ctx, offer_id)
        return error
    await withdraw_offer(ctx, offer_id, told_too=True)
    return OfferClosed(WITHDRAWN)


async def take(
    uow: UnitOfWork, shelf: RulebookShelf, entry: WaitlistEntry, offer: WaitlistOffer
) -> ClaimedWaitlistOffer:
    """Turn a locked offer to a locked entry into an appointment; one that was claimed is answered again."""
    if offer.status == CLAIMED:
        assert offer.appointment_id is not None
        return ClaimedWaitlistOffer(
            waitlist_entry_id=entry.id,
            waitlist_offer_id=offer.id,
            appointment_id=offer.appointment_id,
        )
    if not stands(uow, entry, offer):
        raise OfferClosed(offer.status)
    if offer.status == TOLD and entry.status == OFFERED:
        await withdraw_open(uow, entry)
    booked = await sell(
        uow,
        shelf,
        await _booking(uow, entry, offer),
        hold_kind=OFFER,
        needs_approval=offer.service_id is None,
    )
    offer.status, offer.ended_at, offer.appointment_id = CLAIMED, uow.now, booked.appointment_id
    entry.status, entry.updated_at = BOOKED, uow.now
    uow.cancel_job(offer.job)
    uow.cancel_job(f"waitlist:{entry.id}")
    uow.emit(
        WaitlistClaimed(
            offer_id=offer.id,
            entry_id=entry.id,
            client_id=entry.client_id,
            appointment_id=booked.appointment_id,
        )
    )
    return ClaimedWaitlistOffer(
        waitlist_entry_id=entry.id, waitlist_offer_id=offer.id, appointment_id=booked.appointment_id
    )


async def locked_offer(uow: UnitOfWork, token: str) -> tuple[WaitlistEntry, WaitlistOffer]:
    """The entry and the offer of a token, locked in this order. Raises NotFound."""
    found = await uow.ask(WaitlistQuestions).offer_of(hash_of_offer_token(token))
    if found is None:
        raise NotFound("waitlist_offer")
    entry = await uow.get(WaitlistEntry, found.entry_id, lock=True)
    offer = await uow.get(WaitlistOffer, found.offer_id, lock=True)
    assert entry is not None
    assert offer is not None
    return entry, offer


def stands(uow: UnitOfWork, entry: WaitlistEntry, offer: WaitlistOffer) -> bool:
    """Whether a locked offer can still be taken or declined."""
    if entry.status in (BOOKED, REMOVED) or uow.now >= offer.expires_at:
        return False
    return offer.status in (OPEN, TOLD)


async def withdraw_open(uow: UnitOfWork, entry: WaitlistEntry) -> None:
    """Take back what is kept for a locked entry, since they have another time; it goes to the next."""
    key = await uow.ask(WaitlistQuestions).open_offer(entry.id)
    other = None if key is None else await uow.get(WaitlistOffer, key, lock=True)
    if other is not None:
        await close(uow, other, WITHDRAWN)
        uow.emit(WaitlistOfferWithdrawn(offer_id=other.id, entry_id=entry.id, client_id=entry.client_id))


async def _booking(uow: UnitOfWork, entry: WaitlistEntry, offer: WaitlistOffer) -> BookAppointment:
    hold = None if offer.hold_id is None else await uow.get(Hold, offer.hold_id, lock=True)
    return BookAppointment(
        client_id=entry.client_id,
        provider_id=offer.provider_id,
        service_id=offer.service_id,
        location_id=offer.location_id,
        starts_at=offer.starts_at,
        duration_minutes=minute_of(offer.ends_at) - minute_of(offer.starts_at),
        seats=entry.seats if hold is None else hold.seats,
        hold_id=offer.hold_id,
        description=entry.description,
        style=entry.style,
        notes=entry.notes,
        within_policies=not offer.by_staff,
    )
