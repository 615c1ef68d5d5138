"""Offer a time to somebody who waits, by hand."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import OutsidePolicy, SlotTaken, check_start
from core.appointments.arrange import Arrangement, Asked, arrange, resources_of
from core.appointments.choose_provider import candidates_of
from core.appointments.draft import check_length, checked_duration
from core.appointments.open_ledger import OpenLedger
from core.appointments.terms import terms_of
from core.availability.hours import DAY_MINUTES
from core.availability.questions import AvailabilityQuestions
from core.availability.shelf import RulebookShelf
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case
from core.waitlist.entry import WAITING, EntryNotWaiting, WaitlistEntry
from core.waitlist.give import MOST_HOURS, Opening, give
from core.waitlist.offer_token import OfferTokens, new_nonce

_MARGIN = 3 * DAY_MINUTES
LONGEST_MESSAGE = 2_000


@dataclass(kw_only=True)
class OfferWaitlistSlot:
    """A start for an entry; the provider and the length are the entry's unless given.

    Where neither names a provider it is the first who is free. `expires_in_hours` None is as `expiry`
    says. A staff door: of the rules only time that is taken refuses.
    """

    waitlist_entry_id: int
    starts_at: datetime
    provider_id: int | None = None
    duration_minutes: int | None = None
    message: str | None = None
    expires_in_hours: int | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class OfferedWaitlistSlot:
    """The entry and the offer. `claim_token` is shown this once: a repeat is answered without it."""

    waitlist_entry_id: int
    waitlist_offer_id: int
    claim_token: str | None = field(default=None, repr=False)


@use_case(
    "waitlist.offer",
    raises=(SlotTaken, OutsidePolicy, EntryNotWaiting, NotFound, Invalid, IdempotencyMismatch),
)
async def offer_waitlist_slot(ctx: Context, command: OfferWaitlistSlot) -> OfferedWaitlistSlot:
    """Hold the time for the client, and write to them.

    Raises NotFound for an unknown entry or provider, EntryNotWaiting where it does not wait or another
    offer is open, Invalid, and SlotTaken where the time is not free.
    """
    tokens = ctx.reach(OfferTokens)
    try:
        async with ctx.unit_of_work() as uow:
            if earlier := await uow.earlier_answer("waitlist.offer", command, OfferedWaitlistSlot):
                return earlier
            entry = await uow.get(WaitlistEntry, command.waitlist_entry_id, lock=True)
            if entry is None:
                raise NotFound("waitlist_entry")
            if entry.status != WAITING:
                raise EntryNotWaiting(entry.status)
            check = Check()
            message = check.note("message", command.message, longest=LONGEST_MESSAGE)
            if command.expires_in_hours is not None:
                hours = command.expires_in_hours
                check.whole("expires_in_hours", hours, least=1, most=MOST_HOURS, unit="hours")
            check_length(check, command.duration_minutes)
            check_start(check, command.starts_at, uow.now)
            check.done()
            shelf = ctx.reach(RulebookShelf)
            provider_id = command.provider_id or entry.provider_id
            opening = Opening(
                name=f"staff:{new_nonce()}",
                provider_id=provider_id or await _first_free(uow, shelf, entry, command),
                starts_at=command.starts_at,
                location_id=entry.location_id,
                duration_minutes=command.duration_minutes,
            )
            offer = await give(
                uow,
                shelf,
                tokens,
                entry,
                opening,
                hours=command.expires_in_hours,
                message=message,
                by_staff=True,
            )
            remembered = uow.answer(
                OfferedWaitlistSlot(waitlist_entry_id=entry.id, waitlist_offer_id=offer.id)
            )
            token = tokens.token(uow.business_id, offer.nonce)
        return replace(remembered, claim_token=token)
    except (SlotTaken, OutsidePolicy) as error:
        raise await with_alternatives(ctx, error) from None


async def _first_free(
    uow: UnitOfWork, shelf: RulebookShelf, entry: WaitlistEntry, command: OfferWaitlistSlot
) -> int:
    """The first provider, by key, who is free then; the first of all where nobody is. Nothing is locked."""
    terms = await terms_of(uow, shelf, provider_ids=None, client_id=None, service_id=entry.service_id)
    check = Check()
    wanted = command.duration_minutes or entry.duration_minutes
    demand = terms.demand(checked_duration(check, terms, wanted, is_public=False))
    check.done()
    candidates = candidates_of(terms.rules, entry.service_id, None)
    if not candidates:
        raise NotFound("provider")
    start = minute_of(command.starts_at)
    resources = resources_of(terms, candidates, demand)
    taken = await uow.ask(AvailabilityQuestions).taken(resources, start - _MARGIN, start + _MARGIN, uow.now)
    known = terms.rules.resources
    ledger = OpenLedger(
        capacity={key: known[key].capacity if key in known else 1 for key in resources}, taken=taken
    )
    asked = Asked(demand=demand, seats=entry.seats, location_id=entry.location_id, within_policies=False)
    free = (
        key
        for key in candidates
        if isinstance(arrange(ledger, terms, asked, key, start, uow.now), Arrangement)
    )
    return next(free, candidates[0])
