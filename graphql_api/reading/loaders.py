"""Loaders of one request: rows reached from many places are read together, one statement per place asked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Sequence
from typing import Any

from aiodataloader import DataLoader
from graphql import get_named_type

from core.kernel.reading import Page, PageRequest, Reader, Row, Selection
from graphql_api.reading.lookahead import Info


class Loaders:
    """Made per request. A place in the operation has one loader, and its Selection is made once."""

    def __init__(self, read: Reader) -> None:
        self._read = read
        self._loaders: dict[Hashable, DataLoader[int, Any]] = {}

    def row(self, info: Info, select: Callable[[], Selection], key: int) -> Row | asyncio.Future[Row | None]:
        """The row with a key that is known to exist; nothing is read where only its id is asked for.

        The types that implement an interface share its fields' places, and so their statement.
        """
        place = (get_named_type(info.return_type).name, *map(id, info.field_nodes))
        loader = self._loaders.get(place)
        if loader is None:
            loader = self._loaders[place] = _RowsByKey(self._read, select())
        if isinstance(loader, _RowsByKey) and loader.shows_key_only:
            return {loader.selection.noun.key: key}
        return loader.load(key)

    def rows(self, info: Info, selection: Selection, column: str, key: int) -> asyncio.Future[list[Row]]:
        """All rows whose column holds the key; for what is few by its nature."""
        place = (info.parent_type.name, *map(id, info.field_nodes))
        loader = self._loaders.get(place)
        if loader is None:
            loader = self._loaders[place] = _RowsByColumn(self._read, selection, column)
        return loader.load(key)

    def page(
        self, info: Info, selection: Selection, column: str, key: int, page: PageRequest
    ) -> asyncio.Future[Page]:
        """A page of the rows whose column holds the key; all parents at a place ask for the same page."""
        place = (info.parent_type.name, *map(id, info.field_nodes))
        loader = self._loaders.get(place)
        if loader is None:
            loader = self._loaders[place] = _PagesByColumn(self._read, selection, column, page)
        return loader.load(key)


class _RowsByKey(DataLoader[int, Row | None]):
    def __init__(self, read: Reader, selection: Selection) -> None:
        super().__init__()
        self.selection = selection
        self.shows_key_only = not selection.relations and selection.fields <= {selection.noun.key}
        self._read = read

    async def batch_load_fn(self, keys: Sequence[int]) -> list[Row | None]:
        """One statement for all keys."""
        found = await self._read.grouped(self.selection, self.selection.noun.key, keys)
        return [rows[0] if (rows := found.get(key)) else None for key in keys]


class _RowsByColumn(DataLoader[int, list[Row]]):
    def __init__(self, read: Reader, selection: Selection, column: str) -> None:
        super().__init__()
        self._selection = selection
        self._column = column
        self._read = read

    async def batch_load_fn(self, keys: Sequence[int]) -> list[list[Row]]:
        """One statement for all keys."""
        found = await self._read.grouped(self._selection, self._column, keys)
        return [found.get(key, []) for key in keys]


class _PagesByColumn(DataLoader[int, Page]):
    def __init__(self, read: Reader, selection: Selection, column: str, page: PageRequest) -> None:
        super().__init__()
        self._selection = selection
        self._column = column
        self._page = page
        self._read = read

    async def batch_load_fn(self, keys: Sequence[int]) -> list[Page]:
        """One statement for all parents."""
        found = await self._read.pages(self._selection, self._column, keys, self._page)
        return [found[key] for key in keys]
