"""Whoever is on the waitlist books something else then: before, while and after the time is offered to them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from core.appointments.book import BookAppointment, Booked, book
from core.catalog.policies import Policies
from core.kernel.clock import minute_of
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.fill import fill_opening
from core.waitlist.matching import Freed
from core.waitlist.offer import OfferClosed
from tests.core.waitlist.test_races import at_once
from tests.core.waitlist.waiting import (
    DAY,
    HOUR,
    THREE,
    Told,
    after_the_first_look,
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


def hour_of(provider_id: int, starts_at: datetime = THREE) -> Freed:
    """An hour of a provider that became free."""
    return Freed(
        name=f"event:{starts_at}", provider_ids=(provider_id,), starts_at=starts_at, ends_at=starts_at + HOUR
    )


async def offered_with(studio: Studio, posts: Posts, mara: int, **wish: Any) -> tuple[int, str]:
    """Ada is offered an hour with Mara: her key, and the token of her link."""
    key = await taken(studio, provider_id=mara)
    ada = await someone(studio, "Ada")
    await waits(studio, ada, **wish)
    await call_off(studio, key)
    await at(studio.house, NOW)
    return ada, token_in(posts.letters[0])


async def test_who_books_while_it_is_looked_whom_a_time_suits_is_passed_over(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ada was free when she was looked at, and is with Kai when Mara's hour should be kept for her: Ben has it."""
    studio, _ = told
    mara = await studio.provider()
    ada = await someone(studio, "Ada")
    await waits(studio, ada, provider_id=mara)
    ben = await waits(studio, await someone(studio, "Ben"))
    after_the_first_look(monkeypatch, lambda: studio.appointment(ada, starts_at=THREE, tell_client=False))
    async with studio.house.system_at(studio.business_id) as ctx:
        await fill_opening(ctx, hour_of(mara))
    assert await statuses(studio) == ["WAITING", "OFFERED"]
    assert await offers(studio) == [(ben, "OPEN")]


async def test_who_books_meanwhile_is_offered_what_else_is_free_for_them(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of Mara's two hours Ada, who is with Kai in the first by now, is kept the second."""
    studio, _ = told
    mara = await studio.provider()
    ada = await someone(studio, "Ada")
    entry = await waits(studio, ada, provider_id=mara)
    after_the_first_look(monkeypatch, lambda: studio.appointment(ada, starts_at=THREE, tell_client=False))
    async with studio.house.system_at(studio.business_id) as ctx:
        await fill_opening(ctx, replace(hour_of(mara), ends_at=THREE + 2 * HOUR))
    assert await offers(studio) == [(entry, "OPEN")]
    kept = [row["starts_minute"] for row in await studio.table("allocations") if row["kind"] == "hold"]
    assert kept == [minute_of(THREE + HOUR)]


@pytest.mark.parametrize("limit", [None, 5])
async def test_a_booking_and_an_offer_in_the_same_instant_wait_for_each_other(
    told: Told, limit: int | None
) -> None:
    """Neither fails, whether or not the booking locks the client, too; the offer may come first."""
    studio, _ = told
    mara = await studio.provider()
    service = await studio.service(policies=Policies(client_limit=limit))
    for number in range(4):
        ada, start = await someone(studio, f"Ada{number}"), THREE + number * DAY
        entry = await waits(studio, ada, provider_id=mara, first_day=start.date(), last_day=start.date())
        command = BookAppointment(
            client_id=ada, starts_at=start, provider_id=studio.provider_id, service_id=service
        )
        answers = await at_once(
            studio,
            lambda ctx, start=start: fill_opening(ctx, hour_of(mara, start)),  # type: ignore[misc]
            lambda ctx, command=command: book(ctx, command),  # type: ignore[misc]
        )
        assert answers[0] is None
        assert isinstance(answers[1], Booked)
        assert [status for key, status in await offers(studio) if key == entry] in ([], ["OPEN"])


async def test_who_books_something_else_then_may_take_what_is_kept_for_them_all_the_same(told: Told) -> None:
    """Ada waits for Mara and books Kai at the same hour: as with any two bookings, she has both."""
    studio, posts = told
    mara = await studio.provider()
    ada, token = await offered_with(studio, posts, mara, provider_id=mara)
    await studio.appointment(ada, starts_at=THREE, tell_client=False)
    await at(studio.house, NOW)
    assert (await statuses(studio), [how for _, how in await offers(studio)]) == (["OFFERED"], ["OPEN"])
    async with stranger(studio.house, studio) as ctx:
        await claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token))
    assert (await statuses(studio), [how for _, how in await offers(studio)]) == (["BOOKED"], ["CLAIMED"])
    hers = [row for row in await studio.table("appointments") if row["client_id"] == ada]
    assert [row["provider_id"] for row in hers] == [studio.provider_id, mara]
    assert hers[0]["starts_at"] == hers[1]["starts_at"]
    assert len([row for row in await studio.table("allocations") if row["is_active"]]) == 2


async def test_who_books_what_they_wait_for_has_nothing_to_take_any_more(told: Told) -> None:
    """Once the worker has looked, Ada's link is closed, which changes nothing, and the time is nobody's."""
    studio, posts = told
    mara = await studio.provider()
    ada, token = await offered_with(studio, posts, mara)
    await studio.appointment(ada, starts_at=THREE, tell_client=False)
    await at(studio.house, NOW)
    assert (await statuses(studio), [how for _, how in await offers(studio)]) == (["BOOKED"], ["WITHDRAWN"])
    async with stranger(studio.house, studio) as ctx:
        claim = claim_waitlist_offer(ctx, ClaimWaitlistOffer(token=token))
        assert (await refused(studio, claim, OfferClosed)).status == "WITHDRAWN"
    assert len([row for row in await studio.table("allocations") if row["is_active"]]) == 1
