"""graphql-transport-ws: what ends a connection, with which code, and that nothing is ever unhandled."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest
import pytest_asyncio
from websockets.exceptions import InvalidStatus

from app.house import House
from graphql_api.endpoint import graphql_endpoint
from graphql_api.settings import SocketLimits
from tests.graphql_api.conftest import OPEN
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import EVENTS, PROTOCOL, connected
from tests.kit.houses import Studio

QUICK = replace(
    OPEN,
    origins=("https://pages.example", "https://Shop.example/"),
    sockets=SocketLimits(init_seconds=0.5, recheck_seconds=0.1, ping_seconds=0.2, operations=3),
)


@pytest_asyncio.fixture
async def url(house: House, caplog: pytest.LogCaptureFixture) -> AsyncIterator[str]:
    """An endpoint without patience; whatever happens to it, it logs no failure."""
    async with served(house, QUICK) as where:
        yield where
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


BAD_FRAMES: dict[str, tuple[Any, int, str]] = {
    "no JSON": (
        "{",
        4400,
        "Invalid message: The body is not JSON, or names a key twice, or is nested too deeply.",
    ),
    "an array": ("[]", 4400, "Invalid message: send one JSON object in a frame"),
    "an array of messages": ('[{"type":"ping"}]', 4400, "Invalid message: send one JSON object in a frame"),
    "text": ('"ping"', 4400, "Invalid message: send one JSON object in a frame"),
    "null": ("null", 4400, "Invalid message: send one JSON object in a frame"),
    "nothing": (
        "",
        4400,
        "Invalid message: The body is not JSON, or names a key twice, or is nested too deeply.",
    ),
    "no type": ("{}", 4400, "Invalid message: its type is not one of the protocol's"),
    "an unknown type": ('{"type":"start"}', 4400, "Invalid message: its type is not one of the protocol's"),
    "a type that is a list": ('{"type":[]}', 4400, "Invalid message: its type is not one of the protocol's"),
    "ours": ('{"type":"connection_ack"}', 4400, "Invalid message: its type is not one of the protocol's"),
    "a key twice": (
        '{"type":"ping","type":"ping"}',
        4400,
        "Invalid message: The body is not JSON, or names a key twice, or is nested too deeply.",
    ),
    "nesting": (
        "[" * 100_000,
        4400,
        "Invalid message: The body is not JSON, or names a key twice, or is nested too deeply.",
    ),
    "bytes": (b'{"type":"ping"}', 4400, "Invalid message: send text"),
    "a payload that is text": (
        '{"type":"ping","payload":"x"}',
        4400,
        "Invalid message: its payload must be an object",
    ),
    "no id": ('{"type":"complete"}', 4400, "Invalid message: its id must be text of 1 to 200 characters"),
    "an id that is a number": (
        '{"type":"complete","id":1}',
        4400,
        "Invalid message: its id must be text of 1 to 200 characters",
    ),
    "a long id": (
        '{"type":"complete","id":"' + "x" * 201 + '"}',
        4400,
        "Invalid message: its id must be text of 1 to 200 characters",
    ),
    "no query": (
        '{"type":"subscribe","id":"1","payload":{}}',
        4400,
        "Invalid message: `query` must be the text of a GraphQL document.",
    ),
    "no payload": (
        '{"type":"subscribe","id":"1"}',
        4400,
        "Invalid message: Send one JSON object; batches are not taken.",
    ),
    "variables that are a list": (
        '{"type":"subscribe","id":"1","payload":{"query":"{a}","variables":[]}}',
        4400,
        "Invalid message: `variables` must be an object.",
    ),
}


async def test_frames_that_the_protocol_does_not_know_end_the_connection(url: str, studio: Studio) -> None:
    """Each with its code, before and after the introduction alike."""
    for token in (None, studio.token):
        ended = {}
        for case, (frame, _, _) in BAD_FRAMES.items():
            async with connected(url, token) as socket:
                await socket.ws.send(frame)
                ended[case] = await socket.closed()
        assert ended == {case: (code, reason) for case, (_, code, reason) in BAD_FRAMES.items()}


async def test_frames_have_a_longest_size(url: str, studio: Studio) -> None:
    """256 KiB pass, one byte more ends the connection."""
    async with connected(url, studio.token) as socket:
        head, tail = '{"type":"ping","payload":{"x":"', '"}}'
        fits = head + "x" * (262_144 - len(head) - len(tail)) + tail
        await socket.ws.send(fits)
        assert (await socket.hear())["type"] == "pong"
        await socket.ws.send(fits + " ")
        assert (await socket.closed())[0] == 1009


async def test_introducing_oneself_twice_ends_the_connection(url: str, studio: Studio) -> None:
    """4429, however good the second credential is."""
    async with connected(url, studio.token) as socket:
        await socket.say("connection_init", payload={"Authorization": f"Bearer {studio.token}"})
        assert await socket.closed() == (4429, "Too many initialisation requests")


async def test_who_never_introduces_themselves_is_closed(url: str) -> None:
    """4408 after the time that is given, whatever else is said meanwhile."""
    async with connected(url) as socket:
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}
        assert await socket.closed() == (4408, "Connection initialisation timeout")


async def test_operations_come_after_the_introduction(url: str) -> None:
    """4401 for an operation before it; an unknown `complete` is nothing."""
    async with connected(url) as socket:
        await socket.say("complete", id="nothing")
        await socket.ask("{ __typename }")
        assert await socket.closed() == (4401, "Unauthorized: send connection_init first")


async def test_a_wrong_credential_ends_the_connection(url: str) -> None:
    """4403, and no word of what was wrong with it."""
    wrong: list[dict[str, Any]] = [
        {"Authorization": "Bearer nonsense"},
        {"authorization": "Bearer daybook_sk_nonsense"},
        {"Authorization": "Basic a2FpOmthaQ=="},
        {"Authorization": ""},
        {"Authorization": "Bearer " + "x" * 5_000},
    ]
    for payload in wrong:
        async with connected(url) as socket:
            await socket.say("connection_init", payload=payload)
            told = "Forbidden: the credential is wrong, expired or revoked"
            assert await socket.closed() == (4403, told)
    async with connected(url) as socket:
        await socket.say("connection_init", payload={"Authorization": ["Bearer x"]})
        assert await socket.closed() == (4403, "Forbidden: Authorization must be text")


async def test_the_credential_may_come_in_the_header(url: str, studio: Studio) -> None:
    """As programs do that can send one; the payload's wins where both come."""
    async with connected(url, headers=studio.headers) as socket:
        await socket.say("connection_init")
        assert await socket.hear() == {"type": "connection_ack"}
        id = await socket.ask("{ viewer { role } }")
        assert await socket.heard(id, 1) == [{"viewer": {"role": "OWNER"}}]
    async with connected(url, headers=studio.headers) as socket:
        await socket.say("connection_init", payload={"Authorization": "Bearer nonsense"})
        assert (await socket.closed())[0] == 4403


