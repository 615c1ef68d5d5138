"""Token buckets: exactly the documented numbers, in bounded memory."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.gate import Caller
from auth.rate_limit import network_of, take_request
from auth.throttle import MemoryThrottle, Unlimited, demand
from core.billing.plans import PLANS, RequestLimit, request_limit
from core.kernel.clock import FixedClock
from core.kernel.context import ANONYMOUS, Actor
from core.kernel.errors import RateLimited

DOCUMENTED = {"free": (100, 200), "starter": (100, 200), "pro": (500, 1_000), "studio": (2_000, 4_000)}


class Hand:
    """A monotonic clock moved by hand."""

    at = 0.0

    def __call__(self) -> float:
        """Seconds."""
        return self.at


@pytest.fixture
def hand() -> Hand:
    """The hand that moves time."""
    return Hand()


@pytest.fixture
def throttle(clock: FixedClock, hand: Hand) -> MemoryThrottle:
    """Buckets in memory."""
    return MemoryThrottle(clock, monotonic=hand)


@pytest.mark.parametrize("plan", PLANS)
async def test_a_plan_allows_its_burst_and_then_its_rate(
    throttle: MemoryThrottle, hand: Hand, plan: str
) -> None:
    """The burst at once and not one more; a minute later the plan's requests a minute and not one more."""
    limit = request_limit("servalodesk", plan)
    assert (limit.per_minute, limit.burst) == DOCUMENTED[plan]
    first = [await throttle.take("key:3", limit) for _ in range(limit.burst + 1)]
    assert [taken.allowed for taken in first] == [True] * limit.burst + [False]
    assert [taken.remaining for taken in first[:3]] == [limit.burst - 1, limit.burst - 2, limit.burst - 3]
    hand.at += 60
    later = [await throttle.take("key:3", limit) for _ in range(limit.per_minute + 1)]
    assert [taken.allowed for taken in later] == [True] * limit.per_minute + [False]
    hand.at += 3_600
    full = [await throttle.take("key:3", limit) for _ in range(limit.burst + 1)]
    assert [taken.allowed for taken in full] == [True] * limit.burst + [False]


async def test_a_refusal_says_when_to_come_back(
    throttle: MemoryThrottle, hand: Hand, clock: FixedClock
) -> None:
    """In whole seconds, never too early: a request a minute comes back after 60 s and not before."""
    limit = RequestLimit(per_minute=1, burst=2)
    await throttle.take("a", limit)
    taken = await throttle.take("a", limit)
    assert (taken.allowed, taken.remaining, taken.retry_after_seconds) == (True, 0, 0)
    assert taken.reset_at == clock.now() + timedelta(seconds=120)
    hand.at = 0.5
    refused = await throttle.take("a", limit)
    assert (refused.allowed, refused.remaining, refused.retry_after_seconds) == (False, 0, 60)
    hand.at = 59.999999
    assert (await throttle.take("a", limit)).retry_after_seconds == 1
    hand.at = 60.0
    assert (await throttle.take("a", limit)).allowed


async def test_a_refusal_takes_nothing(throttle: MemoryThrottle) -> None:
    """Somebody who asks for too much can still ask for less."""
    limit = RequestLimit(per_minute=60, burst=10)
    assert (await throttle.take("a", limit, cost=7)).remaining == 3
    assert not (await throttle.take("a", limit, cost=4)).allowed
    assert (await throttle.take("a", limit, cost=3)).remaining == 0


async def test_a_cost_above_the_burst_is_always_refused(throttle: MemoryThrottle) -> None:
    """Waiting does not help, and nothing is taken."""
    limit = RequestLimit(per_minute=60, burst=10)
    refused = await throttle.take("a", limit, cost=11)
    assert (refused.allowed, refused.remaining, refused.retry_after_seconds) == (False, 10, 1)
    assert (await throttle.take("a", limit, cost=10)).allowed


async def test_keys_do_not_share(throttle: MemoryThrottle) -> None:
    """One caller's haste is not another's."""
    limit = RequestLimit(per_minute=1, burst=1)
    assert (await throttle.take("a", limit)).allowed
    assert not (await throttle.take("a", limit)).allowed
    assert (await throttle.take("b", limit)).allowed


async def test_a_clock_that_goes_back_adds_nothing(throttle: MemoryThrottle, hand: Hand) -> None:
    """Nor does it take anything away."""
    limit = RequestLimit(per_minute=60, burst=2)
    hand.at = 100
    await throttle.take("a", limit)
    hand.at = 50
    assert (await throttle.take("a", limit)).remaining == 0


async def test_a_better_plan_counts_at_once(throttle: MemoryThrottle, hand: Hand) -> None:
    """What is in the bucket stays; it fills faster and higher."""
    await throttle.take("a", RequestLimit(per_minute=60, burst=2), cost=2)
    hand.at = 10
    taken = await throttle.take("a", RequestLimit(per_minute=600, burst=500))
    assert taken.remaining == 99


