"""Fill an opening: a freed time goes to those who wait, first come first."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.availability.questions import AvailabilityQuestions
from core.availability.rulebook import Rulebook
from core.availability.shelf import RulebookShelf, newest_rulebook
from core.directory.business import NOTIFY_FIRST
from core.directory.reads import BUSINESS
from core.kernel.clock import instant_of, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.reading import Selection
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

    Whom it suits is looked for outside any transaction. Each offer is a short one of its own, in which
    the time, the entry and its client are looked at anew; doing it twice, or by two workers at once,
    offers nothing twice. A time long enough for several goes to several.
    """
    if freed.ends_at <= ctx.clock.now():
        return
    passed_over: set[int] = set()
    for position in range(MOST_OFFERS):
        matches = await _matches(ctx, freed, passed_over, most=1)
        if not matches:
            return
        if position == 0 and await _mode(ctx) == NOTIFY_FIRST:
            await _tell(ctx, freed)
            return
        await ctx.release()
        ((wish, opening),) = matches
        if not await _offered(ctx, wish, opening):
            passed_over.add(wish.entry_id)


async def _mode(ctx: Context) -> str:
    row = await ctx.read.one(Selection(noun=BUSINESS, fields={"waitlist_mode"}), ctx.business_id)
    assert row is not None
    mode: str = row["waitlist_mode"]
    return mode


async def _offered(ctx: Context, wish: Candidate, opening: Opening) -> bool:
    """Offer it, and whether the entry may be looked at again: as offered, or since it or its client's
    time was changed meanwhile."""
    try:
        async with ctx.unit_of_work() as uow:
            entry = await uow.get(WaitlistEntry, wish.entry_id, lock=True)
            if entry is None or entry.status != WAITING:
                return False
            if is_wanted_still(entry, wish):
                await give(uow, ctx.reach(RulebookShelf), ctx.reach(OfferTokens), entry, opening)
            return True
    except Engaged:
        return True  # The next look sees what they have now, and whether another start suits them.
    except (SlotTaken, OutsidePolicy, NotFound, Invalid):
        return False  # What was free a moment ago is not, or not for them: the next may want less of it.


def is_wanted_still(entry: WaitlistEntry, wish: Candidate) -> bool:
    """Whether a locked entry is as it was read; one that was changed meanwhile is looked at anew."""
    return all(
        getattr(entry, name) == getattr(wish, name)
        for name in Candidate.__dataclass_fields__
        if name not in ("entry_id", "ahead")
    )


async def _tell(ctx: Context, freed: Freed) -> None:
    """Have everybody told whom the time suits, up to a bound; nothing is kept for them.

    Where entries were changed, or are gone, since they were looked at, the list is gone through anew.
    """
    left = MOST_TOLD
    for _ in range(MOST_TOLD):
        matches = await _matches(ctx, freed, set(), most=left)
        await ctx.release()
        if not matches:
            return
        told = await _tell_all(ctx, ctx.reach(OfferTokens), matches)
        left -= told
        if told == len(matches) or not left:
            return


async def _tell_all(ctx: Context, tokens: OfferTokens, matches: list[Match]) -> int:
    """Tell those whose entries are as they were and were not told yet; how many these are."""
    told = 0
    async with ctx.unit_of_work() as uow:
        locked = [await uow.get(WaitlistEntry, wish.entry_id, lock=True) for wish, _ in matches]
        asked = uow.ask(WaitlistQuestions)
        had = await asked.who_had(matches[0][1].name, [wish.entry_id for wish, _ in matches])
        for entry, (wish, opening) in zip(locked, matches, strict=True):
            if entry is None or entry.status != WAITING or entry.id in had:
                continue
            if is_wanted_still(entry, wish):
                await _tell_one(uow, tokens, entry, opening)
                told += 1
    return told


async def _tell_one(uow: UnitOfWork, tokens: OfferTokens, entry: WaitlistEntry, opening: Opening) -> None:
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


async def _matches(ctx: Context, freed: Freed, passed_over: set[int], *, most: int) -> list[Match]:
    """The first entries that the freed time suits, by when they joined; nothing is locked."""
    found: list[Match] = []
    after, now = 0, ctx.clock.now()
    # The rules tell who else waited for a freed room; where none was freed, they are read for a wish alone.
    rules = await newest_rulebook(ctx) if freed.resource_ids else None
    provider_ids = freed.provider_ids if rules is None else providers_about(rules, freed)
    while len(found) < most:
        wishes = await ctx.ask(WaitlistQuestions).waiting(
            provider_ids, freed.starts_at, freed.ends_at, freed.name, freed.client_id, after, now
        )
        if not wishes:
            break
        after = wishes[-1].entry_id
        rules = rules or await newest_rulebook(ctx)
        looking = await _looking(ctx, rules, freed, provider_ids, wishes, now)
        for wish in wishes:
            if wish.entry_id in passed_over or len(found) == most:
                continue
            if (opening := opening_for(looking, freed, wish)) is not None:
                found.append((wish, opening))
    return found


async def _looking(
    ctx: Context,
    rules: Rulebook,
    freed: Freed,
    provider_ids: Sequence[int],
    wishes: list[Candidate],
    now: datetime,
) -> Looking:
    begin, end = minute_of(freed.starts_at) - MARGIN, minute_of(freed.ends_at) + MARGIN
    keys = resources_about(rules, provider_ids, wishes)
    taken = await ctx.ask(AvailabilityQuestions).taken(keys, begin, end, now) if keys else []
    engaged = await ctx.ask(WaitlistQuestions).engaged(
        sorted({wish.client_id for wish in wishes}), instant_of(begin), instant_of(end), now
    )
    return Looking(rules=rules, taken=taken, now=now, engaged=engaged)
