"""A credential that is not good is taken from its network's bucket, at every door; a good one never is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from app.house import House
from auth.opaque_tokens import new_api_key
from auth.rate_limit import take_from_network
from auth.throttle import MemoryThrottle, Throttle
from core.billing.plans import STARTER, request_limit
from core.kernel.clock import FixedClock
from core.kernel.errors import DomainError
from graphql_api.streaming.holder import Holder
from tests.graphql_api.event_source import listening
from tests.graphql_api.sockets import connected
from tests.kit.houses import NOW, Studio

BURST = request_limit("graphql", STARTER).burst
QUERY = {"query": "{ __typename }"}
EVENTS = {"query": "subscription { bookingEvents { cursor } }"}

Knock = Callable[[str, Any], Awaitable[int]]
"""A door's address and an Authorization → the status, or the code with which a connection was closed."""


async def post(url: str, given: Any) -> int:
    """By POST."""
    async with httpx.AsyncClient() as http:
        return (await http.post(url, json=QUERY, headers={"Authorization": given})).status_code


async def get(url: str, given: Any) -> int:
    """By GET."""
    async with httpx.AsyncClient() as http:
        return (await http.get(url, params=QUERY, headers={"Authorization": given})).status_code


async def stream(url: str, given: Any) -> int:
    """As an event stream of one operation."""
    headers = {"Authorization": given, "Accept": "text/event-stream"}
    async with httpx.AsyncClient() as http, http.stream("POST", url, json=EVENTS, headers=headers) as answer:
        return answer.status_code


async def events(url: str, given: Any) -> int:
    """At /events."""
    async with listening(url.replace("/graphql", "/events"), headers={"Authorization": given}) as source:
        return source.response.status_code


async def ticket(url: str, given: Any) -> int:
    """At /events with a ticket, which is no more than a word here."""
    async with listening(url.replace("/graphql", "/events"), ticket=given) as source:
        return source.response.status_code


async def socket(url: str, given: Any) -> int:
    """By the first message over a WebSocket; 200 where it is welcome."""
    async with connected(url, None) as opened:
        await opened.say("connection_init", payload={"Authorization": given})
        if isinstance(given, str) and given.startswith("Bearer ey"):
            assert (await opened.hear())["type"] == "connection_ack"
            return 200
        return (await opened.closed())[0]


DOORS: dict[str, tuple[Knock, int, int]] = {
    "post": (post, 401, 429),
    "get": (get, 401, 429),
    "stream": (stream, 401, 429),
    "events": (events, 401, 429),
    "socket": (socket, 4403, 1013),
}


@pytest.fixture
def throttle(house: House, monkeypatch: pytest.MonkeyPatch) -> MemoryThrottle:
    """Buckets into which nothing falls."""
    made = MemoryThrottle(FixedClock(NOW), monotonic=lambda: 0.0)
    monkeypatch.setattr(house.gate, "throttle", made)
    return made


async def left(throttle: Throttle) -> int:
    """What is left in the network's bucket."""
    taken = await take_from_network(throttle, client_ip="127.0.0.1", dialect="graphql", cost=0)
    return taken.remaining


@pytest.mark.parametrize("door", DOORS)
async def test_after_the_last_of_its_network_a_wrong_credential_is_told_to_wait(
    url: str, studio: Studio, throttle: MemoryThrottle, door: str
) -> None:
    """Refused until then, and told so; whoever has a good one comes in all the same, and takes nothing of it."""
    knock, refused, told_to_wait = DOORS[door]
    await take_from_network(throttle, client_ip="127.0.0.1", dialect="graphql", cost=BURST - 2)
    given = f"Bearer {new_api_key()}"
    assert [await knock(url, given) for _ in range(4)] == [refused] * 2 + [told_to_wait] * 2
    assert await knock(url, f"Bearer {studio.token}") == 200
    assert await left(throttle) == 0


@pytest.mark.parametrize("door", DOORS)
async def test_where_none_is_taken_nobody_is_told_to_wait(
    url: str, throttle: MemoryThrottle, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    """The negative control: wrong credentials are refused for ever, and the bucket is as it was."""

    async def as_it_is(_: Holder, error: DomainError) -> DomainError:
        return error

    monkeypatch.setattr(Holder, "turned_away", as_it_is)
    knock, refused, _ = DOORS[door]
    await take_from_network(throttle, client_ip="127.0.0.1", dialect="graphql", cost=BURST - 2)
    assert [await knock(url, "Bearer nonsense") for _ in range(4)] == [refused] * 4
    assert await left(throttle) == 2


@pytest.mark.parametrize("door", DOORS)
async def test_a_good_credential_takes_nothing_of_its_network(
    url: str, studio: Studio, throttle: MemoryThrottle, door: str
) -> None:
    """Its own bucket is drawn on, or none."""
    knock, _, _ = DOORS[door]
    assert await knock(url, f"Bearer {studio.token}") == 200
    assert await left(throttle) == BURST


@pytest.mark.parametrize(
    "given",
    [
        "nonsense",
        "Basic a2FpOmthaQ==",
        "Bearer nonsense",
        "Bearer " + "x" * 5_000,
        f"Bearer sdk_live_{'a' * 52}",
        f"Bearer dsp_live_{'a' * 52}",
        "Bearer sdk_live_short",
    ],
)
async def test_whatever_is_wrong_with_it_each_try_takes_one(
    url: str, throttle: MemoryThrottle, given: str
) -> None:
    """Malformed, unknown or too long: at each of the doors one request of the network's."""
    for times, (knock, refused, _) in enumerate(DOORS.values(), start=1):
        assert await knock(url, given) == refused
        assert await left(throttle) == BURST - times


@pytest.mark.parametrize("given", ["", "nonsense", "tkt_short", f"tkt_{'a' * 52}"])
async def test_each_wrong_ticket_takes_one(url: str, throttle: MemoryThrottle, given: str) -> None:
    """As wrong credentials do."""
    assert await ticket(url, given) == 401
    assert await left(throttle) == BURST - 1


async def test_a_credential_that_is_no_text_takes_one(url: str, throttle: MemoryThrottle) -> None:
    """Only a WebSocket's first message can bring one."""
    await take_from_network(throttle, client_ip="127.0.0.1", dialect="graphql", cost=BURST - 1)
    assert [await socket(url, ["Bearer x"]) for _ in range(2)] == [4403, 1013]
