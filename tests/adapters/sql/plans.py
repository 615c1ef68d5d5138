"""How a database goes about a question, once it knows the sizes of its tables."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.sql.database import Database
from app.house import House

Ran = list[tuple[str, Any]]


async def analyse(house: House) -> None:
    """Have the database count its rows, as its owner. For a house of a test's own: others' plans change."""
    database = house.database
    engine = create_async_engine(database.url) if database.is_postgresql else database.writer
    async with engine.begin() as connection:
        await connection.execute(text("ANALYZE"))
    if database.is_postgresql:
        await engine.dispose()


async def plan_of(house: House, business_id: int, ask: Callable[[], Awaitable[object]]) -> str:
    """The plan of the last statement that asking runs, a step a line, in the database's own words."""
    with noted(house.database) as ran:
        await ask()
    statement, values = ran[-1]
    explain = "EXPLAIN" if house.database.is_postgresql else "EXPLAIN QUERY PLAN"
    async with house.database.connect(business_id) as connection:
        rows = await connection.exec_driver_sql(f"{explain} {statement}", values)
        return "\n".join(str(row[-1]) for row in rows)


@contextmanager
def noted(database: Database, about: str = "") -> Iterator[Ran]:
    """The statements that run within the block and speak of something, and their values."""
    ran: Ran = []

    def note(_c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
        if about in statement:
            ran.append((statement, values))

    engines = {database.writer.sync_engine, database.reader.sync_engine}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield ran
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)
