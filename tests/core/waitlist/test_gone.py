"""What was archived is not on offer, and what an offer cannot be taken for any more is told as closed."""

from __future__ import annotations

import pytest

from app.reactions import REACTIONS
from core.catalog.archive_service import ArchiveService, archive_service
from core.catalog.update_service import UpdateService, update_service
from core.directory.archive_client import ArchiveClient, archive_client
from core.directory.archive_location import ArchiveLocation, archive_location
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.client import ClientArchived
from core.directory.close_business import CloseBusiness, close_business
from core.directory.create_location import CreateLocation, create_location
from core.kernel.errors import NotFound
from core.schedules.set_date_override import SetDateOverride, set_date_override
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.look import LookAtWaitlistOffer, look_at_waitlist_offer
from core.waitlist.offer import OfferClosed
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.waitlist.test_offers import notify_first
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


async def held(studio: Studio) -> int:
    """How many allocations of holds count."""
    return len([row for row in await studio.table("allocations") if row["is_active"] and row["hold_id"]])


async def test_an_archived_client_makes_room_for_the_next(told: Told) -> None:
    """What was kept for Ada goes to Ben within the same turn; the event again changes nothing."""
    studio, _ = told
    key = await taken(studio)
    ada = await someone(studio, "Ada")
    first, second = await waits(studio, ada), await waits(studio, await someone(studio, "Ben"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    await archive_client(studio.ctx, ArchiveClient(client_id=ada))
    for _turn in range(2):
        await at(studio.house, NOW)
        assert await offers(studio) == [(first, "WITHDRAWN"), (second, "OPEN")]
        assert await statuses(studio) == ["WAITING", "OFFERED"]
    by_hand = OfferWaitlistSlot(waitlist_entry_id=first, starts_at=THREE, provider_id=studio.provider_id)
    assert (await refused(studio, offer_waitlist_slot(studio.ctx, by_hand), NotFound)).noun == "client"


async def test_without_the_reaction_the_time_stays_kept(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: nobody looks at the archived client's offer, and Ben waits on."""
    studio, _ = told
    monkeypatch.setitem(REACTIONS, ClientArchived.type, ())
    key = await taken(studio)
    ada = await someone(studio, "Ada")
    await waits(studio, ada)
    await waits(studio, await someone(studio, "Ben"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    await archive_client(studio.ctx, ArchiveClient(client_id=ada))
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED", "WAITING"]


@pytest.mark.parametrize("gone", ["service", "provider", "location"])
@pytest.mark.parametrize("mode", ["held", "told"])
async def test_offers_of_what_is_archived_are_taken_back(told: Told, gone: str, mode: str) -> None:
    """Of a service, a provider, a location: Ada waits on, her link says that it is closed, and what is
    of others stands."""
    studio, posts = told
    if mode == "told":
        await notify_first(studio)
    north = (await create_location(studio.ctx, CreateLocation(name="North"))).location_id
    mara, service = await studio.provider("Mara"), await studio.service()
    (home,) = [row["id"] for row in await studio.table("locations") if row["id"] != north]
    where = north if gone == "location" else home
    day = THREE.date()
    for provider_id in (mara, studio.provider_id):
        await set_date_override(
            studio.ctx,
            SetDateOverride(day=day, provider_id=provider_id, location_id=where, shifts=[[600, 1_080]]),
        )
    keys = [
        await taken(studio, provider_id=provider_id, service_id=service_id, location_id=where)
        for provider_id, service_id in ((mara, service), (studio.provider_id, None))
    ]
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    first = await waits(studio, ada, provider_id=mara, service_id=service, location_id=where)
    other = await waits(studio, ben, provider_id=studio.provider_id, location_id=where)
    for key in keys:
        await call_off(studio, key)
    await at(studio.house, NOW)
    status = "OPEN" if mode == "held" else "TOLD"
    assert await offers(studio) == [(first, status), (other, status)]
    if gone == "service":
        await archive_service(studio.ctx, ArchiveService(service_id=service))
    elif gone == "provider":
        await archive_provider(studio.ctx, ArchiveProvider(provider_id=mara))
    else:
        await archive_location(studio.ctx, ArchiveLocation(location_id=north))
    await at(studio.house, NOW)
    theirs = "WITHDRAWN" if gone == "location" else status
    assert await offers(studio) == [(first, "WITHDRAWN"), (other, theirs)]
    assert (await statuses(studio))[0] == "WAITING"
    assert await held(studio) == (1 if theirs == "OPEN" else 0)
    async with stranger(studio.house, studio) as ctx:
        claim = claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))
        assert (await refused(studio, claim, OfferClosed)).status == "WITHDRAWN"


@pytest.mark.parametrize("mode", ["held", "told"])
async def test_a_length_that_the_service_has_no_more_is_closed(told: Told, mode: str) -> None:
    """An hour was offered and the service takes two since: closed at the click, once, and the hour is free."""
    studio, posts = told
    if mode == "told":
        await notify_first(studio)
    service = await studio.service()
    key = await taken(studio, service_id=service)
    entry = await waits(studio, await someone(studio, "Ada"), service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    await update_service(studio.ctx, UpdateService(service_id=service, duration_minutes=120))
    async with stranger(studio.house, studio) as ctx:
        command = ClaimWaitlistOffer(token=token_in(posts.letters[0]))
        with pytest.raises(OfferClosed) as found:
            await claim_waitlist_offer(ctx, command)
        assert found.value.status == "WITHDRAWN"
        await refused(studio, claim_waitlist_offer(ctx, command), OfferClosed)
    assert (await offers(studio), await statuses(studio)) == ([(entry, "WITHDRAWN")], ["WAITING"])
    assert await held(studio) == 0
    assert len(await studio.payloads("waitlist.offer_withdrawn")) == 1


async def test_a_closed_business_offers_nothing_and_its_links_lead_nowhere(told: Told) -> None:
    """Ada's offer runs out and goes to nobody; her link is as one that never was, and nothing changes."""
    studio, posts = told
    key = await taken(studio)
    first = await waits(studio, await someone(studio, "Ada"))
    await waits(studio, await someone(studio, "Ben"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    await close_business(studio.ctx, CloseBusiness())
    token = token_in(posts.letters[0])
    async with stranger(studio.house, studio) as ctx:
        for act in (
            claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token)),
            decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=token)),
            look_at_waitlist_offer(ctx, LookAtWaitlistOffer(token=token)),
        ):
            assert (await refused(studio, act, NotFound)).noun == "waitlist_offer"
    await at(studio.house, NOW + DAY)
    assert await offers(studio) == [(first, "EXPIRED")]
    assert len(posts.letters) == 1
