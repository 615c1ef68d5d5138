"""The hub: every channel of this process, found by what is told and to whom."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import AbstractContextManager, asynccontextmanager
from datetime import datetime
from typing import Any

import orjson
from graphql import (
    ExecutionResult,
    FieldNode,
    Node,
    OperationDefinitionNode,
    VariableNode,
    create_source_event_stream,
)
from graphql.language import Visitor
from graphql.language import visit as walk

from auth.door import Door
from core.events.catalogue import may_hear
from core.kernel.errors import DomainError
from core.kernel.log import LoggedEvent
from graphql_api.execution.engine import Admitted, Engine, GraphQLRequest, shown
from graphql_api.execution.refusals import LIMIT_EXCEEDED, refuse, refuse_domain, refuse_errors
from graphql_api.execution.whole import whole
from graphql_api.schema import read_plan
from graphql_api.settings import SocketLimits
from graphql_api.streaming.audience import Audience
from graphql_api.streaming.budget import Budget
from graphql_api.streaming.channel import Channel, EventChannel, StateChannel, TellEvent
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.reader import Reader, Sink
from graphql_api.streaming.tail import Tail
from graphql_api.streaming.topics import EveryEvent, Latest
from graphql_api.visit import Visit

REQUEST_ID = "stream"


class Hub:
    """Lets readers join channels; makes what is missing, and stops what nobody listens to."""

    def __init__(self, engine: Engine, door: Door, limits: SocketLimits) -> None:
        self._engine = engine
        self._door = door
        self._limits = limits
        self._tails: dict[int, tuple[Tail, Counter[str]]] = {}
        self._channels: dict[Hashable, tuple[Channel, Counter[str]]] = {}
        self._streams: Counter[str] = Counter()
        self._budget = Budget(limits)

    def __len__(self) -> int:
        return len(self._channels) + len(self._tails)

    async def tell(self, request: GraphQLRequest, holder: Holder, sink: Sink) -> None:
        """Tell a subscription to one reader until cancelled.

        Raises Refused where it is refused, or cannot go on, and TooSlow.
        """
        try:
            async with self.counted(holder) as name:
                admitted, topic = await whole(self._begun(request, holder))
                audience = await holder.audience()
                if isinstance(topic, EveryEvent):
                    await self._tell_events(request, admitted, topic, audience, sink, name)
                else:
                    await self._tell_state(request, admitted, topic, audience, sink, name)
        except DomainError as error:
            raise refuse_domain(error) from None

    async def tell_events(
        self,
        key: Hashable,
        audience: Audience,
        make: TellEvent,
        sink: Sink,
        reader: Reader,
        *,
        name: str,
        price: int,
    ) -> None:
        """Tell events to one reader, from their position on, in whatever form `make` gives them.

        The credential of that `name`, and its business, pay the price while it lasts. Raises Refused.
        """

        def made(tail: Tail) -> Channel:
            return EventChannel(tail, make, self._limits.coalesce_seconds)

        with self._spending((key, audience), price, audience, name):
            async with self._channel((key, audience), audience, made) as channel:
                await channel.follow(sink, reader)

    @asynccontextmanager
    async def counted(self, holder: Holder) -> AsyncIterator[str]:
        """One stream more of a credential, if it may have one more; its name. Raises Refused."""
        name = (await holder.let_in()).name
        most = self._limits.streams_per_credential
        if self._streams[name] >= most:
            raise refuse(LIMIT_EXCEEDED, f"At most {most} streams run for one credential.", status=429)
        self._streams[name] += 1
        try:
            yield name
        finally:
            self._streams[name] -= 1
            if not self._streams[name]:
                del self._streams[name]

    def _spending(
        self, key: Hashable, price: int, audience: Audience, name: str
    ) -> AbstractContextManager[None]:
        return self._budget.spending(key, price, name=name, business_id=audience.business_id)

    async def _begun(self, request: GraphQLRequest, holder: Holder) -> tuple[Admitted, EveryEvent | Latest]:
        """What may run, and what its root field tells."""
        async with holder.enter() as ctx:
            admitted = await self._engine.admit(
                request, ctx, self._door, client_ip=holder.client_ip, streams=True
            )
            visit = Visit(ctx=ctx, door=self._door, client_ip=holder.client_ip, plan=read_plan)
            source: Any = create_source_event_stream(self._engine.executor(admitted, visit))
            if not isinstance(source, EveryEvent | Latest | ExecutionResult):
                source = await source
            if isinstance(source, ExecutionResult):
                raise refuse_errors(source.errors or [], ctx.request_id)
            assert isinstance(source, EveryEvent | Latest)
            return admitted, source

    async def _tell_events(
        self,
        request: GraphQLRequest,
        admitted: Admitted,
        topic: EveryEvent,
        audience: Audience,
        sink: Sink,
        name: str,
    ) -> None:
        async def make(event: LoggedEvent) -> str | None:
            if not may_hear(event.type, audience.permissions) or not topic.wants(event):
                return None
            async with self._visit(audience) as visit:
                source = await topic.shown(visit, event)
                return None if source is None else await self._executed(admitted, visit, source)

        key = _key(request, start=_start_variable(admitted.operation, admitted.prepared.document))
        reader, price = Reader(sink, topic.after), admitted.cost["asked"]
        await self.tell_events(key, audience, make, sink, reader, name=name, price=price)

    async def _tell_state(
        self,
        request: GraphQLRequest,
        admitted: Admitted,
        topic: Latest,
        audience: Audience,
        sink: Sink,
        name: str,
    ) -> None:
        async def make() -> tuple[str, datetime | None]:
            async with self._visit(audience) as visit:
                found = await topic.shown(visit)
                return await self._executed(admitted, visit, found.source), found.until

        def made(tail: Tail) -> Channel:
            return StateChannel(tail, make, topic.changes_with, self._door.clock)

        key = (_key(request, start=None), audience)
        with self._spending(key, admitted.cost["asked"], audience, name):
            async with self._channel(key, audience, made) as channel:
                await channel.follow(sink, Reader(sink))

    @asynccontextmanager
    async def _visit(self, audience: Audience) -> AsyncIterator[Visit]:
        async with self._door.context(audience.actor(), REQUEST_ID) as ctx:
            yield Visit(ctx=ctx, door=self._door, client_ip="", plan=read_plan)

    async def _executed(self, admitted: Admitted, visit: Visit, source: Any) -> str:
        body = shown(await self._engine.run(admitted, visit, source), visit.ctx.request_id)
        return orjson.dumps(body).decode()

    @asynccontextmanager
    async def _channel(
        self, key: Hashable, audience: Audience, made: Callable[[Tail], Channel]
    ) -> AsyncIterator[Channel]:
        """The channel of that name, kept while anybody is in such a block."""
        async with self._tail(audience.business_id) as tail:
            found = self._channels.get(key)
            if found is None or found[0].failed is not None:
                found = self._channels[key] = (made(tail), Counter())
            channel, uses = found
            uses["readers"] += 1
            try:
                yield channel
            finally:
                uses["readers"] -= 1
                if not uses["readers"]:
                    channel.stop()
                    if self._channels.get(key) is found:
                        del self._channels[key]

    @asynccontextmanager
    async def _tail(self, business_id: int) -> AsyncIterator[Tail]:
        found = self._tails.get(business_id)
        if found is None:
            found = self._tails[business_id] = (Tail(self._door.log, self._door.bell, business_id), Counter())
        tail, uses = found
        uses["readers"] += 1
        try:
            await tail.ready()
            yield tail
        finally:
            uses["readers"] -= 1
            if not uses["readers"]:
                tail.stop()
                del self._tails[business_id]


def _key(request: GraphQLRequest, *, start: str | None) -> Hashable:
    """What makes two requests one, their place to begin apart."""
    variables = {name: value for name, value in request.variables.items() if name != start}
    digest = hashlib.sha256(request.query.encode()).digest()
    return digest, request.operation_name, orjson.dumps(variables, option=orjson.OPT_SORT_KEYS)


def _start_variable(operation: OperationDefinitionNode, document: Node) -> str | None:
    """The variable that says where to begin and nothing else: readers who differ in it share a channel."""
    names = [
        argument.value.name.value
        for field in operation.selection_set.selections
        if isinstance(field, FieldNode)
        for argument in field.arguments or ()
        if argument.name.value == "after" and isinstance(argument.value, VariableNode)
    ]
    if len(names) != 1:
        return None
    uses = Counter[str]()

    class Uses(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            uses[node.name.value] += 1

    walk(document, Uses())
    # Once where it is declared, once where it is used.
    return names[0] if uses[names[0]] == 2 else None
