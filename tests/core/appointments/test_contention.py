"""Contention: many book the same hours at once, and exactly what fits is sold.

The judge reads appointments as they stand; each guard is then switched off, and the judge must object.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.migrate import migrate
from adapters.sql.questions.booking import SqlLedger
from adapters.sql.questions.rulebook import SqlAvailabilityQuestions
from adapters.sql.tables import resources
from app.house import House
from core.appointments.appointment import SlotTaken
from core.appointments.book import BookAppointment, book
from core.appointments.ledger import Locked
from core.availability.rulebook import Taken
from tests.core.appointments.overlaps import double_bookings, overlapping_allocations
from tests.kit.houses import NOW, Studio, house_on, new_database, new_studio

BOOKERS = 64
FIRST = NOW + timedelta(days=7, hours=6)
HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)


@asynccontextmanager
async def scratch_house(
    kind: str, request: pytest.FixtureRequest, folder: Path, name: str
) -> AsyncIterator[House]:
    """A house with twenty connections on a database of its own."""
    postgres_url = request.getfixturevalue("postgres_url") if kind == "postgresql" else None
    made = house_on(await new_database(kind, folder, postgres_url, name), pool_size=20)
    await migrate(made.database)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def crowded(
    database_kind: str,
    request: pytest.FixtureRequest,
    tmp_path: Path,
    worker_id: str,
    fresh_number: int,
) -> AsyncIterator[Studio]:
    """A studio in a house of its own, whose constraints may be dropped."""
    async with scratch_house(database_kind, request, tmp_path, f"crowd_{worker_id}") as house:
        made, block = await new_studio(house, fresh_number)
        yield made
        await block.__aexit__(None, None, None)


async def race(studio: Studio, offsets: Sequence[timedelta], **more: Any) -> list[Any]:
    """Everybody books an hour with the owner at once, so long after FIRST; answers or errors, in order."""
    client_id = await studio.client()

    async def once(number: int, offset: timedelta) -> Any:
        command = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            starts_at=FIRST + offset,
            within_policies=False,
            **{"duration_minutes": 60, **more},
        )
        async with studio.house.context(studio.ctx.actor, f"booker-{number}") as ctx:
            return await book(ctx, command)

    return await asyncio.gather(
        *(once(number, offset) for number, offset in enumerate(offsets)), return_exceptions=True
    )


def half_overlapping(seed: int) -> list[timedelta]:
    """Sixty-four wishes for eight starts, half an hour apart."""
    draw = random.Random(seed)
    return [draw.randrange(8) * HALF_HOUR for _ in range(BOOKERS)]


async def drop_backstop(studio: Studio, *, everything: bool = False) -> None:
    """Take away the database's own constraint, as the owner of the tables; or all that keep time apart."""
    database = studio.house.database
    if database.is_postgresql:
        engine = create_async_engine(database.url)
        statements = ["ALTER TABLE allocations DROP CONSTRAINT ex_allocations_exclusive"]
        rooms = ["DROP TRIGGER tr_allocations_room ON allocations"]
    else:
        engine = database.writer
        statements = [f"DROP TRIGGER tr_allocations_exclusive_{when}" for when in ("insert", "update")]
        rooms = [f"DROP TRIGGER tr_allocations_room_{when}" for when in ("insert", "update")]
    if everything:
        statements += [*rooms, "DROP INDEX uq_group_sessions_open"]
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    if database.is_postgresql:
        await engine.dispose()


