"""Whoever booked what they waited for waits no longer, and an offer may be taken for them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import update

from adapters.sql.tables import appointments
from core.appointments.appointment import SlotTaken
from core.catalog.policies import Policies
from core.kernel.errors import NotFound
from core.waitlist.accept import AcceptWaitlistOffer, accept_waitlist_offer
from core.waitlist.offer import OfferClosed
from tests.core.waitlist.waiting import (
    DAY,
    HOUR,
    THREE,
    Told,
    call_off,
    offers,
    someone,
    statuses,
    taken,
    waits,
)
from tests.kit.houses import NOW, Studio
from tests.kit.posts import at
from tests.kit.rules import refused


@pytest.mark.parametrize(
    ("wish", "ends"),
    [
        ({}, True),
        ({"duration_minutes": 60, "seats": 1, "first_day": THREE.date(), "last_day": THREE.date()}, True),
        ({"weekdays": ["monday"], "times": [[900, 960]]}, True),
        ({"provider_id": "owner", "location_id": "home"}, True),
        ({"provider_id": "mara"}, False),
        ({"service_id": "piece"}, False),
        ({"duration_minutes": 61}, False),
        ({"first_day": THREE.date() + DAY}, False),
        ({"times": [[900, 959]]}, False),
        ({"weekdays": ["tuesday"]}, False),
    ],
)
async def test_an_ordinary_booking_ends_the_wait_for_it(told: Told, wish: dict[str, Any], ends: bool) -> None:
    """By phone or online, with all that the wish names; somebody else's wait goes on, and so does another
    wish of theirs."""
    studio, _ = told
    keys = {
        "owner": studio.provider_id,
        "mara": await studio.provider("Mara"),
        "home": (await studio.table("locations"))[0]["id"],
        "piece": await studio.service(),
    }
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    wish = {name: keys.get(str(value), value) for name, value in wish.items()}
    entry = await waits(studio, ada, **wish)
    await waits(studio, ben)
    await waits(studio, ada, first_day=THREE.date() + 3 * DAY)
    key = await studio.appointment(ada, starts_at=THREE, tell_client=False)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["BOOKED" if ends else "WAITING", "WAITING", "WAITING"]
    expected = [{"entry_id": entry, "client_id": ada, "appointment_id": key}] if ends else []
    assert await studio.payloads("waitlist.booked") == expected


@pytest.mark.parametrize(("seats", "ends"), [(1, False), (2, True), (3, True)])
async def test_a_booking_for_fewer_ends_no_wait(told: Told, seats: int, ends: bool) -> None:
    """Two seats of a group are waited for."""
    studio, _ = told
    service = await studio.service("Class", policies=Policies(capacity=4))
    ada = await someone(studio, "Ada")
    await waits(studio, ada, service_id=service, seats=2)
    await studio.appointment(ada, service_id=service, seats=seats, starts_at=THREE, tell_client=False)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["BOOKED" if ends else "WAITING"]


async def test_what_was_kept_for_them_goes_to_the_next(told: Told) -> None:
    """Ada is offered one time and books another: Ben is offered the first; nothing happens twice."""
    studio, _ = told
    key = await taken(studio)
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    first, second = await waits(studio, ada), await waits(studio, ben)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await offers(studio) == [(first, "OPEN")]
    await studio.appointment(ada, starts_at=THREE + DAY, tell_client=False)
    for _ in range(2):
        await at(studio.house, NOW)
        assert await statuses(studio) == ["BOOKED", "OFFERED"]
        assert await offers(studio) == [(first, "WITHDRAWN"), (second, "OPEN")]
    assert len(await studio.payloads("waitlist.booked")) == 1


async def test_who_joined_since_or_whose_booking_is_off_again_waits_on(told: Told) -> None:
    """The worker is late: what is so by then counts."""
    studio, _ = told
    ada, ben = await someone(studio, "Ada"), await someone(studio, "Ben")
    await waits(studio, ada)
    await call_off(studio, await studio.appointment(ada, starts_at=THREE, tell_client=False))
    await waits(studio, ben, weekdays=["sunday"])
    await studio.appointment(ben, starts_at=THREE + HOUR, tell_client=False)
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        earlier = update(appointments).where(appointments.c.business_id == studio.business_id)
        await connection.execute(earlier.values(created_at=NOW - timedelta(seconds=1)))
        await connection.commit()
    await waits(studio, ben)
    await at(studio.house, NOW)
    assert "BOOKED" not in await statuses(studio)


async def test_staff_take_an_offer_for_whoever_said_yes(told: Told, other_studio: Studio) -> None:
    """By the offer's key: the hold becomes the appointment, once; a booking beside it is refused by it."""
    studio, _ = told
    key = await taken(studio)
    ada = await someone(studio, "Ada")
    await waits(studio, ada)
    await call_off(studio, key)
    await at(studio.house, NOW)
    (offer,) = await studio.table("waitlist_offers")
    await refused(studio, studio.appointment(ada, starts_at=THREE), SlotTaken)
    command = AcceptWaitlistOffer(waitlist_offer_id=offer["id"])
    with pytest.raises(NotFound):
        await accept_waitlist_offer(other_studio.ctx, command)
    accepted = await accept_waitlist_offer(studio.ctx, command)
    assert await statuses(studio) == ["BOOKED"]
    appointment = (await studio.table("appointments"))[-1]
    assert (appointment["id"], appointment["client_id"], appointment["starts_at"]) == (
        accepted.appointment_id,
        ada,
        offer["starts_at"],
    )
    before = await studio.state()
    assert await accept_waitlist_offer(studio.ctx, command) == accepted
    assert await studio.state() == before


async def test_an_offer_that_ran_out_is_not_taken(told: Told) -> None:
    """Neither a moment late nor after it was declined; an unknown one is not there."""
    studio, _ = told
    key = await taken(studio)
    await waits(studio, await someone(studio, "Ada"))
    await call_off(studio, key)
    await at(studio.house, NOW)
    (offer,) = await studio.table("waitlist_offers")
    await at(studio.house, NOW + 2 * DAY)
    await refused(
        studio,
        accept_waitlist_offer(studio.ctx, AcceptWaitlistOffer(waitlist_offer_id=offer["id"])),
        OfferClosed,
    )
    unknown = AcceptWaitlistOffer(waitlist_offer_id=2**52)
    assert (
        await refused(studio, accept_waitlist_offer(studio.ctx, unknown), NotFound)
    ).noun == "waitlist_offer"
