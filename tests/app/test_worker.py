"""The worker: whatever goes wrong with a job, the next one is done."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.sql.jobs import Job
from adapters.sql.migrate import migrate
from app.worker import work
from core.kernel.bell import JOBS
from core.kernel.errors import Unavailable
from tests.kit.houses import house_on, new_studio


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
