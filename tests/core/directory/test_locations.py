"""Changing and giving up places; the business's own hours, deposit and waitlist."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.appointments.cancel import CancelAppointment, cancel
from core.directory.archive_location import ArchiveLocation, archive_location
from core.directory.business import LocationStillNeeded
from core.directory.create_location import CreateLocation, create_location
from core.directory.create_provider import CreateProvider, create_provider
from core.directory.reads import BUSINESS, LOCATION
from core.directory.update_business import UpdateBusiness, update_business
from core.directory.update_location import UpdateLocation, update_location
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.errors import NotFound
from core.resources.archive_resource import ArchiveResource, archive_resource
from core.resources.create_resource import CreateResource, create_resource
from tests.kit.houses import NOW, Studio
from tests.kit.rules import FAR, issues, kept, last_event, refused, revision


async def made(studio: Studio, name: str = "Uptown") -> int:
    """The key of a new place."""
    return (await create_location(studio.ctx, CreateLocation(name=name))).location_id


async def test_a_place_is_changed_field_by_field(studio: Studio) -> None:
    """A new zone changes the rules; what is left out stays."""
    key = await made(studio)
    await update_location(studio.ctx, UpdateLocation(location_id=key, address="1 Main St"))
    await update_location(studio.ctx, UpdateLocation(location_id=key, time_zone="America/New_York"))
    assert await kept(studio, LOCATION, key) == {
        "id": key,
        "name": "Uptown",
        "time_zone": "America/New_York",
        "address": "1 Main St",
        "created_at": NOW,
        "archived_at": None,
    }
    assert await last_event(studio) == ("location.updated", {"location_id": key})
    assert await revision(studio) == len(await studio.table("events"))
    bad = update_location(
        studio.ctx, UpdateLocation(location_id=key, name=" ", time_zone="X", address="\x00")
    )
    assert await issues(studio, bad) == [
        ("name", "REQUIRED"),
        ("time_zone", "UNKNOWN_TIME_ZONE"),
        ("address", "BAD_CHARACTER"),
    ]


async def test_a_place_is_given_up_once_nothing_is_there(studio: Studio) -> None:
    """Providers, rooms and appointments ahead keep it, in that order; then nobody can be put there."""
    key = await made(studio)
    provider = (
        await create_provider(studio.ctx, CreateProvider(display_name="Mara", location_id=key))
    ).provider_id
    room = (await create_resource(studio.ctx, CreateResource(name="Room", location_id=key))).resource_id
    appointment = await studio.appointment(
        await studio.client(), provider_id=provider, starts_at=NOW + timedelta(days=3)
    )
    (home, _) = await studio.table("locations")

    async def reason() -> str:
        act = archive_location(studio.ctx, ArchiveLocation(location_id=key))
        return (await refused(studio, act, LocationStillNeeded)).reason

    assert await reason() == "PROVIDERS"
    await update_provider(studio.ctx, UpdateProvider(provider_id=provider, location_id=home["id"]))
    assert await reason() == "RESOURCES"
    await archive_resource(studio.ctx, ArchiveResource(resource_id=room))
    assert await reason() == "APPOINTMENTS_AHEAD"
    await cancel(studio.ctx, CancelAppointment(appointment_id=appointment))
    await archive_location(studio.ctx, ArchiveLocation(location_id=key))
    assert await last_event(studio) == ("location.archived", {"location_id": key})
    for act in (
        archive_location(studio.ctx, ArchiveLocation(location_id=key)),
        update_location(studio.ctx, UpdateLocation(location_id=key, name="X")),
        create_provider(studio.ctx, CreateProvider(display_name="Jun", location_id=key)),
        update_provider(studio.ctx, UpdateProvider(provider_id=provider, location_id=key)),
    ):
        await refused(studio, act, NotFound)
    last = archive_location(studio.ctx, ArchiveLocation(location_id=home["id"]))
    assert (await refused(studio, last, LocationStillNeeded)).reason == "LAST_LOCATION"


async def test_places_of_others_are_not_found(studio: Studio, other_studio: Studio) -> None:
    """Nothing changes in either business."""
    theirs = await made(other_studio)
    before = await other_studio.state()
    for key in (theirs, FAR):
        await refused(studio, update_location(studio.ctx, UpdateLocation(location_id=key)), NotFound)
        await refused(studio, archive_location(studio.ctx, ArchiveLocation(location_id=key)), NotFound)
    assert await other_studio.state() == before


async def test_the_business_changes_its_hours_deposit_and_waitlist(studio: Studio) -> None:
    """Each by itself; shifts are sorted."""
    await update_business(studio.ctx, UpdateBusiness(weekly_hours={"monday": [[840, 900], [600, 720]]}))
    await update_business(studio.ctx, UpdateBusiness(deposit_percent=Decimal("12.50")))
    await update_business(studio.ctx, UpdateBusiness(waitlist_mode="NOTIFY_FIRST"))
    row = await kept(studio, BUSINESS, studio.business_id)
    assert row is not None
    assert (row["weekly_hours"], row["deposit_percent"], row["waitlist_mode"]) == (
        {"monday": [[600, 720], [840, 900]]},
        Decimal("12.50"),
        "NOTIFY_FIRST",
    )
    assert await revision(studio) == len(await studio.table("events"))


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"weekly_hours": {"monday": [[600, 600]]}}, [("weekly_hours.monday", "BAD_SHIFT")]),
        ({"deposit_percent": Decimal("100.01")}, [("deposit_percent", "OUT_OF_RANGE")]),
        ({"waitlist_mode": "LOTTERY"}, [("waitlist_mode", "UNKNOWN_MODE")]),
    ],
)
async def test_bad_values_of_the_business_are_named(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """And nothing is kept."""
    assert await issues(studio, update_business(studio.ctx, UpdateBusiness(**given))) == expected
