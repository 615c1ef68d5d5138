"""The buckets in Redis: the same numbers for all processes, and a limit even without Redis."""

from __future__ import annotations

import asyncio
import logging
import random
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest
import pytest_asyncio
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from adapters.cache.redis_throttle import KEY_PREFIX, RedisThrottle
from auth.throttle import DROPS, MemoryThrottle, refilled
from core.billing.plans import PLANS, RequestLimit, request_limit
from core.kernel.clock import FixedClock
from tests.kit.loopback import loopback_server

SLOW = RequestLimit(per_minute=1, burst=20)
_numbers = count(random.SystemRandom().randrange(2**40))


class Hand:
    """A monotonic clock moved by hand."""

    at = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


@pytest.fixture
def key() -> str:
    """A bucket of this test's own."""
    return f"test:{next(_numbers)}"


@pytest_asyncio.fixture(params=[2, 3])
async def redis(redis_url: str, request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """A client, in either version of Redis's protocol."""
    client = Redis.from_url(redis_url, protocol=request.param)
    yield client
    await client.aclose()


def throttle_on(redis: Redis, clock: FixedClock, hand: Hand | None = None) -> RedisThrottle:
    """A throttle as one process has it; Redis gets ten seconds, for slow machines."""
    hand = hand or Hand()
    return RedisThrottle(
        redis, MemoryThrottle(clock, monotonic=hand), clock, patience_seconds=10, monotonic=hand
    )


async def shift(redis: Redis, key: str, *, seconds: float) -> None:
    """Let time pass for one bucket, by moving the instant it was last seen."""
    at = await redis.hget(KEY_PREFIX + key, "at")
    assert at is not None
    await redis.hset(KEY_PREFIX + key, "at", str(int(at) - int(seconds * 1_000_000)))


@pytest.mark.parametrize("plan", PLANS)
async def test_four_processes_share_exactly_the_burst(
    redis_url: str, redis: Redis, clock: FixedClock, key: str, plan: str
) -> None:
    """All take at once; what passes is the burst, and what fell into the bucket meanwhile.

    Some is taken before, so that nothing runs over while a slow machine gets ready.
    """
    limit = request_limit("servalodesk", plan)
    clients = [Redis.from_url(redis_url, protocol=3, max_connections=20) for _ in range(4)]
    throttles = [throttle_on(client, clock) for client in clients]
    for _ in range(min(limit.burst // 4, 200)):
        assert (await throttles[0].take(key, limit)).allowed
    began = int(await redis.hget(KEY_PREFIX + key, "at") or 0)
    full = int(await redis.hget(KEY_PREFIX + key, "drops") or 0)

    async def process(throttle: RedisThrottle) -> int:
        return sum([(await throttle.take(key, limit)).allowed for _ in range(limit.burst // 2)])

    passed = sum(await asyncio.gather(*map(process, throttles)))
    ended = int(await redis.hget(KEY_PREFIX + key, "at") or 0)
    fell = (ended - began) * limit.per_minute
    left = int(await redis.hget(KEY_PREFIX + key, "drops") or 0)
    assert passed * DROPS + left == full + fell
    assert full <= limit.burst * DROPS
    for client in clients:
        await client.aclose()


async def test_a_refusal_takes_nothing_and_says_when(redis: Redis, clock: FixedClock, key: str) -> None:
    """Twenty pass, the next waits a minute; asking again does not make it longer."""
    throttle = throttle_on(redis, clock)
    passed = [await throttle.take(key, SLOW) for _ in range(20)]
    assert [taken.allowed for taken in passed] == [True] * 20
    assert [taken.remaining for taken in passed] == list(range(19, -1, -1))
    for _ in range(3):
        refused = await throttle.take(key, SLOW)
        assert (refused.allowed, refused.remaining) == (False, 0)
        assert 50 <= refused.retry_after_seconds <= 60
    await shift(redis, key, seconds=60)
    assert (await throttle.take(key, SLOW)).allowed
    assert not (await throttle.take(key, SLOW)).allowed
    assert (await throttle.take(key, SLOW, cost=21)).allowed is False


async def test_the_script_counts_as_the_twin_does(redis: Redis, clock: FixedClock, key: str) -> None:
    """After every step the drops in Redis are what the function in Python says, to the last one."""
    throttle = throttle_on(redis, clock)
    chance = random.Random(20240628)
    for limit in (SLOW, RequestLimit(7, 13), RequestLimit(2_000, 4_000), RequestLimit(100, 200)):
        drops, at = limit.burst * DROPS, None
        await redis.delete(KEY_PREFIX + key)
        for _ in range(60):
            if at is not None:
                pause = chance.choice([0, 0, 0, 0.25, 3, 61, -5, 100_000])
                await shift(redis, key, seconds=pause)
                at -= int(pause * 1_000_000)
            cost = chance.choice([1, 1, 2, 5, limit.burst])
            taken = await throttle.take(key, limit, cost)
            now = int(await redis.hget(KEY_PREFIX + key, "at") or 0)
            drops = refilled(drops, now - (now if at is None else at), limit)
            at = now
            assert taken.allowed == (cost * DROPS <= drops)
            drops -= cost * DROPS if taken.allowed else 0
            assert int(await redis.hget(KEY_PREFIX + key, "drops") or -1) == drops
            assert taken.remaining == drops // DROPS


async def test_a_bucket_is_kept_until_it_is_full_again(redis: Redis, clock: FixedClock, key: str) -> None:
    """And no longer: Redis does not fill up with callers who left."""
    throttle = throttle_on(redis, clock)
    await throttle.take(key, SLOW, cost=2)
    assert 110_000 < await redis.pttl(KEY_PREFIX + key) <= 121_001


async def test_redis_may_lose_its_scripts(redis: Redis, clock: FixedClock, key: str) -> None:
    """A restarted Redis is taught the script again."""
    throttle = throttle_on(redis, clock)
    assert (await throttle.take(key, SLOW)).remaining == 19
    await redis.script_flush()
    assert (await throttle.take(key, SLOW)).remaining == 18


def client_at(port: int) -> Redis:
    """A client that does not try again by itself."""
    return Redis(host="127.0.0.1", port=port, protocol=3, retry=Retry(NoBackoff(), 0))


def closed_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def test_without_redis_every_process_limits_by_itself(
    clock: FixedClock, key: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never without limit: the burst passes and the next is refused; the log says it once."""
    caplog.set_level(logging.WARNING, "daybook.throttle")
    monkeypatch.setattr(logging.getLogger("daybook.throttle"), "disabled", False)  # whatever ran before
    client = client_at(closed_port())
    hand = Hand()
    throttle = throttle_on(client, clock, hand)
    answers = []
    for number in range(21):
        hand.at = number * 0.5  # rested enough every other time: Redis is tried again, in vain
        answers.append((await throttle.take(key, SLOW)).allowed)
    assert answers == [True] * 20 + [False]
    assert [record.message for record in caplog.records if record.name == "daybook.throttle"] == [
        "Redis is away (ConnectionError): every process limits by itself"
    ]
    await client.aclose()


async def test_redis_is_tried_again_after_a_rest(redis_url: str, clock: FixedClock, key: str) -> None:
    """For a second it is left alone, even where it is back; then its buckets count again."""
    client = Redis.from_url(redis_url, protocol=3, retry=Retry(NoBackoff(), 0))
    there = dict(client.connection_pool.connection_kwargs)
    client.connection_pool.connection_kwargs.update(host="127.0.0.1", port=closed_port())
    hand = Hand()
    throttle = throttle_on(client, clock, hand)
    assert (await throttle.take(key, SLOW)).remaining == 19
    client.connection_pool.connection_kwargs.update(there)
    client.connection_pool.reset()  # type: ignore[no-untyped-call]
    hand.at = 0.999
    assert (await throttle.take(key, SLOW)).remaining == 18
    assert await client.exists(KEY_PREFIX + key) == 0
    hand.at = 1.0
    assert (await throttle.take(key, SLOW)).remaining == 19
    assert await client.exists(KEY_PREFIX + key) == 1
    await client.aclose()


@asynccontextmanager
async def silent_server() -> AsyncIterator[tuple[int, list[int]]]:
    """A server that takes connections and never answers; notes each."""
    taken: list[int] = []

    async def ignore(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        taken.append(1)
        await asyncio.Event().wait()

    async with loopback_server(ignore) as port:
        yield port, taken


async def test_a_redis_that_hangs_holds_up_one_request_a_second(clock: FixedClock, key: str) -> None:
    """Patience runs out once; until the rest is over nobody waits again, and then one alone does."""
    async with silent_server() as (port, taken):
        client = client_at(port)
        hand = Hand()
        throttle = RedisThrottle(
            client, MemoryThrottle(clock, monotonic=hand), clock, patience_seconds=0.05, monotonic=hand
        )
        answers = [(await throttle.take(key, SLOW)).allowed for _ in range(21)]
        assert answers == [True] * 20 + [False]
        assert len(taken) == 1
        hand.at = 1.0
        later = await asyncio.gather(*(throttle.take(key, SLOW) for _ in range(10)))
        assert [answer.allowed for answer in later] == [False] * 10
        assert len(taken) == 2
        await client.aclose()
