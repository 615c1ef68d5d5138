"""Strawberry alone, over the same events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Any

import strawberry
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from strawberry.asgi import GraphQL

from benchmarks.fanout.growing_log import GrowingLog
from benchmarks.fanout.side import Side
from core.kernel.log import LoggedEvent


@strawberry.type
class Cancelled:
    """The shape of the event that the others tell."""

    cursor: str
    type: str
    occurred_at: datetime
    appointment_id: strawberry.ID
    client_is_told: bool


def stock() -> Side:
    """Strawberry as its documentation shows it: one generator, and one execution, for each subscriber."""
    log = GrowingLog()
    queues = set[asyncio.Queue[LoggedEvent]]()

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

    async def emit() -> None:
        made = log.grow()
        for queue in queues:
            queue.put_nowait(made)

    return Side(app=Starlette(routes=[WebSocketRoute("/graphql", app)]), emit=emit)
