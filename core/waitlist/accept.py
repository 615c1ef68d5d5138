"""Accept an offer for a client: they said yes on the telephone."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.appointment import HoldExpired, OutsidePolicy, SlotTaken, TooManyAhead
from core.availability.shelf import RulebookShelf
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.use_case import use_case
from core.waitlist.claim import ClaimedWaitlistOffer, take, turned_away
from core.waitlist.entry import WaitlistEntry
from core.waitlist.offer import OfferClosed, WaitlistOffer


@dataclass(kw_only=True)
class AcceptWaitlistOffer:
    """The offer that its client takes."""

    waitlist_offer_id: int
    idempotency_key: str | None = None


@use_case(
    "waitlist.accept",
    raises=(
        OfferClosed,
        SlotTaken,
        HoldExpired,
        OutsidePolicy,
        TooManyAhead,
        NotFound,
        Invalid,
        IdempotencyMismatch,
    ),
)
async def accept_waitlist_offer(ctx: Context, command: AcceptWaitlistOffer) -> ClaimedWaitlistOffer:
    """As claiming it by its link. One that was claimed already is answered the same.

    Raises NotFound for an unknown offer, and otherwise as claiming does.
    """
    offer_id: int | None = None
    try:
        async with ctx.unit_of_work() as uow:
            if earlier := await uow.earlier_answer("waitlist.accept", command, ClaimedWaitlistOffer):
                return earlier
            offer = await uow.get(WaitlistOffer, command.waitlist_offer_id)
            if offer is None:
                raise NotFound("waitlist_offer")
            offer_id = offer.id
            # The entry first, as everybody does: two orders of locking would be a deadlock.
            entry = await uow.get(WaitlistEntry, offer.entry_id, lock=True)
            locked = await uow.get(WaitlistOffer, offer.id, lock=True)
            assert entry is not None
            assert locked is not None
            return uow.answer(await take(uow, ctx.reach(RulebookShelf), entry, locked))
    except (SlotTaken, OutsidePolicy, TooManyAhead, NotFound, Invalid) as error:
        raise await turned_away(ctx, error, offer_id) from None
