"""Turns: counted from when all have been there, holds included; and by the staff door, those who work then."""

from __future__ import annotations

import json
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from core.appointments.appointment import SlotTaken
from core.appointments.book import BookAppointment, book
from core.appointments.choose_provider import LEAST_BUSY, ProviderSelection
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.release_hold import ReleaseHold, release_hold
from core.availability.hours import every_day
from core.catalog.describe import Performer
from core.catalog.update_service import UpdateService, update_service
from core.directory.create_provider import CreateProvider, create_provider
from core.directory.update_provider import UpdateProvider, update_provider
from core.holidays.create_holiday import CreateHoliday, create_holiday
from core.schedules.set_date_override import SetDateOverride, set_date_override
from tests.core.appointments.shop import TEN, at, held, offered, sold
from tests.kit.houses import NOW, Studio
from tests.kit.rules import refused

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ANY = ProviderSelection()


async def chosen(studio: Studio, starts: list[Any], client_id: int, now: Any = NOW, **more: Any) -> list[int]:
    """Who is chosen for a booking at each start, a minute after the other, by a clock."""
    for number, starts_at in enumerate(starts):
        command = BookAppointment(
            client_id=client_id, starts_at=starts_at, **{"selection": ANY, "duration_minutes": 60, **more}
        )
        await at(studio, now + timedelta(minutes=number), partial(book, command=command))
    return [row["provider_id"] for row in await studio.table("appointments")][-len(starts) :]


def hours(day: int, count: int) -> list[Any]:
    """So many starts on a day after the Monday."""
    return [TEN + day * DAY + number * HOUR for number in range(count)]


async def logged(studio: Studio) -> list[list[dict[str, Any]]]:
    """The candidates of every choice, as they were written down."""
    rows = [row["candidates"] for row in await studio.table("provider_choices")]
    return [json.loads(row) if isinstance(row, str) else row for row in rows]


async def test_whoever_joins_has_every_third_turn_and_does_not_catch_up(studio: Studio) -> None:
    """Six turns between two, then a third joins: two of the next six are hers, and the others keep theirs."""
    client_id, one = await studio.client(), studio.provider_id
    two = await studio.provider("Mara")
    assert await chosen(studio, hours(0, 6), client_id) == [one, two] * 3
    command = CreateProvider(display_name="Nils", location_id=(await studio.table("locations"))[0]["id"])
    three = (await at(studio, NOW + HOUR, partial(create_provider, command=command))).provider_id
    after = await chosen(studio, hours(1, 6), client_id, NOW + 2 * HOUR)
    assert after == [three, one, two] * 2
    among = ProviderSelection(provider_ids=[one, two])
    loads = await chosen(studio, hours(2, 1), client_id, NOW + 3 * HOUR, selection=among)
    assert loads == [one]
    assert (await logged(studio))[-1] == [
        {"provider_id": one, "weight": 1, "load": 6.0, "outcome": "CHOSEN"},
    ]


@pytest.mark.parametrize("given", ["named", "everybody"])
async def test_whoever_is_added_to_a_service_does_not_catch_up(studio: Studio, given: str) -> None:
    """Two gave it and took four turns; a third is added, or everybody may: a third of the turns each."""
    client_id, one = await studio.client(), studio.provider_id
    two, three = await studio.provider("Mara"), await studio.provider("Nils")
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    asked: dict[str, Any] = {"service_id": service_id, "duration_minutes": None}
    assert await chosen(studio, hours(0, 4), client_id, **asked) == [one, two] * 2
    everyone = [Performer(provider_id=key) for key in (one, two, three)]
    change = UpdateService(service_id=service_id, providers=everyone if given == "named" else None)
    await at(studio, NOW + HOUR, partial(update_service, command=change))
    after = await chosen(studio, hours(1, 6), client_id, NOW + 2 * HOUR, **asked)
    assert after == [three, one, two] * 2


