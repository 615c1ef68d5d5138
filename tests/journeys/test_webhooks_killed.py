"""kill -9 of the program while it sends: nothing is lost, and what is sent twice has the same id and body."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx

from tests.kit.receivers import after, receivers, status
from tests.kit.serving import serving

CLIENTS = 20
CREATE = """mutation($input: CreateWebhookEndpointInput!) { createWebhookEndpoint(input: $input) {
    ... on CreateWebhookEndpointPayload { secret } ... on Error { code message }
} }"""


async def test_nothing_is_lost_when_the_sender_is_killed(tmp_path: Path) -> None:
    """Two kills in the middle of deliveries: each of twenty events arrives, under one id each."""
    database = f"sqlite+aiosqlite:///{tmp_path}/daybook.db"
    async with receivers() as outside:
        receiver = outside.receiver(after(0.15, status(204)))
        with serving(tmp_path, database, OUTBOUND_ALLOW="127.0.0.1/32") as server:
            async with httpx.AsyncClient(base_url=server.url, timeout=30) as http:
                await _set_up(http, receiver.url)
            for kill in range(1, 3):
                await _until(lambda kill=kill: len(receiver.received) >= 4 * kill)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            await _until(lambda: len(set(receiver.ids)) == CLIENTS)
    told: dict[str, set[bytes]] = {}
    for one in receiver.received:
        told.setdefault(one.headers["webhook-id"], set()).add(one.body)
    assert len(told) == CLIENTS
    assert {len(bodies) for bodies in told.values()} == {1}
    assert len(receiver.received) < 2 * CLIENTS


async def _set_up(http: httpx.AsyncClient, url: str) -> None:
    """A studio, an endpoint, and twenty new clients."""
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
    assert made["data"]["createWebhookEndpoint"]["secret"], made
    for number in range(CLIENTS):
        person = {"first_name": "C", "last_name": str(number), "email": f"c{number}@example.com"}
        assert (await http.post("/v1/clients", json=person)).status_code == 201


async def _until(done: Any) -> None:
    async with asyncio.timeout(180):
        while not done():  # noqa: ASYNC110  # lists do not tell
            await asyncio.sleep(0.02)
