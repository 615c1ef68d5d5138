"""Decline an offer: the client does not want the time."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.kernel.context import Context
from core.kernel.errors import NotFound
from core.kernel.use_case import use_case
from core.waitlist.claim import locked_offer, stands
from core.waitlist.entry import wait_again
from core.waitlist.offer import DECLINED, OPEN, OfferClosed, WaitlistOfferDeclined, close


@dataclass(kw_only=True)
class DeclineWaitlistOffer:
    """The token of the letter; it is its own idempotency key."""

    token: str = field(repr=False)


@dataclass(kw_only=True)
class DeclinedWaitlistOffer:
    """The entry and its offer."""

    waitlist_entry_id: int
    waitlist_offer_id: int


@use_case("waitlist.decline", raises=(OfferClosed, NotFound))
async def decline_waitlist_offer(ctx: Context, command: DeclineWaitlistOffer) -> DeclinedWaitlistOffer:
    """Give the time back, to be offered to the next; the client waits on. Again changes nothing.

    Raises NotFound for an unknown token, and OfferClosed where it was claimed or does not stand any more.
    """
    async with ctx.unit_of_work() as uow:
        entry, offer = await locked_offer(uow, command.token)
        if offer.status != DECLINED:
            if not stands(uow, entry, offer):
                raise OfferClosed(offer.status)
            was_open = offer.status == OPEN
            await close(uow, offer, DECLINED)
            if was_open:
                wait_again(uow, entry)
            uow.emit(WaitlistOfferDeclined(offer_id=offer.id, entry_id=entry.id, client_id=entry.client_id))
        return DeclinedWaitlistOffer(waitlist_entry_id=entry.id, waitlist_offer_id=offer.id)
