"""Clients that book distinct slots, and that insert the same rows bare; each in a process of its own.

They stand apart from `__main__`, which a spawned process does not import.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from argon2.profiles import CHEAPEST
from sqlalchemy import insert, text, update

from adapters.sql import tables as t
from adapters.sql.migrate import migrate
from app.house import House
from app.settings import Settings
from auth.passwords import Passwords
from auth.sign_up import SignUp, sign_up
from core.appointments.book import BookAppointment, book
from core.directory.create_client import CreateClient, create_client
from core.directory.create_provider import CreateProvider, create_provider
from core.kernel.clock import FixedClock, minute_of
from core.kernel.context import Actor

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
CLIENTS, EACH, ROUNDS = 4, 60, 3
WARM_FROM = 5_000
"""Slots from here on are booked before the clock runs."""
HOUR = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True)
class Shop:
    """Where to book: the business, one provider for each client process, and who comes."""

    url: str
    business_id: int
    providers: list[tuple[int, int]]
    client_id: int
    location_id: int


def house_on(url: str) -> House:
    """A house without mail or throttles, by a clock that stands."""
    given: dict[str, Any] = {
        "database_url": url,
        "demo": True,
        "rate_limits": "off",
        "secret_key": "for databases that are thrown away, 0123456789",
    }
    return House(Settings(**given), clock=FixedClock(NOW), passwords=Passwords(CHEAPEST))


async def opened(url: str) -> Shop:
    """A migrated database with a business in it."""
    house = house_on(url)
    await migrate(house.database)
    async with house.context(Actor(name="anonymous"), "benchmark") as stranger:
        command = SignUp(
            email="owner@shop.example",
            password="correct horse battery",  # noqa: S106  # of a database that is thrown away
            full_name="Ada Quinn",
            business_name="Shop",
        )
        signed_up = await sign_up(stranger, house.gate, command, client_ip="127.0.0.1")
    assert signed_up.business_id is not None
    async with house.system_at(signed_up.business_id) as ctx:
        keys = [
            (await create_provider(ctx, CreateProvider(display_name=f"Provider {number}"))).provider_id
            for number in range(CLIENTS)
        ]
        client = (await create_client(ctx, CreateClient(display_name="Jo Park"))).client_id
    async with house.database.connect(signed_up.business_id) as connection:
        rows = await connection.execute(
            text("SELECT id, resource_id, location_id FROM providers WHERE business_id = :business"),
            {"business": signed_up.business_id},
        )
        found = {row.id: (row.resource_id, row.location_id) for row in rows}
    await house.close()
    return Shop(
        url=url,
        business_id=signed_up.business_id,
        providers=[(key, found[key][0]) for key in keys],
        client_id=client,
        location_id=found[keys[0]][1],
    )


async def book_some(house: House, shop: Shop, number: int, first: int, count: int = EACH) -> None:
    """One client's distinct slots, through the use case."""
    provider_id, _ = shop.providers[number]
    async with house.system_at(shop.business_id) as ctx:
        for at in range(first, first + count):
            await book(
                ctx,
                BookAppointment(
                    client_id=shop.client_id,
                    provider_id=provider_id,
                    starts_at=NOW + HOUR * (at + 1),
                    duration_minutes=60,
                    within_policies=False,
                    tell_client=False,
                ),
            )


async def insert_some(house: House, shop: Shop, number: int, first: int, count: int = EACH) -> None:
    """The same rows, inserted bare: no locks, no looking, no rules."""
    provider_id, resource_id = shop.providers[number]
    own = {"business_id": shop.business_id}
    for at in range(first, first + count):
        start = NOW + HOUR * (at + 1)
        async with house.database.connect(shop.business_id, write=True) as connection:
            made = await connection.execute(
                insert(t.appointments)
                .values(
                    **own,
                    location_id=shop.location_id,
                    provider_id=provider_id,
                    client_id=shop.client_id,
                    status="CONFIRMED",
                    starts_at=start,
                    ends_at=start + HOUR,
                    duration_minutes=60,
                    buffer_before_minutes=0,
                    buffer_after_minutes=0,
                    currency="USD",
                    seats=1,
                    created_at=NOW,
                    updated_at=NOW,
                )
                .returning(t.appointments.c.id)
            )
            key = made.scalar_one()
            await connection.execute(
                insert(t.allocations).values(
                    **own,
                    resource_id=resource_id,
                    quantity=1,
                    starts_minute=minute_of(start),
                    ends_minute=minute_of(start) + 60,
                    kind="appointment",
                    is_active=True,
                    is_exclusive=True,
                    appointment_id=key,
                    begins_minute=minute_of(start),
                )
            )
            raised = await connection.execute(
                update(t.sequences)
                .where(t.sequences.c.business_id == shop.business_id)
                .values(last=t.sequences.c.last + 1)
                .returning(t.sequences.c.last)
            )
            sequence = raised.scalar_one()
            facts = {"noun": "appointment", "key": key, "actor": "system"}
            await connection.execute(
                insert(t.events).values(
                    **own, **facts, sequence=sequence, type="x.x", version=1, payload={}, occurred_at=NOW
                )
            )
            await connection.execute(
                insert(t.audit).values(**own, **facts, action="x.x", facts={}, request_id="", at=NOW)
            )
            await connection.commit()


WAYS = {"booked": book_some, "inserted": insert_some}


def in_process(shop: Shop, way: str, number: int, first: int, ready: Any, spent: Any) -> None:
    """One client process: warm first, then at the same moment as the others."""

    async def run() -> None:
        house = house_on(shop.url)
        await WAYS[way](house, shop, number, WARM_FROM + first, 3)
        await asyncio.to_thread(ready.wait)
        begun = time.time()
        await WAYS[way](house, shop, number, first)
        spent.put((begun, time.time()))
        await house.close()

    asyncio.run(run())


def by_processes(shop: Shop, way: str, first: int) -> float:
    """Seconds that four processes, each with the use case in itself, need for their slots."""
    return spent_by(in_process, shop, way, first)


def spent_by(work: Callable[..., None], where: object, way: str, first: int) -> float:
    """Seconds from when the first of four processes begins its slots until the last is done."""
    spawn = multiprocessing.get_context("spawn")
    ready, spent = spawn.Barrier(CLIENTS, timeout=120), spawn.Queue()
    workers = [
        spawn.Process(target=work, args=(where, way, number, first, ready, spent))
        for number in range(CLIENTS)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if any(worker.exitcode for worker in workers):
        raise RuntimeError("a client process failed")
    times = [spent.get() for _ in workers]
    return float(max(end for _, end in times) - min(begun for begun, _ in times))
