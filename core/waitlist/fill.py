"""Fill an opening: a freed time goes to those who wait, first come first."""

from __future__ import annotations

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.terms import BookingQuestions
from core.availability.questions import AvailabilityQuestions
from core.availability.rulebook import Rulebook
from core.availability.shelf import RulebookShelf, rulebook_of
from core.directory.business import NOTIFY_FIRST, Business
from core.kernel.clock import instant_of, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.unit_of_work import UnitOfWork
from core.waitlist.entry import WAITING, WaitlistEntry
from core.waitlist.give import Engaged, Opening, give
from core.waitlist.matching import MARGIN, Freed, Looking, opening_for, providers_about, resources_about
from core.waitlist.offer import TOLD, WaitlistOffer, WaitlistSlotTold
from core.waitlist.offer_token import OfferTokens, hash_of_offer_token, new_nonce
from core.waitlist.questions import Candidate, WaitlistQuestions

MOST_OFFERS, MOST_TOLD = 20, 20
"""So many entries are offered parts of one freed time, or are told of it."""

Match = tuple[Candidate, Opening]


async def fill_opening(ctx: Context, freed: Freed) -> None:
    """Offer a freed time, or tell of it, as the business wants: see its `waitlist_mode`.

    Each offer is a transaction of its own, in which the time is proved free anew; doing it twice, or by
    two workers at once, offers nothing twice. A time long enough for several goes to several.
    """
    if freed.ends_at <= ctx.clock.now():
        return
    passed_over: set[int] = set()
    for _ in range(MOST_OFFERS):
        match: Match | None = None
        try:
            async with ctx.unit_of_work() as uow:
                matches = await _matches(uow, ctx.reach(RulebookShelf), freed, passed_over, most=1)
                if not matches:
                    return
                business = await uow.get(Business, uow.business_id)
                assert business is not None
                if business.waitlist_mode == NOTIFY_FIRST:
                    await _tell(uow, ctx, freed, matches)
                    return
                (match,) = matches
                entry = await uow.get(WaitlistEntry, match[0].entry_id, lock=True)
                if entry is None or entry.status != WAITING:
                    passed_over.add(match[0].entry_id)
                elif is_wanted_still(entry, match[0]):
                    shelf, tokens = ctx.reach(RulebookShelf), ctx.reach(OfferTokens)
                    await give(uow, shelf, tokens, entry, match[1])
        except (SlotTaken, OutsidePolicy, Engaged, NotFound, Invalid):
            # What was free a moment ago is not, or not for them: the next may want less of it.
            assert match is not None
            passed_over.add(match[0].entry_id)


def is_wanted_still(entry: WaitlistEntry, wish: Candidate) -> bool:
    """Whether a locked entry is as it was read; one that was changed meanwhile is looked at anew."""
    return all(
        getattr(entry, name) == getattr(wish, name)
        for name in Candidate.__dataclass_fields__
        if name not in ("entry_id", "ahead")
    )


async def _tell(uow: UnitOfWork, ctx: Context, freed: Freed, first: list[Match]) -> None:
    """Have everybody told whom the time suits, up to a bound; nothing is kept for them."""
    tokens = ctx.reach(OfferTokens)
    known = {match[0].entry_id for match in first}
    rest = await _matches(uow, ctx.reach(RulebookShelf), freed, known, most=MOST_TOLD - len(first))
    for wish, opening in sorted((*first, *rest), key=lambda match: match[0].entry_id):
        entry = await uow.get(WaitlistEntry, wish.entry_id, lock=True)
        if entry is None or entry.status != WAITING or not is_wanted_still(entry, wish):
            continue
        nonce = new_nonce()
        offer = _told(uow, entry, opening, nonce, tokens.token(uow.business_id, nonce))
        uow.add(offer)
        await uow.flush()
        uow.emit(
            WaitlistSlotTold(
                offer_id=offer.id,
                entry_id=entry.id,
                client_id=entry.client_id,
                provider_id=offer.provider_id,
                starts_at=offer.starts_at,
                ends_at=offer.ends_at,
            )
        )


def _told(uow: UnitOfWork, entry: WaitlistEntry, opening: Opening, nonce: str, token: str) -> WaitlistOffer:
    assert opening.location_id is not None
    assert opening.ends_at is not None
    return WaitlistOffer(
        entry_id=entry.id,
        hold_id=None,
        provider_id=opening.provider_id,
        service_id=entry.service_id,
        location_id=opening.location_id,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        status=TOLD,
        opening=opening.name,
        by_staff=False,
        message=None,
        nonce=nonce,
        token_hash=hash_of_offer_token(token),
        created_at=uow.now,
        expires_at=opening.starts_at,
        given_up_by=opening.given_up_by,
    )


async def _matches(
    uow: UnitOfWork, shelf: RulebookShelf, freed: Freed, passed_over: set[int], *, most: int
) -> list[Match]:
    """The first entries that the freed time suits, by when they joined; nothing is locked."""
    found: list[Match] = []
    after = 0
    # The rules tell who else waited for a freed room; where none was freed, they are read for a wish alone.
    rules = await _rules(uow, shelf, freed) if freed.resource_ids else None
    provider_ids = freed.provider_ids if rules is None else providers_about(rules, freed)
    while len(found) < most:
        wishes = await uow.ask(WaitlistQuestions).waiting(
            provider_ids,
            freed.starts_at,
            freed.ends_at,
            freed.name,
            freed.client_id,
            after,
            uow.now,
        )
        if not wishes:
            break
        after = wishes[-1].entry_id
        rules = rules or await _rules(uow, shelf, freed)
        looking = await _looking(uow, rules, freed, wishes)
        for wish in wishes:
            if wish.entry_id in passed_over or len(found) == most:
                continue
            if (opening := opening_for(looking, freed, wish)) is not None:
                found.append((wish, opening))
    return found


async def _rules(uow: UnitOfWork, shelf: RulebookShelf, freed: Freed) -> Rulebook:
    facts = await uow.ask(BookingQuestions).booking_facts(freed.provider_ids, None, None)
    return await rulebook_of(uow, shelf, facts.rules_revision)


async def _looking(uow: UnitOfWork, rules: Rulebook, freed: Freed, wishes: list[Candidate]) -> Looking:
    begin, end = minute_of(freed.starts_at) - MARGIN, minute_of(freed.ends_at) + MARGIN
    keys = resources_about(rules, freed, wishes)
    taken = await uow.ask(AvailabilityQuestions).taken(keys, begin, end, uow.now) if keys else []
    engaged = await uow.ask(WaitlistQuestions).engaged(
        sorted({wish.client_id for wish in wishes}), instant_of(begin), instant_of(end), uow.now
    )
    return Looking(rules=rules, taken=taken, now=uow.now, engaged=engaged)
