"""A business with everything at once: whatever is offered of any of it is not refused when booked alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.book import BookAppointment, book
from core.appointments.choose_provider import COLLECTIVE, ROUND_ROBIN, ProviderSelection
from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.find_openings import FindOpenings, Slot, find_openings
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import Reach, ResourceNeed, Segment, SlotRule
from core.blocks.block import Span
from core.blocks.create_block import CreateBlock, create_block
from core.directory.create_location import CreateLocation, create_location
from core.directory.update_provider import UpdateProvider, update_provider
from core.holidays.create_holiday import CreateHoliday, create_holiday
from core.kernel.clock import FixedClock
from core.kernel.context import Context
from core.kernel.errors import DomainError, Invalid, NotFound
from core.schedules.set_date_override import SetDateOverride, set_date_override
from core.schedules.set_schedule import SetSchedule, set_schedule
from core.waitlist.join import JoinWaitlist, join_waitlist
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.core.appointments.shop import held, offered, room, sold
from tests.core.availability.test_openings_are_bookable import _Undone, dry
from tests.kit.houses import NOW, Studio

FIRST, LAST = date(2027, 3, 12), date(2027, 3, 15)
"""New York's clocks go forward on the third of these days."""
FRIDAY = datetime(2027, 3, 12, tzinfo=NOW.tzinfo)
TRIED = 5


@dataclass(kw_only=True)
class Town:
    """A business at two places, one of them in New York: four providers, a client, and its services by name."""

    home: int
    york: int
    kai: int
    mara: int
    nils: int
    ola: int
    client: int
    services: dict[str, int]


async def built(studio: Studio) -> Town:
    """Every rule that there is, and time taken in every way."""
    made = await create_location(studio.ctx, CreateLocation(name="York", time_zone="America/New_York"))
    home, york = (await studio.table("locations"))[0]["id"], made.location_id
    town = Town(
        home=home,
        york=york,
        kai=studio.provider_id,
        mara=await studio.provider("Mara", location_id=york, weekly_hours=every_day(1_320, 1_800)),
        nils=await studio.provider("Nils"),
        ola=await studio.provider("Ola"),
        client=await studio.client(),
        services={},
    )
    everywhere, at_home = (
        await room(studio, "Laser", capacity=2),
        await room(studio, "Chair", location_id=home),
    )
    in_york = await room(studio, "Booth", location_id=york)
    daily = Recurrence(frequency="DAILY")
    chairs = ResourceNeed(resource_ids=(at_home, in_york))
    parts = (
        Segment(minutes=20),
        Segment(minutes=25, provider_is_busy=False, needs=(ResourceNeed(resource_ids=(everywhere,)),)),
        Segment(minutes=15),
    )
    of_two = {town.kai: 1, town.nils: 3}
    town.services = {
        "parts": await offered(studio, 60, segments=parts, needs=(chairs,), buffer_after_minutes=10),
        "group": await offered(studio, 45, capacity=3, needs=(chairs,), step_minutes=30, daily_limit=4),
        "fixed": await offered(
            studio,
            50,
            slot_rules=(
                SlotRule(recurrence=daily, start_times=(120, 150, 605, 777, 1_400), anchor=NOW.date()),
            ),
        ),
        "tight": await offered(
            studio, 30, durations=(30, 90), no_gap_minutes=20, daily_limit=3, step_minutes=10, weights=of_two
        ),
        "soon": await offered(
            studio,
            120,
            notice_minutes=11 * 1_440 + 200,
            notice_binds_staff=False,
            buffer_before_minutes=15,
            maximise_utilisation=True,
        ),
        "hidden": await offered(studio, 75, allow_booking=False, needs_approval=True),
    }
    await _rules(studio, town)
    await _taken(studio, town)
    return town


async def _rules(studio: Studio, town: Town) -> None:
    ctx, group = studio.ctx, town.services["group"]
    for command in (
        SetSchedule(weekly_hours=every_day(480, 1_020), provider_id=town.nils),
        SetSchedule(weekly_hours=every_day(1_080, 1_260), provider_id=town.nils, is_public=False),
        # Kai is in two places at the same hours of the morning.
        SetSchedule(weekly_hours=every_day(420, 1_080), provider_id=town.kai, last_day=LAST),
        SetSchedule(weekly_hours=every_day(180, 480), provider_id=town.kai, location_id=town.york),
        SetSchedule(weekly_hours=every_day(0, 240), provider_id=town.mara, service_ids=[group]),
    ):
        await set_schedule(ctx, command)
    for day in (
        SetDateOverride(day=FIRST, shifts=[[600, 720], [780, 1_500]], location_id=town.home),
        SetDateOverride(day=LAST, shifts=[[60, 1_440]], provider_id=town.mara),
    ):
        await set_date_override(ctx, day)
    saturday = FIRST + timedelta(days=1)
    await create_holiday(
        ctx, CreateHoliday(name="Fair", first_day=saturday, last_day=saturday, location_id=town.home)
    )
    wall = FRIDAY.replace(tzinfo=None)
    lunch = Span(starts=wall + timedelta(hours=12, minutes=10), ends=wall + timedelta(hours=12, minutes=55))
    weekly = Recurrence(frequency="DAILY", interval=1)
    await create_block(
        ctx,
        CreateBlock(span=lunch, recurrence=weekly, exceptions=[LAST], reaches=[Reach(provider_id=town.kai)]),
    )
    night = Span(starts=wall + timedelta(hours=23), ends=wall + timedelta(hours=27))
    reaches = [Reach(service_id=group, location_id=town.york), Reach(provider_id=town.ola)]
    await create_block(ctx, CreateBlock(span=night, time_zone="America/New_York", reaches=reaches))
    closed = UpdateProvider(provider_id=town.ola, is_accepting_bookings=False)
    await update_provider(ctx, closed)


