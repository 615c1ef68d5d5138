"""Timers at scale (R10): each exactly once in effect, none early, none for what was called off.

Four worker processes by one clock share a PostgreSQL queue and are killed at random. SOAK_TIMERS says how
many timers there are; the gate has 400. With leases off the same check fails: the negative control.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text

from adapters.sql.migrate import migrate
from adapters.sql.tables import appointments
from app.house import House
from app.worker import work_off
from core.kernel.clock import SystemClock
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.messaging.settings import Reminder
from tests.kit.houses import SECRET, Studio, house_on, new_studio

ROOT = Path(__file__).parents[2]
TIMERS = int(os.environ.get("SOAK_TIMERS", "400"))
WORKERS, KILLS, AT_ONCE = 4, 6, 8
BUSINESSES = 4
AHEAD = timedelta(days=1)
SEED = 20_270_301

_WORKER = """
import asyncio, json, os, signal, sys
from datetime import timedelta

from adapters.sql import jobs
from app import worker
from app.house import House
from app.settings import Settings
from core.kernel.clock import SystemClock

url, secret, notes, shift, lease = sys.argv[1:6]

class Shifted:
    def now(self):
        return SystemClock().now() + timedelta(seconds=float(shift))

class Noted:
    def __init__(self, clock):
        self.clock = clock
        self.file = open(notes, "a", buffering=1)

    async def send(self, letter):
        self.file.write(json.dumps([letter.message_id, self.clock.now().timestamp()]) + "\\n")
        await asyncio.sleep(0.002 if float(lease) else 0.4)

async def main():
    jobs.LEASE = timedelta(seconds=float(lease))
    worker._TIME_LIMIT = timedelta(seconds=max(float(lease) * 0.8, 8))
    worker._LONGEST_SLEEP_SECONDS = 0.1
    house = House(Settings(database_url=url, secret_key=secret, pool_size=6), clock=Shifted())
    house.mailer = Noted(house.clock)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    await house.open()
    await worker.work(house, stop)
    await house.close()

asyncio.run(main())
"""


@dataclass
class Plan:
    """Which reminders must be said, and from when on (seconds since 1970); all others must not."""

    due: dict[str, float] = field(default_factory=dict)
    never: set[str] = field(default_factory=set)


class Shifted:
    """The machine's clock, moved so that a whole minute comes when the test wants it."""

    def __init__(self, shift: timedelta) -> None:
        self.shift = shift

    def now(self) -> datetime:
        """The present instant, moved."""
        return SystemClock().now() + self.shift


def shift_to(seconds_to_minute: float) -> timedelta:
    """A shift after which the next whole minute is so many seconds ahead."""
    now = SystemClock().now()
    return timedelta(seconds=60 - seconds_to_minute) - timedelta(
        seconds=now.second, microseconds=now.microsecond
    )


async def planned(studio: Studio, count: int, now: datetime, boundary: datetime) -> Plan:
    """Appointments by the hundred: three fifths due at the boundary, the rest later or called off."""
    await configure_messages(studio.ctx, ConfigureMessages(reminders=[]))
    client_id = await studio.client("Ana Lima", email="ana@example.com")
    starts = {
        "boundary": boundary + AHEAD + timedelta(minutes=2),
        "later": boundary + AHEAD + timedelta(hours=5),
        "off": boundary + AHEAD + timedelta(minutes=2),
    }
    kinds = [("boundary", "boundary", "boundary", "later", "off")[at % 5] for at in range(count)]
    location = (await studio.table("locations"))[0]["id"]
    rows = [
        {
            "business_id": studio.business_id,
            "location_id": location,
            "provider_id": studio.provider_id,
            "client_id": client_id,
            "status": "CONFIRMED",
            "starts_at": starts[kind],
            "ends_at": starts[kind] + timedelta(hours=1),
            "duration_minutes": 60,
            "buffer_before_minutes": 0,
            "buffer_after_minutes": 0,
            "currency": "USD",
            "created_at": now,
            "updated_at": now,
        }
        for kind in kinds
    ]
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(insert(appointments), rows)
        await connection.commit()
    minutes = 24 * 60 + 2
    await configure_messages(
        studio.ctx, ConfigureMessages(reminders=[Reminder(minutes_before=minutes, channel="mail")])
    )
    await work_off(studio.house)
    plan = Plan()
    for row, kind in zip(await studio.table("appointments"), kinds, strict=True):
        key = (
            f"{studio.business_id}.remind.{row['id']}.{minutes}.mail.{int(starts[kind].timestamp()) // 60}"
            "@localhost"
        )
        if kind == "boundary":
            plan.due[key] = starts[kind].timestamp() - minutes * 60
        else:
            plan.never.add(key)
    await _call_off(studio, kinds)
    return plan


async def _call_off(studio: Studio, kinds: list[str]) -> None:
    """Cancel every appointment that is to be off; their jobs stay, as if nobody had dropped them."""
    keys = [
        row["id"]
        for row, kind in zip(await studio.table("appointments"), kinds, strict=True)
        if kind == "off"
    ]
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(
            text("UPDATE appointments SET status = 'CANCELLED' WHERE id = ANY(:keys)"), {"keys": keys}
        )
        await connection.commit()


