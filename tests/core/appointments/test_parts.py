"""Rooms, kit and the parts of a service: what is taken, for how long, and what is left for others."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import SlotTaken
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.rulebook import ResourceNeed, Segment
from core.directory.create_location import CreateLocation, create_location
from core.kernel.clock import minute_of
from core.resources.archive_resource import ArchiveResource, archive_resource
from tests.core.appointments.shop import TEN, active, offered, resource_of, room, ruled, sold
from tests.kit.houses import Studio
from tests.kit.rules import issues, refused

HOUR = timedelta(hours=1)
QUARTER = timedelta(minutes=15)


def need(*keys: int, quantity: int = 1) -> ResourceNeed:
    """One of these."""
    return ResourceNeed(resource_ids=keys, quantity=quantity)


async def stretches(studio: Studio) -> set[tuple[int, int, int, int]]:
    """Resource, start and end in minutes after ten, quantity: of everything that counts."""
    ten = minute_of(TEN)
    return {
        (row["resource_id"], row["starts_minute"] - ten, row["ends_minute"] - ten, row["quantity"])
        for row in await active(studio)
    }


async def test_provider_room_and_pooled_kit_are_taken_together(studio: Studio) -> None:
    """Buffers count for all of them; the second room is taken when the first is, the pool until it is dry."""
    client_id = await studio.client()
    own = await resource_of(studio, studio.provider_id)
    north, south, lasers = await room(studio), await room(studio), await room(studio, kind="kit", capacity=3)
    service_id = await offered(
        studio,
        60,
        buffer_before_minutes=5,
        buffer_after_minutes=10,
        needs=(need(north, south), need(lasers, quantity=2)),
    )
    await sold(studio, client_id, TEN + HOUR, service_id=service_id)
    first = {(own, 55, 130, 1), (north, 55, 130, 1), (lasers, 55, 130, 2)}
    assert await stretches(studio) == first
    mara = await studio.provider()
    hers = {"provider_id": mara, "service_id": service_id}
    error = await refused(studio, sold(studio, client_id, TEN + HOUR, **hers), SlotTaken)
    assert error.next_free == [TEN + 2 * HOUR + number * QUARTER for number in (1, 2, 3)]
    one_laser = await offered(studio, 60, needs=(need(north, south), need(lasers)))
    await sold(studio, client_id, TEN + HOUR, provider_id=mara, service_id=one_laser)
    at_hers = await resource_of(studio, mara)
    assert await stretches(studio) == first | {
        (at_hers, 60, 120, 1),
        (south, 60, 120, 1),
        (lasers, 60, 120, 1),
    }


async def test_another_client_fits_into_a_processing_gap(studio: Studio) -> None:
    """Colour for half an hour, an hour of waiting in the chair, then a cut: the hour is sold again."""
    client_id = await studio.client()
    own = await resource_of(studio, studio.provider_id)
    chairs = await room(studio, kind="kit", capacity=2)
    parts = (
        Segment(minutes=30, needs=(need(chairs),)),
        Segment(minutes=60, provider_is_busy=False, needs=(need(chairs),)),
        Segment(minutes=30, needs=(need(chairs),)),
    )
    colour = await offered(studio, 120, segments=parts, buffer_after_minutes=5)
    cut = await offered(studio, 60, needs=(need(chairs),))
    made = await sold(studio, client_id, TEN, service_id=colour)
    assert await stretches(studio) == {
        (own, 0, 30, 1),
        (own, 90, 125, 1),
        (chairs, 0, 30, 1),
        (chairs, 30, 90, 1),
        (chairs, 90, 120, 1),
    }
    for offset in (29, 31):
        starts_at = TEN + timedelta(minutes=offset)
        await refused(studio, sold(studio, client_id, starts_at, service_id=cut), SlotTaken)
    await sold(studio, client_id, TEN + timedelta(minutes=30), service_id=cut)
    mara = await studio.provider()
    chairless = sold(studio, client_id, TEN + timedelta(minutes=30), provider_id=mara, service_id=cut)
    await refused(studio, chairless, SlotTaken)
    await cancel(studio.ctx, CancelAppointment(appointment_id=made.appointment_id))
    assert await stretches(studio) == {(own, 30, 90, 1), (chairs, 30, 90, 1)}


async def test_a_room_of_another_place_is_not_used(studio: Studio) -> None:
    """The room at home is taken and the one elsewhere free: SlotTaken; one of no place serves anywhere."""
    client_id = await studio.client()
    (home,) = await studio.table("locations")
    elsewhere = (await create_location(studio.ctx, CreateLocation(name="North"))).location_id
    rooms = await room(studio, location_id=home["id"]), await room(studio, location_id=elsewhere)
    service_id = await offered(studio, 60, needs=(need(*rooms),))
    mara = await studio.provider()
    await sold(studio, client_id, TEN, service_id=service_id)
    hers: dict[str, Any] = {"provider_id": mara, "service_id": service_id}
    await refused(studio, sold(studio, client_id, TEN, **hers), SlotTaken)
    await refused(studio, sold(studio, client_id, TEN, **hers, within_policies=False), SlotTaken)
    anywhere = await room(studio)
    await ruled(studio, service_id, needs=(need(*rooms, anywhere),))
    await sold(studio, client_id, TEN, **hers)
    rows = await active(studio)
    assert {row["resource_id"] for row in rows} & {*rooms, anywhere} == {rooms[0], anywhere}


async def test_an_archived_room_is_not_used(studio: Studio) -> None:
    """A service that still names it finds no room, by either door."""
    client_id = await studio.client()
    gone = await room(studio)
    service_id = await offered(studio, 60)
    await archive_resource(studio.ctx, ArchiveResource(resource_id=gone))
    await ruled(studio, service_id, needs=(need(gone),))
    for within in (True, False):
        act = sold(studio, client_id, TEN, service_id=service_id, within_policies=within)
        error = await refused(studio, act, SlotTaken)
        assert error.next_free == []


async def test_more_than_a_room_holds_is_never_had(studio: Studio) -> None:
    """Three units of two; and a key that no resource has."""
    client_id = await studio.client()
    small = await room(studio, capacity=2)
    for wanted in (need(small, quantity=3), need(2**40)):
        service_id = await offered(studio, 60, needs=(wanted,))
        for within in (True, False):
            act = sold(studio, client_id, TEN, service_id=service_id, within_policies=within)
            await refused(studio, act, SlotTaken)


async def test_a_longer_appointment_takes_more_of_everything(studio: Studio) -> None:
    """The last busy part stretches with its room; where the room is taken then, nothing moves."""
    client_id = await studio.client()
    own = await resource_of(studio, studio.provider_id)
    basin = await room(studio)
    parts = (
        Segment(minutes=30),
        Segment(minutes=30, provider_is_busy=False),
        Segment(minutes=30, needs=(need(basin),)),
    )
    service_id = await offered(studio, 90, segments=parts, buffer_after_minutes=10)
    made = await sold(studio, client_id, TEN, service_id=service_id)
    longer = RescheduleAppointment(appointment_id=made.appointment_id, duration_minutes=120)
    assert await issues(studio, reschedule(studio.ctx, longer)) == [("duration_minutes", "NOT_OFFERED")]
    longer.for_staff = True
    await reschedule(studio.ctx, longer)
    assert await stretches(studio) == {(own, 0, 30, 1), (own, 60, 130, 1), (basin, 60, 120, 1)}
    mara = await studio.provider()
    in_the_basin = await offered(studio, 30, needs=(need(basin),))
    await sold(studio, client_id, TEN + 2 * HOUR, provider_id=mara, service_id=in_the_basin)
    longer.duration_minutes = 121
    await refused(studio, reschedule(studio.ctx, longer), SlotTaken)
    longer.duration_minutes = 60
    assert await issues(studio, reschedule(studio.ctx, longer)) == [("duration_minutes", "TOO_SHORT")]
    given = {"service_id": service_id, "duration_minutes": 60, "for_staff": True}
    too_short = sold(studio, client_id, TEN + 4 * HOUR, **given)
    assert await issues(studio, too_short) == [("duration_minutes", "TOO_SHORT")]
    # What it was booked with stays its own, whatever the service has become.
    await ruled(studio, service_id)
    longer.duration_minutes, longer.starts_at = None, TEN + HOUR
    longer.within_policies = False
    await refused(studio, reschedule(studio.ctx, longer), SlotTaken)
    longer.starts_at = TEN + 3 * HOUR
    await reschedule(studio.ctx, longer)
    moved = {stretch for stretch in await stretches(studio) if stretch[0] == own}
    assert moved == {(own, 180, 210, 1), (own, 240, 310, 1)}


@pytest.mark.parametrize("wanted", [30, 90, 2**60, 0, -1])
async def test_the_public_chooses_among_the_lengths_offered(studio: Studio, wanted: int) -> None:
    """Sixty by default, forty-five offered beside it; others are refused, and only some are for staff."""
    client_id = await studio.client()
    service_id = await offered(studio, 60, durations=(45,))
    act = sold(studio, client_id, TEN, service_id=service_id, duration_minutes=wanted)
    ((path, code), *_) = await issues(studio, act)
    assert (path, code) == (
        "duration_minutes",
        "NOT_OFFERED" if wanted in (30, 90) else "OUT_OF_RANGE",
    )
    await sold(studio, client_id, TEN, service_id=service_id, duration_minutes=45)
    if wanted in (30, 90):
        await sold(
            studio,
            client_id,
            TEN + HOUR,
            service_id=service_id,
            duration_minutes=wanted,
            within_policies=False,
        )
