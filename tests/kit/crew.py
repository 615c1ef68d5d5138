"""Worker processes that share a queue and a clock, note each letter they hand on, and can be killed.

They are forked from one process that has imported the program already, so that another costs next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import random
import signal
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from adapters.sql import jobs
from app import worker
from app.house import House
from tests.kit.houses import house_on
from tests.kit.shared_clock import SharedClock

_STOPPING_SECONDS = 30.0


@dataclass(frozen=True, kw_only=True)
class Work:
    """What a worker is told: its database, its clock, where it notes, how long its leases last and how long
    a letter takes, both in seconds."""

    url: str
    clock: str
    folder: str
    lease_seconds: float
    letter_seconds: float


class _Noted:
    """A mailer that notes which letter it was given and when, by the shared clock."""

    def __init__(self, clock: SharedClock, notes: Path, seconds: float) -> None:
        self._clock, self._seconds = clock, seconds
        self._file = notes.open("a", buffering=1)

    async def send(self, letter: Any) -> None:
        """Note it."""
        self._file.write(json.dumps([letter.message_id, self._clock.now().timestamp()]) + "\n")
        await asyncio.sleep(self._seconds)


async def _work(told: Work, number: int) -> None:
    jobs.LEASE = timedelta(seconds=told.lease_seconds)
    worker._LONGEST_SLEEP_SECONDS = 0.1
    clock, folder = SharedClock(Path(told.clock)), Path(told.folder)
    house: House = house_on(told.url, clock=clock, pool_size=6)
    house.mailer = _Noted(clock, folder / f"notes{number}", told.letter_seconds)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await house.open()
    await house.job_list.figures()  # connected
    (folder / f"ready{number}").touch()
    await worker.work(house, stop)
    await house.close()


def _main(told: Work, number: int) -> None:
    log = (Path(told.folder) / f"log{number}").open("wb")
    os.dup2(log.fileno(), 1)
    os.dup2(log.fileno(), 2)
    asyncio.run(_work(told, number))


class Crew:
    """Workers, and what they note."""

    def __init__(self, told: Work) -> None:
        self.told = told
        self.folder = Path(told.folder)
        self._forks = multiprocessing.get_context("forkserver")
        self._forks.set_forkserver_preload(["tests.kit.crew"])
        self._started = 0
        self._processes: list[ForkServerProcess] = []

    def hire(self) -> None:
        """Start one more."""
        self._started += 1
        process = self._forks.Process(target=_main, args=(self.told, self._started), daemon=True)
        process.start()
        self._processes.append(process)

    async def are_ready(self) -> None:
        """Return once all that were hired look for work. Raises RuntimeError where one ended instead."""
        while len(list(self.folder.glob("ready*"))) < self._started:
            if any(process.exitcode is not None for process in self._processes):
                raise RuntimeError("a worker ended while starting")
            await asyncio.sleep(0.02)

    def kill_one(self, drawn: random.Random) -> None:
        """Kill one without warning, and start another in its place."""
        victim = self._processes.pop(drawn.randrange(len(self._processes)))
        victim.kill()
        victim.join()
        self.hire()

    def dismiss(self) -> None:
        """Stop all."""
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join(_STOPPING_SECONDS)
            if process.exitcode is None:
                process.kill()
                process.join()

    def notes(self) -> list[tuple[str, float]]:
        """Every letter that was handed on: its id, and when by the shared clock."""
        said = []
        for file in sorted(self.folder.glob("notes*")):
            for line in file.read_text().splitlines():
                if line.endswith("]"):  # one that was being written when its worker was killed is cut
                    key, instant = json.loads(line)
                    said.append((key, instant))
        return said
