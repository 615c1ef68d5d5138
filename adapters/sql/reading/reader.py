"""The Reader of one request: one reading connection, shared behind a lock, given back early."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql.among import among
from adapters.sql.database import Database, unless_lost
from adapters.sql.questions import questions_for
from adapters.sql.reading.statement import Compiled, with_column
from core.kernel.errors import NotFound, Unavailable
from core.kernel.reading import Page, PageRequest, Row, Selection
from core.kernel.unit_of_work import NO_BUSINESS

P = TypeVar("P")


class ReadConnection:
    """The reading connection of one request: taken at its first statement, given back by `release`."""

    def __init__(self, database: Database, business_id: int | None) -> None:
        self.business_id = NO_BUSINESS if business_id is None else business_id
        self._database = database
        self._lock = asyncio.Lock()
        self._held: AbstractAsyncContextManager[AsyncConnection] | None = None
        self._connection: AsyncConnection | None = None

    async def execute(self, statement: Any, parameters: Any = None, /) -> Any:
        """Run one statement; others of the same request wait their turn."""
        async with self._lock:
            if self._connection is None:
                self._held = self._database.connect(self.business_id)
                self._connection = await self._held.__aenter__()
            try:
                async with unless_lost(self._connection):
                    return await self._connection.execute(statement, parameters)
            except Unavailable:
                await self._give_back()  # the next statement takes another, which stands in the business
                raise

    async def release(self) -> None:
        """Give the connection back: before a transaction opens, and at the end of the request."""
        async with self._lock:
            await self._give_back()

    async def _give_back(self) -> None:
        if self._held is not None:
            held, self._held, self._connection = self._held, None, None
            await held.__aexit__(None, None, None)

    def ask(self, port: type[P]) -> P:
        """The answering side of a question protocol."""
        return questions_for(port, self, self.business_id)


class SqlReader:
    """See core.kernel.reading.Reader."""

    def __init__(self, connection: ReadConnection) -> None:
        self._connection = connection

    async def one(self, selection: Selection, key: int) -> Row | None:
        """The row with that key, or None."""
        compiled = Compiled(selection, self._connection.business_id)
        record = (await self._connection.execute(compiled.by_key(key))).one_or_none()
        return None if record is None else compiled.plan.row(record)

    async def rows(self, selection: Selection) -> list[Row]:
        """All rows in order."""
        compiled = Compiled(selection, self._connection.business_id)
        return [compiled.plan.row(row) for row in await self._connection.execute(compiled.all_rows())]

    async def page(self, selection: Selection, page: PageRequest) -> Page:
        """A page of the rows."""
        compiled = Compiled(selection, self._connection.business_id)
        records = (await self._connection.execute(compiled.page(page))).all()
        if not records:
            await self._require_start(selection, page)
        if page.with_total and not records:
            return replace(_page(compiled, page, records), total=await self._total(selection))
        return _page(compiled, page, records)

    async def grouped(self, selection: Selection, column: str, keys: Sequence[int]) -> dict[int, list[Row]]:
        """The rows whose column is one of the keys, by that key."""
        compiled = Compiled(with_column(selection, column), self._connection.business_id)
        statement = compiled.all_rows().where(among(compiled.root.c[column], sorted(set(keys))))
        found: dict[int, list[Row]] = {}
        for record in await self._connection.execute(statement):
            row = compiled.plan.row(record)
            found.setdefault(row[column], []).append(row)
        return found

    async def pages(
        self, selection: Selection, column: str, keys: Sequence[int], page: PageRequest
    ) -> dict[int, Page]:
        """A page of the rows of each key."""
        compiled = Compiled(selection, self._connection.business_id)
        records: dict[int, list[Any]] = {key: [] for key in keys}
        for record in await self._connection.execute(compiled.pages(column, keys, page)):
            records[record.parent].append(record)
        pages = {key: _page(compiled, page, found) for key, found in records.items()}
        bare = [key for key, found in records.items() if not found]
        if len(bare) == len(records):
            await self._require_start(selection, page)
        if bare and page.with_total and (page.after is not None or page.before is not None):
            totals = await self._totals(selection, column, bare)
            pages |= {key: replace(pages[key], total=totals.get(key, 0)) for key in bare}
        return pages

    async def _require_start(self, selection: Selection, page: PageRequest) -> None:
        """Tell an empty rest of the list from a starting row that is not there."""
        for start in (page.after, page.before):
            named = Selection(noun=selection.noun, fields={selection.noun.key})
            if start is not None and await self.one(named, start) is None:
                raise NotFound(selection.noun.name)

    async def _totals(self, selection: Selection, column: str, keys: Sequence[int]) -> dict[int, int]:
        """How many rows each key has that has no row on the page asked for."""
        counted = Compiled(selection, self._connection.business_id)
        rows = await self._connection.execute(counted.totals(column, keys))
        return dict([tuple(row) for row in rows])

    async def _total(self, selection: Selection) -> int:
        counted = Compiled(selection, self._connection.business_id)
        return int((await self._connection.execute(counted.total())).scalar_one())


def _page(compiled: Compiled, page: PageRequest, records: Sequence[Any]) -> Page:
    """The page that records come to: one more than its size says that there is more."""
    rows = [compiled.plan.row(record) for record in records[: page.size]]
    more = len(records) > page.size
    total = (records[0].total if records else 0) if page.with_total else None
    if page.from_end:
        rows.reverse()
        return Page(rows=rows, has_next=page.before is not None, has_previous=more, total=total)
    return Page(rows=rows, has_next=more, has_previous=page.after is not None or page.skip > 0, total=total)
