"""What a process remembers of availability: rules, taken time and start masks, per business.

Nothing here is trusted for longer than until the next question: every reading first asks the database,
in one statement, what changed since (core.availability.questions), and forgets what was touched. So
several processes on one database need no messages between them.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from core.availability.bits import Engine, Shelf
from core.availability.questions import Changes
from core.availability.rulebook import Rulebook, Taken
from core.availability.table import Table

MOST_BYTES = 64 * 2**20
"""What a process keeps at most, an estimate of the numbers, tuples and masks."""

_ROW_BYTES, _MASKS_BYTES, _ENTRY_BYTES, _RULE_BYTES = 250, 4_000, 500, 900

Chunk = tuple[int, int]
"""A stretch of starts, [begin, end) in UTC minutes, that taken time and masks are kept for."""

TableKey = tuple[int | None, int | None, int, bool, int, Chunk]
"""Location, service, duration, for staff, seats, and the chunk."""


@dataclass(slots=True)
class KeptShelf:
    """Taken time of a resource about a chunk, as of event number `last` and of the instant `at`.

    `size` is about how many bytes it is, a few masks included.
    """

    rows: list[Taken]
    last: int
    at: datetime
    shelf: Shelf = field(init=False)
    until: datetime | None = field(init=False)
    reload_at: datetime | None = field(init=False)
    size: int = field(init=False)

    def __post_init__(self) -> None:
        self.size = _ENTRY_BYTES + _MASKS_BYTES + _ROW_BYTES * len(self.rows)
        self.reload_at = min((row.seats_until for row in self.rows if row.seats_until), default=None)
        self.advance(self.at)

    def advance(self, now: datetime) -> None:
        """Leave away the holds that have run out by now."""
        held = [row for row in self.rows if row.expires_at is not None]
        ends = [row.expires_at for row in held if row.expires_at and row.expires_at > now]
        if len(ends) < len(held):
            self.rows = [row for row in self.rows if row.expires_at is None or row.expires_at > now]
        self.at, self.shelf = now, Shelf(self.rows)
        self.until = min([*ends, *([self.reload_at] if self.reload_at else [])], default=None)

    def is_good(self, now: datetime) -> bool:
        """Whether it says what is taken now; holds that ran out since are left away first."""
        if now < self.at or (self.reload_at is not None and self.reload_at <= now):
            return False
        if self.until is not None and self.until <= now:
            self.advance(now)
        return True


class Kept:
    """One business as far as this process knows it. Complete for events in (`floor`, `last`]."""

    def __init__(self) -> None:
        self.floor: int | None = None
        self.last: int | None = None
        self.rules: int | None = None
        self.book: Rulebook | None = None
        self.engine: Engine | None = None
        self.touched: dict[int, int] = {}
        self.shelves: OrderedDict[tuple[int, Chunk], KeptShelf] = OrderedDict()
        self.tables: OrderedDict[TableKey, Table] = OrderedDict()
        self._chunks: dict[int, set[Chunk]] = {}
        self._shelf_bytes = 0
        self._provider_of: dict[int, int] = {}

    def learn(self, changes: Changes, known_last: int | None) -> None:
        """Take in what was answered to the question since `known_last`, and forget what it touches."""
        if changes.rulebook is not None and (self.rules is None or changes.rules_revision > self.rules):
            self.book, self.rules = changes.rulebook, changes.rules_revision
            self.engine = Engine(changes.rulebook)
            self._provider_of = {one.resource_id: key for key, one in self.book.providers.items()}
            self.tables.clear()
        for resource_id, revision in changes.touched.items():
            if revision > self.touched.get(resource_id, 0):
                self.touched[resource_id] = revision
                self._forget(resource_id)
        if known_last is not None and self.last is not None:
            self.last = max(self.last, changes.last)
        elif self.last is None:
            self.floor = self.last = changes.last

    def is_current(self, resource_id: int, last: int) -> bool:
        """Whether what was read as of an event is still all there is to know of the resource."""
        return self.floor is not None and last >= max(self.floor, self.touched.get(resource_id, 0))

    def shelf(self, resource_id: int, chunk: Chunk, now: datetime) -> KeptShelf | None:
        """What is taken of a resource, where that is known."""
        key = (resource_id, chunk)
        found = self.shelves.get(key)
        if found is None:
            return None
        if not found.is_good(now):
            self._drop(key)
            return None
        self.shelves.move_to_end(key)
        return found

    def keep(self, resource_id: int, chunk: Chunk, kept: KeptShelf) -> None:
        """Remember what is taken, unless more has happened since it was read."""
        if self.is_current(resource_id, kept.last):
            self._drop((resource_id, chunk))
            self.shelves[resource_id, chunk] = kept
            self._chunks.setdefault(resource_id, set()).add(chunk)
            self._shelf_bytes += kept.size

    def table(self, key: TableKey, needs: Iterable[int], now: datetime) -> Table:
        """The masks kept for a question and a chunk."""
        table = self.tables.get(key)
        if table is None:
            table = self.tables[key] = Table(frozenset(needs))
        self.tables.move_to_end(key)
        table.refresh(now)
        return table

    @property
    def size(self) -> int:
        """About how many bytes all of it is."""
        rules = 0
        if (book := self.book) is not None:
            rules = len(book.schedules) + len(book.overrides) + len(book.holidays) + len(book.blocks)
            rules += len(book.providers) + len(book.services) + len(book.resources)
        compiled = 0 if self.engine is None else self.engine.size
        tables = sum(table.size for table in self.tables.values())
        return _RULE_BYTES * rules + compiled + tables + self._shelf_bytes + 100 * len(self.touched)

    def shrink(self) -> int:
        """Forget what was used least of late: taken time before masks. Tells about how many bytes that
        was; 0 where there is nothing left."""
        if self.shelves:
            return self._drop(next(iter(self.shelves)))
        if self.tables:
            return max(1, self.tables.popitem(last=False)[1].size)
        if self.engine is None:
            return 0
        size = self.engine.size
        self.engine.forget()
        return size

    def _forget(self, resource_id: int) -> None:
        for chunk in tuple(self._chunks.get(resource_id, ())):
            self._drop((resource_id, chunk))
        provider_id = self._provider_of.get(resource_id)
        for table in self.tables.values():
            if provider_id is not None:
                table.drop(provider_id)
            if resource_id in table.needs:
                table.clear()

    def _drop(self, key: tuple[int, Chunk]) -> int:
        found = self.shelves.pop(key, None)
        if found is None:
            return 0
        self._shelf_bytes -= found.size
        self._chunks[key[0]].discard(key[1])
        return found.size


class AvailabilityCache:
    """One per process: businesses by last use, together at most `most_bytes` large."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._businesses: OrderedDict[int, Kept] = OrderedDict()

    def of(self, business_id: int) -> Kept:
        """What is known of a business; a blank page where nothing is."""
        kept = self._businesses.setdefault(business_id, Kept())
        self._businesses.move_to_end(business_id)
        return kept

    @property
    def size(self) -> int:
        """About how many bytes everything is."""
        return sum(kept.size for kept in self._businesses.values())

    def trim(self) -> None:
        """Forget businesses that were not asked for of late, then parts of the last one."""
        over = self.size - self.most_bytes
        while over > 0 and len(self._businesses) > 1:
            over -= self._businesses.popitem(last=False)[1].size
        for kept in self._businesses.values():
            while over > 0 and (freed := kept.shrink()):
                over -= freed
