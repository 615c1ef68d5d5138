"""Fixtures: a house of the test's own by a clock of its own, a studio in it, and receivers on loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from adapters.sql.migrate import migrate
from app.house import House
from app.webhooks import send_off
from core.kernel.clock import FixedClock
from core.webhooks.create_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from tests.kit.houses import NOW, Studio, house_on, new_database, new_studio
from tests.kit.receivers import Receiver, Receivers, Way, receivers


@dataclass(kw_only=True)
class Sending:
    """A studio whose events are sent to receivers, and the clock that moves time for it."""

    studio: Studio
    house: House
    clock: FixedClock
    outside: Receivers

    async def endpoint(self, *ways: Way, **more: Any) -> tuple[int, str, Receiver]:
        """A new endpoint: its key, its secret, and the receiver behind it. Its own birth is sent off."""
        receiver = self.outside.receiver(*ways)
        command = CreateWebhookEndpoint(url=receiver.url, **more)
        made = await create_webhook_endpoint(self.studio.ctx, command)
        assert made.secret is not None
        return made.webhook_endpoint_id, made.secret, receiver

    async def send(self, by: timedelta | None = None) -> int:
        """Let time pass and send whatever is due."""
        if by is not None:
            self.clock.advance(by)
        return await send_off(self.house)

    async def deliveries(self, endpoint_id: int) -> list[dict[str, Any]]:
        """The endpoint's deliveries, in the order of their events."""
        rows = await self.studio.table("webhook_deliveries")
        return sorted(
            (row for row in rows if row["endpoint_id"] == endpoint_id), key=lambda row: row["sequence"]
        )

    async def attempts(self) -> list[dict[str, Any]]:
        """Every try, in order."""
        return await self.studio.table("webhook_attempts")

    async def row(self, endpoint_id: int) -> dict[str, Any]:
        """The endpoint as it is kept."""
        rows = await self.studio.table("webhook_endpoints")
        return next(row for row in rows if row["id"] == endpoint_id)


@pytest_asyncio.fixture(scope="module")
async def webhook_url(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    worker_id: str,
) -> str:
    """A migrated database for the tests of a module."""
    postgres_url = request.getfixturevalue("postgres_url") if database_kind == "postgresql" else None
    name = f"webhooks_{worker_id}_{request.module.__name__.rpartition('.')[2]}"
    url = await new_database(database_kind, tmp_path_factory.mktemp("webhooks"), postgres_url, name)
    house = house_on(url)
    await migrate(house.database)
    await house.close()
    return url


@pytest_asyncio.fixture
async def sending(webhook_url: str, fresh_number: int) -> AsyncIterator[Sending]:
    """A studio without endpoints, in a house by a clock of its own; nothing of earlier tests is due."""
    clock = FixedClock(NOW)
    house = house_on(webhook_url, clock=clock)
    async with house.database.connect(None, write=True) as connection:
        await connection.exec_driver_sql("DELETE FROM webhook_turns")
        await connection.commit()
    studio, block = await new_studio(house, fresh_number)
    async with receivers() as outside:
        yield Sending(studio=studio, house=house, clock=clock, outside=outside)
    await block.__aexit__(None, None, None)
    await house.close()


def instant(value: Any) -> datetime | None:
    """An instant as a test's own SQL finds it on either database."""
    if value is None or isinstance(value, datetime):
        return value
    return datetime.fromtimestamp(0, NOW.tzinfo) + timedelta(microseconds=value)
