"""Schedules: what is kept, replaced and deleted, and what is refused."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.create_client import CreateClient, create_client
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.schedules.delete_schedule import DeleteSchedule, delete_schedule
from core.schedules.reads import SCHEDULE
from core.schedules.set_schedule import SetSchedule, set_schedule
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision

NIGHTS = {"friday": [[1_200, 1_560], [540, 720]], "sunday": [[600, 900]]}
SORTED = {"friday": [[540, 720], [1_200, 1_560]], "sunday": [[600, 900]]}


async def test_a_schedule_is_kept_with_its_event(studio: Studio) -> None:
    """Split and overnight shifts sorted, services without repeats; the rules' revision is the event's number."""
    mara = await studio.provider()
    service = await studio.service()
    (place,) = await studio.table("locations")
    made = await set_schedule(
        studio.ctx,
        SetSchedule(
            weekly_hours=NIGHTS,
            provider_id=mara,
            location_id=place["id"],
            time_zone="America/New_York",
            first_day=date(2027, 3, 8),
            last_day=date(2027, 3, 8),
            service_ids=[service, service],
            is_public=False,
        ),
    )
    assert await kept(studio, SCHEDULE, made.schedule_id) == {
        "id": made.schedule_id,
        "provider_id": mara,
        "location_id": place["id"],
        "time_zone": "America/New_York",
        "weekly_hours": SORTED,
        "first_day": date(2027, 3, 8),
        "last_day": date(2027, 3, 8),
        "service_ids": [service],
        "is_public": False,
        "created_at": NOW,
    }
    assert await last_event(studio) == (
        "schedule.set",
        {"schedule_id": made.schedule_id, "provider_id": mara},
    )
    assert await revision(studio) == len(await studio.table("events"))


async def test_naming_a_schedule_replaces_the_whole_of_it(studio: Studio) -> None:
    """What is left out is as in a new one; the key stays, and so does when it was added."""
    first = await set_schedule(
        studio.ctx,
        SetSchedule(weekly_hours=NIGHTS, provider_id=studio.provider_id, first_day=date(2027, 4, 1)),
    )
    again = await set_schedule(
        studio.ctx, SetSchedule(schedule_id=first.schedule_id, weekly_hours={"monday": [[0, 1_440]]})
    )
    assert again == first
    assert await kept(studio, SCHEDULE, first.schedule_id) == {
        "id": first.schedule_id,
        "provider_id": None,
        "location_id": None,
        "time_zone": None,
        "weekly_hours": {"monday": [[0, 1_440]]},
        "first_day": None,
        "last_day": None,
        "service_ids": None,
        "is_public": True,
        "created_at": NOW,
    }
    assert await studio.payloads("schedule.set") == [
        {"schedule_id": first.schedule_id, "provider_id": studio.provider_id},
        {"schedule_id": first.schedule_id, "provider_id": None},
    ]


async def test_a_deleted_schedule_is_gone(studio: Studio) -> None:
    """With its event; a second time it is not found."""
    made = await set_schedule(studio.ctx, SetSchedule(weekly_hours={}, provider_id=studio.provider_id))
    delete = DeleteSchedule(schedule_id=made.schedule_id)
    await delete_schedule(studio.ctx, delete)
    assert await studio.table("schedules") == []
    assert await last_event(studio) == (
        "schedule.deleted",
        {"schedule_id": made.schedule_id, "provider_id": studio.provider_id},
    )
    await refused(studio, delete_schedule(studio.ctx, delete), NotFound)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"weekly_hours": {"someday": []}}, [("weekly_hours.someday", "UNKNOWN_WEEKDAY")]),
        ({"weekly_hours": {"monday": [[600, 600]]}}, [("weekly_hours.monday", "BAD_SHIFT")]),
        ({"weekly_hours": {"monday": [[1_439, 2_881]]}}, [("weekly_hours.monday", "BAD_SHIFT")]),
        (
            {"weekly_hours": {"monday": [[600, 720], [700, 800]]}},
            [("weekly_hours.monday", "OVERLAPPING_SHIFTS")],
        ),
        ({"time_zone": "Mars/Phobos"}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"time_zone": "Europe/Berlin\x00"}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"first_day": date(2027, 3, 2), "last_day": date(2027, 3, 1)}, [("last_day", "BEFORE_FIRST")]),
        ({"first_day": date.min}, [("first_day", "OUT_OF_RANGE")]),
        ({"last_day": date.max}, [("last_day", "OUT_OF_RANGE")]),
        ({"service_ids": []}, [("service_ids", "OUT_OF_RANGE")]),
        ({"service_ids": list(range(1, 252))}, [("service_ids", "OUT_OF_RANGE")]),
        (
            {"weekly_hours": {"monday": [[-1, 5]]}, "time_zone": "", "last_day": date.max},
            [
                ("weekly_hours.monday", "BAD_SHIFT"),
                ("time_zone", "UNKNOWN_TIME_ZONE"),
                ("last_day", "OUT_OF_RANGE"),
            ],
        ),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Every broken rule is an issue with its path and code."""
    command = SetSchedule(**{"weekly_hours": {}, **given})
    assert await issues(studio, set_schedule(studio.ctx, command)) == expected


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """An unknown key, another business's, and somebody who left; in both businesses nothing changes."""
    gone = await studio.provider()
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=gone))
    theirs = await set_schedule(other_studio.ctx, SetSchedule(weekly_hours={}))
    (their_place,) = await other_studio.table("locations")
    before = await other_studio.state()
    for noun, given in (
        ("provider", {"provider_id": other_studio.provider_id}),
        ("provider", {"provider_id": FAR}),
        ("provider", {"provider_id": gone}),
        ("location", {"location_id": their_place["id"]}),
        ("service", {"service_ids": [await studio.service(), await other_studio.service()]}),
        ("schedule", {"schedule_id": theirs.schedule_id}),
    ):
        command = SetSchedule(**{"weekly_hours": {}, **given})
        error = await refused(studio, set_schedule(studio.ctx, command), NotFound)
        assert error.noun == noun
    delete = DeleteSchedule(schedule_id=theirs.schedule_id)
    await refused(studio, delete_schedule(studio.ctx, delete), NotFound)
    after = await other_studio.state()
    assert after["schedules"] == before["schedules"]


