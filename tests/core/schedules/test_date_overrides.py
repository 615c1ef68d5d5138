"""Date overrides: one per day and subject, set anew or cleared."""

from __future__ import annotations

import asyncio
from datetime import date
from typing import Any

import pytest

from core.kernel.errors import NotFound
from core.schedules.clear_date_override import ClearDateOverride, clear_date_override
from core.schedules.reads import DATE_OVERRIDE
from core.schedules.set_date_override import SetDateOverride, set_date_override
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision

DAY = date(2027, 3, 9)


async def put(studio: Studio, **more: Any) -> int:
    """The key of an override, open from 10 to 12 unless said otherwise."""
    command = SetDateOverride(**{"day": DAY, "shifts": [[600, 720]], **more})
    return (await set_date_override(studio.ctx, command)).date_override_id


async def test_an_override_is_kept_with_its_event(studio: Studio) -> None:
    """Shifts are sorted; the rules' revision is the event's number."""
    key = await put(studio, provider_id=studio.provider_id, shifts=[[1_200, 1_500], [600, 720]], note="Fair")
    assert await kept(studio, DATE_OVERRIDE, key) == {
        "id": key,
        "provider_id": studio.provider_id,
        "location_id": None,
        "day": DAY,
        "shifts": [[600, 720], [1_200, 1_500]],
        "note": "Fair",
        "created_at": NOW,
    }
    assert await last_event(studio) == (
        "date_override.set",
        {
            "date_override_id": key,
            "provider_id": studio.provider_id,
            "location_id": None,
            "day": "2027-03-09",
        },
    )
    assert await revision(studio) == len(await studio.table("events"))


async def test_a_day_has_one_override_per_subject(studio: Studio) -> None:
    """Setting it again replaces it, its note and where it is; another day or subject has its own."""
    (place,) = await studio.table("locations")
    whose: list[dict[str, Any]] = [
        {"provider_id": studio.provider_id},
        {"location_id": place["id"]},
        {},
    ]
    keys = [await put(studio, **one, note="First") for one in whose]
    assert len(set(keys)) == 3
    assert [await put(studio, **one, shifts=[]) for one in whose] == keys
    assert [await kept(studio, DATE_OVERRIDE, key) for key in keys] == [
        {
            "id": key,
            "provider_id": None,
            "location_id": None,
            **one,
            "day": DAY,
            "shifts": [],
            "note": None,
            "created_at": NOW,
        }
        for key, one in zip(keys, whose, strict=True)
    ]
    elsewhere = await put(studio, provider_id=studio.provider_id, location_id=place["id"])
    assert elsewhere == keys[0]
    assert await put(studio, day=date(2027, 3, 10)) not in keys
    assert len(await studio.table("date_overrides")) == 4


async def test_two_who_set_the_same_day_at_once_make_one(studio: Studio) -> None:
    """Both succeed, and there is one row."""
    keys = await asyncio.gather(*(put(studio, shifts=[[60 * hour, 1_200]]) for hour in range(6)))
    assert len(set(keys)) == 1
    assert len(await studio.table("date_overrides")) == 1


async def test_a_cleared_override_is_gone(studio: Studio) -> None:
    """With its event; a second time it is not found."""
    key = await put(studio)
    clear = ClearDateOverride(date_override_id=key)
    await clear_date_override(studio.ctx, clear)
    assert await studio.table("date_overrides") == []
    assert await last_event(studio) == (
        "date_override.cleared",
        {"date_override_id": key, "provider_id": None, "location_id": None, "day": "2027-03-09"},
    )
    await refused(studio, clear_date_override(studio.ctx, clear), NotFound)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"day": date.max}, [("day", "OUT_OF_RANGE")]),
        ({"day": date(1999, 12, 31)}, [("day", "OUT_OF_RANGE")]),
        ({"shifts": [[600, 600]]}, [("shifts", "BAD_SHIFT")]),
        ({"shifts": [[600, 700], [650, 800]]}, [("shifts", "OVERLAPPING_SHIFTS")]),
        ({"note": "a\x00b"}, [("note", "BAD_CHARACTER")]),
        ({"note": "n" * 501}, [("note", "TOO_LONG")]),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Every broken rule is an issue with its path and code."""
    await put(studio)
    assert await issues(studio, put(studio, **given)) == expected


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Nothing changes in either business."""
    (their_place,) = await other_studio.table("locations")
    theirs = await put(other_studio)
    before = await other_studio.state()
    for given in (
        {"provider_id": other_studio.provider_id},
        {"provider_id": FAR},
        {"location_id": their_place["id"]},
    ):
        await refused(studio, put(studio, **given), NotFound)
    clear = ClearDateOverride(date_override_id=theirs)
    await refused(studio, clear_date_override(studio.ctx, clear), NotFound)
    assert await other_studio.state() == before


async def test_setting_costs_few_statements(studio: Studio) -> None:
    """Who is there, the row, the number, the event and its audit; one less where nobody is named."""
    with counted(studio.house) as seen:
        await put(studio, provider_id=studio.provider_id)
    assert len(seen) == 5, seen
    with counted(studio.house) as seen:
        await put(studio)
    assert len(seen) == 4, seen
