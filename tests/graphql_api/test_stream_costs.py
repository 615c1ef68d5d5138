"""Streams are bounded by what they cost, and made anew one at a time, so that others get their turn."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from dataclasses import replace
from datetime import datetime

import pytest

from app.house import House
from auth.create_api_key import CreateApiKey, create_api_key
from core.availability.hours import every_day
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.clock import SystemClock
from core.kernel.log import LoggedEvent
from graphql_api.execution.refusals import Refused
from graphql_api.settings import SocketLimits
from graphql_api.streaming.budget import Budget
from graphql_api.streaming.channel import EventChannel, StateChannel
from graphql_api.streaming.tail import Tail
from graphql_api.transport.socket.connection import _Operation
from tests.graphql_api.conftest import OPEN
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import Socket, connected, refused
from tests.graphql_api.test_fan_out import BUSINESS, WAIT, ShortLog, Wire
from tests.kit.houses import Studio

WATCH = """
subscription($to: Date!) { availabilityChanged(from: "2027-03-02", to: $to, durationMinutes: 60) { days { date } } }
"""
WEEK, NEXT, LATER = "2027-03-08", "2027-03-09", "2027-03-10"
PRICE = 10 + 7
"""Of a week; a day more costs a point more."""


async def is_told(socket: Socket, to: str) -> str:
    """Watch until a day; the operation's id once it was told."""
    id = await socket.ask(WATCH, to=to)
    await socket.heard(id, 1)
    return id


async def is_refused(socket: Socket, to: str) -> None:
    """Watch until a day in vain."""
    assert await refused(socket, await socket.ask(WATCH, to=to)) == {"code": "LIMIT_EXCEEDED"}


async def test_what_a_credential_watches_costs_so_much_together(house: House, studio: Studio) -> None:
    """What is different counts, the same again does not; what ends makes room; what was open goes on."""
    limits = SocketLimits(points_per_credential=2 * PRICE + 2)
    async with served(house, replace(OPEN, sockets=limits)) as url, connected(url, studio.token) as socket:
        first = await is_told(socket, WEEK)
        second = await is_told(socket, NEXT)
        await is_refused(socket, LATER)
        again = await is_told(socket, NEXT)
        for id in (second, again):
            await is_refused(socket, LATER)
            await socket.say("complete", id=id)
            await asyncio.sleep(0.1)
        third = await is_told(socket, LATER)
        await update_provider(
            studio.ctx, UpdateProvider(provider_id=studio.provider_id, weekly_hours=every_day(600, 630))
        )
        told = [await socket.hear() for _ in range(2)]
        assert {one["id"] for one in told} == {first, third}
        assert [one["payload"]["data"]["availabilityChanged"]["days"] for one in told] == [[], []]


async def test_what_a_business_watches_costs_so_much_together(
    house: House, studio: Studio, other_studio: Studio
) -> None:
    """Whoever watches it and by whatever credential; what colleagues watch already costs nothing more, and
    another business has points of its own."""
    limits = SocketLimits(points_per_business=2 * PRICE + 2)
    keys = [await create_api_key(studio.ctx, CreateApiKey(name=name)) for name in ("till", "wall")]
    async with (
        served(house, replace(OPEN, sockets=limits)) as url,
        connected(url, keys[0].secret) as till,
        connected(url, keys[1].secret) as wall,
        connected(url, other_studio.token) as stranger,
    ):
        await is_told(till, WEEK)
        await is_told(wall, NEXT)
        for socket in (till, wall):
            await is_refused(socket, LATER)
        await is_told(wall, WEEK)
        await is_told(stranger, LATER)
        await till.ws.close()
        await asyncio.sleep(0.3)
        await is_refused(wall, LATER)


def test_a_budget_holds_nothing_once_all_is_over() -> None:
    """Whether it was spent or refused."""
    budget = Budget(SocketLimits(points_per_credential=10, points_per_business=15))
    with budget.spending("a", 10, name="key:1", business_id=1):
        with pytest.raises(Refused, match="credential"), budget.spending("b", 1, name="key:1", business_id=1):
            raise AssertionError
        with pytest.raises(Refused, match="business"), budget.spending("b", 6, name="key:2", business_id=1):
            raise AssertionError
        with (
            budget.spending("b", 5, name="key:2", business_id=1),
            budget.spending("a", 10, name="key:1", business_id=1),
        ):
            assert len(budget) == 3
    assert len(budget) == 0


MAKING = 0.02
STATES = 20


class Making:
    """States that take long to make; counts how many are being made at once, and how many were."""

    def __init__(self) -> None:
        self.now = self.most = self.made = 0

    async def make(self) -> tuple[str, datetime | None]:
        """Work something out, in two halves."""
        self.now += 1
        self.most = max(self.most, self.now)
        for _ in range(2):
            time.sleep(MAKING / 2)  # noqa: ASYNC251  # as working out does
            await asyncio.sleep(0)
        self.now -= 1
        self.made += 1
        return str(self.made), None


@asynccontextmanager
async def watched(log: ShortLog, making: Making, *, in_turn: bool) -> AsyncIterator[Tail]:
    """So many states of a business that change with each event, all told once."""
    tail = Tail(log, log.bell, BUSINESS)
    await tail.ready()
    if not in_turn:
        tail.turn = nullcontext()  # type: ignore[assignment]
    wires = [Wire() for _ in range(STATES)]
    channels = [StateChannel(tail, making.make, lambda _: True, SystemClock()) for _ in wires]
    following = [
        asyncio.create_task(channel.follow(_Operation(wire.outbox, "1"), wire.reader))
        for channel, wire in zip(channels, wires, strict=True)
    ]
    async with asyncio.timeout(WAIT):
        while making.made < STATES:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.3)
    yield tail
    for task in (*following, *(wire.sending for wire in wires)):
        task.cancel()
    for channel in channels:
        channel.stop()
    tail.stop()


@pytest.mark.parametrize("in_turn", [True, False])
async def test_states_are_made_one_at_a_time_so_that_events_are_told_meanwhile(in_turn: bool) -> None:
    """An event that twenty states follow: a reader of events hears a second one while they are made.

    Negative control: without turns all are made at once, and the reader waits for all of them.
    """

    async def number_of(event: LoggedEvent) -> str | None:
        return str(event.sequence)

    log, making = ShortLog(), Making()
    async with watched(log, making, in_turn=in_turn) as tail:
        events, wire = EventChannel(tail, number_of, 0.0), Wire()
        wire.follow(events, 0)
        await asyncio.sleep(0)
        assert making.most == (1 if in_turn else STATES)
        log.grow()
        await log.ring()
        async with asyncio.timeout(WAIT):
            while making.made == STATES and not making.now:  # noqa: ASYNC110
                await asyncio.sleep(0)
        log.grow()
        await log.ring()
        await wire.until(2)
        assert (making.made - STATES < STATES // 2) == in_turn
        events.stop()
        wire.sending.cancel()
        assert wire.following is not None
        wire.following.cancel()
