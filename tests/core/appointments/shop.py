"""Short ways to a shop with rules: services with policies, rooms and kit, clocks, and verbs at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import insert

from adapters.sql.tables import service_providers
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.hold import HoldSlot, hold_slot
from core.availability.kept import kept_policies
from core.catalog.service import Service, ServiceCreated
from core.kernel.clock import FixedClock
from core.kernel.context import Context
from core.kernel.errors import DomainError
from core.resources.create_resource import CreateResource, create_resource
from tests.kit.houses import NOW, Studio

TEN = NOW.replace(hour=10) + timedelta(days=7)
"""Ten o'clock on the Monday after: when a studio opens."""

COLUMNS = (
    "buffer_before_minutes buffer_after_minutes notice_minutes step_minutes deposit_percent price".split()
)


async def offered(
    studio: Studio, duration: int = 60, *, weights: Mapping[int, int] | None = None, **rules: Any
) -> int:
    """The key of a service with rules by the names of ServiceRules, given by the providers of `weights`."""
    own = {name: rules.pop(name) for name in COLUMNS if name in rules}
    key = await studio.service(duration_minutes=duration, **own)
    if weights:
        async with studio.house.database.connect(studio.business_id, write=True) as connection:
            for provider_id, weight in weights.items():
                row = {"business_id": studio.business_id, "service_id": key, "provider_id": provider_id}
                await connection.execute(insert(service_providers).values(**row, weight=weight))
            await connection.commit()
    await ruled(studio, key, **rules)
    return key


async def ruled(studio: Studio, service_id: int, **rules: Any) -> None:
    """Give a service these policies instead of those that it has."""
    async with studio.ctx.unit_of_work() as uow:
        service = await uow.get(Service, service_id)
        assert service is not None
        service.policies = kept_policies(rules)
        uow.emit(ServiceCreated(service_id=service_id))


async def room(studio: Studio, name: str = "Room", **more: Any) -> int:
    """The key of a room, of one unless said otherwise."""
    return (await create_resource(studio.ctx, CreateResource(name=name, **more))).resource_id


async def sold(studio: Studio, client_id: int, starts_at: datetime, **more: Any) -> Booked:
    """A booking by the public's door, with the owner unless said otherwise."""
    given = {} if "selection" in more else {"provider_id": studio.provider_id}
    return await book(
        studio.ctx, BookAppointment(client_id=client_id, starts_at=starts_at, **{**given, **more})
    )


async def held(studio: Studio, starts_at: datetime, **more: Any) -> int:
    """The key of a hold by the public's door, with the owner unless said otherwise."""
    command = HoldSlot(**{"provider_id": studio.provider_id, "starts_at": starts_at, **more})
    return (await hold_slot(studio.ctx, command)).hold_id


async def at(studio: Studio, now: datetime, act: Callable[[Context], Awaitable[Any]]) -> Any:
    """A verb by another clock."""
    async with studio.house.context(studio.ctx.actor, "later", FixedClock(now)) as ctx:
        return await act(ctx)


async def at_once(studio: Studio, acts: Sequence[Callable[[Context], Awaitable[Any]]]) -> list[Any]:
    """Verbs in Contexts of their own, all at once: answers or refusals in order; faults are raised."""

    async def one(act: Callable[[Context], Awaitable[Any]]) -> Any:
        async with studio.house.context(studio.ctx.actor, "race") as ctx:
            try:
                return await act(ctx)
            except DomainError as refusal:
                return refusal

    return list(await asyncio.gather(*(one(act) for act in acts)))


async def active(studio: Studio) -> list[dict[str, Any]]:
    """The allocations that count."""
    return [row for row in await studio.table("allocations") if row["is_active"]]


async def resource_of(studio: Studio, provider_id: int) -> int:
    """The key of a provider's time."""
    (key,) = [row["resource_id"] for row in await studio.table("providers") if row["id"] == provider_id]
    found: int = key
    return found
