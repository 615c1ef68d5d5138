"""No offered slot is refused when booked alone: services of every kind, over time that is sold, held and run out."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.book import BookAppointment, book
from core.availability.find_openings import FindOpenings, Slot, find_openings
from core.availability.hours import WEEKDAYS, WeeklyHours
from core.availability.recurrence import Recurrence
from core.availability.rulebook import ResourceNeed, Segment, SlotRule
from core.kernel.clock import FixedClock
from core.kernel.context import Context
from core.kernel.errors import DomainError
from tests.core.appointments.shop import held, offered, room, sold
from tests.core.availability.test_openings_are_bookable import _Undone, dry
from tests.kit.houses import NOW, Studio

KINDS = ("parts", "rooms", "group", "limit", "no_gap", "fixed")
FIRST = NOW.date() + timedelta(days=1)
TRIED = 24


async def drawn_service(studio: Studio, draw: random.Random, kind: str, rooms: Sequence[int]) -> int:
    """A service of a kind, with buffers and needs by dice."""
    need = ResourceNeed(resource_ids=tuple(rooms), quantity=1)
    rules: dict[str, Any] = {
        "step_minutes": draw.choice((15, 30)),
        "buffer_before_minutes": draw.choice((0, 10)),
        "buffer_after_minutes": draw.choice((0, 15)),
    }
    if kind == "parts":
        lengths = ((15, True), (30, False), (15, True))
        rules["segments"] = tuple(
            Segment(minutes=minutes, provider_is_busy=busy, needs=draw.choice(((), (need,))))
            for minutes, busy in lengths
        )
    elif kind == "rooms":
        rules["needs"] = (need,)
    elif kind == "group":
        rules |= {"capacity": 3, "needs": draw.choice(((), (need,)))}
    elif kind == "limit":
        rules["daily_limit"] = draw.choice((2, 3))
    elif kind == "no_gap":
        rules["no_gap_minutes"] = 45
    else:
        every = Recurrence(frequency="DAILY")
        times = tuple(sorted(draw.sample(range(480, 1_200, 20), 12)))
        rules["slot_rules"] = (SlotRule(recurrence=every, start_times=times, anchor=date(2027, 3, 1)),)
    return await offered(studio, 60, **rules)


async def drawn_shop(studio: Studio, draw: random.Random, kind: str) -> tuple[list[int], int, int]:
    """Two providers with hours, a service, a client; and time that is taken, some by holds that run out."""
    rooms = [await room(studio, capacity=draw.choice((1, 2))) for _ in range(draw.choice((1, 2)))]
    service_id = await drawn_service(studio, draw, kind, rooms)
    other = await drawn_service(studio, draw, draw.choice(KINDS), rooms)
    client_id = await studio.client()
    providers = []
    for at in range(2):
        opens = 30 * draw.randrange(14, 22)
        hours: WeeklyHours = {weekday: [[opens, opens + 30 * draw.randrange(8, 18)]] for weekday in WEEKDAYS}
        providers.append(await studio.provider(f"Provider {at}", weekly_hours=hours))
    for number in range(14):
        starts_at = NOW + timedelta(days=1, minutes=15 * draw.randrange(0, 2 * 96))
        taking: dict[str, Any] = {
            "provider_id": draw.choice(providers),
            "service_id": draw.choice((service_id, other)),
            "within_policies": False,
        }
        try:
            if number % 2:
                await sold(studio, client_id, starts_at, **taking)
            else:
                await held(studio, starts_at, **taking, for_minutes=draw.choice((10, 60)))
        except SlotTaken:
            continue
    return providers, service_id, client_id


async def refusal_of(ctx: Context, slot: Slot, client_id: int, service_id: int) -> DomainError | None:
    """What a slot is refused with, tried and undone."""
    command = BookAppointment(
        client_id=client_id, provider_id=slot.provider_id, starts_at=slot.starts_at, service_id=service_id
    )
    try:
        await book(dry(ctx), command)
    except _Undone:
        return None
    except (SlotTaken, OutsidePolicy) as refusal:
        return refusal
    raise AssertionError("the booking was kept")


@pytest.mark.parametrize("kind", KINDS)
async def test_no_offered_slot_is_refused_and_no_other_is_accepted(studio: Studio, kind: str) -> None:
    """Two days of a random shop, as they are when the shorter holds have run out and no timer has noticed."""
    draw = random.Random(kind)
    providers, service_id, client_id = await drawn_shop(studio, draw, kind)
    asked = FindOpenings(
        first=FIRST, last=FIRST + timedelta(days=1), service_id=service_id, provider_ids=providers
    )
    later = FixedClock(NOW + timedelta(minutes=11))
    async with studio.house.context(studio.ctx.actor, "later", later) as ctx:
        listed = await find_openings(ctx, asked)
        slots = [slot for day in listed.days.values() for slot in day]
        before = await studio.state()
        for slot in draw.sample(slots, min(TRIED, len(slots))):
            refusal = await refusal_of(ctx, slot, client_id, service_id)
            assert (slot, refusal) == (slot, None)
        on_grid = {(slot.provider_id, slot.starts_at) for slot in slots}
        edges = [
            slot._replace(starts_at=slot.starts_at + timedelta(minutes=minutes))
            for slot in slots
            for minutes in (-120, -60, 60, 120)
            if (slot.provider_id, slot.starts_at + timedelta(minutes=minutes)) not in on_grid
            and FIRST <= (slot.starts_at + timedelta(minutes=minutes)).date() <= asked.last
        ]
        for slot in draw.sample(edges, min(TRIED, len(edges))):
            refusal = await refusal_of(ctx, slot, client_id, service_id)
            assert (slot, refusal is None) == (slot, False)
    assert await studio.state() == before
    assert slots
