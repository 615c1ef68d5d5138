"""`daybook jobs`: on a SQLite file beside its server it reads, and writes once the server is gone."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.sql.migrate import migrate
from app.house import House
from core.kernel.clock import SystemClock
from tests.kit.houses import house_on, new_studio

ROOT = Path(__file__).parents[2]


def daybook(url: str, *words: str) -> tuple[int, str, str]:
    """Run `daybook jobs …`: its status, what it said, and what it complained of."""
    environment = {**os.environ, "DAYBOOK_DATABASE_URL": url}
    done = subprocess.run(
        [sys.executable, "-m", "app", "jobs", *words],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )
    return done.returncode, done.stdout, done.stderr


async def serving(folder: Path) -> tuple[House, str, int]:
    """A house that holds a SQLite file with one job in an hour; its URL and the job's number."""
    url = f"sqlite+aiosqlite:///{folder}/daybook.db"
    house = house_on(url, clock=SystemClock())
    await migrate(house.database)
    studio, block = await new_studio(house, 1)
    async with studio.ctx.unit_of_work() as uow:
        run_at = uow.now + timedelta(hours=1)
        uow.schedule("chime", {"appointment_id": 7}, run_at=run_at, dedupe_key="bell")
    await block.__aexit__(None, None, None)
    (job,) = await house.job_list.newest(state="WAITING", kind="chime", business_id=None, most=5)
    return house, url, job.id


async def test_beside_the_server_the_queue_is_read_and_not_written(tmp_path: Path) -> None:
    """`list` and `show` tell all; `retry` and `cancel` say who holds the file, and change nothing."""
    house, url, number = await serving(tmp_path)
    status, said, _ = daybook(url, "list", "--state", "waiting", "--kind", "chime")
    assert status == 0
    first, last = said.splitlines()
    assert first.split()[:3] == [str(number), "WAITING", "chime"]
    assert first.endswith("business 1  attempts 0")
    assert last.startswith("1 shown. In all 2 waiting, 1 of them due")
    status, said, _ = daybook(url, "show", str(number))
    assert status == 0
    assert 'facts       {"appointment_id": 7, "business_id": 1}' in said
    assert "key         1/bell" in said
    before = await house.job_list.one(number)
    for verb in ("retry", "cancel"):
        status, _, complaint = daybook(url, verb, str(number))
        assert status == 2
        assert f"in use by process {os.getpid()}: stop it first" in complaint
    assert await house.job_list.one(number) == before
    await house.close()


async def test_once_the_server_is_gone_jobs_are_mended(tmp_path: Path) -> None:
    """Cancelled, told when that was, then brought back; what cannot be done is said in a line."""
    house, url, number = await serving(tmp_path)
    await house.close()
    assert daybook(url, "cancel", str(number))[:2] == (0, f"Job {number} is cancelled.\n")
    shown = dict(line.split("  ", 1) for line in daybook(url, "show", str(number))[1].splitlines())
    assert shown["due"].strip() == "no more"
    finished = shown["finished"].strip()[:19].replace("T", " ")
    assert f"  {finished}  business 1" in daybook(url, "list", "--state", "CANCELLED")[1]
    status, _, complaint = daybook(url, "cancel", str(number))
    assert (status, complaint) == (
        2,
        f"daybook: job {number} is CANCELLED: only waiting jobs can be cancelled\n",
    )
    assert daybook(url, "retry", str(number))[:2] == (0, f"Job {number} is due now.\n")
    for verb in ("show", "retry", "cancel"):
        status, _, complaint = daybook(url, verb, "424242")
        assert (status, complaint) == (
            2,
            "daybook: there is no job 424242: `daybook jobs list` shows their numbers\n",
        )


@pytest.mark.parametrize(
    "words",
    [
        ["list", "--state", "LOST"],
        ["show", "0"],
        ["list", "--most", "0"],
        ["show", str(2**63)],
        ["list", "--business", str(2**63)],
    ],
)
def test_what_makes_no_sense_is_refused(words: list[str], tmp_path: Path) -> None:
    """Before any database is opened."""
    assert daybook(f"sqlite+aiosqlite:///{tmp_path}/none.db", *words)[0] == 2
    assert list(tmp_path.iterdir()) == []
