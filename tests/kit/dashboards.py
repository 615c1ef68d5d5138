"""Dashboards that come back to a server that is killed under them, and somebody who books meanwhile."""

from __future__ import annotations

import asyncio
import json
import random
from asyncio import TaskGroup
from collections.abc import AsyncIterator, Sequence
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

LONGEST_PAUSE = 2.0
"""Seconds between two tries to reach a server that is away."""

SIGN_UP = """
mutation($input: SignUpInput!) { signUp(input: $input) { ... on SignUpPayload { session { accessToken } } } }
"""
CLIENT = """
mutation { createClient(input: {displayName: "Ada Quinn"}) { ... on CreateClientPayload { client { id } } } }
"""
BOOK = """
mutation($input: BookAppointmentInput!) {
  bookAppointment(input: $input) {
    __typename ... on BookAppointmentPayload { appointment { id } } ... on Error { code }
  }
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

    def __init__(self, url: str, name: str = "resume") -> None:
        self.http = httpx.AsyncClient(base_url=url, timeout=10)
        self.streams = httpx.AsyncClient(
            base_url=url,
            timeout=httpx.Timeout(30, read=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
        )
        self.name = name
        self.token = ""
        self.answered: list[str] = []
        self.pause_seconds = 0.0
        """Between two bookings: who has many listen in one process lets them read."""

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer; asked again and again while nobody answers, or the database is away."""
        while True:
            try:
                answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            body = answer.json()
            if is_put_off(body):
                await asyncio.sleep(0.05)
                continue
            assert "errors" not in body, body["errors"]
            data: dict[str, Any] = body["data"]
            return data

    async def close(self) -> None:
        """Hang up."""
        await self.http.aclose()
        await self.streams.aclose()

    async def sign_up(self) -> None:
        """Become the owner of a new business."""
        owner = {
            "email": f"{self.name}@studio.example",
            "password": "correct horse battery",
            "fullName": "Kai Rodriguez",
            "businessName": self.name,
        }
        self.token = (await self.ask(SIGN_UP, input=owner))["signUp"]["session"]["accessToken"]
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
            await asyncio.sleep(self.pause_seconds)

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


def come_back(code: str) -> None:
    """A stream ended because the database is away: raise what makes its reader come back, and for no other."""
    assert code == "UNAVAILABLE", code
    raise ConnectionError


class BreaksOff(Exception):
    """A subscriber ends its own connection, to come back."""


class Subscriber:
    """A dashboard that connects again whenever it loses the server: at once and with its last cursor, or
    forgetfully and after two more bookings. One with dice also breaks off by itself, `breaks` times."""

    def __init__(
        self, business: Business, first: str, *, remembers: bool, breaks: int = 0, seed: int = 0
    ) -> None:
        self.breaks = breaks
        self._dice = random.Random(seed)
        self._pause = 0.02
        self.url = str(business.http.base_url).replace("http", "ws", 1) + "/graphql"
        self.business = business
        self.cursor: str | None = first
        self.remembers = remembers
        self.seen: list[str] = []
        self.connections = 0

    async def listen(self) -> None:
        """Listen until cancelled."""
        while True:
            with suppress(OSError, WebSocketException, TimeoutError, BreaksOff):
                await self._follow()
            await asyncio.sleep(self._dice.random() * self._pause)
            self._pause = min(2 * self._pause, LONGEST_PAUSE)
            if not self.remembers:
                await more(self.business.answered, 2)

    async def _follow(self) -> None:
        """Listen over one connection until it ends."""
        protocols = [Subprotocol("graphql-transport-ws")]
        async with connect(self.url, subprotocols=protocols, compression=None) as ws:
            try:
                await self._hear(ws)
            except BreaksOff:
                if self._dice.random() < 0.5:
                    ws.transport.abort()  # without a word, as a telephone in a tunnel
                raise

    def note(self, cursor: str) -> None:
        """One more event. Raises BreaksOff where the dice say so."""
        self._pause = 0.02
        self.seen.append(cursor)
        if self.remembers:
            self.cursor = cursor
        if self.breaks and self._dice.random() < 0.4:
            self.breaks -= 1
            raise BreaksOff

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
            if message["type"] == "error":
                come_back(message["payload"][0]["extensions"]["code"])
            assert message["type"] == "next", message
            self.note(message["payload"]["data"]["bookingEvents"]["cursor"])


def is_put_off(body: dict[str, Any]) -> bool:
    """Whether a request, which has a key, is to be sent again, since the database was away."""
    given = [*(body.get("errors") or ()), *(one for one in (body.get("data") or {}).values() if one)]
    codes = [
        (one.get("code"), one.get("extensions", {}).get("code")) for one in given if isinstance(one, dict)
    ]
    return any({"UNAVAILABLE", "OUTCOME_UNKNOWN"}.intersection(code) for code in codes)


@asynccontextmanager
async def listening(*subscribers: Subscriber) -> AsyncIterator[None]:
    """Subscribers at work for the length of a block, which ends at once with what ends one of them."""
    async with TaskGroup() as group:
        tasks = [group.create_task(one.listen()) for one in subscribers]
        yield
        for task in tasks:
            task.cancel()


async def more(things: list[str], count: int, *, seconds: float = 180) -> None:
    """Return once a list has grown by so many. Raises TimeoutError where it does not in so many seconds."""
    wanted = len(things) + count
    async with asyncio.timeout(seconds):
        while len(things) < wanted:  # noqa: ASYNC110  # lists do not tell
            await asyncio.sleep(0.01)


async def live_through_kills(server: Serving, business: Business, *subscribers: Subscriber) -> None:
    """Bookings go on while the server is killed and started, again and again."""
    async with listening(*subscribers):
        async with booking(business):
            for life in range(KILLS):
                await more(business.answered, BOOKED_PER_LIFE)
                await all_have_connected(subscribers, life + 1)
                await asyncio.to_thread(server.kill)
                await asyncio.to_thread(server.start)
            await more(business.answered, BOOKED_PER_LIFE)
            await all_have_connected(subscribers, KILLS + 1)
        await all_are_up_to_date(business, subscribers)


async def all_have_connected(subscribers: Sequence[Subscriber], times: int) -> None:
    """Return once each has been connected so often."""
    async with asyncio.timeout(180):
        while any(one.connections < times for one in subscribers):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def booking(business: Business) -> AsyncIterator[None]:
    """A business books for the length of a block."""
    stop = asyncio.Event()
    client = (await business.ask(CLIENT))["createClient"]["client"]["id"]
    provider = (await business.ask("{ viewer { provider { id } } }"))["viewer"]["provider"]["id"]
    async with TaskGroup() as group:
        group.create_task(business.book(client, provider, stop))
        yield
        stop.set()


async def all_are_up_to_date(business: Business, subscribers: Sequence[Subscriber]) -> None:
    """Return once all who remember have seen the last event of their business, also where more still happens."""
    async with asyncio.timeout(180):
        while True:
            last = (await business.log())[-1]["cursor"]
            for _ in range(100):
                if all(one.cursor == last for one in subscribers if one.remembers):
                    return
                await asyncio.sleep(0.02)
