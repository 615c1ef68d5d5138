"""The endpoint on a real port, for clients that are not Python."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from starlette.applications import Starlette

from auth.door import Door
from graphql_api.endpoint import PATH
from graphql_api.settings import GraphQLSettings
from tests.graphql_api.conftest import OPEN, application
from tests.kit.processes import free_port


@asynccontextmanager
async def served(
    door: Door, settings: GraphQLSettings = OPEN, app: Starlette | None = None
) -> AsyncIterator[str]:
    """The URL of the endpoint, served by uvicorn in this process while the block lasts."""
    port = free_port()
    app = app or application(door, settings)
    config = uvicorn.Config(app, port=port, log_level="warning", lifespan="off", ws_max_size=256 * 1024)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    try:
        async with asyncio.timeout(20):
            while not server.started:  # noqa: ASYNC110  # uvicorn tells it in no other way
                await asyncio.sleep(0.02)
        yield f"http://127.0.0.1:{port}{PATH}"
    finally:
        server.should_exit = True
        await serving
