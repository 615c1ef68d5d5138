"""Dashboards that come back to a server that is killed under them, and somebody who books meanwhile."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from tests.kit.serving import Serving

KILLS = 2
BOOKED_PER_LIFE = 12

SIGN_UP = """
mutation {
  signUp(input: {email: "resume@studio.example", password: "correct horse battery", fullName: "Kai Rodriguez",
                 businessName: "Resumed"}) {
    ... on SignUpPayload { session { accessToken } }
  }
}
"""
CLIENT = """
mutation { createClient(input: {displayName: "Ada Quinn"}) { ... on CreateClientPayload { client { id } } } }
"""
BOOK = """
mutation($input: BookAppointmentInput!) {
  bookAppointment(input: $input) { __typename ... on BookAppointmentPayload { appointment { id } } }
}
"""
LOG = """
query($after: Cursor) {
  events(after: $after, first: 100) {
    edges { cursor node { __typename ... on AppointmentBooked { appointmentId } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
EVENTS = "subscription($after: Cursor) { bookingEvents(after: $after) { __typename cursor } }"


class Business:
    """Somebody who books through HTTP, whatever becomes of the server meanwhile."""

    def __init__(self, url: str) -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=10)
        self.token = ""
        self.answered: list[str] = []

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer; asked again and again while nobody answers."""
        while True:
            try:
                answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            body = answer.json()
            assert "errors" not in body, body["errors"]
            data: dict[str, Any] = body["data"]
            return data

    async def sign_up(self) -> None:
        """Become the owner of a new business."""
        self.token = (await self.ask(SIGN_UP))["signUp"]["session"]["accessToken"]
        self.http.headers["Authorization"] = f"Bearer {self.token}"

    async def book(self, client: str, provider: str, stop: asyncio.Event) -> None:
        """Book quarter after quarter of an hour; what got no answer is sent again with the same key."""
        first = (datetime.now(UTC) + timedelta(days=2)).replace(minute=0, second=0, microsecond=0)
        number = 0
        while not stop.is_set():
            given = {
                "clientId": client,
                "providerId": provider,
                "startsAt": (first + timedelta(minutes=15 * number)).isoformat().replace("+00:00", "Z"),
                "durationMinutes": 15,
                "respectPolicies": False,
                "idempotencyKey": f"booking-{number}",
            }
            booked = (await self.ask(BOOK, input=given))["bookAppointment"]
            assert booked["__typename"] == "BookAppointmentPayload"
            self.answered.append(booked["appointment"]["id"])
            number += 1

    async def log(self) -> list[dict[str, Any]]:
        """The whole log, page by page."""
        edges: list[dict[str, Any]] = []
        cursor = None
        while True:
            page = (await self.ask(LOG, after=cursor))["events"]
            edges += page["edges"]
            cursor = page["pageInfo"]["endCursor"]
            if not page["pageInfo"]["hasNextPage"]:
                return edges


class Subscriber:
    """A dashboard that connects again whenever it loses the server: at once and with its last cursor, or
    forgetfully and after two more bookings."""

    def __init__(self, business: Business, first: str, *, remembers: bool) -> None:
        self.url = str(business.http.base_url).replace("http", "ws", 1) + "/graphql"
        self.business = business
        self.cursor: str | None = first
        self.remembers = remembers
        self.seen: list[str] = []
        self.connections = 0

    async def listen(self) -> None:
        """Listen until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError):
                async with connect(self.url, subprotocols=[Subprotocol("graphql-transport-ws")]) as ws:
                    await self._hear(ws)
            await asyncio.sleep(0.02)
            if not self.remembers:
                await more(self.business.answered, 2)

    async def _hear(self, ws: Any) -> None:
        hello = {"type": "connection_init", "payload": {"Authorization": f"Bearer {self.business.token}"}}
        await ws.send(json.dumps(hello))
        assert json.loads(await ws.recv()) == {"type": "connection_ack"}
        self.connections += 1
        variables = {"after": self.cursor} if self.cursor is not None else {}
        subscribe = {"type": "subscribe", "id": "1", "payload": {"query": EVENTS, "variables": variables}}
        await ws.send(json.dumps(subscribe))
        if not self.remembers:
            self.cursor = None
        async for text in ws:
            message = json.loads(text)
            if message["type"] == "ping":
                continue
            assert message["type"] == "next", message
            event = message["payload"]["data"]["bookingEvents"]
            self.seen.append(event["cursor"])
            if self.remembers:
                self.cursor = event["cursor"]


@asynccontextmanager
async def listening(*subscribers: Subscriber) -> AsyncIterator[None]:
    """Subscribers at work for the length of a block."""
    tasks = [asyncio.create_task(one.listen()) for one in subscribers]
    try:
        yield
        for task in tasks:
            assert not task.done(), task.exception()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def more(things: list[str], count: int) -> None:
    """Return once a list has grown by so many."""
    wanted = len(things) + count
    async with asyncio.timeout(60):
        while len(things) < wanted:  # noqa: ASYNC110  # lists do not tell
            await asyncio.sleep(0.01)


async def live_through_kills(server: Serving, business: Business, *subscribers: Subscriber) -> None:
    """Bookings go on while the server is killed and started, again and again."""
    stop = asyncio.Event()
    client = (await business.ask(CLIENT))["createClient"]["client"]["id"]
    provider = (await business.ask("{ viewer { provider { id } } }"))["viewer"]["provider"]["id"]
    async with listening(*subscribers):
        booking = asyncio.create_task(business.book(client, provider, stop))
        for _ in range(KILLS):
            await more(business.answered, BOOKED_PER_LIFE)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
        await more(business.answered, BOOKED_PER_LIFE)
        stop.set()
        await booking
        last = (await business.log())[-1]["cursor"]
        async with asyncio.timeout(30):
            while any(one.remembers and one.cursor != last for one in subscribers):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
