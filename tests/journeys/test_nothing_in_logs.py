"""P7 at the doors: what people and programs send to a served process is in none of its log lines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Origin, Subprotocol

from tests.kit.serving import serving

CANARY = "zqcanary"
EMAIL, PASSWORD, NAME = f"{CANARY}1@studio.example", f"{CANARY}2 horse battery", f"{CANARY}3"
SIGN_UP = """
mutation($input: SignUpInput!) { signUp(input: $input) { ... on SignUpPayload {
  session { accessToken refreshToken } } ... on Error { code message } } }
"""


class Visitor:
    """Somebody who sends canaries everywhere, and gathers the secrets that come back."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=30)
        self.secrets: list[str] = []

    async def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """One GraphQL operation."""
        answer = await self.http.post("/graphql", json={"query": query, "variables": variables})
        body: dict[str, Any] = answer.json()
        return body.get("data") or body

    async def arrive(self) -> None:
        """Sign up, and get one of each credential."""
        given = {"email": EMAIL, "password": PASSWORD, "fullName": NAME, "businessName": f"{CANARY}4"}
        made = (await self.ask(SIGN_UP, input=given))["signUp"]
        self.token = made["session"]["accessToken"]
        self.secrets += [self.token, made["session"]["refreshToken"]]
        self.http.headers["Authorization"] = f"Bearer {self.token}"
        found = await self.ask("{ providers(first: 1) { edges { node { id } } } }")
        self.provider = found["providers"]["edges"][0]["node"]["id"]
        for query, path in (
            (
                f'createApiKey(input: {{name: "{CANARY}5"}}) {{ ... on CreateApiKeyPayload {{ secret }} }}',
                "secret",
            ),
            (
                f'createDisplayCredential(input: {{name: "{CANARY}6"}}) '
                "{ ... on CreateDisplayCredentialPayload { secret } }",
                "secret",
            ),
            ("createStreamTicket(input: {}) { ... on CreateStreamTicketPayload { ticket } }", "ticket"),
            (
                f'createCalendarFeed(input: {{providerId: "{self.provider}"}}) '
                "{ ... on CreateCalendarFeedPayload { url } }",
                "url",
            ),
            (
                f'createWebhookEndpoint(input: {{url: "https://127.0.0.1:1/{CANARY}7", description: "{CANARY}8"}}) '
                "{ __typename }",
                "__typename",
            ),
            (
                f'createWebhookEndpoint(input: {{url: "https://hooks.example/{CANARY}7"}}) '
                "{ ... on CreateWebhookEndpointPayload { secret } }",
                "secret",
            ),
        ):
            (answer,) = (await self.ask(f"mutation {{ {query} }}")).values()
            self.secrets.append(answer[path].rpartition("/")[2].removesuffix(".ics"))

    async def be_careless(self) -> None:
        """Everything in the wrong place: bodies that are no JSON, secrets in paths and queries, bad frames."""
        key, display, ticket, feed = self.secrets[2:6]
        note = {"display_name": NAME, "email": EMAIL, "notes": f"{CANARY}9", "allergies": f"{CANARY}9"}
        await self.http.post("/v1/clients", json={"first_name": NAME, **note})
        await self.http.post("/v1/clients", content=f'{{"email": "{EMAIL}"')
        await self.http.post("/v1/auth/login", json={"email": EMAIL, "password": f"{CANARY}2 wrong"})
        await self.http.post("/v1/auth/refresh", json={"refresh_token": self.secrets[1] + "x"})
        for path in (
            f"/v1/clients?search={CANARY}", f"/v1/clients/{EMAIL}", f"/v1/{key}", f"/calendar/{feed}.ics",
            f"/events?ticket={ticket}&types={CANARY}", f"/events?after={CANARY}", f"/calendar/{feed}x.ics",
            f"/v1/clients/{self.token}", f"/graphql?query={{{CANARY}}}", f"/{display}/x",
        ):  # fmt: skip
            await self.http.get(path)
        await self.http.get("/v1/clients", headers={"Authorization": f"Bearer {CANARY}", "Cookie": CANARY})
        await self.http.get(
            "/v1/clients", headers={"User-Agent": CANARY, "Referer": f"https://{CANARY}.example/"}
        )
        await self.ask(f'{{ clients(search: "{CANARY}") {{ {CANARY} }} }}')
        await self.ask("mutation($input: CreateClientInput!) { createClient(input: $input) { __typename } }",
                       input={"displayName": NAME, "email": CANARY, "medicalNotes": f"{CANARY}\x00"})  # fmt: skip

    async def listen_badly(self) -> None:
        """A WebSocket and a stream that end in an error each."""
        protocol = [Subprotocol("graphql-transport-ws")]
        url = self.url.replace("http", "ws", 1) + "/graphql"
        for frames in (
            [{"type": "connection_init", "payload": {"Authorization": f"Bearer {CANARY}"}}],
            [{"type": "connection_init", "payload": {"Authorization": f"Bearer {self.token}"}},
             {"type": "subscribe", "id": CANARY, "payload": {"query": f"subscription {{ {CANARY} }}"}},
             {"type": CANARY}],
        ):  # fmt: skip
            async with connect(url, subprotocols=protocol, additional_headers={"Cookie": CANARY}) as ws:
                with pytest.raises(ConnectionClosed):
                    for frame in frames:
                        await ws.send(json.dumps(frame))
                    while True:
                        await asyncio.wait_for(ws.recv(), 30)
        query = {"query": f'subscription {{ bookingEvents(after: "{CANARY}") {{ cursor }} }}'}
        answer = await self.http.post("/graphql", json=query, headers={"Accept": "text/event-stream"})
        assert "CURSOR_INVALID" in answer.text

    async def come_from_elsewhere(self) -> None:
        """A foreign page opens neither a WebSocket nor a stream; one of the list does."""
        url, head = self.url.replace("http", "ws", 1) + "/graphql", self.http.headers["Authorization"]
        protocol = [Subprotocol("graphql-transport-ws")]
        for origin, expected in (
            ("https://evil.example", 403),
            ("null", 403),
            ("https://pages.example", 200),
        ):
            given = {"Authorization": head, "Origin": origin, "Accept": "text/event-stream"}
            async with self.http.stream("GET", "/events", headers=given) as response:
                assert response.status_code == expected
            if expected == 200:
                async with connect(url, subprotocols=protocol, origin=Origin(origin)):
                    continue
            with pytest.raises(InvalidStatus) as refused:
                async with connect(url, subprotocols=protocol, origin=Origin(origin)):
                    pass
            assert refused.value.response.status_code == expected


