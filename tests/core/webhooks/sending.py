"""Helpers of the tests of sending: the sender at work, time that passes, and a judge of what arrives."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from standardwebhooks import Webhook

from app.webhooks import send_webhooks
from tests.core.webhooks.conftest import Sending, instant
from tests.kit.receivers import Received

_STEP = timedelta(seconds=5)


@dataclass(kw_only=True)
class Judge:
    """Looks at each request of an endpoint as it arrives, and keeps no more than it needs.

    `bodies` has the SHA-256 of the body under each id; `changed` counts requests whose id came before with
    another body, `forged` those whose signature the public library does not make.
    """

    secret: str
    bodies: dict[str, bytes] = field(default_factory=dict)
    arrived: dict[int, float] = field(default_factory=dict)
    requests: int = 0
    changed: int = 0
    forged: int = 0

    def see(self, request: Received) -> None:
        """One more request."""
        self.requests += 1
        name, digest = request.headers["webhook-id"], hashlib.sha256(request.body).digest()
        self.changed += self.bodies.setdefault(name, digest) != digest
        self.forged += not self._is_signed(name, request)
        self.arrived.setdefault(json.loads(request.body)["sequence"], request.at)

    def _is_signed(self, name: str, request: Received) -> bool:
        at = datetime.fromtimestamp(int(request.headers["webhook-timestamp"]), UTC)
        made = Webhook(self.secret).sign(name, at, request.body.decode())
        return made in request.headers["webhook-signature"].split(" ")


@asynccontextmanager
async def sender(sending: Sending) -> AsyncIterator[None]:
    """The sender at work beside the test, while time passes as it does."""
    stop = asyncio.Event()

    async def pass_time() -> None:
        began, standing = time.monotonic(), sending.clock.instant
        while True:
            await asyncio.sleep(0.02)
            sending.clock.instant = standing + timedelta(seconds=time.monotonic() - began)

    working = [asyncio.create_task(send_webhooks(sending.house, stop)), asyncio.create_task(pass_time())]
    try:
        yield
    finally:
        stop.set()
        for task in working:
            task.cancel()
        await asyncio.gather(*working, return_exceptions=True)


async def until(done: Any, seconds: float) -> bool:
    """Whether something comes true in time."""
    for _ in range(round(seconds / 0.02)):
        if done():
            return True
        await asyncio.sleep(0.02)
    return bool(done())


async def settle(sending: Sending, endpoint_ids: Sequence[int], *, steps: int) -> None:
    """Let time pass from try to try until these endpoints have nothing waiting."""
    asked = text(
        "SELECT min(d.next_at), min(e.quiet_until) FROM webhook_deliveries d JOIN webhook_endpoints e"
        " ON e.business_id = d.business_id AND e.id = d.endpoint_id"
        f" WHERE d.business_id = :business AND d.endpoint_id IN ({', '.join(map(str, endpoint_ids))})"
        " AND d.state = 'WAITING'"
    )
    for _ in range(steps):
        await sending.send()
        async with sending.house.database.connect(sending.studio.business_id) as connection:
            row = (await connection.execute(asked, {"business": sending.studio.business_id})).one()
        due, quiet = (instant(value) for value in row)
        if due is None:
            return
        later = max(due, sending.clock.instant) + _STEP
        if quiet is not None and quiet > sending.clock.instant:
            later = min(later, quiet)
        sending.clock.instant = later
    raise AssertionError("deliveries still wait")


async def told_of(sending: Sending, endpoint_id: int) -> dict[str, int]:
    """How many deliveries an endpoint has in each state, and of how many events."""
    asked = text(
        "SELECT state, count(*) FROM webhook_deliveries WHERE business_id = :business"
        " AND endpoint_id = :endpoint GROUP BY state"
    )
    given = {"business": sending.studio.business_id, "endpoint": endpoint_id}
    async with sending.house.database.connect(sending.studio.business_id) as connection:
        return {row[0]: row[1] for row in await connection.execute(asked, given)}


async def successes(sending: Sending, endpoint_id: int) -> int:
    """How many tries at an endpoint went well: one of each event, since nothing is sent again after it."""
    asked = text(
        "SELECT count(*) FROM webhook_attempts a JOIN webhook_deliveries d ON d.business_id = a.business_id"
        " AND d.id = a.delivery_id WHERE a.business_id = :business AND d.endpoint_id = :endpoint"
        " AND a.error IS NULL"
    )
    given = {"business": sending.studio.business_id, "endpoint": endpoint_id}
    async with sending.house.database.connect(sending.studio.business_id) as connection:
        return int((await connection.execute(asked, given)).scalar_one())
