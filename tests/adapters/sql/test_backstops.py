"""The database's own constraints: raw SQL that goes past the core cannot sell time twice."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.questions.rulebook import SqlAvailabilityQuestions
from core.appointments.appointment import SlotTaken
from core.availability.rulebook import Taken
from core.kernel.clock import minute_of
from tests.core.appointments.overlaps import overlapping_allocations
from tests.kit.houses import NOW, Studio

TEN = minute_of(NOW + timedelta(days=7, hours=1))
INSERT = (
    "INSERT INTO {table} (business_id, resource_id, quantity, starts_minute, ends_minute, kind, is_active,"
    " is_exclusive, appointment_id, expires_at) VALUES (:business_id, :resource_id, 1, :start, :end,"
    " :kind, :is_active, :is_exclusive, NULL, NULL)"
)


@dataclass(kw_only=True)
class Raw:
    """Raw SQL on one studio's allocations; every statement is a transaction of its own."""

    studio: Studio
    resource_id: int
    defaults: dict[str, Any] = field(
        default_factory=lambda: {"kind": "appointment", "is_active": True, "is_exclusive": True}
    )

    async def insert(self, start: int, end: int, *, table: str = "allocations", **more: Any) -> None:
        """Insert a row, its times in minutes after ten."""
        mine = {"business_id": self.studio.business_id, "resource_id": self.resource_id}
        given = {**self.defaults, **mine, "start": TEN + start, "end": TEN + end, **more}
        await self.run(INSERT.format(table=table), business_id=given["business_id"], values=given)

    async def run(
        self, statement: str, *, values: dict[str, Any] | None = None, business_id: int | None = None
    ) -> None:
        """Run a statement and commit."""
        standing = self.studio.business_id if business_id is None else business_id
        async with self.studio.house.database.connect(standing, write=True) as connection:
            await connection.execute(text(statement), values or {"business": self.studio.business_id})
            await connection.commit()

    async def count(self) -> int:
        """How many rows there are."""
        return len(await self.studio.table("allocations"))


@pytest_asyncio.fixture
async def raw(studio: Studio) -> Raw:
    """Raw SQL on a studio where ten to eleven is taken."""
    (resource,) = await studio.table("resources")
    made = Raw(studio=studio, resource_id=resource["id"])
    await made.insert(0, 60)
    return made


@pytest.mark.parametrize(
    ("start", "end"), [(0, 60), (-30, 30), (59, 90), (-60, 1), (-10, 70), (10, 20), (59, 60)]
)
async def test_an_overlapping_row_is_refused(raw: Raw, start: int, end: int) -> None:
    """By a minute or whole: the insert breaks the constraint of that name, and nothing is kept."""
    with pytest.raises(IntegrityError, match="ex_allocations_exclusive"):
        await raw.insert(start, end)
    assert await raw.count() == 1


async def test_rows_that_touch_and_rows_that_do_not_count_are_kept(raw: Raw, other_studio: Studio) -> None:
    """Neighbours, inactive rows, time that is taken elsewhere, other resources and other businesses."""
    await raw.insert(60, 120)
    await raw.insert(-60, 0)
    await raw.insert(0, 60, is_active=False)
    await raw.insert(0, 60, kind="external", is_exclusive=False)
    await raw.studio.provider()
    other_resource = (await raw.studio.table("resources"))[-1]["id"]
    await raw.insert(0, 60, resource_id=other_resource)
    (foreign,) = await other_studio.table("resources")
    await raw.insert(0, 60, resource_id=foreign["id"], business_id=other_studio.business_id)
    assert await raw.count() == 6
    assert len(await other_studio.table("allocations")) == 1


@pytest.mark.parametrize(
    "change",
    [
        "starts_minute = starts_minute - 60, ends_minute = ends_minute - 60",
        "starts_minute = starts_minute - 1",
        "ends_minute = ends_minute + 1000, starts_minute = starts_minute - 30",
        "is_active = true, starts_minute = starts_minute - 60",
    ],
)
async def test_a_row_cannot_be_changed_into_an_overlap(raw: Raw, change: str) -> None:
    """Neither moved, nor stretched, nor woken: the update is refused and the row stays."""
    await raw.insert(60, 120, is_active="is_active" not in change)
    before = await raw.studio.table("allocations")
    statement = (
        f"UPDATE allocations SET {change} WHERE business_id = :business AND starts_minute = {TEN + 60}"
    )
    with pytest.raises(IntegrityError, match="ex_allocations_exclusive"):
        await raw.run(statement)
    assert await raw.studio.table("allocations") == before


