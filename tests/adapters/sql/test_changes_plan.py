"""What changed is found by an index, however many group sessions have ended: as each database plans it."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import insert

from adapters.sql.questions.rulebook import _CHANGES
from adapters.sql.tables import group_sessions, resources
from core.appointments.ledger import SEATS
from tests.adapters.sql.plans import analyse, plan_of
from tests.kit.houses import NOW, Studio

ENDED = 3_000


async def test_ended_sessions_are_not_read_to_tell_what_changed(own_studio: Studio) -> None:
    """Resources are searched by revision, their sessions by seats; rooms and kit have an index without
    seats. SQLite plans so without statistics too, PostgreSQL once there is something to save."""
    if not own_studio.house.database.is_postgresql:
        assert_searched(await plan(own_studio))
    await ended_sessions(own_studio, await own_studio.service())
    assert_searched(await plan(own_studio))


def assert_searched(told: str) -> None:
    """Each by its index, resources twice by revision, and no sessions from first to last."""
    assert told.count("ix_resources_revision") == 2
    assert told.count("ix_group_sessions_seats_id") == 1
    assert told.count("ix_resources_rooms_and_kit") == 1
    assert "Seq Scan on group_sessions" not in told
    assert "SCAN group_sessions" not in told


async def ended_sessions(studio: Studio, service_id: int) -> None:
    """Sessions of a month ago with their seats, and the databases' statistics."""
    (own,) = await studio.table("resources")
    (place,) = await studio.table("locations")
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        first, mine = own["id"] + 1_000, {"business_id": studio.business_id}
        keys = range(first, first + ENDED)
        seats = {"kind": SEATS, "name": "", "capacity": 5, "revision": 1, **mine}
        await connection.execute(insert(resources), [{"id": key, **seats} for key in keys])
        ended = NOW - timedelta(days=30)
        session = {
            "provider_id": studio.provider_id,
            "service_id": service_id,
            "location_id": place["id"],
            "starts_at": ended,
            "ends_at": ended,
            "duration_minutes": 60,
            "capacity": 5,
            "created_at": ended,
            "ended_at": ended,
            **mine,
        }
        await connection.execute(insert(group_sessions), [{"seats_id": key, **session} for key in keys])
        await connection.commit()
    await analyse(studio.house)


async def plan(studio: Studio) -> str:
    """How the database goes about the question of what changed since an event, the rules included."""
    given = {"business_id": studio.business_id, "known_last": 2, "known_rules": -1}

    async def ask() -> None:
        async with studio.house.database.connect(studio.business_id) as connection:
            await connection.execute(_CHANGES, given)

    return await plan_of(studio.house, studio.business_id, ask)
