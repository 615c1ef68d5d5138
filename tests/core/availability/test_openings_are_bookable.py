"""Listing and booking agree: what is offered can be booked, and what can be booked on the grid is offered."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.book import BookAppointment, book
from core.availability.find_openings import FindOpenings, Slot, find_openings
from core.availability.hours import WEEKDAYS, WeeklyHours, every_day
from core.directory.create_location import CreateLocation, create_location
from core.kernel.context import Actor, Context
from core.kernel.errors import Invalid
from core.kernel.unit_of_work import UnitOfWork
from tests.kit.houses import NOW, Studio

HALF_HOUR = timedelta(minutes=30)
ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe")


class _Undone(Exception):
    """The booking was accepted; its transaction is given up."""


def dry(ctx: Context) -> Context:
    """The same Context, whose transactions do everything but commit: they end in _Undone."""

    @asynccontextmanager
    async def opened(actor: Actor) -> AsyncIterator[UnitOfWork]:
        async with ctx.open_unit_of_work(actor) as uow:
            yield uow
            await uow.flush()
            raise _Undone

    return replace(ctx, open_unit_of_work=opened)


async def is_bookable(studio: Studio, slot: Slot, client_id: int, service_id: int | None) -> bool:
    """Whether a slot is accepted within the rules, tried and undone."""
    length = int((slot.ends_at - slot.starts_at).total_seconds()) // 60
    command = BookAppointment(
        client_id=client_id,
        provider_id=slot.provider_id,
        starts_at=slot.starts_at,
        service_id=service_id,
        duration_minutes=length,
    )
    try:
        await book(dry(studio.ctx), command)
    except _Undone:
        return True
    except (SlotTaken, OutsidePolicy, Invalid):
        return False
    raise AssertionError("the booking was kept")


@dataclass(kw_only=True)
class _Drawn:
    """A random business: one service, two providers with hours and bookings."""

    service_id: int
    duration: int
    client_id: int
    provider_ids: list[int]


async def drawn_business(studio: Studio, draw: random.Random) -> _Drawn:
    """Hours and lengths fall on half hours, so that every grid is that of the clock."""
    duration = draw.choice([30, 60, 90, 240])
    service_id = await studio.service(
        duration_minutes=duration,
        step_minutes=30,
        notice_minutes=draw.choice([0, 90, 24 * 60, 3 * 24 * 60]),
        buffer_before_minutes=draw.choice([0, 5, 30]),
        buffer_after_minutes=draw.choice([0, 10, 45]),
    )
    client_id = await studio.client()
    provider_ids = []
    for at in range(2):
        hours: WeeklyHours = {}
        for weekday in draw.sample(WEEKDAYS, 5):
            start = 30 * draw.randrange(0, 40)
            end = start + 30 * draw.randrange(4, 30)
            hours[weekday] = [[start, end], [end + 60, end + 180]] if end + 180 < 1_440 else [[start, end]]
        provider_id = await studio.provider(f"Provider {at}", weekly_hours=hours)
        provider_ids.append(provider_id)
        for _ in range(12):
            starts_at = NOW + timedelta(minutes=5 * draw.randrange(0, 5 * 288))
            try:
                await studio.appointment(
                    client_id,
                    provider_id=provider_id,
                    service_id=service_id,
                    starts_at=starts_at + timedelta(minutes=5),
                )
            except SlotTaken:
                continue
    return _Drawn(service_id=service_id, duration=duration, client_id=client_id, provider_ids=provider_ids)


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_each_offered_slot_can_be_booked_and_no_other_half_hour_can(studio: Studio, seed: int) -> None:
    """A random business over three days: the list of openings is exactly what booking accepts."""
    draw = random.Random(seed)
    business = await drawn_business(studio, draw)
    first = NOW.date() + timedelta(days=draw.randrange(0, 3))
    asked = FindOpenings(
        first=first,
        last=first + timedelta(days=2),
        service_id=business.service_id,
        provider_ids=business.provider_ids,
        time_zone=draw.choice(ZONES),
    )
    openings = await find_openings(studio.ctx, asked)
    offered = {slot for day in openings.days.values() for slot in day}
    before = await studio.state()
    refused = [
        slot
        for slot in offered
        if not await is_bookable(studio, slot, business.client_id, business.service_id)
    ]
    assert refused == []
    length = timedelta(minutes=business.duration)
    midday = datetime(first.year, first.month, first.day, 14, tzinfo=UTC)
    listed = {(slot.provider_id, slot.starts_at) for slot in offered}
    others = [
        Slot(starts_at=at, ends_at=at + length, provider_id=provider_id)
        for provider_id in business.provider_ids
        for at in (midday + number * HALF_HOUR for number in range(48))
        if (provider_id, at) not in listed
    ]
    overlooked = [
        slot for slot in others if await is_bookable(studio, slot, business.client_id, business.service_id)
    ]
    assert overlooked == []
    assert await studio.state() == before
    assert offered


async def test_no_booked_interval_is_ever_offered(studio: Studio) -> None:
    """Booking the first offered slot again and again empties a day, and each list lacks what was booked."""
    client_id = await studio.client()
    service_id = await studio.service(duration_minutes=90, step_minutes=15, buffer_after_minutes=20)
    day = date(2027, 3, 8)
    asked = FindOpenings(first=day, last=day, service_id=service_id)
    booked: list[tuple[datetime, datetime]] = []
    while slots := (await find_openings(studio.ctx, asked)).days.get(day):
        assert all(slot.ends_at <= start or end <= slot.starts_at for slot in slots for start, end in booked)
        await studio.appointment(
            client_id, service_id=service_id, starts_at=slots[0].starts_at, within_policies=True
        )
        booked.append((slots[0].starts_at, slots[0].ends_at))
    assert [f"{start:%H:%M}" for start, _ in booked] == ["10:00", "12:00", "14:00", "16:00"]


@pytest.mark.parametrize(
    ("place", "asker"),
    [
        ("Pacific/Kiritimati", "Etc/GMT+12"),
        ("Etc/GMT+12", "Pacific/Kiritimati"),
        ("America/New_York", "Pacific/Chatham"),
        ("UTC", "UTC"),
    ],
)
@pytest.mark.parametrize("hours", [every_day(0, 1_440), every_day(1_380, 2_820)], ids=["by day", "by night"])
async def test_the_earths_ends_are_offered_everything_that_can_be_booked(
    studio: Studio, place: str, asker: str, hours: WeeklyHours, fresh_number: int
) -> None:
    """Open around the clock, every hour of the asker's day takes an appointment of a whole day."""
    provider_id = await _provider_in(studio, place, weekly_hours=hours)
    service_id = await studio.service(duration_minutes=1_440, step_minutes=60)
    client_id = await studio.client()
    day = date(2027, 6, 9)
    asked = FindOpenings(
        first=day, last=day, service_id=service_id, provider_ids=[provider_id], time_zone=asker
    )
    slots = (await find_openings(studio.ctx, asked)).days[day]
    assert len(slots) == 24
    assert [slot for slot in slots if not await is_bookable(studio, slot, client_id, service_id)] == []


async def test_a_day_long_appointment_over_a_short_day_is_offered_and_taken(studio: Studio) -> None:
    """New York's 14 March 2027 has 23 hours: around the clock, each start of the day before still fits."""
    provider_id = await _provider_in(studio, "America/New_York", weekly_hours=every_day(0, 1_440))
    service_id = await studio.service(duration_minutes=1_440, step_minutes=15)
    client_id = await studio.client()
    day = date(2027, 3, 13)
    asked = FindOpenings(
        first=day,
        last=day,
        service_id=service_id,
        provider_ids=[provider_id],
        time_zone="America/New_York",
    )
    slots = (await find_openings(studio.ctx, asked)).days[day]
    assert len(slots) == 96
    assert [slot for slot in slots if not await is_bookable(studio, slot, client_id, service_id)] == []


async def _provider_in(studio: Studio, zone: str, **more: Any) -> int:
    made = await create_location(studio.ctx, CreateLocation(name=zone, time_zone=zone))
    return await studio.provider(location_id=made.location_id, **more)
