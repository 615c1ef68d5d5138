"""Rooms and kit: kept, changed within what is taken and needed, archived, and read as a peak."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from adapters.sql.tables import allocations
from core.availability.kept import kept_needs, kept_segments
from core.availability.rulebook import ResourceNeed, Segment
from core.catalog.service import Service
from core.kernel.clock import minute_of
from core.kernel.errors import Invalid, NotFound
from core.resources.archive_resource import ArchiveResource, archive_resource
from core.resources.create_resource import CreateResource, create_resource
from core.resources.reads import RESOURCE
from core.resources.resource import ResourceNeeded, ResourceTaken
from core.resources.update_resource import UpdateResource, update_resource
from core.resources.use import FindResourceUse, ResourceUse, find_resource_use
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision

NOON = datetime(2027, 3, 10, 12, tzinfo=UTC)


async def made(studio: Studio, **more: Any) -> int:
    """The key of a new resource: a room of three chairs unless said otherwise."""
    command = CreateResource(**{"name": "Room 1", "capacity": 3, **more})
    return (await create_resource(studio.ctx, command)).resource_id


async def take(
    studio: Studio, resource_id: int, starts: datetime, minutes: int, quantity: int = 1, **more: Any
) -> None:
    """Take some of a resource, past the core."""
    row = {
        "business_id": studio.business_id,
        "resource_id": resource_id,
        "quantity": quantity,
        "starts_minute": minute_of(starts),
        "ends_minute": minute_of(starts) + minutes,
        "kind": "appointment",
        "is_active": True,
        "is_exclusive": False,
        **more,
    }
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(insert(allocations).values(**row))
        await connection.commit()


async def need(studio: Studio, *needs: ResourceNeed, in_a_segment: bool = False) -> int:
    """The key of a service with these needs."""
    key = await studio.service()
    async with studio.ctx.unit_of_work() as uow:
        service = await uow.get(Service, key)
        assert service is not None
        segments = kept_segments([Segment(minutes=60, needs=needs)])
        service.policies = {"segments": segments} if in_a_segment else {"needs": kept_needs(needs)}
    return key


async def test_a_resource_is_kept_with_its_event(studio: Studio) -> None:
    """A room of one at every location unless said otherwise; its revision is not touched."""
    (place,) = await studio.table("locations")
    room = await made(studio, name=" Room 1 ", description="North light", location_id=place["id"])
    kit = (await create_resource(studio.ctx, CreateResource(name="Laser", kind="kit"))).resource_id
    assert [await kept(studio, RESOURCE, key) for key in (room, kit)] == [
        {
            "id": room,
            "kind": "room",
            "name": "Room 1",
            "capacity": 3,
            "description": "North light",
            "location_id": place["id"],
            "archived_at": None,
        },
        {
            "id": kit,
            "kind": "kit",
            "name": "Laser",
            "capacity": 1,
            "description": None,
            "location_id": None,
            "archived_at": None,
        },
    ]
    assert await studio.payloads("resource.created") == [
        {"resource_id": room, "capacity": 3},
        {"resource_id": kit, "capacity": 1},
    ]
    assert await revision(studio) == len(await studio.table("events"))


async def test_what_belongs_to_a_provider_is_no_resource_here(studio: Studio) -> None:
    """Their time is taken through them: it can be neither seen, changed, archived nor read."""
    (theirs,) = await studio.table("resources")
    key = theirs["id"]
    assert await kept(studio, RESOURCE, key) is None
    for act in (
        update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=2)),
        archive_resource(studio.ctx, ArchiveResource(resource_id=key)),
        find_resource_use(
            studio.ctx,
            FindResourceUse(resource_id=key, starts_at=NOON, ends_at=NOON + timedelta(hours=1)),
        ),
    ):
        await refused(studio, act, NotFound)


async def test_only_what_is_given_changes(studio: Studio) -> None:
    """Each by itself."""
    (place,) = await studio.table("locations")
    key = await made(studio, location_id=place["id"], description="North light")
    await update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=5))
    await update_resource(studio.ctx, UpdateResource(resource_id=key, name="Room 2", location_id=None))
    row = await kept(studio, RESOURCE, key)
    assert row is not None
    assert (row["name"], row["capacity"], row["description"], row["location_id"]) == (
        "Room 2",
        5,
        "North light",
        None,
    )
    assert await last_event(studio) == ("resource.updated", {"resource_id": key, "capacity": 5})


async def test_no_fewer_units_than_are_taken_ahead(studio: Studio) -> None:
    """The first moment at which too many are taken is named; the peak itself is enough."""
    key = await made(studio, capacity=5)
    await take(studio, key, NOON, 60, quantity=2)
    await take(studio, key, NOON + timedelta(minutes=30), 60, quantity=2)
    await take(studio, key, NOON + timedelta(minutes=90), 60, quantity=3)
    for capacity, at, taken in ((3, NOON + timedelta(minutes=30), 4), (1, NOON, 2)):
        change = update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=capacity))
        error = await refused(studio, change, ResourceTaken)
        assert (error.resource_id, error.starts_at, error.taken) == (key, at, taken)
    await update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=4))
    archive = archive_resource(studio.ctx, ArchiveResource(resource_id=key))
    assert (await refused(studio, archive, ResourceTaken)).starts_at == NOON


async def test_what_is_past_released_run_out_or_taken_elsewhere_does_not_count(studio: Studio) -> None:
    """None of it keeps a resource from being made smaller, or archived."""
    key = await made(studio)
    await take(studio, key, NOW - timedelta(hours=2), 120, quantity=3)
    await take(studio, key, NOON, 60, quantity=3, is_active=False)
    await take(studio, key, NOON, 60, quantity=3, kind="hold", expires_at=NOW)
    await take(studio, key, NOON, 60, quantity=9, kind="external")
    await update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=1))
    await archive_resource(studio.ctx, ArchiveResource(resource_id=key))
    row = await kept(studio, RESOURCE, key)
    assert row is not None
    assert row["archived_at"] == NOW
    assert await last_event(studio) == ("resource.archived", {"resource_id": key})
    again = archive_resource(studio.ctx, ArchiveResource(resource_id=key))
    await refused(studio, again, NotFound)


@pytest.mark.parametrize("in_a_segment", [False, True])
async def test_no_fewer_units_than_a_service_needs_at_once(studio: Studio, in_a_segment: bool) -> None:
    """Nor archived while a service names it, as one of several, too; an archived service needs nothing."""
    key, other = await made(studio), await made(studio, name="Room 2")
    service = await need(
        studio, ResourceNeed(resource_ids=(other, key), quantity=2), in_a_segment=in_a_segment
    )
    error = await refused(
        studio, update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=1)), ResourceNeeded
    )
    assert (error.resource_id, error.service_id) == (key, service)
    await update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=2))
    archive = ArchiveResource(resource_id=key)
    await refused(studio, archive_resource(studio.ctx, archive), ResourceNeeded)
    async with studio.ctx.unit_of_work() as uow:
        found = await uow.get(Service, service)
        assert found is not None
        found.archived_at = NOW
    await archive_resource(studio.ctx, archive)


async def test_the_database_keeps_units_of_one_apart(studio: Studio) -> None:
    """What is taken of a resource becomes exclusive with a capacity of one, and is no longer with more."""
    key = await made(studio)
    await take(studio, key, NOON, 60)
    await take(studio, key, NOON, 60, kind="external")
    for capacity, exclusive in ((1, {True, False}), (2, {False})):
        await update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=capacity))
        rows = await studio.table("allocations")
        assert {bool(row["is_exclusive"]) for row in rows} == exclusive
        assert not any(row["is_exclusive"] for row in rows if row["kind"] == "external")


async def test_use_is_the_peak_of_a_period(studio: Studio) -> None:
    """Half-open; what is left throughout; time taken elsewhere counts and may leave nothing."""
    key = await made(studio)
    await take(studio, key, NOON, 60)
    await take(studio, key, NOON + timedelta(minutes=60), 60, quantity=2)
    await take(studio, key, NOON, 60, quantity=2, kind="hold", expires_at=NOW)

    async def use(start: int, end: int) -> tuple[int, int, int]:
        found = await find_resource_use(
            studio.ctx,
            FindResourceUse(
                resource_id=key,
                starts_at=NOON + timedelta(minutes=start),
                ends_at=NOON + timedelta(minutes=end),
            ),
        )
        assert isinstance(found, ResourceUse)
        return found.capacity, found.peak, found.free

    assert await use(-60, 0) == (3, 0, 3)
    assert await use(-60, 60) == (3, 1, 2)
    assert await use(0, 120) == (3, 2, 1)
    assert await use(120, 180) == (3, 0, 3)
    await take(studio, key, NOON, 60, quantity=4, kind="external")
    assert await use(0, 60) == (3, 5, 0)
    with counted(studio.house) as seen:
        await use(0, 60)
    assert len(seen) == 1, seen


@pytest.mark.parametrize("length", [timedelta(0), -timedelta(hours=1), timedelta(days=366, seconds=1)])
async def test_periods_that_are_none_are_refused(studio: Studio, length: timedelta) -> None:
    """Empty, backwards or longer than a leap year."""
    command = FindResourceUse(resource_id=await made(studio), starts_at=NOON, ends_at=NOON + length)
    error = await refused(studio, find_resource_use(studio.ctx, command), Invalid)
    assert [(issue.path, issue.code) for issue in error.issues] == [("ends_at", "OUT_OF_RANGE")]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": ""}, [("name", "REQUIRED")]),
        ({"name": "a\x00b"}, [("name", "BAD_CHARACTER")]),
        ({"description": "\x00"}, [("description", "BAD_CHARACTER")]),
        ({"capacity": 0}, [("capacity", "OUT_OF_RANGE")]),
        ({"capacity": 10_001}, [("capacity", "OUT_OF_RANGE")]),
        ({"kind": "provider"}, [("kind", "UNKNOWN_KIND")]),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """A new one and a change are judged alike."""
    assert await issues(studio, made(studio, **given)) == expected
    key = await made(studio)
    if "kind" not in given:
        change = UpdateResource(resource_id=key, **given)
        assert await issues(studio, update_resource(studio.ctx, change)) == expected


async def test_keys_of_nobody_and_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Nothing changes in either business."""
    (their_place,) = await other_studio.table("locations")
    theirs, mine = await made(other_studio), await made(studio)
    before = await other_studio.state()
    for act in (
        made(studio, location_id=their_place["id"]),
        update_resource(studio.ctx, UpdateResource(resource_id=mine, location_id=their_place["id"])),
        update_resource(studio.ctx, UpdateResource(resource_id=theirs, capacity=9)),
        archive_resource(studio.ctx, ArchiveResource(resource_id=theirs)),
        archive_resource(studio.ctx, ArchiveResource(resource_id=FAR)),
        find_resource_use(
            studio.ctx,
            FindResourceUse(resource_id=theirs, starts_at=NOON, ends_at=NOON + timedelta(hours=1)),
        ),
    ):
        await refused(studio, act, NotFound)
    assert await other_studio.state() == before


async def test_writing_costs_few_statements(studio: Studio) -> None:
    """Making it smaller asks twice more: what services need, and what is taken."""
    with counted(studio.house) as seen:
        key = await made(studio)
    assert len(seen) == 4, seen
    for capacity, statements in ((4, 5), (2, 7), (1, 8)):
        with counted(studio.house) as seen:
            await update_resource(studio.ctx, UpdateResource(resource_id=key, capacity=capacity))
        assert len(seen) == statements, seen
    with counted(studio.house) as seen:
        await archive_resource(studio.ctx, ArchiveResource(resource_id=key))
    assert len(seen) == 7, seen