async def test_another_weight_counts_from_then_on_and_the_same_changes_nothing(studio: Studio) -> None:
    """Four turns each way at 1 to 1; the same again goes on counting; 3 to 1 gives three of the next four."""
    client_id, one = await studio.client(), studio.provider_id
    two = await studio.provider("Mara")
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    asked: dict[str, Any] = {"service_id": service_id, "duration_minutes": None}
    assert await chosen(studio, hours(0, 3), client_id, **asked) == [one, two, one]
    same = [Performer(provider_id=two), Performer(provider_id=one)]
    change = UpdateService(service_id=service_id, providers=same)
    await at(studio, NOW + HOUR, partial(update_service, command=change))
    assert (await studio.table("services"))[0]["turns_since"] is None
    assert await chosen(studio, hours(0, 6)[3:4], client_id, NOW + HOUR, **asked) == [two]
    assert (await logged(studio))[-1][0]["load"] == 2.0
    change.providers = [Performer(provider_id=one), Performer(provider_id=two, weight=3)]
    await at(studio, NOW + 2 * HOUR, partial(update_service, command=change))
    after = await chosen(studio, hours(1, 4), client_id, NOW + 3 * HOUR, **asked)
    assert after == [two, two, one, two]


async def test_a_choice_that_was_held_is_a_turn_and_is_written_down_when_it_is_booked(studio: Studio) -> None:
    """Held for any, booked with whom was held, on four days: turn by turn, with mode and candidates."""
    client_id, one = await studio.client(), studio.provider_id
    two = await studio.provider("Mara")
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    for day in range(4):
        starts_at = TEN + day * DAY
        key = await held(studio, starts_at, provider_id=None, selection=ANY, service_id=service_id)
        (hold,) = [row for row in await studio.table("holds") if row["id"] == key]
        await sold(
            studio,
            client_id,
            starts_at,
            provider_id=hold["provider_id"],
            service_id=service_id,
            hold_id=key,
        )
    appointments = await studio.table("appointments")
    assert [row["provider_id"] for row in appointments] == [one, two, one, two]
    choices = await studio.table("provider_choices")
    assert [(row["appointment_id"], row["provider_id"], row["mode"]) for row in choices] == [
        (row["id"], row["provider_id"], "ROUND_ROBIN") for row in appointments
    ]
    assert [[(entry["provider_id"], entry["load"]) for entry in log] for log in await logged(studio)] == [
        [(one, 1.0)],
        [(two, 1.0)],
        [(one, 2.0)],
        [(two, 2.0)],
    ]


async def test_holds_count_as_turns_as_long_as_they_live(studio: Studio) -> None:
    """Three at once go round; one that is given back or has run out is had again; who was named had none."""
    one = studio.provider_id
    two = await studio.provider("Mara")
    service_id = await offered(studio, 60, weights={one: 1, two: 1})
    asked: dict[str, Any] = {"provider_id": None, "selection": ANY, "service_id": service_id}

    async def whose(key: int) -> int:
        (row,) = [row for row in await studio.table("holds") if row["id"] == key]
        found: int = row["provider_id"]
        return found

    await held(studio, TEN + 5 * HOUR, service_id=service_id)
    keys = [await held(studio, starts_at, **asked) for starts_at in hours(0, 3)]
    assert [await whose(key) for key in keys] == [one, two, one]
    await release_hold(studio.ctx, ReleaseHold(hold_id=keys[0]))
    await release_hold(studio.ctx, ReleaseHold(hold_id=keys[2]))
    assert await whose(await held(studio, TEN + 3 * HOUR, **asked)) == one
    command = HoldSlot(starts_at=TEN + 4 * HOUR, selection=ANY, service_id=service_id)
    later = await at(studio, NOW + timedelta(minutes=10), partial(hold_slot, command=command))
    assert await whose(later.hold_id) == one


async def test_a_hold_of_someone_named_is_booked_with_the_choice_of_the_booking(studio: Studio) -> None:
    """Nobody was chosen for the hold; booked for any it is a choice of one, booked by name it is none."""
    client_id, one = await studio.client(), studio.provider_id
    for starts_at, how in ((TEN, {"selection": ANY}), (TEN + HOUR, {})):
        key = await held(studio, starts_at, duration_minutes=60)
        await sold(studio, client_id, starts_at, duration_minutes=60, hold_id=key, **how)
    assert await logged(studio) == [[{"provider_id": one, "weight": 1, "load": 1.0, "outcome": "CHOSEN"}]]


