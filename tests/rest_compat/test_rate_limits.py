"""Rate limits, as the plan table has them: a bucket per credential, one per network for strangers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from copy import copy

import httpx
import pytest_asyncio

from auth.throttle import MemoryThrottle
from rest_compat.mounts import RestSettings, rest_app
from tests.kit.houses import Studio


class LimitedDoor:
    """A house's door with a throttle whose clock stands still until it is moved."""

    def __init__(self, studio: Studio) -> None:
        self.house = studio.house
        self.log, self.bell, self.clock = studio.house.log, studio.house.bell, studio.house.clock
        self.visit, self.stranger_at = studio.house.visit, studio.house.stranger_at
        self.context = studio.house.context
        self.seconds = 0.0
        self.gate = copy(studio.house.gate)
        self.gate.throttle = MemoryThrottle(studio.house.clock, monotonic=lambda: self.seconds)


@pytest_asyncio.fixture
async def limited(studio: Studio) -> AsyncIterator[tuple[httpx.AsyncClient, LimitedDoor]]:
    """The edge with limits on, and its door."""
    door = LimitedDoor(studio)
    app = rest_app(door, RestSettings(public_url="http://x"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        yield http, door


async def test_the_burst_and_the_refill(
    studio: Studio, limited: tuple[httpx.AsyncClient, LimitedDoor]
) -> None:
    """Starter: 200 at once, then 100 a minute; 429 in the envelope, with when to come back."""
    http, door = limited
    assert "X-RateLimit-Limit" not in (await http.get("/v1/nowhere", headers=studio.headers)).headers
    for left in range(199, 0, -1):
        answer = await http.get("/v1/clients?limit=0", headers=studio.headers)
        assert answer.status_code == 400
        assert (answer.headers["X-RateLimit-Limit"], answer.headers["X-RateLimit-Remaining"]) == (
            "100",
            str(left),
        )
    assert (await http.get("/v1/artists", headers=studio.headers)).status_code == 200
    answer = await http.get("/v1/artists", headers=studio.headers)
    assert (answer.status_code, answer.json()) == (
        429,
        {"error": "rate_limited", "message": "Too many requests: try again in 1 seconds."},
    )
    now = int(studio.house.clock.now().timestamp())
    told = {name: answer.headers[f"X-RateLimit-{name}"] for name in ("Limit", "Remaining", "Reset")}
    assert told == {"Limit": "100", "Remaining": "0", "Reset": str(now + 120)}
    assert answer.headers["Retry-After"] == "1"
    door.seconds += 0.6  # 100 a minute is one in 0.6 seconds
    assert (await http.get("/v1/artists", headers=studio.headers)).status_code == 200
    assert (await http.get("/v1/artists", headers=studio.headers)).status_code == 429


async def test_strangers_share_their_network(limited: tuple[httpx.AsyncClient, LimitedDoor]) -> None:
    """Without a credential, or with one that does not hold, the network's bucket is drawn on; refusals count."""
    http, _ = limited
    for number in range(200):
        headers = {"Authorization": f"Bearer bad{number}"} if number % 2 else {}
        answer = await http.post("/v1/auth/login", content=b"{", headers=headers)
        assert answer.status_code == 400
    assert (await http.post("/v1/auth/login", content=b"{")).status_code == 429
    assert (await http.get("/v1/artists/nobody/profile")).status_code == 429


async def test_switched_off(studio: Studio) -> None:
    """Without limits nothing is counted and nothing is told."""
    door = LimitedDoor(studio)
    app = rest_app(door, RestSettings(public_url="http://x", rate_limits=False))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as http:
        for _ in range(201):
            answer = await http.get("/v1/clients?limit=0", headers=studio.headers)
            assert answer.status_code == 400
        assert not [name for name in answer.headers if name.startswith("x-ratelimit")]
