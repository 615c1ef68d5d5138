"""Each document is executed once for all who see the same, and what an event leaves behind is nothing."""

from __future__ import annotations

import asyncio
import gc
import json
import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from inspect import isawaitable
from typing import Any

import pytest
from graphql import ExecutionResult

from adapters.bus.local import LocalBell
from auth.throttle import Unlimited
from benchmarks.fanout.figures import memory_mb
from benchmarks.fanout.growing_log import BUSINESS, GrowingLog
from core.kernel.bell import events_of
from core.kernel.clock import SystemClock
from core.kernel.context import Actor, Context
from graphql_api.execution.engine import Admitted, Engine, GraphQLRequest
from graphql_api.settings import SocketLimits
from graphql_api.streaming.audience import Audience, audience_of
from graphql_api.streaming.holder import Holder
from graphql_api.streaming.hub import Hub
from graphql_api.transport.socket.connection import _Operation
from graphql_api.visit import Visit
from tests.graphql_api.conftest import OPEN
from tests.graphql_api.test_fan_out import WAIT, Wire
from tests.kit.soak import noted, size

QUERY = """
subscription($filter: BookingEventFilter) { bookingEvents(filter: $filter) {
  __typename cursor type occurredAt appointment { id } ... on AppointmentCancelled { appointmentId clientIsTold }
} }
"""
CANCELLED = {"filter": {"types": ["APPOINTMENT_CANCELLED"]}}
SEES_ALL = frozenset({"events:read", "appointments:read"})
EACH = 20
"""Readers of each kind."""

EVENTS = 200 * size("SOAK_STREAMS", gate=60)
"""100,000 in the soak."""

MOST_BLOCKS, MOST_MEGABYTES = 1_000, 6.0
"""By how much the second half of the events may grow the process."""


class Door:
    """All that a stream needs, without a database: staff see appointments, a wall hears of events alone."""

    def __init__(self) -> None:
        self.log: Any = GrowingLog()
        self.bell: Any = LocalBell()
        self.clock = SystemClock()
        self.gate: Any = type("Gate", (), {"throttle": Unlimited(self.clock)})()
        self.stranger_at: Any = None

    def visit(self, credential: Any, **_: Any) -> AbstractAsyncContextManager[Context]:
        """Staff or a wall, each with a credential of their own."""
        sees = SEES_ALL if credential.startswith("staff") else frozenset({"events:read"})
        return self.context(Actor(name=credential, business_id=BUSINESS, permissions=sees), "")

    @asynccontextmanager
    async def context(self, actor: Actor, request_id: str) -> AsyncIterator[Context]:
        """Whatever would be read fails."""
        nothing: Any = None
        yield Context(actor=actor, clock=self.clock, read=nothing, asker=nothing, open_unit_of_work=nothing)

    async def happen(self, count: int) -> None:
        """So many events, one right after another."""
        for _ in range(count):
            self.log.grow()
        await self.bell.ring(events_of(BUSINESS))


class CountingEngine(Engine):
    """Counts executions."""

    executed = 0

    async def run(self, admitted: Admitted, visit: Visit, root: Any = None) -> ExecutionResult:
        """The engine's, counted."""
        self.executed += 1
        return await super().run(admitted, visit, root)


class LeakingEngine(Engine):
    """Makes an executor for each event as graphql-core does itself, from one that stays."""

    _kept: Any = None

    async def run(self, admitted: Admitted, visit: Visit, root: Any = None) -> ExecutionResult:
        """Execute by an executor of graphql-core's making."""
        self._kept = self._kept or self.executor(admitted, visit)
        result = self._kept.build_per_event_executor(root).execute_operation(False)
        if isawaitable(result):
            result = await result
        assert isinstance(result, ExecutionResult)
        return result


class Drain(Wire):
    """A client's end that counts what arrives and keeps nothing of it."""

    heard_in_all = 0

    def write(self, frames: bytes) -> None:
        """Take frames."""
        assert b'"errors"' not in frames
        self.heard_in_all += frames.count(b'{"type":"next"')