async def test_demand_raises_with_the_seconds(throttle: MemoryThrottle) -> None:
    """The refusal is an error for whoever has no answer to put it in."""
    limit = RequestLimit(per_minute=2, burst=1)
    await demand(throttle, "a", limit)
    with pytest.raises(RateLimited) as refused:
        await demand(throttle, "a", limit)
    assert refused.value.retry_after_seconds == 30


async def test_unlimited_never_refuses(clock: FixedClock) -> None:
    """For RATE_LIMITS=off."""
    throttle = Unlimited(clock)
    limit = RequestLimit(per_minute=1, burst=1)
    assert all([(await throttle.take("a", limit)).allowed for _ in range(10)])
    assert (await throttle.take("a", limit)).remaining == 1


async def test_memory_is_bounded_and_forgets_the_idlest(clock: FixedClock, hand: Hand) -> None:
    """A flood of keys pushes out the bucket unused for longest, and keeps the busy one."""
    throttle = MemoryThrottle(clock, monotonic=hand, largest=100)
    limit = RequestLimit(per_minute=1, burst=1)
    await throttle.take("busy", limit)
    for number in range(1_000):
        await throttle.take(f"flood {number}", limit)
        assert not (await throttle.take("busy", limit)).allowed
        assert len(throttle) <= 100
    assert not (await throttle.take("flood 999", limit)).allowed


LIMITS = st.builds(RequestLimit, st.integers(1, 5_000), st.integers(1, 5_000))
STEPS = st.lists(
    st.tuples(st.integers(0, 200_000_000), st.integers(1, 60), st.sampled_from("abc")),
    min_size=1,
    max_size=60,
)


@given(LIMITS, STEPS)
async def test_the_bucket_is_the_one_of_the_book(
    limit: RequestLimit, steps: list[tuple[int, int, str]]
) -> None:
    """Against exact fractions: the same answers, the promised wait is enough and a second less is not."""
    hand = Hand()
    throttle = MemoryThrottle(FixedClock(START), monotonic=hand, largest=1_000)
    book: dict[str, tuple[Fraction, int]] = {}
    now = 0
    for pause, cost, key in steps:
        now += pause
        hand.at = now / 1_000_000
        level, since = book.get(key, (Fraction(limit.burst), now))
        level = min(Fraction(limit.burst), level + Fraction((now - since) * limit.per_minute, 60_000_000))
        taken = await throttle.take(key, limit, cost)
        assert taken.allowed == (cost <= level)
        if taken.allowed:
            level -= cost
            assert taken.retry_after_seconds == 0
        elif cost <= limit.burst:
            wait = taken.retry_after_seconds
            assert level + Fraction(wait * limit.per_minute, 60) >= cost
            assert level + Fraction((wait - 1) * limit.per_minute, 60) < cost
        assert taken.remaining == int(level)
        book[key] = (level, now)


@given(LIMITS, STEPS, st.integers(1, 2))
async def test_forgetting_full_buckets_changes_nothing(
    limit: RequestLimit, steps: list[tuple[int, int, str]], largest: int
) -> None:
    """However small the memory, no caller gets less than with a large one."""
    hand = Hand()
    small = MemoryThrottle(FixedClock(START), monotonic=hand, largest=largest)
    large = MemoryThrottle(FixedClock(START), monotonic=hand, largest=1_000)
    now = 0
    for pause, cost, key in steps:
        now += pause + 60_000_000 * limit.burst // limit.per_minute + 1_000_000
        hand.at = now / 1_000_000
        assert await small.take(key, limit, cost) == await large.take(key, limit, cost)
        assert len(small) <= largest


START = datetime(2024, 6, 28, tzinfo=UTC)


async def test_a_credential_has_its_plan_and_strangers_the_starter(throttle: MemoryThrottle) -> None:
    """Per key or person and business by plan; without a credential per network at the starter numbers."""
    key = Caller(name="key:3", business_id=12, plan="pro")
    person = Caller(name="user:7", identity_id=7, business_id=12, plan="studio")
    taken = await take_request(throttle, key, client_ip="192.0.2.1", dialect="servalodesk")
    assert (taken.limit, taken.remaining) == (RequestLimit(500, 1_000), 999)
    taken = await take_request(throttle, person, client_ip="192.0.2.1", dialect="servalodesk")
    assert (taken.limit, taken.remaining) == (RequestLimit(2_000, 4_000), 3_999)
    taken = await take_request(throttle, key, client_ip="198.51.100.7", dialect="servalodesk")
    assert taken.remaining == 998
    for left, actor in ((199, ANONYMOUS), (198, Actor(name="anonymous", business_id=12))):
        taken = await take_request(throttle, actor, client_ip="192.0.2.1", dialect="servalodesk")
        assert (taken.limit, taken.remaining) == (RequestLimit(100, 200), left)
    assert (
        await take_request(throttle, ANONYMOUS, client_ip="192.0.2.2", dialect="servalodesk")
    ).remaining == 199


@pytest.mark.parametrize(
    ("client_ip", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_a_network_is_what_one_customer_holds(client_ip: str, network: str) -> None:
    """An IPv4 address, or the /64 that an attacker could draw endless addresses from."""
    assert network_of(client_ip) == network
