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
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text

from adapters.sql.questions.booking import SqlLedger
from bootstrap import ROOT
from core.appointments.appointment import HoldExpired, SlotTaken
from core.appointments.book import Booked
from core.appointments.hold import Hold
from core.appointments.ledger import PROVIDER, Locked
from core.appointments.reschedule import Rescheduled
from core.availability.rulebook import ResourceNeed
from tests.core.appointments.crowds import (
    ROUNDS,
    halves_of_series,
    holds_against_bookings,
    holds_that_ended_twice,
    running_out_against_booking,
    series_against_singles,
    swaps,
)
from tests.core.appointments.overlaps import owners_without_time, taken_beyond_capacity
from tests.core.appointments.shop import active, offered, room
from tests.core.appointments.test_contention import drop_backstop, scratch_house, switch_check_off
from tests.kit.crowd import Shop, crowd, plan
from tests.kit.houses import Studio, new_studio
from tests.kit.soak import size

GATE = 96
ATTEMPTS = max(GATE, size("SOAK_ATTEMPTS", gate=GATE) // 4)
"""Each of them costs several of those over HTTP: the soak has a quarter as many here."""

SEED = int(os.environ.get("SOAK_SEED", "1"))
PROCESSES = 4
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


async def take_guards_away(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither locks nor checks nor constraints are left."""

    async def unlocked(self: SqlLedger, resource_ids: Sequence[int], **_: Any) -> list[Locked]:
        return [Locked(resource_id=key, kind=PROVIDER, capacity=9) for key in resource_ids]

    switch_check_off(monkeypatch)
    monkeypatch.setattr(SqlLedger, "lock", unlocked)
    await drop_backstop(studio, everything=True)


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

    shop = await fought_over(crowded)
    await take_guards_away(crowded, monkeypatch)
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
    """Each to the next one's time, all at once: all stand, where they were or elsewhere; one has the last hour."""
    around, last = await swaps(studio)
    assert {type(answer) for answer in around} == {Rescheduled, SlotTaken}
    assert Counter(type(answer) for answer in last) == {Rescheduled: 1, SlotTaken: 3}
    assert len(await active(studio)) == 4
    await is_sound(studio)


async def test_series_against_singles_are_sold_whole_or_not_at_all(studio: Studio) -> None:
    """Both are sold and refused, and no half of a series stands."""
    answers = await series_against_singles(studio)
    assert {type(answer) for answer in answers} == {Booked, SlotTaken}
    assert await halves_of_series(studio) == []
    await is_sound(studio)


async def test_holds_racing_bookings_share_each_time_once(studio: Studio) -> None:
    """Thirty-two want four hours: four are had, by either."""
    answers = await holds_against_bookings(studio)
    assert sum(isinstance(answer, SlotTaken) for answer in answers) == 28
    assert len(await active(studio)) == 4
    await is_sound(studio)


async def test_running_out_racing_the_booking_ends_in_one_of_two_ways(studio: Studio) -> None:
    """Booked or run out, as the booking was told; where the timer came first it has run out."""
    answers = await running_out_against_booking(studio)
    assert [type(answer) for answer in answers[ROUNDS // 2 :]] == [HoldExpired] * (ROUNDS // 2)
    booked_count = sum(isinstance(answer, Booked) for answer in answers)
    assert len(await studio.table("appointments")) == booked_count
    assert await holds_that_ended_twice(studio) == []
    assert len(await active(studio)) == 2 * booked_count
    await is_sound(studio)


@pytest.mark.parametrize("fight", [swaps, series_against_singles, holds_against_bookings])
async def test_without_guards_the_judge_objects_to_each_small_crowd(
    crowded: Studio, monkeypatch: pytest.MonkeyPatch, fight: Callable[[Studio], Awaitable[Any]]
) -> None:
    """The negative controls: neither locks nor checks nor constraints, nobody is refused, and time is sold twice."""
    await take_guards_away(crowded, monkeypatch)
    answers = await fight(crowded)
    flat = [*answers[0], *answers[1]] if isinstance(answers, tuple) else answers
    assert not any(isinstance(answer, SlotTaken) for answer in flat)
    assert await taken_beyond_capacity(crowded) != []


async def test_a_hold_that_is_booked_after_its_end_is_seen_to_end_twice(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: a booking that looks at its clock alone, and not whether the hold has ended."""
    monkeypatch.setattr(Hold, "is_live", lambda hold, now: now < hold.expires_at)
    answers = await running_out_against_booking(studio)
    assert [type(answer) for answer in answers[ROUNDS // 2 :]] == [Booked] * (ROUNDS // 2)
    timer_first = [row["id"] for row in await studio.table("holds")][ROUNDS // 2 :]
    assert set(timer_first) <= set(await holds_that_ended_twice(studio))
