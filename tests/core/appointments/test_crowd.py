"""A crowd by dice: everything that takes or gives time, at once, and nothing is ever taken beyond what there is.

The judge shares nothing with the ledger; with the guards off the same crowd must make it object.
`make soak ARGS=R1` lets many more loose.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.sql.questions.booking import SqlLedger
from bootstrap import ROOT
from core.appointments.appointment import HoldExpired, SlotTaken
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.ledger import PROVIDER, Locked
from core.appointments.release_hold import expire_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.appointments.series import Repeats
from core.availability.recurrence import Recurrence
from core.availability.rulebook import ResourceNeed
from core.kernel.clock import FixedClock
from core.kernel.context import Context
from tests.core.appointments.overlaps import owners_without_time, taken_beyond_capacity
from tests.core.appointments.shop import TEN, active, at_once, held, offered, room, sold
from tests.core.appointments.test_contention import drop_backstop, scratch_house, switch_check_off
from tests.kit.crowd import Shop, crowd, plan
from tests.kit.houses import NOW, Studio, new_studio
from tests.kit.soak import size

GATE = 96
ATTEMPTS = max(GATE, size("SOAK_ATTEMPTS", gate=GATE) // 4)
"""Each of them costs several of those over HTTP: the soak has a quarter as many here."""

SEED = int(os.environ.get("SOAK_SEED", "1"))
PROCESSES = 4
HOUR = timedelta(hours=1)
HALF_HOUR = timedelta(minutes=30)
REFUSALS = {
    "DONE",
    "SLOT_TAKEN",
    "OUTSIDE_POLICY",
    "HOLD_EXPIRED",
    "ILLEGAL_TRANSITION",
    "TOO_MANY_AHEAD",
    "VALIDATION_FAILED",
    "UNAVAILABLE",
}
"""What the crowd may be told. Unavailable is who waits for a lock too long on a busy machine; that nobody
waits in a circle is counted by the database itself."""


@pytest_asyncio.fixture
async def crowded(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    worker_id: str,
    fresh_number: int,
) -> AsyncIterator[Studio]:
    """A studio in a house of its own, whose constraints may be dropped."""
    async with scratch_house(database_kind, request, tmp_path, f"crowd2_{worker_id}") as house:
        made, block = await new_studio(house, fresh_number)
        yield made
        await block.__aexit__(None, None, None)


async def fought_over(studio: Studio) -> Shop:
    """Two providers, one room, kit for two, a group of ten; buffers, and limits of all sorts."""
    mara = await studio.provider()
    only, pool = await room(studio), await room(studio, kind="kit", capacity=2)
    needs = (ResourceNeed(resource_ids=(only,)), ResourceNeed(resource_ids=(pool,)))
    return Shop(
        providers=[studio.provider_id, mara],
        clients=[await studio.client(), await studio.client()],
        services=[
            await offered(studio, 60, buffer_before_minutes=5, buffer_after_minutes=10),
            await offered(studio, 45, needs=needs, buffer_after_minutes=5),
            await offered(
                studio, 30, needs=needs[1:], client_limit=12, weights={mara: 2, studio.provider_id: 1}
            ),
            await offered(studio, 30, daily_limit=6, needs_approval=True),
        ],
        group_id=await offered(studio, 60, capacity=10, needs=needs[:1]),
    )


async def is_sound(studio: Studio) -> None:
    """Nothing beyond what there is, everything that stands has its time, no gap in events, no deadlock."""
    assert await taken_beyond_capacity(studio) == []
    assert await owners_without_time(studio) == []
    sequences = [row["sequence"] for row in await studio.table("events")]
    assert sequences == list(range(1, len(sequences) + 1))
    database = studio.house.database
    if database.is_postgresql:
        asked = text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
        async with database.connect(studio.business_id) as connection:
            assert (await connection.execute(asked)).scalar_one() == 0


async def test_a_crowd_never_takes_more_than_there_is(crowded: Studio) -> None:
    """Many tries of every kind, eight at once: refusals have names, and the judge has no objection."""
    shop = await fought_over(crowded)
    told, faults = await crowd(crowded.house, crowded.ctx.actor, shop, seed=SEED, attempts=ATTEMPTS)
    assert faults == []
    assert sum(told.values()) == ATTEMPTS
    assert set(told) <= REFUSALS
    assert told["DONE"] > ATTEMPTS // 10
    assert told["SLOT_TAKEN"] > ATTEMPTS // 20
    await is_sound(crowded)


async def test_without_guards_the_judge_objects_to_the_same_crowd(
    crowded: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: neither locks nor checks nor constraints."""

    async def unlocked(self: SqlLedger, resource_ids: Sequence[int], **_: Any) -> list[Locked]:
        return [Locked(resource_id=key, kind=PROVIDER, capacity=9) for key in resource_ids]

    shop = await fought_over(crowded)
    switch_check_off(monkeypatch)
    monkeypatch.setattr(SqlLedger, "lock", unlocked)
    await drop_backstop(crowded, everything=True)
    await crowd(crowded.house, crowded.ctx.actor, shop, seed=1, attempts=96)
    assert await taken_beyond_capacity(crowded) != []


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
async def test_a_crowd_of_four_processes_never_takes_more_than_there_is(crowded: Studio) -> None:
    """The same crowd in four processes with connections of their own: no deadlock, no fault, no objection."""
    shop = await fought_over(crowded)
    url, actor = crowded.house.settings.database_url, crowded.ctx.actor

    async def process(seed: int) -> dict[str, Any]:
        running = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "tests.kit.crowd",
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        line = plan(url, actor, shop, seed=seed, attempts=ATTEMPTS // PROCESSES)
        output, _ = await running.communicate(line.encode())
        answer: dict[str, Any] = json.loads(output.splitlines()[-1])
        return answer

    told: Counter[str] = Counter()
    for answer in await asyncio.gather(*(process(SEED + number) for number in range(PROCESSES))):
        assert answer["faults"] == []
        told.update(answer["told"])
    assert set(told) <= REFUSALS
    assert sum(told.values()) == ATTEMPTS // PROCESSES * PROCESSES
    await is_sound(crowded)


async def test_moves_onto_each_others_time_never_deadlock_nor_lose_any(studio: Studio) -> None:
    """A to B's time and B to A's, eight at once, over and over: both stand, where they were or elsewhere."""
    client_id = await studio.client()
    mara = await studio.provider()
    keys = [
        await studio.appointment(client_id, starts_at=TEN + at * HOUR, provider_id=who)
        for at, who in ((0, studio.provider_id), (1, mara), (2, studio.provider_id), (3, mara))
    ]

    def swap(number: int) -> Any:
        command = RescheduleAppointment(
            appointment_id=keys[number % 4],
            starts_at=TEN + (number + 1) % 4 * HOUR,
            provider_id=(studio.provider_id, mara)[number % 2],
            within_policies=False,
        )
        return lambda ctx: reschedule(ctx, command)

    answers = await asyncio.wait_for(at_once(studio, [swap(number) for number in range(24)]), 60)
    assert {type(answer).__name__ for answer in answers} <= {"Rescheduled", "SlotTaken"}
    assert len(await active(studio)) == 4
    await is_sound(studio)


async def test_series_against_singles_are_sold_whole_or_not_at_all(studio: Studio) -> None:
    """Six series of three weeks and twelve singles at once, half an hour apart: no half of a series stands."""
    client_id = await studio.client()
    repeats = Repeats(recurrence=Recurrence(frequency="WEEKLY", count=3))

    def wish(number: int) -> Any:
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            starts_at=TEN + number % 6 * HALF_HOUR + timedelta(weeks=number % 3 if number >= 6 else 0),
            duration_minutes=60,
            repeats=repeats if number < 6 else None,
        )
        return lambda ctx: book(ctx, command)

    answers = await at_once(studio, [wish(number) for number in range(18)])
    assert {type(answer) for answer in answers} == {Booked, SlotTaken}
    per_series = Counter(row["series_id"] for row in await studio.table("appointments"))
    per_series.pop(None, None)
    assert set(per_series.values()) <= {3}
    assert len(per_series) == len(await studio.table("series"))
    await is_sound(studio)


