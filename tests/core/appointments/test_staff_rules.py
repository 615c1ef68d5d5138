"""The rules for staff: what they may book that the public may not, what binds them, and where a move goes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.choose_provider import COLLECTIVE, ProviderSelection
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.availability.find_openings import FindOpenings, find_openings
from core.availability.hours import every_day
from core.directory.create_location import CreateLocation, create_location
from core.directory.update_provider import UpdateProvider, update_provider
from core.holidays.create_holiday import CreateHoliday, create_holiday
from core.kernel.errors import NotFound
from core.schedules.set_schedule import SetSchedule, set_schedule
from tests.core.appointments.shop import TEN, held, offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import issues, refused

HOUR = timedelta(hours=1)
EVENING = TEN + 9 * HOUR
FAR = 2**53 - 1


async def _hidden_evening(studio: Studio) -> None:
    """The owner works from ten to six, and from seven to nine for staff alone."""
    for hours, is_public in ((every_day(600, 1_080), True), (every_day(1_140, 1_260), False)):
        command = SetSchedule(weekly_hours=hours, provider_id=studio.provider_id, is_public=is_public)
        await set_schedule(studio.ctx, command)


async def test_what_is_listed_for_staff_is_booked_for_staff(studio: Studio) -> None:
    """Hours that are not public, a provider and a service that take no bookings: the public is refused by
    name, staff are not; hours that nobody has refuse both."""
    await _hidden_evening(studio)
    client_id = await studio.client()
    service_id = await offered(studio, 60, allow_booking=False, needs_approval=True)
    error = await refused(studio, sold(studio, client_id, TEN, service_id=service_id), OutsidePolicy)
    assert error.rule == "NOT_OFFERED"
    closed = UpdateProvider(provider_id=studio.provider_id, is_accepting_bookings=False)
    await update_provider(studio.ctx, closed)
    asked: dict[str, Any] = {"service_id": service_id, "for_staff": True}
    listed = await find_openings(studio.ctx, FindOpenings(first=TEN.date(), last=TEN.date(), **asked))
    assert EVENING in {slot.starts_at for slot in listed.days[TEN.date()]}
    error = await refused(studio, sold(studio, client_id, EVENING + 3 * HOUR, **asked), OutsidePolicy)
    assert (error.rule, error.earliest) == ("HOURS", TEN + 24 * HOUR)
    made = await sold(studio, client_id, EVENING, **asked)
    (row,) = [one for one in await studio.table("appointments") if one["id"] == made.appointment_id]
    assert row["status"] == "CONFIRMED"
    taken = await refused(studio, sold(studio, client_id, EVENING, **asked), SlotTaken)
    assert EVENING + HOUR in taken.next_free
    await held(studio, EVENING + HOUR, **asked)
    move = RescheduleAppointment(appointment_id=made.appointment_id, starts_at=TEN)
    await refused(studio, reschedule(studio.ctx, move), OutsidePolicy)
    move.for_staff = True
    await reschedule(studio.ctx, move)


@pytest.mark.parametrize("binds", [True, False])
async def test_notice_and_horizon_bind_staff_where_the_service_says_so(studio: Studio, binds: bool) -> None:
    """Listed for staff and booked for staff, or neither; the public is refused in any case."""
    client_id = await studio.client()
    day = 1_440
    soon = await offered(studio, 60, notice_minutes=8 * day, notice_binds_staff=binds)
    near = await offered(studio, 60, horizon_minutes=day, notice_binds_staff=binds)
    for service_id, rule, starts_at in ((soon, "NOTICE", TEN), (near, "HORIZON", TEN + 4 * HOUR)):
        act = sold(studio, client_id, starts_at, service_id=service_id)
        assert (await refused(studio, act, OutsidePolicy)).rule == rule
        asked: dict[str, Any] = {"service_id": service_id, "for_staff": True}
        listed = await find_openings(studio.ctx, FindOpenings(first=TEN.date(), last=TEN.date(), **asked))
        assert (TEN.date() in listed.days) is not binds
        if binds:
            act = sold(studio, client_id, starts_at, **asked)
            assert (await refused(studio, act, OutsidePolicy)).rule == rule
            continue
        await sold(studio, client_id, starts_at, **asked)
        taken = await refused(studio, sold(studio, client_id, starts_at, **asked), SlotTaken)
        assert starts_at + HOUR in taken.next_free


async def test_a_staff_door_heeds_the_rules_that_it_names(studio: Studio) -> None:
    """Bookings' staff are kept from holidays and from nothing else: neither from nights nor from notice."""
    client_id = await studio.client()
    await create_holiday(studio.ctx, CreateHoliday(name="Fair", first_day=TEN.date(), last_day=TEN.date()))
    service_id = await offered(studio, 60, notice_minutes=30 * 1_440)
    asked: dict[str, Any] = {
        "service_id": service_id,
        "within_policies": False,
        "heeding": ("HOLIDAY",),
    }
    for act in (sold, lambda *given, **more: held(given[0], given[2], **more)):
        error = await refused(studio, act(studio, client_id, TEN, **asked), OutsidePolicy)
        assert error.rule == "HOLIDAY"
    made = await sold(studio, client_id, TEN + 36 * HOUR, **asked)
    move = RescheduleAppointment(
        appointment_id=made.appointment_id, starts_at=TEN, within_policies=False, heeding=("HOLIDAY",)
    )
    assert (await refused(studio, reschedule(studio.ctx, move), OutsidePolicy)).rule == "HOLIDAY"
    move.heeding = ()
    await reschedule(studio.ctx, move)


