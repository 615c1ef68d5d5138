"""Who cannot take a time is not offered it; where it turns out at the click, the next is asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from core.appointments.appointment import SlotTaken, TooManyAhead
from core.catalog.archive_service import ArchiveService, archive_service
from core.catalog.policies import Policies
from core.waitlist import matching
from core.waitlist.accept import AcceptWaitlistOffer, accept_waitlist_offer
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.offer import OfferClosed
from core.waitlist.questions import Candidate
from tests.core.waitlist.test_offers import notify_first
from tests.core.waitlist.test_races import at_once
from tests.core.waitlist.waiting import (
    DAY,
    HOUR,
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
from tests.kit.posts import Posts, at
from tests.kit.rules import refused

Take = Callable[[Studio, Posts], Awaitable[Any]]


async def by_link(studio: Studio, posts: Posts) -> Any:
    """Claim the first offer that was told, by the link of its letter."""
    async with stranger(studio.house, studio) as ctx:
        return await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token_in(posts.letters[0])))


async def by_staff(studio: Studio, _: Posts) -> Any:
    """Accept the first offer for its client."""
    (offer, *_rest) = await studio.table("waitlist_offers")
    return await accept_waitlist_offer(studio.ctx, AcceptWaitlistOffer(waitlist_offer_id=offer["id"]))


async def one_each(studio: Studio) -> int:
    """A service of which everybody may have one appointment ahead: its key."""
    return await studio.service(policies=Policies(client_limit=1))


async def test_who_has_as_many_ahead_as_they_may_is_passed_over(told: Told) -> None:
    """Ada has one ahead, Ben had one and called it off, and of another service one counts for nothing."""
    studio, _ = told
    service, other = await one_each(studio), await studio.service("Another")
    key = await taken(studio, service_id=service)
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    await studio.appointment(ada, starts_at=THREE + DAY, service_id=service, tell_client=False)
    off = await studio.appointment(ben, starts_at=THREE + 2 * DAY, service_id=service, tell_client=False)
    await studio.appointment(ben, starts_at=THREE + 3 * DAY, service_id=other, tell_client=False)
    await call_off(studio, off)
    await at(studio.house, NOW)
    entries = [await waits(studio, client_id, service_id=service) for client_id in (ada, ben)]
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["WAITING", "OFFERED"]
    assert await offers(studio) == [(entries[1], "OPEN")]


async def test_without_the_limit_ada_would_be_asked(told: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: where nobody counts what she has ahead, the time is kept for her."""
    studio, _ = told
    real = matching.demand_of_wish

    def uncounted(rules: Any, wish: Candidate) -> Any:
        object.__setattr__(wish, "ahead", 0)
        return real(rules, wish)

    monkeypatch.setattr(matching, "demand_of_wish", uncounted)
    service = await one_each(studio)
    key = await taken(studio, service_id=service)
    ada = await someone(studio, "Ada")
    await studio.appointment(ada, starts_at=THREE + DAY, service_id=service, tell_client=False)
    await waits(studio, ada, service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED"]


@pytest.mark.parametrize("take", [by_link, by_staff])
async def test_who_booked_meanwhile_makes_room_for_the_next(told: Told, take: Take) -> None:
    """Refused for too many ahead, Ada waits on, Ben is asked, and her second click finds nothing open."""
    studio, posts = told
    service = await one_each(studio)
    key = await taken(studio, service_id=service)
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    first = await waits(studio, ada, service_id=service, last_day=THREE.date())
    second = await waits(studio, ben, service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await offers(studio) == [(first, "OPEN")]
    await studio.appointment(ada, starts_at=THREE + DAY, service_id=service, tell_client=False)
    await at(studio.house, NOW)
    with pytest.raises(TooManyAhead) as found:
        await take(studio, posts)
    assert found.value.limit == 1
    assert await statuses(studio) == ["WAITING", "WAITING"]
    (withdrawn,) = await studio.payloads("waitlist.offer_withdrawn")
    assert (withdrawn["entry_id"], withdrawn["client_id"]) == (first, ada)
    assert [row for row in await studio.table("allocations") if row["is_active"] and row["hold_id"]] == []
    await refused(studio, take(studio, posts), OfferClosed)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["WAITING", "OFFERED"]
    assert await offers(studio) == [(first, "WITHDRAWN"), (second, "OPEN")]


@pytest.mark.parametrize("take", [by_link, by_staff])
async def test_a_time_that_somebody_took_is_refused_with_other_times(told: Told, take: Take) -> None:
    """Ada was told of 15:00 and somebody was quicker: the nearest free starts are named, nothing changes."""
    studio, posts = told
    await notify_first(studio)
    service = await studio.service()
    key = await taken(studio, service_id=service)
    await waits(studio, await someone(studio, "Ada"), service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    await taken(studio, service_id=service)
    error = await refused(studio, take(studio, posts), SlotTaken)
    assert error.next_free == near(THREE)
    assert [status for _, status in await offers(studio)] == ["TOLD"]


def near(start: datetime) -> list[datetime]:
    """The three starts of a quarter's grid that are nearest to a taken hour."""
    return [start - HOUR - timedelta(minutes=15), start - HOUR, start + HOUR]


@pytest.mark.parametrize("take", [by_link, by_staff])
async def test_an_offer_of_a_service_that_is_gone_is_closed(told: Told, take: Take) -> None:
    """It is told so, at the first click and at the second, and its time is free again."""
    studio, posts = told
    service = await studio.service()
    key = await taken(studio, service_id=service)
    entry = await waits(studio, await someone(studio, "Ada"), service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    await archive_service(studio.ctx, ArchiveService(service_id=service))
    with pytest.raises(OfferClosed) as found:
        await take(studio, posts)
    assert found.value.status == "WITHDRAWN"
    await refused(studio, take(studio, posts), OfferClosed)
    assert await offers(studio) == [(entry, "WITHDRAWN")]
    assert await statuses(studio) == ["WAITING"]
    assert [row for row in await studio.table("allocations") if row["is_active"]] == []


async def test_two_links_at_once_are_no_more_than_the_limit(told: Told) -> None:
    """Ada waits twice for what she may have once: of two clicks at once one books, and the other's time is
    given back."""
    studio, posts = told
    service = await one_each(studio)
    other = await studio.client("Somebody")
    keys = [
        await studio.appointment(other, starts_at=THREE + days * DAY, service_id=service, tell_client=False)
        for days in range(2)
    ]
    ada = await someone(studio, "Ada")
    for days in range(2):
        await waits(studio, ada, service_id=service, days=[(THREE + days * DAY).date()])
    for key in keys:
        await call_off(studio, key)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["OFFERED", "OFFERED"]
    commands = [ClaimWaitlistOffer(token=token_in(letter)) for letter in posts.letters]
    answers = await at_once(
        studio, *[lambda ctx, command=command: claim_waitlist_offer(ctx, command) for command in commands]
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["ClaimedWaitlistOffer", "TooManyAhead"]
    assert sorted(await statuses(studio)) == ["BOOKED", "WAITING"]
    assert sorted(status for _, status in await offers(studio)) == ["CLAIMED", "WITHDRAWN"]
    active = [row for row in await studio.table("allocations") if row["is_active"]]
    assert [row["hold_id"] for row in active] == [None]


async def test_who_was_only_told_is_refused_and_nothing_changes(told: Told) -> None:
    """Nothing is kept for Ada, so nothing goes on to anybody: her link stands until she has room again."""
    studio, posts = told
    await notify_first(studio)
    service = await one_each(studio)
    key = await taken(studio, service_id=service)
    ada = await someone(studio, "Ada")
    await waits(studio, ada, service_id=service, last_day=THREE.date())
    await call_off(studio, key)
    await at(studio.house, NOW)
    later = await studio.appointment(ada, starts_at=THREE + DAY, service_id=service, tell_client=False)
    await at(studio.house, NOW)
    await refused(studio, by_link(studio, posts), TooManyAhead)
    await call_off(studio, later)
    await by_link(studio, posts)
    assert await statuses(studio) == ["BOOKED"]
