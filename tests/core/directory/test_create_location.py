"""Adding a place: what it keeps, what it refuses."""

from __future__ import annotations

from typing import Any

import pytest

from core.directory.create_location import CreatedLocation, CreateLocation, create_location
from core.kernel.errors import IdempotencyMismatch, Invalid
from tests.kit.houses import NOW, Studio, new_studio


async def test_a_place_is_kept_with_its_event_and_audit(studio: Studio) -> None:
    """One row, cleaned, and what reports it."""
    made = await create_location(
        studio.ctx,
        CreateLocation(name="  Second Street ", time_zone="America/New_York", address="2nd St\nBrooklyn"),
    )
    rows = [row for row in await studio.table("locations") if row["id"] == made.location_id]
    assert [(row["name"], row["time_zone"], row["address"]) for row in rows] == [
        ("Second Street", "America/New_York", "2nd St\nBrooklyn")
    ]
    assert rows[0]["archived_at"] is None
    event = (await studio.table("events"))[-1]
    assert (event["type"], event["noun"], event["key"]) == ("location.created", "location", made.location_id)
    audit = (await studio.table("audit"))[-1]
    assert (audit["action"], audit["key"], audit["actor"]) == (
        "location.created",
        made.location_id,
        f"user:{studio.identity_id}",
    )


async def test_a_place_without_a_zone_is_in_the_businesss(studio: Studio, fresh_number: int) -> None:
    """The zone of the business holds where none is given."""
    made, block = await new_studio(studio.house, fresh_number + 4_000_000, time_zone="Asia/Kolkata")
    location = await create_location(made.ctx, CreateLocation(name="Annexe"))
    assert [row["time_zone"] for row in await made.table("locations")] == ["Asia/Kolkata"] * 2
    assert location.location_id > 0
    await block.__aexit__(None, None, None)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"name": " "}, [("name", "REQUIRED")]),
        ({"name": "n" * 201}, [("name", "TOO_LONG")]),
        ({"name": "a\x00b"}, [("name", "BAD_CHARACTER")]),
        ({"time_zone": "Mars/Olympus"}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"time_zone": ""}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"time_zone": "localtime"}, [("time_zone", "UNKNOWN_TIME_ZONE")]),
        ({"address": "a\x00b"}, [("address", "BAD_CHARACTER")]),
        ({"address": "a" * 501}, [("address", "TOO_LONG")]),
        (
            {"name": "", "time_zone": "x", "address": "\ud800"},
            [("name", "REQUIRED"), ("time_zone", "UNKNOWN_TIME_ZONE"), ("address", "BAD_CHARACTER")],
        ),
    ],
)
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Every broken rule is an issue, and the business is as before."""
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await create_location(studio.ctx, CreateLocation(**{"name": "Annexe", **given}))
    assert [(issue.path, issue.code) for issue in refused.value.issues] == expected
    assert await studio.state() == before


async def test_a_repeated_key_answers_as_before(studio: Studio) -> None:
    """One place per key; other input under the key is refused and changes nothing."""
    command = CreateLocation(name="Annexe", idempotency_key="k")
    first = await create_location(studio.ctx, command)
    before = await studio.state()
    assert (
        await create_location(studio.ctx, command) == first == CreatedLocation(location_id=first.location_id)
    )
    with pytest.raises(IdempotencyMismatch):
        await create_location(studio.ctx, CreateLocation(name="Other", idempotency_key="k"))
    assert await studio.state() == before
    assert studio.house.clock.now() == NOW
