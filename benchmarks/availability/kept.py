"""The salon in a database: its providers, their hours and their appointments, through the program's own doors."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Table, func, insert, select, text

from adapters.sql.migrate import migrate
from adapters.sql.tables import allocations, group_sessions, locations, providers, resources
from app.house import House
from app.settings import Settings
from auth.sign_up import SignUp, sign_up
from benchmarks.availability.salon import NOW, SERVICE, ZONE_NAME, hours_of
from core.appointments.ledger import SEATS
from core.catalog.create_service import CreateService, create_service
from core.directory.create_provider import CreateProvider, create_provider
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.clock import FixedClock, instant_of
from core.kernel.context import Actor, Context


@dataclass(frozen=True, kw_only=True)
class KeptSalon:
    """A salon in an open house. `provider_ids` and `resource_ids` are by the salon's numbers, from one."""

    house: House
    ctx: Context
    service_id: int
    provider_ids: dict[int, int]
    resource_ids: dict[int, int]

    async def fill(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Keep appointments, given as those of `rows_of`."""
        values = [
            {
                "business_id": self.ctx.business_id,
                "resource_id": self.resource_ids[int(str(row[0]))],
                "quantity": 1,
                "starts_minute": row[1],
                "ends_minute": row[2],
                "kind": "external",  # which may overlap, as these rows do
                "is_active": True,
                "is_exclusive": False,
                "begins_minute": row[1],
            }
            for row in rows
        ]
        async with self.house.database.connect(self.ctx.business_id, write=True) as connection:
            await connection.execute(insert(allocations), values)
            await connection.commit()
            await connection.execute(text("ANALYZE"))
            await connection.commit()

    async def end_sessions(self, rows: Sequence[tuple[object, ...]]) -> None:
        """Keep a group session that has ended for each of the rows, with the resource of its seats."""
        own = {"business_id": self.ctx.business_id}
        async with self.house.database.connect(self.ctx.business_id, write=True) as connection:
            (place,) = (await connection.execute(select(locations.c.id).where(_is_own(locations, own)))).one()
            highest = select(func.max(resources.c.id)).where(_is_own(resources, own))
            first = (await connection.execute(highest)).scalar_one() + 1
            seats = {"kind": SEATS, "name": "", "capacity": 5, "revision": 1, **own}
            await connection.execute(
                insert(resources), [{"id": first + at, **seats} for at in range(len(rows))]
            )
            sessions = [
                {
                    "provider_id": self.provider_ids[int(str(row[0]))],
                    "service_id": self.service_id,
                    "location_id": place,
                    "seats_id": first + at,
                    "starts_at": instant_of(int(str(row[1]))),
                    "ends_at": instant_of(int(str(row[2]))),
                    "duration_minutes": int(str(row[2])) - int(str(row[1])),
                    "capacity": 5,
                    "created_at": NOW,
                    "ended_at": NOW,
                    **own,
                }
                for at, row in enumerate(rows)
            ]
            await connection.execute(insert(group_sessions), sessions)
            await connection.commit()
            await connection.execute(text("ANALYZE"))
            await connection.commit()


def _is_own(table: Table, own: dict[str, int]) -> ColumnElement[bool]:
    return table.c.business_id == own["business_id"]


@asynccontextmanager
async def salon_on(url: str, size: int) -> AsyncIterator[KeptSalon]:
    """A salon of so many providers in a database, which is migrated first."""
    given: dict[str, Any] = {"database_url": url, "demo": True, "rate_limits": "off"}
    given["secret_key"] = "a secret for benchmarks, long enough"  # noqa: S105
    house = House(Settings(**given), clock=FixedClock(NOW))
    await migrate(house.database)
    await house.open()
    try:
        async with house.context(Actor(name="anonymous"), "benchmark") as stranger:
            command = SignUp(
                email=f"owner.{time.time_ns()}@salon.example",
                password="correct horse battery",  # noqa: S106  # of a database that is thrown away
                full_name="Kai Rodriguez",
                business_name=f"Salon {time.time_ns()}",
                time_zone=ZONE_NAME,
            )
            signed_up = await sign_up(stranger, house.gate, command, client_ip="127.0.0.1")
        async with house.context(Actor(name="system", business_id=signed_up.business_id), "") as ctx:
            yield await _furnished(house, ctx, signed_up.provider_id, size)
    finally:
        await house.close()


async def _furnished(house: House, ctx: Context, owner_id: int | None, size: int) -> KeptSalon:
    assert owner_id is not None
    await update_provider(ctx, UpdateProvider(provider_id=owner_id, weekly_hours=hours_of(1)))
    keys = {1: owner_id}
    for number in range(2, size + 1):
        made = await create_provider(
            ctx, CreateProvider(display_name=f"Provider {number}", weekly_hours=hours_of(number))
        )
        keys[number] = made.provider_id
    service = await create_service(
        ctx,
        CreateService(
            name="Colour",
            duration_minutes=SERVICE.duration_minutes,
            step_minutes=SERVICE.step_minutes,
            buffer_after_minutes=SERVICE.buffer_after_minutes,
        ),
    )
    async with house.database.connect(ctx.business_id) as connection:
        listed = await connection.execute(
            select(providers.c.id, providers.c.resource_id).where(providers.c.business_id == ctx.business_id)
        )
        resource_of = {row.id: row.resource_id for row in listed}
    return KeptSalon(
        house=house,
        ctx=ctx,
        service_id=service.service_id,
        provider_ids=keys,
        resource_ids={number: resource_of[key] for number, key in keys.items()},
    )