async def test_a_move_stays_where_it_is_unless_somewhere_else_is_said(studio: Studio) -> None:
    """At the annexe by a schedule: a move within it, and one outside all hours, stay; one to the hours at
    home goes home; and a place may be named."""
    annexe = (await create_location(studio.ctx, CreateLocation(name="Annexe"))).location_id
    home = (await studio.table("locations"))[0]["id"]
    for place, hours in ((home, every_day(600, 1_080)), (annexe, every_day(1_140, 1_320))):
        command = SetSchedule(weekly_hours=hours, provider_id=studio.provider_id, location_id=place)
        await set_schedule(studio.ctx, command)
    client_id = await studio.client()
    key = (await sold(studio, client_id, EVENING, duration_minutes=60)).appointment_id

    async def moved(**more: Any) -> int:
        await reschedule(studio.ctx, RescheduleAppointment(appointment_id=key, **more))
        (row,) = await studio.table("appointments")
        place: int = row["location_id"]
        return place

    assert (await studio.table("appointments"))[0]["location_id"] == annexe
    assert await moved(starts_at=EVENING + HOUR) == annexe
    assert await moved(starts_at=EVENING + 5 * HOUR, within_policies=False) == annexe
    assert await moved(starts_at=TEN) == home
    error = await refused(
        studio,
        reschedule(studio.ctx, RescheduleAppointment(appointment_id=key, location_id=annexe)),
        OutsidePolicy,
    )
    assert (error.rule, error.earliest) == ("HOURS", EVENING)
    assert await moved(location_id=annexe, within_policies=False) == annexe
    unknown = RescheduleAppointment(appointment_id=key, location_id=FAR)
    assert (await refused(studio, reschedule(studio.ctx, unknown), NotFound)).noun == "location"
    mara = await studio.provider("Mara")
    assert await moved(provider_id=mara, starts_at=NOW + timedelta(days=9), within_policies=False) == home


async def test_any_provider_can_be_held_and_booked(studio: Studio) -> None:
    """Whoever is free is held, one after the other, until nobody is; the hold answers for the choice."""
    client_id = await studio.client()
    mara = await studio.provider("Mara")
    given: dict[str, Any] = {"provider_id": None, "selection": ProviderSelection(), "duration_minutes": 60}
    first, second = await held(studio, TEN, **given), await held(studio, TEN, **given)
    assert [row["provider_id"] for row in await studio.table("holds")] == [studio.provider_id, mara]
    taken = await refused(studio, held(studio, TEN, **given), SlotTaken)
    assert taken.next_free == [TEN + HOUR, TEN + 2 * HOUR, TEN + 3 * HOUR]
    together = ProviderSelection(mode=COLLECTIVE)
    assert await issues(studio, held(studio, TEN, **{**given, "selection": together})) == [
        ("selection.mode", "NOT_FOR_ALL_TOGETHER")
    ]
    for bad in ({"selection": None}, {"provider_id": mara}):
        assert await issues(studio, held(studio, TEN, **{**given, **bad})) == [("provider_id", "ONE_OF_TWO")]
    booked = {"duration_minutes": 60, "selection": ProviderSelection()}
    await sold(studio, client_id, TEN, hold_id=second, **booked)
    await sold(studio, client_id, TEN, hold_id=first, **booked)
    assert [row["provider_id"] for row in await studio.table("appointments")] == [mara, studio.provider_id]