async def test_holds_racing_bookings_share_each_time_once(studio: Studio) -> None:
    """Sixteen holds and sixteen bookings for four hours at once: four are had, by either."""
    client_id = await studio.client()

    def wish(number: int) -> Any:
        starts_at = TEN + number % 4 * HOUR
        if number % 8 < 4:
            return partial(_held, studio.provider_id, starts_at)
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            starts_at=starts_at,
            duration_minutes=60,
        )
        return lambda ctx: book(ctx, command)

    answers = await at_once(studio, [wish(number) for number in range(32)])
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 28
    assert len(await active(studio)) == 4
    await is_sound(studio)


async def _held(provider_id: int, starts_at: Any, ctx: Context) -> Any:
    return await hold_slot(ctx, HoldSlot(provider_id=provider_id, starts_at=starts_at, duration_minutes=60))


async def test_running_out_racing_the_booking_ends_in_one_of_two_ways(studio: Studio) -> None:
    """The timer and the booking with the hold at once, a second apart by their clocks: booked or expired."""
    client_id = await studio.client()
    service_id = await offered(studio, 30, capacity=2)
    for number in range(8):
        starts_at = TEN + number * HALF_HOUR
        key = await held(studio, starts_at, service_id=service_id, for_minutes=10)
        end = NOW + timedelta(minutes=10)
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            service_id=service_id,
            starts_at=starts_at,
            hold_id=key,
        )

        async def booked(command: BookAppointment = command) -> Any:
            clock = FixedClock(NOW + timedelta(minutes=9, seconds=59))
            async with studio.house.context(studio.ctx.actor, "race", clock) as ctx:
                try:
                    return await book(ctx, command)
                except HoldExpired as refusal:
                    return refusal

        async def ran_out(key: int = key, end: Any = end) -> None:
            async with studio.house.context(studio.ctx.actor, "race", FixedClock(end)) as ctx:
                await expire_hold(ctx, key)

        answer, *_ = await asyncio.gather(booked(), ran_out(), ran_out())
        (hold,) = [row for row in await studio.table("holds") if row["id"] == key]
        assert hold["ended_as"] == ("BOOKED" if isinstance(answer, Booked) else "EXPIRED")
    booked_count = len(await studio.table("appointments"))
    assert len(await active(studio)) == 2 * booked_count
    assert len(await studio.payloads("hold.expired")) == 8 - booked_count
    await is_sound(studio)
    await sold(studio, client_id, TEN + 5 * HOUR, service_id=service_id)
