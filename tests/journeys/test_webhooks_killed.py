"""kill -9 of the program while it sends: nothing is lost, and what is sent twice has the same id and body."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from graphql_api.declare.ids import key_of
from tests.kit.log_judge import CREATE, READ_LOG, heard, wanted
from tests.kit.receivers import after, receivers, status
from tests.kit.serving import serving

CLIENTS = 20


async def test_nothing_is_lost_when_the_sender_is_killed(tmp_path: Path) -> None:
    """Two kills in the middle of deliveries: what arrived is the log, message by message, under one body each."""
    database = f"sqlite+aiosqlite:///{tmp_path}/daybook.db"
    async with receivers() as outside:
        receiver = outside.receiver(after(0.15, status(204)))
        with serving(tmp_path, database, OUTBOUND_ALLOW="127.0.0.1/32") as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
                endpoint_id = await _set_up(http, receiver.url)
            for kill in range(1, 3):
                await _until(lambda kill=kill: len(receiver.received) >= 4 * kill)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            rows = await _log(database)
            sent = wanted(rows, endpoint_id, ("client.created",))
            await _until(lambda: heard(receiver).keys() >= sent.keys())
    assert heard(receiver) == sent
    assert len(sent) == CLIENTS
    assert len(receiver.received) < 2 * CLIENTS


async def _log(database: str) -> list[Any]:
    """The rows of `events`, read past the program."""
    engine = create_async_engine(database, poolclass=NullPool)
    async with engine.connect() as connection:
        return list(await connection.execute(text(READ_LOG)))


async def _set_up(http: httpx.AsyncClient, url: str) -> int:
    """A studio, an endpoint, and twenty new clients; answers the endpoint's key."""
    owner = {
        "email": "killed@studio.example",
        "password": "correct horse battery",
        "full_name": "Kai",
        "studio_name": "Killed",
    }
    registered = (await http.post("/v1/auth/register", json=owner)).json()
    http.headers["Authorization"] = f"Bearer {registered['token']}"
    given = {"input": {"url": url, "eventTypes": ["client.created"]}}
    made = (await http.post("/graphql", json={"query": CREATE, "variables": given})).json()
    id = made["data"]["createWebhookEndpoint"]["webhookEndpoint"]["id"]
    for number in range(CLIENTS):
        person = {"first_name": "C", "last_name": str(number), "email": f"c{number}@example.com"}
        assert (await http.post("/v1/clients", json=person)).status_code == 201
    return key_of("webhook_endpoint", id)


async def _until(done: Any) -> None:
    async with asyncio.timeout(180):
        while not done():  # noqa: ASYNC110  # lists do not tell
            await asyncio.sleep(0.02)
