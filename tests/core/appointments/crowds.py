"""Small crowds that fight over the same time at once, each to be judged with the guards on and off."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

from core.appointments.appointment import HoldExpired
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.release_hold import expire_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.appointments.series import Repeats
from core.availability.recurrence import Recurrence
from core.kernel.clock import FixedClock
from tests.core.appointments.shop import TEN, at_once, held, offered
from tests.kit.houses import NOW, Studio

HOUR = timedelta(hours=1)
HALF_HOUR = timedelta(minutes=30)
ROUNDS = 8


async def swaps(studio: Studio) -> tuple[list[Any], list[Any]]:
    """Four appointments and five hours of two people: each to the next one's time, over and over, all at once;
    then all four to the fifth hour. What came of the first, and of the last."""
    client_id, mara = await studio.client(), await studio.provider()
    places = [(TEN + at * HOUR, who) for at in range(3) for who in (studio.provider_id, mara)][:5]
    keys = [
        await studio.appointment(client_id, starts_at=starts_at, provider_id=who)
        for starts_at, who in places[:4]
    ]

    def move(key: int, place: int) -> Any:
        starts_at, who = places[place]
        command = RescheduleAppointment(
            appointment_id=key, starts_at=starts_at, provider_id=who, within_policies=False
        )
        return lambda ctx: reschedule(ctx, command)

    wishes = [move(keys[number % 4], (number % 4 + 1 + number // 4) % 5) for number in range(24)]
    around = await asyncio.wait_for(at_once(studio, wishes), 60)
    return around, await at_once(studio, [move(key, 4) for key in keys])


async def series_against_singles(studio: Studio) -> list[Any]:
    """Six series of three weeks and twelve singles, half an hour apart, all at once."""
    client_id = await studio.client()
    repeats = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=3))

    def wish(number: int) -> Any:
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            starts_at=TEN + number % 6 * HALF_HOUR + timedelta(weeks=number % 3 if number >= 6 else 0),
            duration_minutes=60,
            repeats=repeats if number < 6 else None,
        )
        return lambda ctx: book(ctx, command)

    return await at_once(studio, [wish(number) for number in range(18)])


async def holds_against_bookings(studio: Studio) -> list[Any]:
    """Sixteen holds and sixteen bookings for four hours, all at once."""
    client_id = await studio.client()

    def wish(number: int) -> Any:
        time: dict[str, Any] = {
            "provider_id": studio.provider_id,
            "starts_at": TEN + number % 4 * HOUR,
            "duration_minutes": 60,
        }
        if number % 8 < 4:
            return lambda ctx: hold_slot(ctx, HoldSlot(**time))
        return lambda ctx: book(ctx, BookAppointment(client_id=client_id, **time))

    return await at_once(studio, [wish(number) for number in range(32)])


async def running_out_against_booking(studio: Studio) -> list[Any]:
    """Eight holds of a group's seat, each booked a second before its end by one clock and told to have run out
    at its end by another: four times at once, four times the timer first. What the bookings were told."""
    client_id = await studio.client()
    service_id = await offered(studio, 30, capacity=2)
    answers = []
    for number in range(ROUNDS):
        starts_at = TEN + number * HALF_HOUR
        key = await held(studio, starts_at, service_id=service_id, for_minutes=10)
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            service_id=service_id,
            starts_at=starts_at,
            hold_id=key,
        )

        async def booked(command: BookAppointment = command) -> Booked | HoldExpired:
            clock = FixedClock(NOW + timedelta(minutes=9, seconds=59))
            async with studio.house.context(studio.ctx.actor, "race", clock) as ctx:
                try:
                    return await book(ctx, command)
                except HoldExpired as refusal:
                    return refusal

        async def ran_out(key: int = key) -> None:
            end = FixedClock(NOW + timedelta(minutes=10))
            async with studio.house.context(studio.ctx.actor, "race", end) as ctx:
                await expire_hold(ctx, key)

        if number >= ROUNDS // 2:
            await ran_out()
        answer, *_ = await asyncio.gather(booked(), ran_out(), ran_out())
        answers.append(answer)
    return answers


async def halves_of_series(studio: Studio) -> list[int]:
    """Series of which not all three appointments stand."""
    kept = [row["series_id"] for row in await studio.table("appointments")]
    return [row["id"] for row in await studio.table("series") if kept.count(row["id"]) != 3]


async def holds_that_ended_twice(studio: Studio) -> list[int]:
    """Holds that were booked and told to have run out, or neither."""
    told = [payload["hold_id"] for payload in await studio.payloads("hold.expired")]
    return [
        row["id"]
        for row in await studio.table("holds")
        if told.count(row["id"]) != {"BOOKED": 0, "EXPIRED": 1}.get(row["ended_as"])
    ]
