"""What the tests of this room share: the REST edge over a whole house, and ids as ServaloDesk spells them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest_asyncio

from app.house import House
from core.kernel.ids import spell
from rest_compat.mounts import RestSettings, rest_app
from tests.kit.houses import Studio

URL = "http://daybook.test"


@dataclass
class Rest:
    """A way to call ServaloDesk as the owner of a studio, unless headers say otherwise."""

    http: httpx.AsyncClient
    studio: Studio

    async def __call__(self, method: str, path: str, **given: Any) -> httpx.Response:
        """Send one request."""
        headers = {**self.studio.headers, **given.pop("headers", {})}
        return await self.http.request(method, path, headers=headers, **given)

    @property
    def artist(self) -> str:
        """The owner's id as an artist."""
        return spell("art", self.studio.provider_id)

    async def client(self) -> str:
        """The id of a new client."""
        return spell("cli", await self.studio.client())


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """The REST edge, reached without a network and without a credential."""
    app = rest_app(house, RestSettings(public_url=URL, rate_limits=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=URL) as client:
        yield client


@pytest_asyncio.fixture
async def rest(http: httpx.AsyncClient, studio: Studio) -> Rest:
    """ServaloDesk, as the owner of a fresh studio speaks to it."""
    return Rest(http, studio)
