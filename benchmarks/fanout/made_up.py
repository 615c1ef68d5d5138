"""Ours over a log in memory: everything from the log on is the program's, and no database is asked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from adapters.bus.local import LocalBell
from auth.throttle import Unlimited
from benchmarks.fanout.growing_log import BUSINESS, GrowingLog
from benchmarks.fanout.side import Side
from core.kernel.bell import events_of
from core.kernel.clock import SystemClock
from core.kernel.context import Actor, Context
from graphql_api.endpoint import GraphQLSettings, graphql_endpoint


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


def made_up() -> Side:
    """The GraphQL endpoint, and an event more of the log in memory."""
    log = GrowingLog()
    door = OpenDoor(log)
    settings = GraphQLSettings(introspection=False, ide=False, suggestions=False)
    endpoint = graphql_endpoint(door, settings)  # type: ignore[arg-type]

    async def emit() -> None:
        log.grow()
        await door.bell.ring(events_of(BUSINESS))

    return Side(app=Starlette(routes=endpoint.routes), emit=emit)
