"""Short ways to sign somebody up, and to look at what is kept of them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, Table, Update, func, select

from adapters.sql import tables
from app.house import House
from auth.gate import Gate
from auth.open_session import SignedIn
from auth.sign_up import SignedUp, SignUp, issue, sign_up
from auth.throttle import MemoryThrottle
from core.kernel.clock import FixedClock
from core.kernel.context import ANONYMOUS, Actor, Context
from core.kernel.unit_of_work import NO_BUSINESS
from tests.kit.houses import NOW, PASSWORD

IP = "192.0.2.1"


@asynccontextmanager
async def stranger(house: House, *, later: timedelta = timedelta()) -> AsyncIterator[Context]:
    """The Context of somebody who is not known yet, perhaps some time after NOW."""
    async with house.context(ANONYMOUS, "test-stranger", FixedClock(NOW + later)) as ctx:
        yield ctx


@asynccontextmanager
async def person(house: House, identity_id: int) -> AsyncIterator[Context]:
    """The Context of somebody who signed in and is in no business."""
    async with house.context(
        Actor(name=f"user:{identity_id}", identity_id=identity_id), "test-person"
    ) as ctx:
        yield ctx


def limiting_gate(house: House, monotonic: Callable[[], float] = lambda: 0.0) -> Gate:
    """The house's gate with throttles and a memory that go by a clock of the test's own."""
    return Gate(
        secret=house.gate.secret,
        clock=house.clock,
        passwords=house.gate.passwords,
        throttle=MemoryThrottle(house.clock, monotonic=monotonic),
        monotonic=monotonic,
    )


async def signed_up(house: House, email: str, **more: Any) -> SignedUp:
    """Somebody new; without a business unless `business_name` is given."""
    command = SignUp(**{"email": email, "password": PASSWORD, "full_name": "Mara Voss", **more})
    async with stranger(house) as ctx:
        return await sign_up(ctx, house.gate, command, client_ip=IP)


async def signed_in(house: House, who: SignedUp) -> SignedIn:
    """Their first session."""
    async with stranger(house) as ctx:
        return await issue(ctx, house.gate, who)


async def rows(
    house: House, statement: Select[*tuple[Any, ...]], business_id: int = NO_BUSINESS
) -> list[dict[str, Any]]:
    """What a statement finds, as dicts."""
    async with house.database.connect(business_id) as connection:
        return [dict(row._mapping) for row in await connection.execute(statement)]


async def its_rows(house: House, table: Table, business_id: int) -> list[dict[str, Any]]:
    """All rows of a tenant table that belong to a business."""
    return await rows(house, select(table).where(table.c.business_id == business_id), business_id)


async def change(house: House, statement: Update) -> None:
    """Change rows behind the program's back."""
    async with house.database.connect(NO_BUSINESS, write=True) as connection:
        await connection.execute(statement)
        await connection.commit()


async def sessions_of(house: House, identity_id: int) -> list[dict[str, Any]]:
    """All refresh tokens of a person, oldest first."""
    kept = tables.sessions
    return await rows(house, select(kept).where(kept.c.identity_id == identity_id).order_by(kept.c.id))


async def audited(house: House, actor: str, business_id: int = NO_BUSINESS) -> list[tuple[str, int | None]]:
    """What an actor did in a business, or outside every one: action and key, oldest first."""
    kept = tables.audit
    statement = (
        select(kept).where(kept.c.business_id == business_id, kept.c.actor == actor).order_by(kept.c.id)
    )
    return [(row["action"], row["key"]) for row in await rows(house, statement, business_id)]


async def totals(house: House) -> dict[str, int]:
    """How many rows the tables outside every business have, to show that a refusal changed nothing."""
    counted = (tables.tenants, tables.identities, tables.memberships, tables.sessions, tables.api_keys)
    found = {}
    for table in (*counted, tables.public_slugs, tables.idempotency):
        found[table.name] = (await rows(house, select(func.count().label("n")).select_from(table)))[0]["n"]
    return found
