"""R8: crowds over WebSockets and event streams miss nothing, repeat nothing and hear of nobody else's.

They break off by themselves again and again, while the server and Redis are killed under them. SOAK_STREAMS says
how many WebSockets and how many event streams there are, half of these at /events and half at /graphql; the gate
has eight of each.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from pathlib import Path

import httpx

from tests.graphql_api.event_source import ACCEPT, EventSource
from tests.kit.dashboards import (
    BOOKED_PER_LIFE,
    EVENTS,
    KILLS,
    Business,
    Subscriber,
    all_are_up_to_date,
    booking,
    come_back,
    listening,
    live_through_kills,
    more,
)
from tests.kit.houses import new_database
from tests.kit.redis import OwnRedis
from tests.kit.serving import serving
from tests.kit.soak import SEED, reached, size

GATE = 8
STREAMS = size("SOAK_STREAMS", gate=GATE)
SECONDS_A_LISTENER = 0.0004
"""What hearing one event may take this process, which is all listeners at once."""
BREAKS = 10 if STREAMS > GATE else 3
PATIENCE = 180.0 + 2 * STREAMS
"""Seconds until a few more are booked, and until the last of the crowd has come back as often as it should."""


class StreamSubscriber(Subscriber):
    """One who listens at /events, as EventSource does: by the last id, or forgetfully."""

    async def _follow(self) -> None:
        headers = {**ACCEPT, "Authorization": f"Bearer {self.business.token}"}
        if self.cursor is not None:
            headers["Last-Event-ID"] = self.cursor
        try:
            async with self.business.streams.stream("GET", "/events", headers=headers) as response:
                if response.status_code == 503:
                    raise ConnectionError
                assert response.status_code == 200
                self.connections += 1
                if not self.remembers:
                    self.cursor = None
                source = EventSource(response)
                while (frame := await source.next(PATIENCE)) is not None:
                    if frame.event == "refused":
                        come_back(frame.data["code"])
                    self.note(str(frame.id))
        except httpx.TransportError as error:
            raise ConnectionError from error


class OperationSubscriber(Subscriber):
    """One who listens to GraphQL over an event stream: the subscription of the WebSocket, in distinct mode."""

    async def _follow(self) -> None:
        headers = {**ACCEPT, "Authorization": f"Bearer {self.business.token}"}
        body = {"query": EVENTS, "variables": {"after": self.cursor}}
        try:
            async with self.business.streams.stream(
                "POST", "/graphql", headers=headers, json=body
            ) as response:
                if response.status_code == 503:
                    raise ConnectionError
                assert response.status_code == 200
                self.connections += 1
                if not self.remembers:
                    self.cursor = None
                source = EventSource(response)
                while (frame := await source.next(PATIENCE)) is not None:
                    if frame.event == "complete":
                        raise ConnectionError
                    if "errors" in frame.data:
                        come_back(frame.data["errors"][0]["extensions"]["code"])
                    self.note(frame.data["data"]["bookingEvents"]["cursor"])
        except httpx.TransportError as error:
            raise ConnectionError from error


def crowds_of(businesses: list[Business], firsts: list[str], seed: int) -> list[list[Subscriber]]:
    """So many WebSockets and so many streams, who break off and come back; half of each in each business."""
    crowds: list[list[Subscriber]] = [[], []]
    for number in range(STREAMS):
        stream = (StreamSubscriber, OperationSubscriber)[number % 2]
        for at, kind in enumerate((Subscriber, stream)):
            home = (number // 2 + at) % 2
            dice = seed + 2 * number + at
            crowds[home].append(
                kind(businesses[home], firsts[home], remembers=True, breaks=BREAKS, seed=dice)
            )
    return crowds


async def resumed(crowds: list[list[Subscriber]]) -> None:
    """Return once everybody has broken off as often as they should."""
    async with asyncio.timeout(PATIENCE):
        while any(one.breaks for crowd in crowds for one in crowd):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


async def test_nothing_is_missed_or_repeated_across_kills(tmp_path: Path) -> None:
    """kill -9 twice, on SQLite: what each saw is the log, 0 gaps, 0 duplicates; the forgetful miss some."""
    url = await new_database("sqlite", tmp_path, None, "streams")
    with serving(tmp_path, url) as server:
        business = Business(server.url)
        await business.sign_up()
        first = (await business.log())[0]["cursor"]
        kinds = (Subscriber, StreamSubscriber, OperationSubscriber)
        careful = [made(business, first, remembers=True) for made in kinds]
        forgetful = [made(business, first, remembers=False) for made in kinds]
        await live_through_kills(server, business, *careful, *forgetful)
        log = await business.log()
        await business.close()
    cursors = [edge["cursor"] for edge in log[1:]]
    for one in careful:
        assert one.connections == KILLS + 1
        assert one.seen == cursors
    booked = [
        edge["node"]["appointmentId"] for edge in log if edge["node"]["__typename"] == "AppointmentBooked"
    ]
    assert booked == business.answered
    assert len(set(booked)) == len(booked) > KILLS * BOOKED_PER_LIFE
    # The negative control: without the last cursor the same life leaves gaps.
    for one in forgetful:
        assert one.connections == KILLS + 1
        assert len(set(one.seen)) == len(one.seen)
        assert set(one.seen) < set(cursors)


async def test_crowds_miss_and_repeat_nothing_across_kills(
    tmp_path: Path, postgres_url: str, worker_id: str
) -> None:
    """kill -9 of the server twice and of Redis once: what each saw is the log of their business.

    The negative control: who forgets the last id misses some of the same life.
    """
    url = await new_database("postgresql", tmp_path, postgres_url, f"streams_{worker_id}")
    redis, dice, began = OwnRedis(), random.Random(SEED), time.monotonic()
    try:
        with serving(tmp_path, url, REDIS_URL=redis.url) as server:
            businesses = [Business(server.url, name) for name in ("here", "there")]
            firsts = []
            for business in businesses:
                business.pause_seconds = STREAMS * SECONDS_A_LISTENER
                await business.sign_up()
                firsts.append((await business.log())[0]["cursor"])
            here, there = businesses
            crowds = crowds_of(businesses, firsts, SEED)
            forgetful = StreamSubscriber(here, firsts[0], remembers=False)
            async with listening(*crowds[0], *crowds[1], forgetful):
                async with booking(here), booking(there):
                    for kill in range(KILLS):
                        await more(
                            here.answered, BOOKED_PER_LIFE + dice.randrange(BOOKED_PER_LIFE), seconds=PATIENCE
                        )
                        await asyncio.to_thread(server.kill)
                        await asyncio.to_thread(server.start)
                        if kill == 0:
                            await more(here.answered, BOOKED_PER_LIFE, seconds=PATIENCE)
                            await asyncio.to_thread(redis.kill)
                            await more(here.answered, 2, seconds=PATIENCE)
                            await asyncio.to_thread(redis.start)
                    await more(here.answered, BOOKED_PER_LIFE, seconds=PATIENCE)
                    await resumed(crowds)
                await all_are_up_to_date(here, crowds[0])
                await all_are_up_to_date(there, crowds[1])
            logs = [[edge["cursor"] for edge in await business.log()] for business in businesses]
            for business in businesses:
                await business.close()
    finally:
        redis.server.stop()
    assert not set(logs[0]) & set(logs[1])
    for log, those in zip(logs, crowds, strict=True):
        for one in those:
            assert one.seen == log[1:]
    assert set(forgetful.seen) < set(logs[0][1:])
    everybody = [one for those in crowds for one in those]
    kinds = Counter(type(one) for one in everybody)
    assert kinds == {Subscriber: STREAMS, StreamSubscriber: STREAMS // 2, OperationSubscriber: STREAMS // 2}
    forced = sum(BREAKS - one.breaks for one in everybody)
    assert forced == 2 * STREAMS * BREAKS
    reached(
        "R8",
        STREAMS,
        clients=len(everybody),
        forced_resumes=forced,
        connections=sum(one.connections for one in everybody),
        events=sum(map(len, logs)),
        told=sum(len(one.seen) for one in everybody),
        seconds=round(time.monotonic() - began, 1),
    )