async def answered(port: int, request: bytes) -> bytes:
    """The first line of the answer to a request as it is."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    async with asyncio.timeout(30):
        line = await reader.readline()
    writer.close()
    return line.strip()


async def test_nothing_that_was_sent_is_logged(tmp_path: Path) -> None:
    """Names, addresses, notes, passwords and every kind of credential, over REST, GraphQL, WebSocket and streams.

    The requests themselves are logged, which is the negative control: a path with a word of its own is there.
    It starts the program: what it prints is what is looked at.
    """
    url = f"sqlite+aiosqlite:///{tmp_path}/daybook.db"
    with serving(tmp_path, url, DEMO="false", CORS_ORIGINS="https://pages.example") as server:
        visitor = Visitor(server.url)
        await visitor.arrive()
        await visitor.be_careless()
        await visitor.listen_badly()
        await visitor.come_from_elsewhere()
        assert await answered(server.port, b"GET /livez HTTP/1.1\r\n\r\n") == b"HTTP/1.1 400 Bad Request"
        await visitor.http.get("/v1/%0A2027-01-01T00:00:00Z [info] forged")
        await visitor.http.get("/v1/plainword")
        await visitor.http.aclose()
    log = server.log.read_text()
    assert "/v1/plainword" in log
    assert CANARY not in log.lower()
    assert len(visitor.secrets) == 8
    for secret in visitor.secrets:
        assert secret[-12:] not in log
    assert not [line for line in log.splitlines() if line.startswith("2027-01-01")]
    assert "Traceback" not in log
