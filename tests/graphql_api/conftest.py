"""What the tests of this room share: the endpoint over a whole house, spoken to in process."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import httpx
import pytest
import pytest_asyncio
from starlette.applications import Starlette

from app.house import House
from auth.door import Door
from auth.permissions import permissions_of
from core.kernel.context import Actor
from graphql_api.declare.ids import spell_id
from graphql_api.endpoint import PATH, graphql_endpoint
from graphql_api.execution.engine import Engine, GraphQLRequest
from graphql_api.settings import GraphQLSettings, SocketLimits
from tests.kit.houses import Studio

OPEN = GraphQLSettings(introspection=True, ide=True, suggestions=True)
CLOSED = GraphQLSettings(introspection=False, ide=False, suggestions=False)


def application(door: Door, settings: GraphQLSettings = OPEN) -> Starlette:
    """The endpoint, routed as the program routes it."""
    return Starlette(routes=graphql_endpoint(door, settings).routes)


def http_to(door: Door, settings: GraphQLSettings = OPEN) -> httpx.AsyncClient:
    """An HTTP client of an endpoint of its own."""
    transport = httpx.ASGITransport(application(door, settings))
    return httpx.AsyncClient(transport=transport, base_url="http://daybook.test")


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client without a credential; introspection, IDE and suggestions are on."""
    async with http_to(house) as client:
        yield client


LIMITS = replace(OPEN, sockets=SocketLimits(recheck_seconds=0.1))


@pytest_asyncio.fixture
async def url(house: House, caplog: pytest.LogCaptureFixture) -> AsyncIterator[str]:
    """The endpoint on a real port. It looks at credentials often; whatever happens, it logs no failure."""
    from tests.graphql_api.serving import served  # which serves what is made here

    async with served(house, LIMITS) as where:
        yield where
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


@dataclass(kw_only=True)
class Api:
    """GraphQL spoken with a credential, or with none."""

    http: httpx.AsyncClient
    headers: dict[str, str]

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer."""
        sent = {"query": query, "variables": variables}
        answer: dict[str, Any] = (await self.http.post(PATH, json=sent, headers=self.headers)).json()
        return answer

    async def data(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        answer = await self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        data: dict[str, Any] = answer["data"]
        return data

    async def refused(self, query: str, **variables: Any) -> dict[str, Any]:
        """The only error of an answer."""
        (error,) = (await self.ask(query, **variables))["errors"]
        found: dict[str, Any] = error
        return found


@pytest.fixture
def api(http: httpx.AsyncClient, studio: Studio) -> Api:
    """The studio's owner."""
    return Api(http=http, headers=studio.headers)


@pytest.fixture
def other_api(http: httpx.AsyncClient, other_studio: Studio) -> Api:
    """The owner of the other business."""
    return Api(http=http, headers=other_studio.headers)


@pytest.fixture
def stranger(http: httpx.AsyncClient) -> Api:
    """Somebody without a credential."""
    return Api(http=http, headers={})


async def ask_as(studio: Studio, role: str, query: str, **variables: Any) -> dict[str, Any]:
    """The answer to somebody who has a role in the studio."""
    actor = Actor(
        name="user:9",
        identity_id=9,
        business_id=studio.business_id,
        role=role,
        permissions=frozenset(permissions_of(role)),
    )
    house = studio.house
    async with house.context(actor, "test-role") as ctx:
        request = GraphQLRequest(query=query, variables=variables)
        answer = await Engine(OPEN).answer(request, ctx, house, client_ip="127.0.0.1")
    return answer.body


def gid(noun: str, key: int) -> str:
    """A global id."""
    return str(spell_id(noun, key))