class Crew:
    """Worker processes, and what they note."""

    def __init__(self, folder: Path, url: str, shift: timedelta, lease_seconds: float) -> None:
        self.folder = folder
        self._arguments = [url, SECRET]
        self._shift, self._lease = shift, lease_seconds
        self._started = 0
        self.processes: list[subprocess.Popen[bytes]] = []

    def hire(self) -> None:
        """Start one more."""
        self._started += 1
        notes = self.folder / f"notes{self._started}"
        words = [*self._arguments, str(notes), str(self._shift.total_seconds()), str(self._lease)]
        log = (self.folder / f"log{self._started}").open("wb")
        self.processes.append(
            subprocess.Popen([sys.executable, "-c", _WORKER, *words], cwd=ROOT, stdout=log, stderr=log)
        )

    def kill_one(self, drawn: random.Random) -> None:
        """Kill one without warning, and start another in its place."""
        victim = self.processes.pop(drawn.randrange(len(self.processes)))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        self.hire()

    def dismiss(self) -> None:
        """Stop all."""
        for process in self.processes:
            process.terminate()
        for process in self.processes:
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def notes(self) -> list[tuple[str, float]]:
        """Every letter that was handed on: its id, and when by the workers' clock."""
        said = []
        for file in sorted(self.folder.glob("notes*")):
            for line in file.read_text().splitlines():
                if line.endswith("]"):  # one that was being written when its worker was killed is cut
                    key, instant = json.loads(line)
                    said.append((key, instant))
        return said


def faults(plan: Plan, notes: list[tuple[str, float]], kills: int) -> dict[str, int]:
    """What went wrong, counted. A letter may be handed on again, under its id, where a worker died over it."""
    times = Counter(key for key, _ in notes)
    return {
        "missing": sum(key not in times for key in plan.due),
        "unwanted": sum(key in plan.never for key in times),
        "unknown": sum(key not in plan.due and key not in plan.never for key in times),
        "early": sum(instant < plan.due[key] for key, instant in notes if key in plan.due),
        "again": max(0, len(notes) - len(times) - kills * AT_ONCE),
    }


async def run(
    house: House, folder: Path, url: str, *, count: int, kills: int, lease_seconds: float
) -> dict[str, int]:
    """Plan timers, let a crew do them while some are killed, and tell what went wrong."""
    assert isinstance(house.clock, Shifted)
    plan = Plan()
    now = house.clock.now()
    boundary = now.replace(second=0, microsecond=0) + timedelta(minutes=1 + count // 2_000)
    blocks = []
    for number in range(BUSINESSES):
        studio, block = await new_studio(house, number)
        blocks.append(block)
        part = await planned(studio, count // BUSINESSES, now, boundary)
        plan.due |= part.due
        plan.never |= part.never
    crew = Crew(folder, url, house.clock.shift, lease_seconds)
    drawn = random.Random(SEED)
    try:
        for _ in range(WORKERS):
            crew.hire()
        deadline = time.monotonic() + 120 + count / 10
        killed = 0
        while time.monotonic() < deadline:
            await asyncio.sleep(1)
            said = {key for key, _ in crew.notes()}
            if killed < kills and len(said) > len(plan.due) * killed // (kills + 1):
                crew.kill_one(drawn)
                killed += 1
            figures = await house.job_list.figures()
            if said >= plan.due.keys() and figures.due == 0 and killed == kills:
                break
        await asyncio.sleep(lease_seconds + 1)
    finally:
        crew.dismiss()
        for block in blocks:
            await block.__aexit__(None, None, None)
    return faults(plan, crew.notes(), kills)


async def house_for(url: str, seconds: float) -> House:
    """A migrated house whose next whole minute is a few seconds ahead once everything is planned."""
    house = house_on(url, clock=Shifted(shift_to(seconds)), pool_size=6)
    await migrate(house.database)
    return house


async def test_each_reminder_once_none_early_none_of_what_is_off(empty_postgres: str, tmp_path: Path) -> None:
    """Four workers, six kills; R10."""
    house = await house_for(empty_postgres, 40)
    started = time.monotonic()
    wrong = await run(house, tmp_path, empty_postgres, count=TIMERS, kills=KILLS, lease_seconds=8)
    async with house.database.writer.connect() as connection:
        kept = (await connection.execute(text("SELECT count(*) FROM jobs WHERE state = 'DEAD'"))).scalar_one()
    await house.close()
    line = {"id": "R10", "number": TIMERS, "pass": not any(wrong.values()), "seed": SEED}
    print(json.dumps({**line, "seconds": round(time.monotonic() - started, 1)}))  # noqa: T201
    assert (wrong, kept) == (dict.fromkeys(wrong, 0), 0)


async def test_without_leases_the_check_fails(empty_postgres: str, tmp_path: Path) -> None:
    """The negative control: what a worker holds is given to the next one at once, and letters go out again."""
    house = await house_for(empty_postgres, 20)
    wrong = await run(house, tmp_path, empty_postgres, count=160, kills=0, lease_seconds=0)
    await house.close()
    assert wrong["again"] > 0


@pytest.mark.parametrize(
    ("notes", "fault"),
    [
        ([("a", 9.0)], "early"),
        ([("a", 11.0), ("b", 11.0), ("n", 11.0)], "unwanted"),
        ([("a", 11.0)], "missing"),
        ([("a", 11.0), ("b", 11.0), ("b", 12.0)], "again"),
        ([("a", 11.0), ("b", 11.0), ("x", 11.0)], "unknown"),
    ],
)
def test_the_check_sees_each_fault(notes: list[tuple[str, float]], fault: str) -> None:
    """Early, unwanted, missing, again, unknown."""
    plan = Plan(due={"a": 10.0, "b": 10.0}, never={"n"})
    assert faults(plan, notes, kills=0)[fault] == 1
    assert not any(faults(plan, [("a", 10.0), ("b", 10.0)], kills=0).values())