@pytest.mark.parametrize("mode", ["ROUND_ROBIN", LEAST_BUSY])
@pytest.mark.parametrize("rule", ["HOURS", "OVERRIDE"])
async def test_by_the_staff_door_whoever_works_comes_first(studio: Studio, mode: str, rule: str) -> None:
    """It is the owner's turn, who is closed that day: the other gives it, within a notice that binds all."""
    client_id, one = await studio.client(), studio.provider_id
    two = await studio.provider("Mara")
    service_id = await offered(studio, 60, weights={one: 1, two: 1}, notice_minutes=10 * 1_440)
    if rule == "HOURS":
        await update_provider(
            studio.ctx, UpdateProvider(provider_id=one, weekly_hours=every_day(1_200, 1_300))
        )
    else:
        await set_date_override(studio.ctx, SetDateOverride(day=TEN.date(), provider_id=one, shifts=[]))
    asked: dict[str, Any] = {"service_id": service_id, "within_policies": False}
    await sold(studio, client_id, TEN, selection=ProviderSelection(mode=mode), **asked)
    load = 0.0 if mode == LEAST_BUSY else 1.0
    assert await logged(studio) == [
        [
            {"provider_id": one, "weight": 1, "load": load, "outcome": rule},
            {"provider_id": two, "weight": 1, "load": load, "outcome": "CHOSEN"},
        ]
    ]
    (row,) = await studio.table("appointments")
    assert row["provider_id"] == two


async def test_where_nobody_works_the_turn_decides_and_taken_time_still_refuses(studio: Studio) -> None:
    """A holiday: the owner is booked by name, so it is hers; when both are taken, SlotTaken."""
    client_id, one = await studio.client(), studio.provider_id
    two = await studio.provider("Mara")
    day = TEN.date()
    await create_holiday(studio.ctx, CreateHoliday(name="Fair", first_day=day, last_day=day))
    asked: dict[str, Any] = {"duration_minutes": 60, "selection": ANY, "within_policies": False}
    await sold(studio, client_id, TEN, duration_minutes=60, within_policies=False)
    await sold(studio, client_id, TEN, **asked)
    assert [row["provider_id"] for row in await studio.table("appointments")] == [one, two]
    assert [[entry["outcome"] for entry in log] for log in await logged(studio)] == [["TAKEN", "CHOSEN"]]
    error = await refused(studio, sold(studio, client_id, TEN, **asked), SlotTaken)
    assert error.provider_id == one


async def test_of_those_who_work_fewer_rules_speak_against_the_first(studio: Studio) -> None:
    """One is at the limit of the day, one is closed, one is free: the free one, then the one who works."""
    client_id, one = await studio.client(), studio.provider_id
    two, three = await studio.provider("Mara"), await studio.provider("Nils")
    service_id = await offered(studio, 60, weights={one: 1, two: 1, three: 1}, daily_limit=1)
    await sold(studio, client_id, TEN + 5 * HOUR, provider_id=two, service_id=service_id)
    await set_date_override(studio.ctx, SetDateOverride(day=TEN.date(), provider_id=one, shifts=[]))
    asked: dict[str, Any] = {"service_id": service_id, "selection": ANY, "within_policies": False}
    await sold(studio, client_id, TEN, **asked)
    await sold(studio, client_id, TEN, **asked)
    assert [row["provider_id"] for row in await studio.table("appointments")][1:] == [three, two]
    outcomes = [[(entry["provider_id"], entry["outcome"]) for entry in log] for log in await logged(studio)]
    assert outcomes == [
        [(one, "OVERRIDE"), (two, "DAILY_LIMIT"), (three, "CHOSEN")],
        [(one, "OVERRIDE"), (two, "CHOSEN")],
    ]
