"""Leave the waitlist."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case
from core.waitlist.entry import BOOKED, REMOVED, EntryNotWaiting, WaitlistEntry, WaitlistLeft
from core.waitlist.offer import WITHDRAWN, WaitlistOffer, WaitlistOfferWithdrawn, close
from core.waitlist.questions import WaitlistQuestions


@dataclass(kw_only=True)
class LeaveWaitlist:
    """Whoever waits no longer."""

    waitlist_entry_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class LeftWaitlist:
    """The key of the entry."""

    waitlist_entry_id: int


@use_case("waitlist.leave", raises=(EntryNotWaiting, NotFound, IdempotencyMismatch))
async def leave_waitlist(ctx: Context, command: LeaveWaitlist) -> LeftWaitlist:
    """Take somebody off the list; what was offered to them goes to the next. Again changes nothing.

    Raises NotFound, and EntryNotWaiting for one that is booked.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("waitlist.leave", command, LeftWaitlist):
            return earlier
        entry = await uow.get(WaitlistEntry, command.waitlist_entry_id, lock=True)
        if entry is None:
            raise NotFound("waitlist_entry")
        if entry.status == BOOKED:
            raise EntryNotWaiting(entry.status)
        if entry.status != REMOVED:
            open_offer = await uow.ask(WaitlistQuestions).open_offer(entry.id)
            offer = None if open_offer is None else await uow.get(WaitlistOffer, open_offer, lock=True)
            entry.status, entry.updated_at = REMOVED, uow.now
            uow.cancel_job(f"waitlist:{entry.id}")
            uow.emit(WaitlistLeft(entry_id=entry.id, client_id=entry.client_id))
            if offer is not None:
                await close(uow, offer, WITHDRAWN)
                uow.emit(
                    WaitlistOfferWithdrawn(offer_id=offer.id, entry_id=entry.id, client_id=entry.client_id)
                )
        return uow.answer(LeftWaitlist(waitlist_entry_id=entry.id))