def switch_check_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the ledger find room for everybody."""

    async def see_nothing(*_: Any) -> list[Taken]:
        return []

    monkeypatch.setattr(SqlAvailabilityQuestions, "taken", see_nothing)


async def judged(studio: Studio) -> int:
    """How many double bookings there are; appointments and allocations tell the same."""
    pairs = await double_bookings(studio)
    assert await overlapping_allocations(studio) == len(pairs)
    return len(pairs)


def sold_of(answers: Sequence[Any]) -> int:
    """How many were served; everybody else was told that the time is taken, and nothing else."""
    refused = [answer for answer in answers if isinstance(answer, BaseException)]
    assert [error for error in refused if not isinstance(error, SlotTaken)] == []
    return len(answers) - len(refused)


@pytest.mark.parametrize("seed", [1, 2])
async def test_half_overlapping_wishes_are_sold_as_far_as_they_fit(crowded: Studio, seed: int) -> None:
    """No two overlap, nobody is refused without reason, and every sale has its rows and its number."""
    wishes = half_overlapping(seed)
    answers = await race(crowded, wishes)
    sold = [wish for wish, answer in zip(wishes, answers, strict=True) if not isinstance(answer, SlotTaken)]
    assert sold_of(answers) == len(sold)
    assert await judged(crowded) == 0
    assert len(await crowded.table("appointments")) == len(await crowded.table("allocations")) == len(sold)
    assert [wish for wish in wishes if all(abs(wish - one) >= HOUR for one in sold)] == []
    assert 4 >= len(sold) >= 3
    sequences = [row["sequence"] for row in await crowded.table("events")]
    assert sequences == list(range(1, len(sequences) + 1))
    assert len(sequences) == 2 + 1 + len(sold)


async def test_eight_hours_for_sixty_four_are_sold_eight_times(crowded: Studio) -> None:
    """Eight wish for each of eight hours: each hour is sold once, fifty-six are refused."""
    answers = await race(crowded, [number % 8 * HOUR for number in range(BOOKERS)])
    assert sold_of(answers) == 8
    assert await judged(crowded) == 0


async def test_buffers_are_kept_under_contention(crowded: Studio) -> None:
    """With a quarter of an hour before and after, hours that merely touch cannot both be sold."""
    service_id = await crowded.service(buffer_before_minutes=15, buffer_after_minutes=15)
    answers = await race(crowded, [number % 8 * HOUR for number in range(BOOKERS)], service_id=service_id)
    assert 3 <= sold_of(answers) <= 4
    assert await judged(crowded) == 0


async def test_the_check_alone_is_enough(crowded: Studio) -> None:
    """Without the database's constraint the locks and the check still sell exactly what fits."""
    await drop_backstop(crowded)
    answers = await race(crowded, [number % 8 * HOUR for number in range(BOOKERS)])
    assert (sold_of(answers), await judged(crowded)) == (8, 0)


async def test_the_backstop_alone_is_enough(crowded: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the check the constraint refuses, and it is the same SlotTaken."""
    switch_check_off(monkeypatch)
    answers = await race(crowded, [number % 8 * HOUR for number in range(BOOKERS)])
    assert (sold_of(answers), await judged(crowded)) == (8, 0)


async def test_without_both_the_judge_finds_double_bookings(
    crowded: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: everybody is served, and the judge counts every pair of an hour's eight buyers."""
    switch_check_off(monkeypatch)
    await drop_backstop(crowded)
    answers = await race(crowded, [number % 8 * HOUR for number in range(BOOKERS)])
    assert sold_of(answers) == BOOKERS
    assert await judged(crowded) == 8 * (8 * 7 // 2)


@pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True, scope="session")
async def test_without_locks_the_check_alone_sells_twice(
    crowded: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second negative control: two who both look before either has written both find room."""
    both_have_looked = asyncio.Barrier(2)
    look = SqlAvailabilityQuestions.taken

    async def unlocked(self: SqlLedger, resource_ids: Sequence[int], **_: Any) -> list[Locked]:
        r = resources.c
        statement = select(r.id, r.kind, r.capacity).where(r.id.in_(resource_ids))
        return [
            Locked(resource_id=key, kind=kind, capacity=of)
            for key, kind, of in await self.executes.execute(statement)
        ]

    async def looked(self: SqlAvailabilityQuestions, *about: Any) -> list[Taken]:
        rows = await look(self, *about)
        await both_have_looked.wait()
        return rows

    await drop_backstop(crowded)
    monkeypatch.setattr(SqlLedger, "lock", unlocked)
    monkeypatch.setattr(SqlAvailabilityQuestions, "taken", looked)
    answers = await race(crowded, [timedelta(0), HALF_HOUR])
    assert (sold_of(answers), await judged(crowded)) == (2, 1)
