"""The line for connections: first come, first served, also against those who come back at once."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from adapters.sql.database import open_database
from adapters.sql.line import Line
from core.kernel.errors import Unavailable


async def test_who_comes_back_at_once_waits_behind_those_who_wait() -> None:
    """Three that never pause share one place in turn; with a pool alone one of them would have it always."""
    line, served = Line(1, patience_seconds=30), list[int]()

    async def visit(number: int) -> None:
        for _ in range(4):
            async with line.place():
                await asyncio.sleep(0)
                served.append(number)

    await asyncio.gather(*(visit(number) for number in range(3)))
    assert served == [0, 1, 2] * 4


async def test_patience_ends_and_costs_nobody_a_place() -> None:
    """Who waited in vain, and who was cancelled while waiting, leave the line as it was."""
    line = Line(1, patience_seconds=0)
    async with line.place():
        with pytest.raises(TimeoutError):
            async with line.place():
                raise AssertionError("there was no place")
    patient = Line(1, patience_seconds=30)
    async with patient.place():
        waiting = asyncio.create_task(patient.place().__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    async with patient.place():
        pass


async def test_a_database_without_a_free_connection_says_so(tmp_path: Path) -> None:
    """Unavailable after its patience; the connection is to be had again as soon as it is given back."""
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/line.db")
    database.writers = Line(1, patience_seconds=0)
    async with database.connect(None, write=True):
        with pytest.raises(Unavailable):
            async with database.connect(None, write=True):
                raise AssertionError("there was no connection")
    database.writers = Line(1, patience_seconds=30)
    async with database.connect(None, write=True) as connection:
        assert (await connection.exec_driver_sql("SELECT 1")).scalar_one() == 1
    await database.close()
