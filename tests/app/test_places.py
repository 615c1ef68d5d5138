"""The worker's places: who is slow keeps its own, and everybody else's are filled as they become free."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from adapters.sql.migrate import migrate
from app import worker
from app.house import House
from app.timers import TIMERS, Facts
from app.worker import work
from core.calendars.connect import ConnectCalendar, connect_calendar
from core.kernel.bell import JOBS
from core.kernel.context import Context
from core.kernel.outbound import Outbound, OutboundRequest, OutboundResponse
from tests.kit.houses import NOW, Studio, house_on, new_studio

SOON = 20.0
"""Longer than anything here takes; nothing waits this long unless it fails."""

A_WHILE = 0.5
"""What has not happened by then does not happen while the silent stay silent."""


@dataclass
class Silent:
    """Servers of calendars that take the question, and answer all of them once they are told to."""

    asked: list[str] = field(default_factory=list)
    may_answer: asyncio.Event = field(default_factory=asyncio.Event)

    def check(self, url: str, *, secure: bool = False) -> None:
        """Anything goes."""

    async def send(self, request: OutboundRequest) -> OutboundResponse:
        """Wait to be told."""
        self.asked.append(request.url)
        await self.may_answer.wait()
        return OutboundResponse(status=404, headers={}, body=b"", seconds=0.0)


@dataclass
class Bench:
    """A house on SQLite with two studios, its calendars' silent servers, and what has rung."""

    house: House
    one: Studio
    two: Studio
    silent: Silent
    rung: list[int]

    async def connect(self, count: int) -> None:
        """Have the first studio connect so many calendars."""
        for number in range(count):
            url = f"https://calendar.example/{number}.ics"
            await connect_calendar(self.one.ctx, ConnectCalendar(provider_id=self.one.provider_id, url=url))

    async def plan(self, studio: Studio, numbers: range, kind: str = "chime") -> None:
        """Have a studio plan jobs that are due now."""
        async with studio.ctx.unit_of_work() as uow:
            for number in numbers:
                uow.schedule(kind, {"number": number}, run_at=NOW, dedupe_key=f"{kind}:{number}")
        await self.house.bell.ring(JOBS)


async def until(holds: Callable[[], bool], seconds: float = SOON) -> bool:
    """Whether something comes to hold in time."""
    for _ in range(int(seconds / 0.01)):
        if holds():
            return True
        await asyncio.sleep(0.01)
    return holds()


@pytest.fixture
async def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bench]:
    """The bench; what is left of its first jobs is done before."""
    house = house_on(f"sqlite+aiosqlite:///{tmp_path}/daybook.db")
    await migrate(house.database)
    (one, one_block), (two, two_block) = [await new_studio(house, number) for number in (1, 2)]
    await worker.work_off(house)
    silent, rung = Silent(), list[int]()
    house.outside[Outbound] = silent

    async def chime(_ctx: Context, facts: Facts) -> None:
        rung.append(facts["number"])

    async def hang(_ctx: Context, facts: Facts) -> None:
        silent.asked.append("")
        await silent.may_answer.wait()
        rung.append(facts["number"])

    monkeypatch.setitem(TIMERS, "chime", chime)
    monkeypatch.setitem(TIMERS, "hang", hang)
    yield Bench(house, one, two, silent, rung)
    for block in (two_block, one_block):
        await block.__aexit__(None, None, None)
    await house.close()


@asynccontextmanager
async def working(bench: Bench) -> AsyncIterator[None]:
    """A worker; in the end the silent answer, and it stops."""
    stop = asyncio.Event()
    running = asyncio.create_task(work(bench.house, stop))
    try:
        yield
    finally:
        bench.silent.may_answer.set()
        stop.set()
        await asyncio.wait_for(running, SOON)


async def test_silent_calendars_keep_no_other_job_waiting(bench: Bench) -> None:
    """Ten of one business whose servers stay silent: eight are asked, and the other's jobs are all done."""
    await bench.connect(10)
    async with working(bench):
        assert await until(lambda: len(bench.silent.asked) == 8)
        await bench.plan(bench.two, range(20))
        assert await until(lambda: len(bench.rung) == 20)
        assert len(bench.silent.asked) == 8
        bench.silent.may_answer.set()
        assert await until(lambda: len(bench.silent.asked) == 10)
    assert sorted(bench.rung) == [*range(20)]


async def test_without_places_of_their_own_they_keep_everybody_waiting(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: eight places for whatever comes are all held by the silent."""
    monkeypatch.setattr(worker, "PLACES", {None: 8})
    await bench.connect(10)
    async with working(bench):
        assert await until(lambda: len(bench.silent.asked) == 8)
        await bench.plan(bench.two, range(20))
        assert not await until(lambda: bench.rung != [], A_WHILE)
        bench.silent.may_answer.set()
        assert await until(lambda: len(bench.rung) == 20)


async def test_a_place_is_filled_when_it_becomes_free(bench: Bench) -> None:
    """Seven jobs that hang leave one place, through which all the others go, of either business."""
    async with working(bench):
        await bench.plan(bench.one, range(100, 107), kind="hang")
        await bench.plan(bench.one, range(10))
        await bench.plan(bench.two, range(10, 20))
        assert await until(lambda: len(bench.rung) == 20)
        assert sorted(bench.rung) == [*range(20)]
    assert sorted(bench.rung) == [*range(20), *range(100, 107)]


async def test_jobs_under_way_are_finished_before_the_worker_stops(bench: Bench) -> None:
    """Told to stop it takes nothing new, waits for what hangs, and notes that it is done."""
    await bench.plan(bench.one, range(3), kind="hang")
    stop = asyncio.Event()
    running = asyncio.create_task(work(bench.house, stop))
    assert await until(lambda: len(bench.silent.asked) == 3)
    stop.set()
    await bench.plan(bench.two, range(1))
    await asyncio.sleep(0.05)
    assert not running.done()
    bench.silent.may_answer.set()
    await asyncio.wait_for(running, SOON)
    assert sorted(bench.rung) == [0, 1, 2]
    done = await bench.house.job_list.newest(state="DONE", kind="hang", business_id=None, most=9)
    assert len(done) == 3


async def test_a_worker_that_is_cancelled_leaves_no_job_behind(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that stops waits ten seconds, then closes the database: what is under way ends before, and
    so does whatever waited."""
    begun, left = asyncio.Event(), list[str]()

    async def slow(_ctx: Context, _facts: Facts) -> None:
        begun.set()
        try:
            await asyncio.sleep(SOON)
        finally:
            await asyncio.sleep(0.05)
            left.append("broken off")

    monkeypatch.setitem(TIMERS, "slow", slow)
    await bench.plan(bench.one, range(1), kind="slow")
    before = asyncio.all_tasks()
    running = asyncio.create_task(work(bench.house, asyncio.Event()))
    await asyncio.wait_for(begun.wait(), SOON)
    running.cancel()
    await asyncio.wait({running}, timeout=SOON)
    assert (running.cancelled(), left) == (True, ["broken off"])
    await asyncio.sleep(0.05)
    assert asyncio.all_tasks() - before == set()
