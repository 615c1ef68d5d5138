"""What ends by itself: offers that nobody took, and entries whose last day is over."""

from __future__ import annotations

from core.kernel.context import Context
from core.kernel.unit_of_work import UnitOfWork
from core.waitlist.entry import EXPIRED as ENTRY_EXPIRED
from core.waitlist.entry import WAITING, WaitlistEntry, WaitlistExpired, wait_again
from core.waitlist.offer import (
    EXPIRED,
    OPEN,
    TOLD,
    WITHDRAWN,
    WaitlistOffer,
    WaitlistOfferExpired,
    WaitlistOfferWithdrawn,
    close,
)
from core.waitlist.questions import WaitlistQuestions


async def expire_waitlist_offer(ctx: Context, offer_id: int) -> None:
    """Report that an offer has run out, and have the client wait on; a second time changes nothing."""
    async with ctx.unit_of_work() as uow:
        found = await _locked(uow, offer_id)
        if found is None or found[1].status != OPEN or uow.now < found[1].expires_at:
            return
        entry, offer = found
        await close(uow, offer, EXPIRED)
        entry.expired_offers += 1
        wait_again(uow, entry)
        uow.emit(WaitlistOfferExpired(offer_id=offer.id, entry_id=entry.id, client_id=entry.client_id))


async def withdraw_offer_of_hold(ctx: Context, hold_id: int) -> None:
    """End the open offer whose hold somebody gave back; its client waits on."""
    found = await ctx.ask(WaitlistQuestions).offer_of_hold(hold_id)
    if found is not None:
        await withdraw_offer(ctx, found.offer_id)


async def withdraw_offer(ctx: Context, offer_id: int, *, told_too: bool = False) -> None:
    """End an open offer and give back what it keeps; its client waits on. A second time changes nothing.

    `told_too` ends one that keeps nothing as well.
    """
    async with ctx.unit_of_work() as uow:
        locked = await _locked(uow, offer_id)
        if locked is None or locked[1].status not in (OPEN, *((TOLD,) if told_too else ())):
            return
        entry, offer = locked
        was_open = offer.status == OPEN
        await close(uow, offer, WITHDRAWN)
        if was_open:
            wait_again(uow, entry)
        uow.emit(WaitlistOfferWithdrawn(offer_id=offer.id, entry_id=entry.id, client_id=entry.client_id))


async def expire_waitlist_entry(ctx: Context, entry_id: int) -> None:
    """Report that the last wanted day is over; one to whom an offer is open expires with that."""
    async with ctx.unit_of_work() as uow:
        entry = await uow.get(WaitlistEntry, entry_id, lock=True)
        if entry is None or entry.status != WAITING:
            return
        if entry.lapses_at is None or uow.now < entry.lapses_at:
            return
        entry.status, entry.updated_at = ENTRY_EXPIRED, uow.now
        uow.emit(WaitlistExpired(entry_id=entry.id, client_id=entry.client_id))


async def _locked(uow: UnitOfWork, offer_id: int) -> tuple[WaitlistEntry, WaitlistOffer] | None:
    """The entry and the offer, locked in this order."""
    offer = await uow.get(WaitlistOffer, offer_id)
    if offer is None:
        return None
    entry = await uow.get(WaitlistEntry, offer.entry_id, lock=True)
    locked = await uow.get(WaitlistOffer, offer_id, lock=True)
    assert entry is not None
    assert locked is not None
    return entry, locked
