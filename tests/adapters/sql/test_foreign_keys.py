"""Foreign keys are composite: a row refers to its own business's rows or to nothing."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.calendars.connect import ConnectCalendar, connect_calendar
from tests.kit.houses import Studio


@pytest.mark.parametrize(
    ("table", "column", "other"),
    [
        ("providers", "location_id", "locations"),
        ("providers", "resource_id", "resources"),
        ("clients", "preferred_provider_id", "providers"),
        ("appointments", "location_id", "locations"),
        ("appointments", "provider_id", "providers"),
        ("appointments", "client_id", "clients"),
        ("appointments", "service_id", "services"),
        ("allocations", "resource_id", "resources"),
        ("allocations", "appointment_id", "appointments"),
        ("allocations", "calendar_source_id", "calendar_sources"),
    ],
)
async def test_a_row_cannot_refer_to_another_businesss_row(
    studio: Studio, other_studio: Studio, table: str, column: str, other: str
) -> None:
    """By raw SQL past every fence: the database refuses the reference, and nothing changes."""
    for one in (studio, other_studio):
        client_id, service_id = await one.client(), await one.service()
        await one.appointment(client_id, service_id=service_id)
        url = "https://calendar.example/a.ics"
        await connect_calendar(one.ctx, ConnectCalendar(provider_id=one.provider_id, url=url))
    foreign = (await other_studio.table(other))[0]["id"]
    before = await studio.state()
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        with pytest.raises(IntegrityError, match=r"(?i)foreign key"):
            await connection.execute(
                text(f"UPDATE {table} SET {column} = :foreign WHERE business_id = :business"),
                {"foreign": foreign, "business": studio.business_id},
            )
        await connection.rollback()
    assert await studio.state() == before
