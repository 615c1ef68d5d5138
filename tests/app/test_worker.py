"""The worker: whatever goes wrong with a job, the next one is done."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sql.jobs import Job
from adapters.sql.migrate import migrate
from app.timers import TIMERS, Facts
from app.worker import work, work_off
from core.kernel.bell import JOBS
from core.kernel.clock import FixedClock
from core.kernel.context import Context
from core.kernel.errors import Unavailable
from tests.kit.houses import NOW, house_on, new_studio


async def test_a_job_that_cannot_be_settled_does_not_end_the_worker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the outcome cannot be written the worker goes on; it stops when told, and not before."""
    house = house_on(f"sqlite+aiosqlite:///{tmp_path}/daybook.db")
    await migrate(house.database)
    settle, tries = house.jobs.done, 0

    async def fails_once(job: Job) -> bool:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Unavailable()
        return await settle(job)

    monkeypatch.setattr(house.jobs, "done", fails_once)
    stop = asyncio.Event()
    worker = asyncio.create_task(work(house, stop))
    blocks = [(await new_studio(house, number))[1] for number in (1, 2)]
    while tries < 2:
        await house.bell.ring(JOBS)
        await asyncio.sleep(0.01)
    assert not worker.done()
    stop.set()
    await asyncio.wait_for(worker, 10)
    for block in blocks:
        await block.__aexit__(None, None, None)
    await house.close()


async def test_a_timer_is_done_at_its_time_in_its_business(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not before; given the facts and a Context of the business; an unknown kind is tried again later."""
    house = house_on(f"sqlite+aiosqlite:///{tmp_path}/daybook.db")
    clock = house.clock
    assert isinstance(clock, FixedClock)
    await migrate(house.database)
    studio, block = await new_studio(house, 1)
    rung: list[tuple[int, str, int]] = []

    async def chime(ctx: Context, facts: Facts) -> None:
        rung.append((ctx.business_id, ctx.actor.name, facts["times"]))

    monkeypatch.setitem(TIMERS, "chime", chime)
    at = NOW + timedelta(hours=1)
    async with studio.ctx.unit_of_work() as uow:
        uow.schedule("chime", {"times": 3}, run_at=at, dedupe_key="bell")
        uow.schedule("not known yet", {}, run_at=at, dedupe_key="other")
    assert await work_off(house) == 1
    clock.instant = at - timedelta(microseconds=1)
    assert (await work_off(house), rung) == (0, [])
    clock.instant = at
    assert await work_off(house) == 2
    assert rung == [(studio.business_id, "system", 3)]
    listed = await house.job_list.newest(state="WAITING", kind=None, business_id=None, most=9)
    assert [(job.kind, job.attempts, job.last_error) for job in listed] == [
        ("not known yet", 1, "UnknownKind")
    ]
    await block.__aexit__(None, None, None)
    await house.close()
