"""Holidays of the business's own."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.holidays.create_holiday import CreateHoliday, create_holiday
from core.holidays.delete_holiday import DeleteHoliday, delete_holiday
from core.holidays.reads import HOLIDAY
from core.holidays.update_holiday import UpdateHoliday, update_holiday
from core.kernel.errors import NotFound
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision

DAY = date(2027, 12, 24)


async def made(studio: Studio, **more: Any) -> int:
    """The key of a new holiday: one day at all locations unless said otherwise."""
    command = CreateHoliday(**{"name": "Retreat", "first_day": DAY, **more})
    return (await create_holiday(studio.ctx, command)).holiday_id


async def test_a_holiday_is_kept_with_its_event(studio: Studio) -> None:
    """One day where no last one is given; the rules' revision is the event's number."""
    key = await made(studio, name=" Retreat ")
    assert await kept(studio, HOLIDAY, key) == {
        "id": key,
        "name": "Retreat",
        "first_day": DAY,
        "last_day": DAY,
        "location_id": None,
        "calendar_id": None,
        "created_at": NOW,
    }
    assert await last_event(studio) == ("holiday.created", {"holiday_id": key, "location_id": None})
    assert await revision(studio) == len(await studio.table("events"))


async def test_only_what_is_given_changes(studio: Studio) -> None:
    """Name, days and location, each by itself; None is every location."""
    (place,) = await studio.table("locations")
    key = await made(studio, location_id=place["id"])
    for change, expected in (
        ({"name": "Closed"}, ("Closed", DAY, DAY, place["id"])),
        ({"last_day": date(2027, 12, 31)}, ("Closed", DAY, date(2027, 12, 31), place["id"])),
        ({"location_id": None}, ("Closed", DAY, date(2027, 12, 31), None)),
        ({}, ("Closed", DAY, date(2027, 12, 31), None)),
    ):
        await update_holiday(studio.ctx, UpdateHoliday(holiday_id=key, **change))
        row = await kept(studio, HOLIDAY, key)
        assert row is not None
        assert (row["name"], row["first_day"], row["last_day"], row["location_id"]) == expected
    assert await last_event(studio) == ("holiday.updated", {"holiday_id": key, "location_id": None})


async def test_a_deleted_holiday_is_gone(studio: Studio) -> None:
    """With its event; a second time it is not found."""
    key = await made(studio)
    await delete_holiday(studio.ctx, DeleteHoliday(holiday_id=key))
    assert await studio.table("holidays") == []
    assert await last_event(studio) == ("holiday.deleted", {"holiday_id": key, "location_id": None})
    await refused(studio, delete_holiday(studio.ctx, DeleteHoliday(holiday_id=key)), NotFound)
    await refused(studio, update_holiday(studio.ctx, UpdateHoliday(holiday_id=key)), NotFound)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": " "}, [("name", "REQUIRED")]),
        ({"name": "a\x00b"}, [("name", "BAD_CHARACTER")]),
        ({"last_day": date(2027, 12, 23)}, [("last_day", "BEFORE_FIRST")]),
        ({"last_day": date(2028, 12, 24)}, [("last_day", "TOO_LONG")]),
        ({"first_day": date.max}, [("first_day", "OUT_OF_RANGE"), ("last_day", "OUT_OF_RANGE")]),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """A new one and a change are judged alike."""
    assert await issues(studio, made(studio, **given)) == expected
    key = await made(studio)
    if "first_day" not in given:
        assert (
            await issues(studio, update_holiday(studio.ctx, UpdateHoliday(holiday_id=key, **given)))
            == expected
        )


async def test_a_holiday_may_last_a_leap_year(studio: Studio) -> None:
    """366 days, and no more."""
    key = await made(studio, first_day=date(2028, 1, 1), last_day=date(2028, 12, 31))
    change = UpdateHoliday(holiday_id=key, last_day=date(2029, 1, 1))
    assert await issues(studio, update_holiday(studio.ctx, change)) == [("last_day", "TOO_LONG")]


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Nothing changes in either business."""
    (their_place,) = await other_studio.table("locations")
    theirs, mine = await made(other_studio), await made(studio)
    before = await other_studio.state()
    for act in (
        made(studio, location_id=their_place["id"]),
        made(studio, location_id=FAR),
        update_holiday(studio.ctx, UpdateHoliday(holiday_id=mine, location_id=their_place["id"])),
        update_holiday(studio.ctx, UpdateHoliday(holiday_id=theirs, name="X")),
        delete_holiday(studio.ctx, DeleteHoliday(holiday_id=theirs)),
    ):
        await refused(studio, act, NotFound)
    assert await other_studio.state() == before


async def test_writing_costs_few_statements(studio: Studio) -> None:
    """The row (read first, where it is there), the number, the event and its audit."""
    with counted(studio.house) as seen:
        key = await made(studio)
    assert len(seen) == 4, seen
    with counted(studio.house) as seen:
        await update_holiday(studio.ctx, UpdateHoliday(holiday_id=key, name="Closed"))
    assert len(seen) == 5, seen
    with counted(studio.house) as seen:
        await delete_holiday(studio.ctx, DeleteHoliday(holiday_id=key))
    assert len(seen) == 5, seen
