"""An endpoint that is closed sends its clients away, with a code that tells them to come back."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette

from app.house import House
from graphql_api.endpoint import graphql_endpoint
from tests.graphql_api.conftest import OPEN
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import EVENTS, connected
from tests.kit.houses import Studio

TOLD = (1001, "The server is stopping: come back with the last cursor you got")


async def test_closing_the_endpoint_sends_everybody_away(house: House, studio: Studio) -> None:
    """Those who listen, those who are idle, those who have not introduced themselves, and those who come late."""
    endpoint = graphql_endpoint(house, OPEN)
    async with (
        served(house, app=Starlette(routes=endpoint.routes)) as url,
        connected(url, studio.token) as listening,
        connected(url, studio.token) as idle,
        connected(url) as unknown,
    ):
        await listening.ask(EVENTS)
        assert await listening.silent(0.05)
        assert len(endpoint.sockets) == 3
        async with asyncio.timeout(1):
            _, *told = await asyncio.gather(
                endpoint.close(), listening.closed(), idle.closed(), unknown.closed()
            )
        assert told == [TOLD] * 3
        assert len(endpoint.sockets) == 0
        async with connected(url) as late:
            assert await late.closed() == TOLD
        await endpoint.close()
