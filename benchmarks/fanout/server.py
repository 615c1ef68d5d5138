"""Each server of the benchmark: `python -m benchmarks.fanout.server ours|asgi|stock PORT RATE`.

`asgi` is ours where each frame goes through the ASGI `send`, as with any other server.

All tell the same facts of the same events, which are made up in memory at a steady rate once anybody
has subscribed.
"""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from strawberry.asgi import GraphQL

from adapters.bus.local import LocalBell
from app.text_frames import WEB_SOCKETS
from auth.throttle import Unlimited
from core.kernel.bell import events_of
from core.kernel.clock import SystemClock
from core.kernel.context import Actor, Context
from core.kernel.log import LoggedEvent, Reach
from graphql_api.endpoint import GraphQLSettings, graphql_endpoint

BUSINESS = 7
_KEPT = 4_096
_AT_FIRST = 2.0


class GrowingLog:
    """A log in memory that keeps its newest events."""

    def __init__(self) -> None:
        self.events: list[LoggedEvent] = []
        self.newest = 0

    def grow(self) -> LoggedEvent:
        """One event more."""
        self.newest += 1
        made = LoggedEvent(
            business_id=BUSINESS,
            sequence=self.newest,
            type="appointment.cancelled",
            noun="appointment",
            key=self.newest,
            payload={"appointment_id": self.newest, "client_is_told": True},
            occurred_at=datetime.now(UTC),
        )
        self.events.append(made)
        if len(self.events) > _KEPT:
            del self.events[: _KEPT // 2]
        return made

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """The event with that number."""
        return next((event for event in self.events if event.sequence == sequence), None)

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """The events after that number."""
        first = self.events[0].sequence if self.events else 1
        start = max(0, sequence + 1 - first)
        return self.events[start : start + most]

    async def reach(self, business_id: int) -> Reach:
        """What is kept."""
        return Reach(oldest=self.newest - len(self.events) + 1, newest=self.newest)


class OpenDoor:
    """Lets everybody in as a key that hears of everything."""

    def __init__(self, log: GrowingLog) -> None:
        self.log: Any = log
        self.bell: Any = LocalBell()
        self.clock = SystemClock()
        self.gate: Any = type("Gate", (), {"throttle": Unlimited(self.clock)})()
        self.stranger_at: Any = None

    def visit(self, credential: Any, **_: Any) -> Any:
        """The same for all."""
        permissions = frozenset({"events:read", "appointments:read"})
        return self.context(Actor(name="key:1", business_id=BUSINESS, permissions=permissions), "")

    @asynccontextmanager
    async def context(self, actor: Actor, request_id: str) -> AsyncIterator[Context]:
        """Without a database: what is told needs none."""
        nothing: Any = None
        yield Context(actor=actor, clock=self.clock, read=nothing, asker=nothing, open_unit_of_work=nothing)


@strawberry.type
class Cancelled:
    """The shape of the event that both servers tell."""

    cursor: str
    type: str
    occurred_at: datetime
    appointment_id: strawberry.ID
    client_is_told: bool


def stock(log: GrowingLog, queues: set[asyncio.Queue[LoggedEvent]]) -> Starlette:
    """Strawberry as its documentation shows it: one generator, and one execution, for each subscriber."""

    @strawberry.type
    class Query:
        nothing: int = 0

    @strawberry.type
    class Subscription:
        @strawberry.subscription
        async def booking_events(self) -> AsyncGenerator[Cancelled, None]:
            queue: asyncio.Queue[LoggedEvent] = asyncio.Queue()
            queues.add(queue)
            try:
                while True:
                    event = await queue.get()
                    yield Cancelled(
                        cursor=str(event.sequence),
                        type=event.type,
                        occurred_at=event.occurred_at,
                        appointment_id=strawberry.ID(str(event.key)),
                        client_is_told=True,
                    )
            finally:
                queues.discard(queue)

    app: Any = GraphQL(strawberry.Schema(Query, subscription=Subscription))
    return Starlette(routes=[WebSocketRoute("/graphql", app)])


def main() -> None:
    """Serve until the process is ended."""
    side, port, rate = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
    log, queues = GrowingLog(), set[asyncio.Queue[LoggedEvent]]()
    if side != "stock":
        door = OpenDoor(log)
        settings = GraphQLSettings(introspection=False, ide=False, suggestions=False)
        endpoint = graphql_endpoint(door, settings)  # type: ignore[arg-type]
        app = Starlette(routes=endpoint.routes)
    else:
        app = stock(log, queues)

    async def grow() -> None:
        loop = asyncio.get_running_loop()
        hurried = asyncio.Event()
        loop.add_signal_handler(signal.SIGUSR1, hurried.set)
        due = loop.time()
        while True:
            due = due + 1 / rate if hurried.is_set() else loop.time() + 1 / _AT_FIRST
            await asyncio.sleep(max(0.0, due - loop.time()))
            made = log.grow()
            if side != "stock":
                await door.bell.ring(events_of(BUSINESS))
            for queue in queues:
                queue.put_nowait(made)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        growing = asyncio.create_task(grow())
        gc.freeze()
        yield
        growing.cancel()

    app.router.lifespan_context = lifespan
    ws = WEB_SOCKETS if side == "ours" else "auto"
    uvicorn.run(app, port=port, log_level="error", ws=ws, ws_per_message_deflate=False, access_log=False)


if __name__ == "__main__":
    main()