async def test_an_id_is_used_once_at_a_time(url: str, studio: Studio) -> None:
    """4409 while the first runs; after its end the id is free."""
    async with connected(url, studio.token) as socket:
        for _ in range(2):
            await socket.ask("{ __typename }", id="one")
            assert (await socket.hear())["type"] == "next"
            assert await socket.hear() == {"type": "complete", "id": "one"}
        await socket.ask(EVENTS, id="one")
        await socket.ask(EVENTS, id="one")
        assert await socket.closed() == (4409, "Subscriber for one already exists")


async def test_a_connection_runs_so_many_operations_and_no_more(url: str, studio: Studio) -> None:
    """The one too many is refused by itself; ending another makes room."""
    async with connected(url, studio.token) as socket:
        running = [await socket.ask(EVENTS) for _ in range(3)]
        late = await socket.ask(EVENTS)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("error", late)
        assert message["payload"][0]["extensions"] == {"code": "LIMIT_EXCEEDED"}
        await socket.say("complete", id=running[0])
        id = await socket.ask("{ __typename }")
        assert await socket.heard(id, 1) == [{"__typename": "Query"}]


async def test_pings_are_answered_and_sent(url: str, studio: Studio) -> None:
    """A ping's payload comes back with the pong; ours come by themselves, and need no answer."""
    async with connected(url, studio.token) as socket:
        await socket.say("ping", payload={"at": 7})
        assert await socket.hear() == {"type": "pong", "payload": {"at": 7}}
        async with asyncio.timeout(5):
            assert await socket.ws.recv() == '{"type":"ping"}'
            assert await socket.ws.recv() == '{"type":"ping"}'
        await socket.say("pong")
        await socket.say("ping")
        assert await socket.hear() == {"type": "pong"}


