"""The waitlist's mode is switched while offers stand: what was offered stands, and what comes next is new."""

from __future__ import annotations

import pytest

from core.directory.business import HOLD_AND_OFFER, NOTIFY_FIRST
from core.directory.update_business import UpdateBusiness, update_business
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.offer import OfferClosed
from tests.core.waitlist.waiting import (
    DAY,
    THREE,
    Told,
    call_off,
    offers,
    someone,
    statuses,
    stranger,
    taken,
    token_in,
    waits,
)
from tests.kit.houses import NOW, Studio
from tests.kit.posts import at
from tests.kit.rules import refused


async def switch(studio: Studio, mode: str) -> None:
    """Change the business's mode."""
    await update_business(studio.ctx, UpdateBusiness(waitlist_mode=mode))


async def test_a_held_time_is_told_to_the_others_once_it_is_let_go(told: Told) -> None:
    """Kept for Ada, who is asked again by nobody when she lets it pass; Ben and Cleo are told."""
    studio, posts = told
    key = await taken(studio)
    entries = [await waits(studio, await someone(studio, name)) for name in ("Ada", "Ben", "Cleo")]
    await call_off(studio, key)
    await at(studio.house, NOW)
    await switch(studio, NOTIFY_FIRST)
    await at(studio.house, NOW)
    assert await offers(studio) == [(entries[0], "OPEN")]
    await at(studio.house, NOW + DAY)
    assert await statuses(studio) == ["WAITING", "WAITING", "WAITING"]
    assert await offers(studio) == [(entries[0], "EXPIRED"), (entries[1], "TOLD"), (entries[2], "TOLD")]
    async with stranger(studio.house, studio) as ctx:
        await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[2])))
        old = claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))
        assert (await refused(studio, old, OfferClosed)).status == "EXPIRED"
    assert await statuses(studio) == ["WAITING", "WAITING", "BOOKED"]


@pytest.mark.parametrize("way", ["claimed", "declined"])
async def test_what_was_told_stands_beside_what_is_held(told: Told, way: str) -> None:
    """Ada was told of Monday and is kept Tuesday: by her first link she takes the one and gives the other to
    Ben, or lets the one be and keeps the other."""
    studio, posts = told
    await switch(studio, NOTIFY_FIRST)
    monday = await taken(studio)
    client_id = await studio.client("Somebody")
    tuesday = await studio.appointment(client_id, starts_at=THREE + DAY, tell_client=False)
    ada = await waits(studio, await someone(studio, "Ada"))
    await call_off(studio, monday)
    await at(studio.house, NOW)
    await switch(studio, HOLD_AND_OFFER)
    ben = await waits(studio, await someone(studio, "Ben"))
    await call_off(studio, tuesday)
    await at(studio.house, NOW)
    assert await offers(studio) == [(ada, "TOLD"), (ada, "OPEN")]
    token = token_in(posts.letters[0])
    async with stranger(studio.house, studio) as ctx:
        if way == "claimed":
            await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token))
        else:
            await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=token))
    await at(studio.house, NOW)
    if way == "claimed":
        assert await statuses(studio) == ["BOOKED", "OFFERED"]
        assert await offers(studio) == [(ada, "CLAIMED"), (ada, "WITHDRAWN"), (ben, "OPEN")]
    else:
        assert await statuses(studio) == ["OFFERED", "WAITING"]
        assert await offers(studio) == [(ada, "DECLINED"), (ada, "OPEN")]