@contextmanager
def told(hub: Hub, door: Door, names: dict[str, Wire]) -> Iterator[list[asyncio.Task[None]]]:
    """Readers of the same document, each by a credential of that name; some give variables."""
    telling = [
        asyncio.create_task(
            hub.tell(
                GraphQLRequest(query=QUERY, variables=CANCELLED if "filtering" in name else {}),
                Holder(door, name, client_ip="127.0.0.1", request_id="test"),  # type: ignore[arg-type]
                _Operation(wire.outbox, "1"),
            )
        )
        for name, wire in names.items()
    ]
    try:
        yield telling
    finally:
        for task in (*telling, *(wire.sending for wire in names.values())):
            task.cancel()


@pytest.mark.parametrize("is_merged", [False, True])
async def test_a_document_is_executed_once_for_each_audience_and_event(
    monkeypatch: pytest.MonkeyPatch, is_merged: bool
) -> None:
    """Sixty readers, two audiences, one of them with two kinds of variables, thirty events: ninety executions,
    and each audience has a body of its own.

    Negative control: were all one audience, the wall would be shown what staff see.
    """
    if is_merged:
        everybody = audience_of(Actor(name="", business_id=BUSINESS, permissions=SEES_ALL))

        async def one_for_all(_: Holder) -> Audience:
            return everybody

        monkeypatch.setattr(Holder, "audience", one_for_all)
    door, engine = Door(), CountingEngine(OPEN)
    hub = Hub(engine, door, SocketLimits())  # type: ignore[arg-type]
    kinds = ("staff", "staff filtering", "wall")
    groups = [{f"{kind} {number}": Wire() for number in range(EACH)} for kind in kinds]
    readers = {name: wire for group in groups for name, wire in group.items()}
    with told(hub, door, readers):
        await asyncio.sleep(0.2)
        for count in (1, 4, 25):
            await door.happen(count)
            await asyncio.sleep(0.05)
        async with asyncio.timeout(WAIT):
            while any(len(wire.heard) < 30 for wire in readers.values()):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        bodies = [{json.dumps(wire.heard) for wire in group.values()} for group in groups]
        assert [len(one) for one in bodies] == [1, 1, 1]
        staff, filtering, wall = (
            [body["data"]["bookingEvents"]["appointment"] for body in json.loads(one)] for (one,) in bodies
        )
        assert staff == filtering
        assert None not in staff
        assert (engine.executed, wall) == ((60, staff) if is_merged else (90, [None] * 30))
        assert sum(wire.through_the_queue for wire in readers.values()) == 0
    await asyncio.sleep(0.05)
    assert len(hub) == 0


@pytest.mark.parametrize(("engine", "events"), [(Engine, EVENTS), (LeakingEngine, 3_000)])
async def test_memory_stays_flat_while_events_are_told_as_they_happen(
    engine: type[Engine], events: int
) -> None:
    """Told live, in bursts, to readers who take everything: the second half of the events leaves nothing behind,
    counted in all blocks that Python has, those that its collector does not follow included, and in memory.

    Negative control: executors of graphql-core's own making, each of which stays.
    """
    door = Door()
    hub = Hub(engine(OPEN), door, SocketLimits(coalesce_seconds=0.0))  # type: ignore[arg-type]
    drains = {f"staff:{number}": Drain() for number in range(3)}
    counted: list[tuple[int, float]] = []
    with told(hub, door, dict(drains)) as telling:
        await asyncio.sleep(0.2)
        for number in range(0, events, 50):
            await door.happen(50)
            async with asyncio.timeout(WAIT):
                while any(drain.heard_in_all < number + 50 for drain in drains.values()):
                    assert not any(task.done() for task in telling)
                    await asyncio.sleep(0)
            if number + 50 in (events // 2, events):
                del door.log.events[:-1]  # it keeps now more and now less
                gc.collect()
                counted.append((sys.getallocatedblocks(), memory_mb(os.getpid())))
        assert [drain.heard_in_all for drain in drains.values()] == [events] * 3
        assert sum(drain.through_the_queue for drain in drains.values()) == 0
    (blocks, megabytes), (blocks_then, megabytes_then) = counted
    grown = blocks_then - blocks, megabytes_then - megabytes
    if engine is Engine:
        noted("R8", told_live=events, blocks_grown=grown[0], megabytes_grown=round(grown[1], 1))
        assert grown[0] < MOST_BLOCKS
        assert grown[1] < MOST_MEGABYTES
    else:
        assert grown[0] > events // 2
