"""What else becomes free: rooms and kit, for whoever gives a service that needs them, and times given up early."""

from __future__ import annotations

from typing import Any

import pytest

from core.appointments.book import BookAppointment, book
from core.appointments.choose_provider import COLLECTIVE, ProviderSelection
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.appointments.release_hold import ReleaseHold, release_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.rulebook import ResourceNeed
from core.catalog.describe import Performer
from core.catalog.policies import Policies
from core.catalog.update_service import UpdateService, update_service
from core.kernel.clock import minute_of
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.questions import GivenBack, WaitlistQuestions
from tests.core.appointments.shop import room
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
from tests.kit.posts import at


async def in_a_room(studio: Studio, room_id: int, **more: Any) -> int:
    """A service of an hour in a room: its key."""
    needs = [ResourceNeed(resource_ids=(room_id,))]
    return await studio.service("Laser", policies=Policies(needs=needs, **more))


async def given_with(studio: Studio) -> list[tuple[int, int, str]]:
    """The offers: to whom, with whom, and how they stand."""
    return [
        (row["entry_id"], row["provider_id"], row["status"]) for row in await studio.table("waitlist_offers")
    ]


@pytest.mark.parametrize("way", ["cancelled", "rescheduled", "released"])
@pytest.mark.parametrize("seats", [1, 4])
async def test_a_freed_room_is_offered_with_whoever_else_needs_it(told: Told, way: str, seats: int) -> None:
    """Mara was free at 15:00 and the room was not; who waits for her alone, or without a room, is asked
    only where it is the room that was missing. A group's room is freed with its last seat."""
    studio, _ = told
    service = await in_a_room(studio, await room(studio), capacity=seats)
    mara = await studio.provider()
    if way == "released":
        held = await hold_slot(
            studio.ctx, HoldSlot(provider_id=studio.provider_id, starts_at=THREE, service_id=service)
        )
    else:
        key = await taken(studio, service_id=service)
    await waits(studio, await someone(studio, "Ada"), provider_id=mara, weekdays=["monday"])
    entry = await waits(
        studio, await someone(studio, "Ben"), provider_id=mara, service_id=service, weekdays=["monday"]
    )
    if way == "cancelled":
        await call_off(studio, key)
    elif way == "rescheduled":
        move = RescheduleAppointment(appointment_id=key, starts_at=THREE + 2 * DAY, tell_client=False)
        await reschedule(studio.ctx, move)
    else:
        await release_hold(studio.ctx, ReleaseHold(hold_id=held.hold_id))
    await at(studio.house, NOW)
    assert await given_with(studio) == [(entry, mara, "OPEN")]
    (offer,) = await studio.payloads("waitlist.slot_offered")
    assert offer["starts_at"] == "2027-03-08T15:00:00Z"


async def test_without_looking_at_rooms_nobody_else_is_asked(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a freed time that names no room is of the provider alone."""
    studio, _ = told

    def roomless(**_: Any) -> GivenBack:
        return GivenBack()

    monkeypatch.setattr("adapters.sql.questions.waitlist.GivenBack", roomless)
    service, mara = await in_a_room(studio, await room(studio)), await studio.provider()
    key = await taken(studio, service_id=service)
    await waits(studio, await someone(studio, "Ben"), provider_id=mara, service_id=service)
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await offers(studio) == []


async def test_a_declined_room_goes_on_to_another_provider(told: Told) -> None:
    """Ada, with Kai, declines; Ben, with Mara, is asked about the same room; a service of others is not."""
    studio, posts = told
    service, mara = await in_a_room(studio, await room(studio)), await studio.provider()
    zoe = await studio.provider("Zoe")
    key = await taken(studio, service_id=service)
    first = await waits(
        studio, await someone(studio, "Ada"), provider_id=studio.provider_id, service_id=service
    )
    await waits(studio, await someone(studio, "Dan"), provider_id=zoe, service_id=service)
    second = await waits(studio, await someone(studio, "Ben"), provider_id=mara, service_id=service)
    performers = [Performer(provider_id=one) for one in (studio.provider_id, mara)]
    await update_service(studio.ctx, UpdateService(service_id=service, providers=performers))
    await call_off(studio, key)
    await at(studio.house, NOW)
    assert await given_with(studio) == [(first, studio.provider_id, "OPEN")]
    async with stranger(studio.house, studio) as ctx:
        await decline_waitlist_offer(ctx, DeclineWaitlistOffer(token=token_in(posts.letters[0])))
    await at(studio.house, NOW)
    assert await given_with(studio) == [(first, studio.provider_id, "DECLINED"), (second, mara, "OPEN")]


@pytest.mark.parametrize("verb", ["no-show", "completed"])
async def test_an_appointment_that_ended_early_is_offered(told: Told, verb: str) -> None:
    """Marked as no-show or completed before its time; not back to whose it was, and not once it is over."""
    studio, _ = told
    zoe = await someone(studio, "Zoe")
    early = await studio.appointment(zoe, starts_at=THREE, tell_client=False)
    late = await studio.appointment(zoe, starts_at=THREE + DAY, tell_client=False)
    first, second = await waits(studio, zoe), await waits(studio, await someone(studio, "Ada"))

    async def end(key: int) -> None:
        if verb == "no-show":
            await mark_no_show(studio.ctx, MarkNoShow(appointment_id=key, tell_client=False))
        else:
            await complete(studio.ctx, CompleteAppointment(appointment_id=key))

    await end(early)
    await at(studio.house, NOW)
    assert await statuses(studio) == ["WAITING", "OFFERED"]
    assert await offers(studio) == [(second, "OPEN")]
    await waits(studio, await someone(studio, "Ben"))
    await at(studio.house, THREE + DAY + HOUR)
    before = await offers(studio)
    await end(late)
    await at(studio.house, THREE + DAY + HOUR)
    assert await offers(studio) == before
    assert first not in [entry for entry, _ in before]


async def test_what_was_given_back_is_asked_in_one_statement(told: Told) -> None:
    """The room of the stretch in question, and the company of a collective appointment, by key."""
    studio, _ = told
    place, mara = await room(studio), await studio.provider()
    service = await in_a_room(studio, place)
    together = ProviderSelection(mode=COLLECTIVE, provider_ids=[studio.provider_id, mara])
    booked = await book(
        studio.ctx,
        BookAppointment(
            client_id=await someone(studio, "Zoe"),
            starts_at=THREE,
            service_id=service,
            selection=together,
        ),
    )
    key, start = booked.appointment_id, minute_of(THREE)

    async def given_back(begin: int, end: int) -> GivenBack:
        return await studio.ctx.ask(WaitlistQuestions).given_back(
            appointment_id=key, hold_id=None, starts_minute=begin, ends_minute=end
        )

    assert await given_back(start, start + 60) == GivenBack(provider_ids=(mara,))
    await call_off(studio, key)
    assert await given_back(start, start + 60) == GivenBack(provider_ids=(mara,), resource_ids=(place,))
    assert await given_back(start + 60, start + 120) == GivenBack(provider_ids=(mara,))
    assert await given_back(start - 60, start) == GivenBack(provider_ids=(mara,))
