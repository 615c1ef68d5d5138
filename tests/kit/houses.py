"""Fixtures: a whole house on each database, a studio of its own for every test, and counted SQL.

Tests share a database and never a business: each `studio` signs up anew, so tests cannot see each
other's rows, and run in any order and in parallel.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from argon2.profiles import CHEAPEST
from sqlalchemy import TextClause, delete, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.migrate import migrate
from adapters.sql.tables import TENANT_TABLES, jobs, metadata
from app.house import House
from app.settings import Settings
from auth.passwords import Passwords
from auth.permissions import Permission
from auth.sign_up import SignUp, issue, sign_up
from core.appointments.book import BookAppointment, book
from core.catalog.create_service import CreateService, create_service
from core.directory.create_client import CreateClient, create_client
from core.directory.create_provider import CreateProvider, create_provider
from core.kernel.clock import FixedClock
from core.kernel.context import Actor, Context

NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
"""A Monday, two weeks before New York's clocks go forward."""

SECRET = "a secret for tests, long enough to be one"
PASSWORD = "correct horse battery"
DATABASES = ("sqlite", "postgresql")

_numbers = itertools.count(1)


async def new_database(kind: str, folder: Path, postgres_url: str | None, name: str) -> str:
    """The URL of an empty database of a kind; on PostgreSQL it is made with the name given."""
    if kind == "sqlite":
        return f"sqlite+aiosqlite:///{folder / name}.db"
    assert postgres_url is not None
    admin = create_async_engine(postgres_url, isolation_level="AUTOCOMMIT")
    async with admin.connect() as connection:
        await connection.execute(text(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'))
        await connection.execute(text(f'CREATE DATABASE "{name}"'))
    await admin.dispose()
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


def settings_for(database_url: str, **more: Any) -> Settings:
    """Settings as tests want them: demo mode, no throttles, a known secret."""
    given: dict[str, Any] = {
        "database_url": database_url,
        "secret_key": SECRET,
        "demo": True,
        "rate_limits": "off",
        "public_url": "http://daybook.test",
        "outbound_allow": "127.0.0.1/32",
    }
    return Settings(**{**given, **more})


def house_on(database_url: str, **more: Any) -> House:
    """A house on a database, by a clock that stands at NOW, with the cheapest password hashes."""
    clock = more.pop("clock", None) or FixedClock(NOW)
    return House(settings_for(database_url, **more), clock=clock, passwords=Passwords(CHEAPEST))


@pytest.fixture(params=DATABASES, scope="session")
def database_kind(request: pytest.FixtureRequest) -> str:
    """Each database in turn: the same tests run on both."""
    kind: str = request.param
    return kind


@pytest_asyncio.fixture(scope="session")
async def house(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> AsyncIterator[House]:
    """A migrated house that all tests of this process share; its clock stands at NOW."""
    postgres_url = request.getfixturevalue("postgres_url") if database_kind == "postgresql" else None
    folder = tmp_path_factory.mktemp("shared")
    url = await new_database(database_kind, folder, postgres_url, f"daybook_{worker_id}")
    made = house_on(url)
    await migrate(made.database)
    await made.open()
    yield made
    await made.close()


@pytest_asyncio.fixture
async def empty_postgres(postgres_url: str, tmp_path: Path, worker_id: str, fresh_number: int) -> str:
    """The URL of a PostgreSQL database that holds nothing yet."""
    return await new_database("postgresql", tmp_path, postgres_url, f"empty_{worker_id}_{fresh_number}")


@pytest.fixture
def fresh_number() -> int:
    """A number that no other test of this process got."""
    return next(_numbers)


@dataclass(kw_only=True)
class Studio:
    """A business of a test's own: its owner's Context and token, and short ways to fill it."""

    house: House
    ctx: Context
    business_id: int
    provider_id: int
    identity_id: int
    email: str
    token: str
    refresh_token: str

    @property
    def headers(self) -> dict[str, str]:
        """The owner's Authorization header."""
        return {"Authorization": f"Bearer {self.token}"}

    async def client(self, display_name: str = "Jasmine Torres", **more: Any) -> int:
        """A new client's key."""
        made = await create_client(self.ctx, CreateClient(display_name=display_name, **more))
        return made.client_id

    async def provider(self, display_name: str = "Mara Voss", **more: Any) -> int:
        """A new provider's key."""
        made = await create_provider(self.ctx, CreateProvider(display_name=display_name, **more))
        return made.provider_id

    async def service(self, name: str = "Small piece", duration_minutes: int = 60, **more: Any) -> int:
        """A new service's key."""
        command = CreateService(name=name, duration_minutes=duration_minutes, **more)
        return (await create_service(self.ctx, command)).service_id

    async def appointment(self, client_id: int, *, starts_at: datetime | None = None, **more: Any) -> int:
        """A new appointment's key: an hour, a week ahead at 15:00 UTC, unless said otherwise."""
        given: dict[str, Any] = {"provider_id": self.provider_id, "within_policies": False}
        if more.get("service_id") is None:
            given["duration_minutes"] = 60
        command = BookAppointment(
            client_id=client_id,
            starts_at=starts_at or NOW.replace(hour=15) + timedelta(days=7),
            **{**given, **more},
        )
        return (await book(self.ctx, command)).appointment_id

    async def table(self, name: str) -> list[dict[str, Any]]:
        """All rows of a tenant table that belong to this business, by primary key, as plain dicts."""
        async with self.house.database.connect(self.business_id) as connection:
            rows = await connection.execute(
                text(f"SELECT * FROM {name} WHERE business_id = :business ORDER BY 1, 2"),
                {"business": self.business_id},
            )
            return [dict(row._mapping) for row in rows]

    async def payloads(self, event_type: str) -> list[dict[str, Any]]:
        """The payloads of the business's events of a type, in order."""
        rows = [row["payload"] for row in await self.table("events") if row["type"] == event_type]
        return [json.loads(row) if isinstance(row, str) else row for row in rows]

    async def state(self) -> dict[str, list[str]]:
        """Everything this business has, each row as text: before and after a refusal the two must be equal."""
        found: dict[str, list[str]] = {name: [] for name in TENANT_TABLES}
        async with self.house.database.connect(self.business_id) as connection:
            whole = _whole(self.house.database.is_postgresql)
            for name, row in await connection.execute(whole, {"business": self.business_id}):
                found[name].append(row)
        return found


@cache
def _whole(is_postgresql: bool) -> TextClause:
    """The statement that reads every tenant table of a business at once."""

    def of(name: str) -> str:
        columns = " || ', ' || ".join(f'quote("{column.name}")' for column in metadata.tables[name].columns)
        row = f"CAST({name} AS text)" if is_postgresql else columns
        return f"SELECT '{name}', {row} FROM {name} WHERE business_id = :business"

    return text(" UNION ALL ".join(of(name) for name in TENANT_TABLES) + " ORDER BY 1, 2")


async def new_studio(house: House, number: int, **more: Any) -> tuple[Studio, Any]:
    """Sign a studio up; the second value is the block that holds its Context open."""
    email = f"owner{number}.{id(house)}@studio.example"
    command = SignUp(
        **{
            "email": email,
            "password": PASSWORD,
            "full_name": "Kai Rodriguez",
            "business_name": f"Midnight Ink {number}",
            **more,
        }
    )
    async with house.context(Actor(name="anonymous"), "test-sign-up") as stranger:
        signed_up = await sign_up(stranger, house.gate, command, client_ip="127.0.0.1")
        signed_in = await issue(stranger, house.gate, signed_up)
    actor = Actor(
        name=f"user:{signed_up.identity_id}",
        identity_id=signed_up.identity_id,
        business_id=signed_up.business_id,
        provider_id=signed_up.provider_id,
        role="owner",
        permissions=frozenset(Permission),
    )
    block = house.context(actor, "test-request")
    ctx = await block.__aenter__()
    assert signed_up.business_id is not None
    assert signed_up.provider_id is not None
    studio = Studio(
        house=house,
        ctx=ctx,
        business_id=signed_up.business_id,
        provider_id=signed_up.provider_id,
        identity_id=signed_up.identity_id,
        email=email,
        token=signed_in.access_token,
        refresh_token=signed_in.refresh_token,
    )
    return studio, block


@pytest_asyncio.fixture
async def studio(house: House, fresh_number: int) -> AsyncIterator[Studio]:
    """A studio in UTC, open 10:00 to 18:00 every day, 30 % deposit, prices in USD."""
    made, block = await new_studio(house, fresh_number)
    yield made
    await block.__aexit__(None, None, None)
    await _forget_jobs(made)


@pytest_asyncio.fixture
async def other_studio(house: House, fresh_number: int) -> AsyncIterator[Studio]:
    """Another business, whose ids must be worth nothing in the first."""
    made, block = await new_studio(house, fresh_number + 1_000_000, business_name="Other House")
    yield made
    await block.__aexit__(None, None, None)
    await _forget_jobs(made)


async def _forget_jobs(studio: Studio) -> None:
    """Leave no jobs behind, which a later test of the house would have to work off."""
    async with studio.house.database.connect(None, write=True) as connection:
        await connection.execute(delete(jobs).where(jobs.c.business_id == studio.business_id))
        await connection.commit()


@contextmanager
def counted(house: House) -> Iterator[list[str]]:
    """The SQL statements run within the block, without BEGIN, COMMIT and setting the tenant."""
    seen: list[str] = []

    def note(_c: Any, _k: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "COMMIT", "ROLLBACK")):
            seen.append(" ".join(statement.split()))

    engines = {house.database.writer.sync_engine, house.database.reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
