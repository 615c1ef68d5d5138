"""The negative control of the contention test: Daybook with the guard of the ledger switched off.

Run as `python -m tests.kit.unguarded serve`. Neither locks nor checks nor constraints remain; whoever
proves that Daybook never double-books must see this one do it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import text

import app.asgi
from adapters.sql.questions.booking import SqlLedger
from adapters.sql.questions.rulebook import SqlAvailabilityQuestions
from app.cli import main
from app.house import House
from core.appointments.ledger import PROVIDER, Locked
from core.availability.rulebook import Taken


async def _lock_nothing(self: SqlLedger, resource_ids: Sequence[int], **_: Any) -> list[Locked]:
    return [Locked(resource_id=key, kind=PROVIDER, capacity=1) for key in resource_ids]


async def _see_nothing(self: SqlAvailabilityQuestions, *_: Any) -> list[Taken]:
    return []


def switch_off() -> None:
    """Take lock, check and constraint away, in this process and its database."""
    ledger: Any = SqlLedger
    availability: Any = SqlAvailabilityQuestions
    ledger.lock, availability.taken = _lock_nothing, _see_nothing
    set_up = app.asgi.set_up

    async def set_up_without_backstop(house: House) -> None:
        await set_up(house)
        await drop_backstop(house)

    app.asgi.set_up = set_up_without_backstop


async def drop_backstop(house: House) -> None:
    """Drop the database's own constraint against overlaps."""
    if house.database.is_postgresql:
        from sqlalchemy.ext.asyncio import create_async_engine

        owner = create_async_engine(house.database.url)
        async with owner.begin() as connection:
            await connection.execute(text("ALTER TABLE allocations DROP CONSTRAINT ex_allocations_exclusive"))
        await owner.dispose()
        return
    async with house.database.connect(None, write=True) as connection:
        for verb in ("insert", "update"):
            await connection.execute(text(f"DROP TRIGGER tr_allocations_exclusive_{verb}"))
        await connection.commit()


if __name__ == "__main__":
    switch_off()
    main()
