"""Timers at scale (R10): each exactly once in effect, none early, none for what was called off.

Reminders, holds and waitlist offers that run out. Four worker processes by one clock share a PostgreSQL queue
and are killed at random. SOAK_TIMERS says how many timers there are; the gate has 400. With leases off the same
check fails: the negative control.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from adapters.sql.jobs import LEASE
from adapters.sql.migrate import migrate
from app.house import House
from tests.kit.crew import Crew, Work
from tests.kit.houses import NOW, Studio, house_on, new_studio
from tests.kit.shared_clock import SharedClock
from tests.kit.soak import SEED, reached, size
from tests.kit.timers import Plan, end_of, plan_timers

TIMERS = size("SOAK_TIMERS", gate=400)
WORKERS, AT_ONCE = 4, 8
KILLS = 3 if TIMERS < 4_000 else 20
BUSINESSES = 4 if TIMERS < 4_000 else 10
SPREAD = timedelta(seconds=2 if TIMERS < 4_000 else 60)
BOUNDARY = NOW + timedelta(hours=1)
MOST_LEASES = 60
"""So often time may be skipped until a lease has ended: more than enough for every retry of every job."""


@dataclass
class Done:
    """What was done: letters handed on, by their ids; ends reported and messages kept, in the database."""

    letters: list[tuple[str, float]] = field(default_factory=list)
    ends: list[tuple[str, float]] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    half_done: int = 0


def faults(plan: Plan, done: Done, kills: int) -> dict[str, int]:
    """What went wrong, counted.

    A letter may be handed on again, under its id, where a worker died over it; an end happens once, and one
    message is kept of each letter.
    """
    letters = Counter(name for name, _ in done.letters)
    ends = Counter(name for name, _ in done.ends)
    times = letters + ends
    kept = Counter(f"{key}@localhost" for key in done.messages)
    return {
        "missing": sum(name not in times for name in plan.due),
        "unwanted": sum(name in plan.never for name in times),
        "unknown": sum(name not in plan.due and name not in plan.never for name in times),
        "early": sum(
            instant < plan.due[name] for name, instant in (*done.letters, *done.ends) if name in plan.due
        ),
        "again": max(0, letters.total() - len(letters) - kills * AT_ONCE),
        "twice": ends.total() - len(ends) + kept.total() - len(kept),
        "untold": sum(name not in kept for name in letters),
        "half_done": done.half_done,
    }


async def ends_of(studio: Studio) -> list[tuple[str, float]]:
    """Every end that a studio's events report, and when."""
    asked = text(
        "SELECT type, key, occurred_at FROM events WHERE business_id = :business"
        " AND type IN ('hold.expired', 'waitlist.offer_expired')"
    )
    async with studio.house.database.connect(studio.business_id) as connection:
        rows = await connection.execute(asked, {"business": studio.business_id})
        return [(end_of(studio.business_id, row.type, row.key), row.occurred_at.timestamp()) for row in rows]


async def half_done(studio: Studio) -> int:
    """Ends that did not end everything: time still taken, holds and offers still open, clients still asked."""
    asked = text(
        "SELECT (SELECT count(*) FROM allocations WHERE business_id = :business AND is_active)"
        " + (SELECT count(*) FROM holds WHERE business_id = :business AND ended_at IS NULL)"
        " + (SELECT count(*) FROM waitlist_offers WHERE business_id = :business AND status = 'OPEN')"
        " + (SELECT count(*) FROM waitlist_entries e WHERE business_id = :business AND (status <> 'WAITING'"
        " OR expired_offers <> (SELECT count(*) FROM waitlist_offers o WHERE o.business_id = e.business_id"
        " AND o.entry_id = e.id AND o.status = 'EXPIRED')))"
    )
    async with studio.house.database.connect(studio.business_id) as connection:
        return int((await connection.execute(asked, {"business": studio.business_id})).scalar_one())


async def progress(house: House) -> tuple[int, int, int]:
    """How many jobs are done, how many are due, and how many a worker holds or have to be tried again."""
    asked = text(
        "SELECT count(*) FILTER (WHERE state = 'DONE'),"
        " count(*) FILTER (WHERE state = 'WAITING' AND run_at <= :now),"
        " count(*) FILTER (WHERE state = 'WAITING' AND run_at > :now AND attempts > 0) FROM jobs"
    )
    async with house.database.writer.connect() as connection:
        done, due, held = (await connection.execute(asked, {"now": house.clock.now()})).one()
        return int(done), int(due), int(held)


