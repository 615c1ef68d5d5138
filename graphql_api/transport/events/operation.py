"""GraphQL over SSE in distinct connections mode: one operation, its results as `next`, then `complete`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from graphql_api.execution.engine import Engine, GraphQLRequest
from graphql_api.execution.whole import whole
from graphql_api.streaming.batch import Batch
from graphql_api.streaming.burst import Burst
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.hub import Hub
from graphql_api.streaming.outbox import Outbox
from graphql_api.transport.events.stream import EventStream, frame

HELLO = ":\n\n"
COMPLETE = "event: complete\ndata:\n\n"


def refused_operation(errors: list[dict[str, Any]]) -> str:
    """The end of an operation that was refused, or cannot go on."""
    return frame("next", orjson.dumps({"errors": errors}).decode()) + COMPLETE


async def run_operation(
    stream: EventStream, engine: Engine, hub: Hub, request: GraphQLRequest, holder: Holder
) -> None:
    """Run an operation over a stream of its own."""

    async def tell() -> None:
        if engine.subscribes(request):
            await hub.tell(request, holder, Results(stream.outbox))
        else:
            await stream.put(frame("next", await whole(_answered(engine, request, holder))))
        await stream.put(COMPLETE)

    await stream.run(HELLO, tell, lambda: HELLO)


async def _answered(engine: Engine, request: GraphQLRequest, holder: Holder) -> str:
    async with holder.enter() as ctx:
        answer = await engine.answer(request, ctx, holder.door, client_ip=holder.client_ip)
    return orjson.dumps(answer.body).decode()


class Results:
    """Where the results of an operation go: a Sink that makes `next` events of them."""

    def __init__(self, outbox: Outbox[bytes]) -> None:
        self._outbox = outbox
        self.is_busy = outbox.is_busy
        self.settled = outbox.settled

    def write(self, batch: Batch, burst: Burst) -> bool:
        """Have all of it sent as one piece, where nothing waits."""
        frames = batch.made.get("next") or batch.make("next", _nexts)
        return self._outbox.offer_alone(frames, events=len(batch.texts))

    def offer(self, text: str) -> bool:
        """Have a result sent; False where there is no room."""
        return self._outbox.offer(_nexts([text.encode()]))

    async def put(self, text: str) -> None:
        """The same after waiting for room."""
        await self._outbox.put(_nexts([text.encode()]))


def _nexts(bodies: Sequence[bytes]) -> bytes:
    return b"".join(b"event: next\ndata: %b\n\n" % body for body in bodies)