async def test_a_row_cannot_be_moved_onto_a_taken_resource(raw: Raw) -> None:
    """Another provider's ten o'clock cannot become this one's."""
    await raw.studio.provider()
    other = (await raw.studio.table("resources"))[-1]["id"]
    await raw.insert(0, 60, resource_id=other)
    statement = f"UPDATE allocations SET resource_id = {raw.resource_id} WHERE business_id = :business"
    with pytest.raises(IntegrityError, match="ex_allocations_exclusive"):
        await raw.run(statement)


async def test_a_row_may_change_what_does_not_overlap(raw: Raw) -> None:
    """Its own old time is no obstacle, and a row that no longer counts makes room."""
    await raw.run(f"UPDATE allocations SET ends_minute = {TEN + 90} WHERE business_id = :business")
    await raw.run("UPDATE allocations SET is_active = false WHERE business_id = :business")
    await raw.insert(0, 60)
    assert await raw.count() == 2
    assert await overlapping_allocations(raw.studio) == 0


async def test_of_concurrent_raw_sessions_one_has_the_time(raw: Raw) -> None:
    """Eight sessions insert the same hour at once: one row is kept, whatever the database said to the others."""
    answers = await asyncio.gather(*(raw.insert(300, 360) for _ in range(8)), return_exceptions=True)
    assert [answer for answer in answers if answer is None] == [None]
    assert all(isinstance(answer, DBAPIError) for answer in answers if answer is not None)
    assert await raw.count() == 2
    assert await overlapping_allocations(raw.studio) == 0


async def test_without_the_constraint_the_same_sessions_sell_the_hour_eight_times(raw: Raw) -> None:
    """The negative control: on a table that lacks the backstop each of them is kept."""
    made = "CREATE TABLE scratch_{n} (LIKE allocations INCLUDING DEFAULTS INCLUDING IDENTITY)"
    scratch = f"scratch_{raw.studio.business_id}"
    if not raw.studio.house.database.is_postgresql:
        made = "CREATE TABLE scratch_{n} AS SELECT * FROM allocations WHERE false"
    await as_owner(raw.studio, made.format(n=raw.studio.business_id), f"GRANT ALL ON {scratch} TO PUBLIC")
    try:
        await asyncio.gather(*(raw.insert(300, 360, table=scratch) for _ in range(8)))
        assert len(await raw.studio.table(scratch)) == 8
    finally:
        await as_owner(raw.studio, f"DROP TABLE {scratch}")


async def as_owner(studio: Studio, *statements: str) -> None:
    """Run statements as the owner of the tables; on SQLite there are no rights to give."""
    database = studio.house.database
    engine = create_async_engine(database.url) if database.is_postgresql else database.writer
    async with engine.begin() as connection:
        for statement in statements:
            if database.is_postgresql or not statement.startswith("GRANT"):
                await connection.execute(text(statement))
    if database.is_postgresql:
        await engine.dispose()


async def test_where_the_check_saw_nothing_the_constraint_refuses_with_the_same_words(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A booking that the ledger would let through is SlotTaken by the database, and nothing is kept."""

    async def nothing(*_: Any) -> list[Taken]:
        return []

    client_id = await studio.client()
    await studio.appointment(client_id)
    before = await studio.state()
    monkeypatch.setattr(SqlAvailabilityQuestions, "taken", nothing)
    with pytest.raises(SlotTaken) as refused:
        await studio.appointment(client_id)
    assert refused.value.provider_id == studio.provider_id
    assert await studio.state() == before


@pytest.mark.parametrize(
    ("table", "change", "constraint"),
    [
        ("allocations", "ends_minute = starts_minute", "ck_allocations_length"),
        ("allocations", "quantity = 0", "ck_allocations_quantity"),
        ("resources", "capacity = 0", "ck_resources_capacity"),
        ("appointments", "ends_at = starts_at", "ck_appointments_length"),
    ],
)
async def test_rows_that_make_no_sense_are_refused(
    raw: Raw, table: str, change: str, constraint: str
) -> None:
    """Nothing lasts no time, takes nothing, or holds nobody."""
    await raw.studio.appointment(await raw.studio.client())
    before = await raw.studio.state()
    with pytest.raises(IntegrityError, match=constraint):
        await raw.run(f"UPDATE {table} SET {change} WHERE business_id = :business")
    assert await raw.studio.state() == before
