"""Giving an offer: the time is held for the entry, in the caller's transaction."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.appointments.hold import OFFER, Hold, HoldSlot, keep
from core.availability.shelf import RulebookShelf
from core.kernel.errors import Conflict
from core.kernel.unit_of_work import UnitOfWork
from core.waitlist.entry import OFFERED, WaitlistEntry
from core.waitlist.offer import OPEN, WaitlistOffer, WaitlistSlotOffered
from core.waitlist.offer_token import OfferTokens, hash_of_offer_token, new_nonce
from core.waitlist.questions import WaitlistQuestions

DEFAULT_LIFE, BEFORE_START, LEAST_LIFE = timedelta(hours=24), timedelta(hours=2), timedelta(minutes=30)
MOST_HOURS = 31 * 24
_MINUTE = timedelta(minutes=1)


class Engaged(Conflict):
    """The client has something else then, or is kept it: the time is not for them."""


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A time that can be offered: with whom, where, when; `name` is that of the freed time, and
    `given_up_by` the client whose it was.

    Where the end, the place or the length is None, it follows from the entry.
    """

    name: str
    provider_id: int
    starts_at: datetime
    ends_at: datetime | None = None
    location_id: int | None = None
    duration_minutes: int | None = None
    given_up_by: int | None = None


def expiry(now: datetime, starts_at: datetime, hours: int | None = None) -> datetime:
    """Until when an offer stands: so many hours, never beyond the start.

    Without hours it is a day (ServaloDesk, Waitlist: default 24), or until two hours before the start
    where that is sooner; half an hour at least.
    """
    if hours is not None:
        return min(now + timedelta(hours=hours), starts_at)
    usual = min(now + DEFAULT_LIFE, starts_at - BEFORE_START)
    return min(max(usual, now + LEAST_LIFE), starts_at)


async def give(
    uow: UnitOfWork,
    shelf: RulebookShelf,
    tokens: OfferTokens,
    entry: WaitlistEntry,
    opening: Opening,
    *,
    hours: int | None = None,
    message: str | None = None,
    by_staff: bool = False,
) -> WaitlistOffer:
    """Hold the time for a locked entry that waits, and report it.

    Raises as holding does, and Engaged unless staff offers it.
    """
    until = expiry(uow.now, opening.starts_at, hours)
    hold = await keep(
        uow,
        shelf,
        HoldSlot(
            provider_id=opening.provider_id,
            starts_at=opening.starts_at,
            service_id=entry.service_id,
            location_id=opening.location_id,
            duration_minutes=opening.duration_minutes or entry.duration_minutes,
            seats=entry.seats,
            for_minutes=max(1, (until - uow.now) // _MINUTE),
            within_policies=not by_staff,
        ),
        kind=OFFER,
        client_id=entry.client_id,
    )
    if not by_staff:
        await require_free(uow, entry.client_id, hold)
    nonce = new_nonce()
    offer = WaitlistOffer(
        entry_id=entry.id,
        hold_id=hold.id,
        provider_id=hold.provider_id,
        service_id=hold.service_id,
        location_id=hold.location_id,
        starts_at=hold.starts_at,
        ends_at=hold.ends_at,
        status=OPEN,
        opening=opening.name,
        by_staff=by_staff,
        message=message,
        nonce=nonce,
        token_hash=hash_of_offer_token(tokens.token(uow.business_id, nonce)),
        created_at=uow.now,
        expires_at=hold.expires_at,
        given_up_by=opening.given_up_by,
    )
    entry.status, entry.updated_at = OFFERED, uow.now
    uow.add(offer)
    await uow.flush()
    # The offer ends its hold itself: two timers for one end would be a race.
    uow.cancel_job(f"hold:{hold.id}")
    uow.schedule(
        "expire_waitlist_offer", {"offer_id": offer.id}, run_at=offer.expires_at, dedupe_key=offer.job
    )
    uow.emit(
        WaitlistSlotOffered(
            offer_id=offer.id,
            entry_id=entry.id,
            client_id=entry.client_id,
            provider_id=offer.provider_id,
            starts_at=offer.starts_at,
            ends_at=offer.ends_at,
            expires_at=offer.expires_at,
        )
    )
    return offer


async def require_free(uow: UnitOfWork, client_id: int, hold: Hold) -> None:
    """Raise Engaged where a locked client has something else while the hold's time lasts."""
    stretch = (hold.starts_at, hold.ends_at)
    if await uow.ask(WaitlistQuestions).engaged([client_id], *stretch, uow.now):
        raise Engaged()