async def test_only_this_protocol_is_spoken(url: str) -> None:
    """4406 for the older protocol, others and none."""
    for protocols in ((), ("graphql-ws",), ("mqtt", "chat")):
        async with connected(url, protocols=protocols) as socket:
            assert await socket.closed() == (4406, "Subprotocol not acceptable: offer graphql-transport-ws")


async def test_pages_of_known_origins_may_connect(url: str, studio: Studio) -> None:
    """Those of the list, those of the host itself, and programs, which send none."""
    own = url.removesuffix("/graphql")
    for origin in (None, "https://pages.example", "https://shop.example", own):
        async with connected(url, studio.token, origin=origin) as socket:
            id = await socket.ask("{ __typename }")
            assert await socket.heard(id, 1) == [{"__typename": "Query"}]


async def test_pages_of_other_origins_may_not(url: str, studio: Studio) -> None:
    """The handshake itself is refused, with 403, before any credential is looked at."""
    for origin in (
        "https://evil.example",
        "null",
        "http://pages.example",
        "https://pages.example.evil.example",
        "file://",
        "x",
        "http://[",
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with connected(url, studio.token, origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_elsewhere_there_is_no_socket(url: str) -> None:
    """Below /graphql nothing else is spoken."""
    with pytest.raises(InvalidStatus) as refused:
        async with connected(f"{url}/more"):
            pass
    assert refused.value.response.status_code == 403


async def test_clients_that_vanish_leave_nothing_behind(house: House, studio: Studio) -> None:
    """However a connection ends, its operations end, and no listener of the bell is left."""
    async with served(house, QUICK) as url:
        before = len(asyncio.all_tasks())
        for _ in range(5):
            async with connected(url, studio.token) as socket:
                await socket.ask(EVENTS)
                await socket.ask("{ clients { totalCount } }")
                socket.ws.transport.abort()
        async with asyncio.timeout(5):
            while len(asyncio.all_tasks()) > before:  # noqa: ASYNC110  # nothing tells it
                await asyncio.sleep(0.02)
        assert vars(house.bell)["_listeners"].keys() <= {"jobs"}


async def test_a_connection_that_the_server_has_closed_itself_ends_without_a_word(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    """uvicorn does so where its own pings stay unanswered, and then raises RuntimeError: that is nobody's failure."""
    endpoint = graphql_endpoint(house, OPEN)
    said = [
        {"type": "websocket.connect"},
        {"type": "websocket.receive", "text": '{"type":"connection_init"}'},
    ]
    sent: list[str] = []

    async def receive() -> Any:
        return said.pop(0) if said else await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message["type"])
        if message["type"] == "websocket.send":
            raise RuntimeError("Unexpected ASGI message 'websocket.send', after sending 'websocket.close'.")

    scope = {"type": "websocket", "headers": [], "subprotocols": [PROTOCOL], "client": None}
    async with asyncio.timeout(20):
        await endpoint.sockets.serve(scope, receive, send)
    assert sent == ["websocket.accept", "websocket.send"]
    assert len(endpoint.sockets) == 0
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []
