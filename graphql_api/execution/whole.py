"""Work that is not broken off: a statement cancelled halfway costs its database connection."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from core.kernel.log import Log, LoggedEvent, Reach

T = TypeVar("T")


async def whole(work: Coroutine[Any, Any, T]) -> T:
    """Do the work to its end; whoever is cancelled meanwhile is so right after it, or when told twice."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        with suppress(Exception):
            await task
        raise


class WholeLog:
    """A log whose reading is not broken off, for readers who may go away at any moment."""

    def __init__(self, log: Log) -> None:
        self._log = log

    async def at(self, business_id: int, sequence: int) -> LoggedEvent | None:
        """See core.kernel.log.Log."""
        return await whole(self._log.at(business_id, sequence))

    async def after(self, business_id: int, sequence: int, *, most: int) -> list[LoggedEvent]:
        """See core.kernel.log.Log."""
        return await whole(self._log.after(business_id, sequence, most=most))

    async def reach(self, business_id: int) -> Reach:
        """See core.kernel.log.Log."""
        return await whole(self._log.reach(business_id))