async def _taken(studio: Studio, town: Town) -> None:
    """Sold, held for long and for short, in sessions, and offered to somebody who waits."""
    draw = random.Random(12)
    providers, services = [town.kai, town.mara, town.nils, town.ola], [None, *town.services.values()]
    for number in range(24):
        service_id = draw.choice(services)
        taking: dict[str, Any] = {
            "provider_id": draw.choice(providers),
            "service_id": service_id,
            "within_policies": False,
            "duration_minutes": None if service_id else 40,
        }
        starts_at = FRIDAY + timedelta(minutes=5 * draw.randrange(0, 4 * 288))
        try:
            if number % 3:
                await sold(studio, town.client, starts_at, **taking)
            else:
                await held(studio, starts_at, **taking, for_minutes=draw.choice((10, 60)))
        except SlotTaken:
            continue
    waiting = JoinWaitlist(client_id=town.client, service_id=town.services["parts"])
    entry = (await join_waitlist(studio.ctx, waiting)).waitlist_entry_id
    at_eleven = FRIDAY + timedelta(hours=11)
    try:
        await offer_waitlist_slot(
            studio.ctx, OfferWaitlistSlot(waitlist_entry_id=entry, starts_at=at_eleven, provider_id=town.nils)
        )
    except SlotTaken:
        raise AssertionError("choose another time for the offer") from None


def askings(town: Town) -> Iterator[dict[str, Any]]:
    """What the public and staff may ask: each service, each length, a place, all together, in any zone."""
    for for_staff in (False, True):
        for name, service_id in town.services.items():
            asked: dict[str, Any] = {"service_id": service_id, "for_staff": for_staff}
            yield asked
            yield {**asked, "location_id": town.york, "time_zone": "Pacific/Chatham"}
            if name != "group":
                pair = [town.kai, town.nils]
                yield {**asked, "provider_ids": pair, "collective": True}
        yield {
            "service_id": town.services["tight"],
            "duration_minutes": 90,
            "together": True,
            "for_staff": for_staff,
        }
        yield {"service_id": town.services["group"], "seats": 3, "for_staff": for_staff}
        yield {"duration_minutes": 35, "for_staff": for_staff}
        yield {"duration_minutes": 120, "tile": True, "provider_ids": [town.kai], "for_staff": for_staff}


async def refusal_of(ctx: Context, town: Town, asked: dict[str, Any], slot: Slot) -> DomainError | None:
    """What a slot is refused with, tried as it was offered and undone."""
    who: dict[str, Any] = {"provider_id": slot.provider_id}
    if slot.provider_ids:
        mode = COLLECTIVE if asked.get("collective") else ROUND_ROBIN
        who = {"selection": ProviderSelection(mode=mode, provider_ids=list(slot.provider_ids))}
    kept = ("service_id", "duration_minutes", "location_id", "seats", "for_staff")
    given = {name: asked[name] for name in kept if name in asked}
    command = BookAppointment(client_id=town.client, starts_at=slot.starts_at, **who, **given)
    try:
        await book(dry(ctx), command)
    except _Undone:
        return None
    except (SlotTaken, OutsidePolicy, Invalid, NotFound) as refusal:
        return refusal
    raise AssertionError("the booking was kept")


async def test_no_offered_slot_of_a_whole_business_is_refused_when_booked_alone(studio: Studio) -> None:
    """Some of all that is listed over four days, as things are when the shorter holds have run out; each is
    explained as offered, too."""
    town = await built(studio)
    draw, listed = random.Random(5), 0
    async with studio.house.context(
        studio.ctx.actor, "later", FixedClock(NOW + timedelta(minutes=11))
    ) as ctx:
        before = await studio.state()
        for asked in askings(town):
            found = await find_openings(ctx, FindOpenings(first=FIRST, last=LAST, **asked))
            slots = [slot for day in found.days.values() for slot in day]
            listed += bool(slots)
            for slot in draw.sample(slots, min(TRIED, len(slots))):
                assert (asked, slot, await refusal_of(ctx, town, asked, slot)) == (asked, slot, None)
            if slots and not asked.get("tile"):
                slot = draw.choice(slots)
                named = {key: value for key, value in asked.items() if key not in ("collective", "together")}
                question = ExplainAvailability(
                    **{**named, "provider_ids": None},
                    provider_id=slot.provider_id,
                    starts_at=slot.starts_at,
                )
                assert (await explain_availability(ctx, question)).reasons == []
    assert await studio.state() == before
    assert listed >= 24