async def test_a_repeated_key_answers_as_before(studio: Studio) -> None:
    """One schedule per key; other input under the key is refused."""
    command = SetSchedule(weekly_hours=NIGHTS, first_day=date(2027, 3, 8), idempotency_key="k")
    first = await set_schedule(studio.ctx, command)
    assert await set_schedule(studio.ctx, command) == first
    other = SetSchedule(weekly_hours=NIGHTS, first_day=date(2027, 3, 9), idempotency_key="k")
    await refused(studio, set_schedule(studio.ctx, other), IdempotencyMismatch)
    assert len(await studio.table("schedules")) == 1


async def test_only_what_changes_rules_raises_their_revision(studio: Studio) -> None:
    """A schedule does; a client is an event as well and does not."""
    await set_schedule(studio.ctx, SetSchedule(weekly_hours={}))
    before = await revision(studio)
    await create_client(studio.ctx, CreateClient(display_name="Ada"))
    assert await revision(studio) == before
    await set_schedule(studio.ctx, SetSchedule(weekly_hours={}))
    assert await revision(studio) == before + 2


async def test_setting_costs_few_statements(studio: Studio) -> None:
    """Who is there, the row, the number, the event and its audit; nothing more, however much is named."""
    services = [await studio.service(f"Service {number}") for number in range(3)]
    command = SetSchedule(weekly_hours=NIGHTS, provider_id=studio.provider_id, service_ids=services)
    with counted(studio.house) as seen:
        made = await set_schedule(studio.ctx, command)
    assert len(seen) == 5, seen
    with counted(studio.house) as seen:
        await set_schedule(studio.ctx, SetSchedule(schedule_id=made.schedule_id, weekly_hours={}))
    assert len(seen) == 5, seen
    with counted(studio.house) as seen:
        await delete_schedule(studio.ctx, DeleteSchedule(schedule_id=made.schedule_id))
    assert len(seen) == 5, seen