async def planned(house: House, count: int) -> tuple[Plan, list[Studio], list[object]]:
    """Several studios that share so many timers."""
    plan, studios, blocks = Plan(), [], []
    for number in range(BUSINESSES):
        studio, block = await new_studio(house, number)
        studios.append(studio)
        blocks.append(block)
        plan.add(await plan_timers(studio, count // BUSINESSES, BOUNDARY, SPREAD))
    return plan, studios, blocks


async def live_through_kills(house: House, clock: SharedClock, crew: Crew, count: int, kills: int) -> None:
    """Return once nothing is left to do; whoever died over a job keeps it until its lease ends."""
    dice = random.Random(SEED)
    before, due, held = await progress(house)
    killed = skipped = 0
    silent_since = time.monotonic()
    last = (before, due, held)
    while killed < kills or due or held or clock.now() < BOUNDARY + SPREAD:
        await asyncio.sleep(0.1)
        done, due, held = await progress(house)
        if (done, due, held) != last:
            last, silent_since = (done, due, held), time.monotonic()
        if killed < kills and done - before > count * killed // (2 * kills):
            crew.kill_one(dice)
            killed += 1
            continue
        is_silent = time.monotonic() - silent_since > 1 and not due
        if is_silent and held and killed == kills and clock.now() > BOUNDARY + SPREAD:
            # Nobody alive has anything: what is held was the killed ones', or waits to be tried again.
            assert skipped < MOST_LEASES, "jobs are left over"
            clock.put_forward(LEASE)
            skipped += 1
            silent_since = time.monotonic()


async def house_for(url: str, folder: Path) -> tuple[House, SharedClock]:
    """A migrated house by a clock that stands."""
    clock = SharedClock(folder / "clock", NOW)
    house = house_on(url, clock=clock, pool_size=6)
    await migrate(house.database)
    return house, clock


async def test_each_timer_once_none_early_none_of_what_is_off(empty_postgres: str, tmp_path: Path) -> None:
    """Four workers, several kills."""
    house, clock = await house_for(empty_postgres, tmp_path)
    began = time.monotonic()
    plan, studios, blocks = await planned(house, TIMERS)
    assert len(plan.due) + len(plan.never) == TIMERS
    clock.stand(BOUNDARY - timedelta(seconds=1))
    crew = Crew(
        Work(
            url=empty_postgres,
            clock=str(clock.path),
            folder=str(tmp_path),
            lease_seconds=LEASE.total_seconds(),
            letter_seconds=0.002,
        )
    )
    try:
        for _ in range(WORKERS):
            crew.hire()
        await crew.are_ready()
        planned_in = time.monotonic() - began
        clock.go()
        await live_through_kills(house, clock, crew, TIMERS, KILLS)
    finally:
        crew.dismiss()
    done = Done(letters=crew.notes())
    for studio in studios:
        done.ends += await ends_of(studio)
        done.messages += [row["message_key"] for row in await studio.table("messages")]
        done.half_done += await half_done(studio)
    wrong = faults(plan, done, KILLS)
    dead = (await house.job_list.figures()).dead
    for block in blocks:
        await block.__aexit__(None, None, None)  # type: ignore[attr-defined]
    await house.close()
    assert (wrong, dead) == (dict.fromkeys(wrong, 0), 0)
    seconds = time.monotonic() - began - planned_in
    reached("R10", TIMERS, done=len(plan.due), workers=WORKERS, kills=KILLS, seconds=round(seconds, 1))


async def test_without_leases_the_check_fails(empty_postgres: str, tmp_path: Path) -> None:
    """The negative control: what a worker holds is given to the next one at once, and letters go out again."""
    house, clock = await house_for(empty_postgres, tmp_path)
    studio, block = await new_studio(house, 0)
    # Fewer letters than a worker has places: there are free ones while the letters are on their way.
    plan = await plan_timers(studio, 10, BOUNDARY, timedelta(0))
    clock.stand(BOUNDARY)
    work = Work(
        url=empty_postgres,
        clock=str(clock.path),
        folder=str(tmp_path),
        lease_seconds=0,
        letter_seconds=1.0,
    )
    crew = Crew(work)
    try:
        crew.hire()
        crew.hire()
        await crew.are_ready()
        clock.go()
        async with asyncio.timeout(60):
            while not faults(plan, Done(letters=crew.notes()), kills=0)["again"]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    finally:
        crew.dismiss()
    await block.__aexit__(None, None, None)
    await house.close()


@pytest.mark.parametrize(
    ("done", "fault"),
    [
        (Done(letters=[("a", 9.0)], ends=[("e", 11.0)]), "early"),
        (Done(letters=[("a", 11.0)], ends=[("e", 9.0)]), "early"),
        (Done(letters=[("a", 11.0), ("n", 11.0)], ends=[("e", 11.0)]), "unwanted"),
        (Done(letters=[("a", 11.0)]), "missing"),
        (Done(letters=[("a", 11.0), ("a", 12.0)], ends=[("e", 11.0)]), "again"),
        (Done(letters=[("a", 11.0)], ends=[("e", 11.0), ("e", 12.0)]), "twice"),
        (Done(letters=[("a", 11.0)], ends=[("e", 11.0), ("x", 11.0)]), "unknown"),
        (Done(letters=[("a", 11.0)], ends=[("e", 11.0)], half_done=1), "half_done"),
    ],
)
def test_the_check_sees_each_fault(done: Done, fault: str) -> None:
    """Early, unwanted, missing, again, twice, unknown, half done."""
    plan = Plan(due={"a": 10.0, "e": 10.0}, never={"n"})
    assert faults(plan, done, kills=0)[fault] == 1
    sound = Done(letters=[("a@localhost", 10.0)], ends=[("e", 10.0)], messages=["a"])
    plan = Plan(due={"a@localhost": 10.0, "e": 10.0}, never={"n"})
    assert not any(faults(plan, sound, kills=0).values())
