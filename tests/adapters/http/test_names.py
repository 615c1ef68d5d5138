"""Looking names up beside name servers that hang: whoever was prompt stays so, and each name takes one thread."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from adapters.http import names as looking
from adapters.http.addresses import read_allowed
from adapters.http.names import NEW, PROMPT, SLOW, THREADS, Names
from adapters.http.safe import SafeHttp
from adapters.sql.job_rows import OUTWARD
from app import webhooks, worker
from core.kernel.outbound import OutboundRequest, OutboundResponse, TimedOut
from tests.kit.receivers import receivers

SOON = 20.0
"""Longer than anything here takes; nothing waits this long unless it fails."""


@dataclass
class NameServers:
    """Answer loopback at once; for names that begin with `hang` only when they are told to."""

    may_answer: threading.Event = field(default_factory=threading.Event)
    asked: Counter[str] = field(default_factory=Counter)

    def look_up(self, host: str, port: int) -> list[str]:
        """In place of the machine's resolver."""
        self.asked[host] += 1
        if host.startswith("hang"):
            assert self.may_answer.wait(SOON)
        return ["127.0.0.1"]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServers]:
    """Name servers that answer in the end, so that no thread is left."""
    made = NameServers()
    monkeypatch.setattr(looking, "_look_up", made.look_up)
    yield made
    made.may_answer.set()


async def ask(names: Names, host: str, seconds: float = SOON) -> str:
    """How a name is answered, or that its asker has given up."""
    try:
        async with asyncio.timeout(seconds):
            (address,) = await names.resolve(host, 443)
    except TimeoutError:
        return "given up"
    return address


async def ask_all(names: Names, hosts: list[str]) -> set[str]:
    """How names are answered that are asked for together, and waited for only a moment."""
    return set(await asyncio.gather(*(ask(names, host, 0.05) for host in hosts)))


async def test_names_that_hang_delay_no_name_that_was_prompt(servers: NameServers) -> None:
    """More than all the threads of new and slow names together, and again: the prompt one is answered."""
    names = Names()
    assert await ask(names, "well.example") == "127.0.0.1"
    hosts = [f"hang{number}.example" for number in range(300)]
    for times in (2, 3):
        assert await ask_all(names, hosts) == {"given up"}
        assert await ask(names, "well.example") == "127.0.0.1"
        assert servers.asked["well.example"] == times
    assert {servers.asked[host] for host in hosts} <= {0, 1}
    servers.may_answer.set()
    names.close()


async def test_a_new_name_finds_a_thread_beside_sixty_four_that_hang(servers: NameServers) -> None:
    """While they are new, too, and while they are known to be slow."""
    names = Names()
    hosts = [f"hang{number}.example" for number in range(64)]
    for one in ("first", "second"):
        assert await ask_all(names, hosts) == {"given up"}
        assert await ask(names, f"{one}.example") == "127.0.0.1"
    servers.may_answer.set()
    names.close()


@pytest.mark.parametrize(("threads", "answered"), [(THREADS[PROMPT], "127.0.0.1"), (32, "given up")])
async def test_prompt_names_that_fall_silent_together_delay_no_other(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch, threads: int, answered: str
) -> None:
    """280 at once, besides as many as a worker asks for; with 32 threads, the negative control, they do."""
    monkeypatch.setattr(looking, "THREADS", {**THREADS, PROMPT: threads})
    names, hosts = Names(), [f"hang{number}.example" for number in range(280)]
    servers.may_answer.set()
    for host in (*hosts, "well.example"):
        assert await ask(names, host) == "127.0.0.1"
    assert set(names._fared.values()) == {PROMPT}
    servers.may_answer.clear()
    assert await ask_all(names, hosts) == {"given up"}
    assert await ask(names, "well.example", 1.0) == answered
    servers.may_answer.set()
    names.close()


def test_there_are_more_threads_than_a_worker_asks_for_names_at_once() -> None:
    """One for each place of webhooks and of calendars, and 280 that those may hold who have given up."""
    asked = sum(webhooks.PLACES.values()) + worker.PLACES[OUTWARD]
    assert (asked, THREADS[PROMPT] - asked) == (104, 280)


async def test_threads_for_all_alike_are_all_taken_by_those_that_hang(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: where nobody remembers how names fared, the prompt one waits behind the rest."""
    monkeypatch.setattr(looking, "THREADS", {NEW: 32})
    monkeypatch.setattr(Names, "_note", lambda *_: None)
    names = Names()
    assert await ask(names, "well.example") == "127.0.0.1"
    assert await ask_all(names, [f"hang{number}.example" for number in range(64)]) == {"given up"}
    assert await ask(names, "well.example", 0.2) == "given up"
    servers.may_answer.set()
    assert await ask(names, "well.example") == "127.0.0.1"
    names.close()


async def test_what_nobody_waits_for_any_more_is_not_looked_up(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With one thread, which hangs, those behind it are given up unasked, and can be asked for again."""
    monkeypatch.setattr(looking, "THREADS", {NEW: 1, PROMPT: 1, SLOW: 1})
    names = Names()
    assert await ask_all(names, ["hang.example", "one.example", "two.example"]) == {"given up"}
    servers.may_answer.set()
    assert await ask(names, "one.example") == "127.0.0.1"
    assert servers.asked == {"hang.example": 1, "one.example": 1}
    names.close()


async def test_a_slow_name_that_is_prompt_again_counts_as_prompt(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Slow is who kept its asker waiting in vain; by the next prompt answer that is over."""
    names = Names()
    assert await ask(names, "hang.example", 0.05) == "given up"
    assert names._fared == {"hang.example": SLOW}
    servers.may_answer.set()
    assert await ask(names, "hang.example") == "127.0.0.1"
    assert names._fared == {"hang.example": PROMPT}
    monkeypatch.setattr(looking, "SLOW_SECONDS", -1.0)
    assert await ask(names, "hang.example") == "127.0.0.1"
    assert names._fared == {"hang.example": SLOW}
    names.close()


async def test_of_too_many_names_the_one_asked_for_longest_ago_is_forgotten(
    servers: NameServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that is asked for again and again is remembered."""
    monkeypatch.setattr(looking, "_MOST_REMEMBERED", 2)
    names = Names()
    for host in ("kept.example", "one.example", "kept.example", "two.example"):
        await ask(names, host)
    assert names._fared == {"kept.example": PROMPT, "two.example": PROMPT}
    names.close()


async def test_requests_to_a_host_that_is_well_go_out_beside_sixty_four_whose_names_hang(
    servers: NameServers,
) -> None:
    """Those time out, each time anew; the healthy host answers every time."""
    async with receivers() as outside:
        receiver = outside.receiver()
        http = SafeHttp(allowed=read_allowed(["127.0.0.1/32"]), ports=[outside.port])

        def send(host: str, seconds: float) -> asyncio.Task[OutboundResponse]:
            url = f"http://{host}:{outside.port}/0"
            request = OutboundRequest(url=url, connect_seconds=seconds, total_seconds=SOON)
            return asyncio.ensure_future(http.send(request))

        assert (await send("well.example", SOON)).status == 204
        for _ in range(2):
            hanging = [send(f"hang{number}.example", 0.3) for number in range(64)]
            assert (await send("well.example", SOON)).status == 204
            failures = await asyncio.gather(*hanging, return_exceptions=True)
            assert {type(failure) for failure in failures} == {TimedOut}
        assert len(receiver.received) == 3
        servers.may_answer.set()
        http.close()
