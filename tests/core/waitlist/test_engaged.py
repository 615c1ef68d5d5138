"""Whoever has something else then, is offered it, or gave the time up: to the minute, and down the chain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
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
from tests.kit.houses import NOW
from tests.kit.posts import at


@pytest.mark.parametrize("way", ["declined", "expired"])
async def test_whoever_gave_a_time_up_is_not_offered_it_down_the_chain(told: Told, way: str) -> None:
    """Zoe cancels and waits for another time; Ada lets hers pass, and it goes to Ben."""
    studio, posts = told
    zoe = await someone(studio, "Zoe")
    key = await studio.appointment(zoe, starts_at=THREE, tell_client=False)
    entries = [
        await waits(studio, client_id)
        for client_id in (await someone(studio, "Ada"), zoe, await someone(studio, "Ben"))
    ]
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert [row["given_up_by"] for row in await studio.table("waitlist_offers")] == [zoe]
    if way == "declined":
        async with stranger(studio.house, studio) as ctx:
            await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=token_in(posts.letters[0])))
    await at(studio.house, NOW + DAY)
    assert await statuses(studio) == ["WAITING", "WAITING", "OFFERED"]
    assert [entry for entry, _ in await offers(studio)] == [entries[0], entries[2]]
    assert [row["given_up_by"] for row in await studio.table("waitlist_offers")] == [zoe, zoe]


@pytest.mark.parametrize(("begins", "minutes", "starts_at"), [(0, 60, 60), (60, 60, 0), (1, 178, None)])
async def test_a_client_is_offered_what_is_beside_their_appointment(
    told: Told, begins: int, minutes: int, starts_at: int | None
) -> None:
    """Three hours became free and Ada has something with Mara in them: the hour that is left is hers."""
    studio, _ = told
    key = await taken(studio, duration_minutes=180)
    await studio.appointment(
        await studio.client("Before"), starts_at=THREE - 5 * HOUR, duration_minutes=300, tell_client=False
    )
    ada = await someone(studio, "Ada")
    await studio.appointment(
        ada,
        starts_at=THREE + timedelta(minutes=begins),
        duration_minutes=minutes,
        provider_id=await studio.provider(),
        tell_client=False,
    )
    entry = await waits(studio, ada, first_day=THREE.date())
    await at(studio.house, NOW)
    await waits(studio, ada, first_day=THREE.date(), times=[[15 * 60, 18 * 60]])
    await call_off(studio, key)
    await at(studio.house, NOW)
    made = await studio.payloads("waitlist.slot_offered")
    when = [] if starts_at is None else [(THREE + timedelta(minutes=starts_at)).isoformat()[:16]]
    assert [offer["starts_at"][:16] for offer in made][:1] == when
    assert entry not in [one for one, _ in await offers(studio)][1:]


async def test_what_reaches_beyond_the_freed_time_into_an_appointment_is_not_offered(told: Told) -> None:
    """An hour became free, the next is free, too, and Ada, who wants two, is with Mara in it."""
    studio, _ = told
    key = await taken(studio)
    await studio.appointment(
        await studio.client("Before"), starts_at=THREE - 5 * HOUR, duration_minutes=300, tell_client=False
    )
    ada = await someone(studio, "Ada")
    await studio.appointment(
        ada, starts_at=THREE + HOUR, provider_id=await studio.provider(), tell_client=False
    )
    await waits(studio, ada, duration_minutes=120)
    entry = await waits(studio, await someone(studio, "Ben"), duration_minutes=120)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await offers(studio) == [(entry, "OPEN")]


async def test_nobody_is_kept_two_times_at_once(told: Told) -> None:
    """Kai and Mara become free at once: Ada, who is on the list twice, has one of them, and Ben the other."""
    studio, _ = told
    mara = await studio.provider()
    keys = [await taken(studio), await taken(studio, provider_id=mara)]
    ada = await someone(studio, "Ada")
    first = await waits(studio, ada)
    await waits(studio, ada, provider_id=mara)
    ben = await waits(studio, await someone(studio, "Ben"))
    for key in keys:
        await call_off(studio, key)
    await at(studio.house, NOW)
    assert await offers(studio) == [(first, "OPEN"), (ben, "OPEN")]
