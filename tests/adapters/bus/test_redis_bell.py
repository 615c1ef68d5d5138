"""The bell across processes: two bells on one Redis are two processes; without Redis each rings for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

import pytest
from redis.asyncio import Redis

from adapters.bus import redis_bell
from adapters.bus.redis_bell import RedisBell
from tests.kit.loopback import loopback_server
from tests.kit.processes import free_port
from tests.kit.redis import OwnRedis

SOON = 20.0
"""Longer than anything here takes; nothing waits this long unless it fails."""


@asynccontextmanager
async def bells(url: str, count: int = 2) -> AsyncIterator[list[RedisBell]]:
    """Bells that are started, and stopped in the end."""
    made = [RedisBell(url) for _ in range(count)]
    for bell in made:
        await bell.start()
    try:
        yield made
    finally:
        for bell in made:
            await bell.stop()


async def heard_elsewhere(ringer: RedisBell, other: RedisBell, topic: str) -> bool:
    """Whether a ring of one bell reaches a listener of the other, tried again while it connects."""
    async with other.listen(topic) as listener:
        for _ in range(int(SOON / 0.1)):
            await ringer.ring(topic)
            if await listener.wait(0.1):
                return True
    return False


async def test_a_ring_reaches_listeners_of_other_processes(redis_url: str) -> None:
    """In both directions."""
    async with bells(redis_url) as (one, two):
        assert await heard_elsewhere(one, two, "there")
        assert await heard_elsewhere(two, one, "back")


async def test_a_ring_is_heard_by_its_topic_alone(redis_url: str) -> None:
    """In another process as in this one: a later ring of another topic arrives, and the first has woken nobody."""
    async with bells(redis_url) as (one, two):
        assert await heard_elsewhere(one, two, "connected")
        async with two.listen("a") as wanted, two.listen("b") as other:
            await other.wait(0)
            await one.ring("a")
            assert await wanted.wait(SOON) is True
            assert await other.wait(0) is False


async def test_a_ring_is_heard_here_at_once(redis_url: str) -> None:
    """Without the way through Redis: before the ringing itself has returned."""
    async with bells(redis_url, 1) as (one,), one.listen("here") as listener:
        ringing = asyncio.create_task(one.ring("here"))
        await asyncio.sleep(0)
        assert await listener.wait(0) is True
        await ringing


async def test_without_redis_it_rings_here_and_never_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody listens at the address: starting, ringing and stopping go well."""
    monkeypatch.setattr(redis_bell, "_RETRY_SECONDS", 0.01)
    async with bells(f"redis://127.0.0.1:{free_port()}/0", 1) as (one,), one.listen("here") as listener:
        for _ in range(3):
            await one.ring("here")
            assert await listener.wait(0) is True


def is_done_at_once(coroutine: Coroutine[Any, Any, Any]) -> bool:
    """Whether a coroutine comes to its end without waiting for anything; one that does not fails the test."""
    try:
        coroutine.send(None)
    except StopIteration:
        return True
    raise AssertionError("it waits")


async def test_a_redis_that_hangs_is_waited_for_by_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it is stopped a hundred rings are done at once and it is tried once; then all is told, each once."""
    monkeypatch.setattr(redis_bell, "_LONGEST_RING_SECONDS", 0.05)
    own = OwnRedis()
    try:
        async with bells(own.url) as (one, two):
            assert await heard_elsewhere(one, two, "before")
            await idle(one)
            told: list[list[str]] = []
            publish = one._publish

            async def noted(topics: list[str]) -> None:
                told.append(topics)
                await publish(topics)

            monkeypatch.setattr(one, "_publish", noted)
            own.hang()
            async with one.listen("a") as here, two.listen("a") as there:
                await here.wait(0)
                for _ in range(100):
                    assert is_done_at_once(one.ring("a"))
                    assert await here.wait(0) is True
                    assert is_done_at_once(one.ring("b"))
                await asyncio.sleep(0.2)
                assert is_done_at_once(one.ring("c"))
                assert told == [["a", "b"]]
                assert await there.wait(0) is False
                monkeypatch.setattr(redis_bell, "_LONGEST_RING_SECONDS", SOON)
                own.go_on()
                assert await there.wait(SOON) is True
            await idle(one)
            assert told == [["a", "b"], ["a", "b", "c"]]
    finally:
        own.go_on()
        own.server.stop()


async def test_telling_redis_itself_takes_waiting(redis_url: str) -> None:
    """The negative control: what is done beside is not done at once, nor in its first turn."""
    async with bells(redis_url, 1) as (one,):
        telling = asyncio.create_task(one._publish(["a"]))
        await asyncio.sleep(0)
        assert not telling.done()
        await telling


async def test_a_bell_stops_though_redis_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Redis that takes connections and never answers holds up neither who rings nor who stops."""

    async def hang(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(redis_bell, "_LONGEST_RING_SECONDS", 0.05)
    async with loopback_server(hang) as port:
        bell = RedisBell(f"redis://127.0.0.1:{port}/0")
        async with bell.listen("here") as listener:
            assert is_done_at_once(bell.ring("here"))
            assert await listener.wait(0) is True
        await asyncio.wait_for(bell.stop(), SOON)


async def test_what_was_rung_is_passed_on_before_the_bell_stops(redis_url: str) -> None:
    """A command rings, stops, and ends: the others have heard it."""
    async with bells(redis_url, 1) as (other,), other.listen("x") as listener:
        async with bells(redis_url, 1) as (ready,):
            assert await heard_elsewhere(ready, other, "ready")
        await listener.wait(0)
        bell = RedisBell(redis_url)
        assert is_done_at_once(bell.ring("x"))
        await bell.stop()
        assert await listener.wait(SOON) is True


async def test_no_more_topics_are_kept_than_are_allowed(
    redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ring past them wakes here, and elsewhere whoever looks by itself."""
    monkeypatch.setattr(redis_bell, "_MOST_TOPICS", 2)
    async with bells(redis_url, 1) as (one,):
        async with one.listen("d") as listener:
            for topic in "abcd":
                assert is_done_at_once(one.ring(topic))
            assert await listener.wait(0) is True
        assert list(one._untold) == ["a", "b"]


async def idle(bell: RedisBell) -> None:
    """Wait until everything is told."""
    if bell._teller is not None:
        await asyncio.wait_for(asyncio.shield(bell._teller), SOON)


async def test_redis_killed_and_started_again_costs_rings_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """While it is gone each process rings for itself; once it is back they hear each other, and all are woken."""
    monkeypatch.setattr(redis_bell, "_RETRY_SECONDS", 0.05)
    own = OwnRedis()
    try:
        async with bells(own.url) as (one, two):
            assert await heard_elsewhere(one, two, "before")
            async with one.listen("here") as here, two.listen("there") as there:
                own.kill()
                await one.ring("here")
                assert await here.wait(0) is True
                await there.wait(0)
                own.start()
                # Rings may have been missed meanwhile: whoever listens looks again.
                assert await there.wait(SOON) is True
            assert await heard_elsewhere(one, two, "after")
            assert await heard_elsewhere(two, one, "after")
    finally:
        own.server.stop()


async def test_stopping_leaves_nothing_behind(redis_url: str) -> None:
    """Neither a task of this process nor a connection at the server."""
    async with bells(redis_url) as (one, two):
        assert await heard_elsewhere(one, two, "x")
    assert [task for task in asyncio.all_tasks() if task.get_name() == "bell"] == []
    client = Redis.from_url(redis_url, protocol=2)
    assert await client.pubsub_numsub("daybook:bell") == [(b"daybook:bell", 0)]
    await client.aclose()
