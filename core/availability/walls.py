"""Wall clocks of a zone as tables of numbers: no datetime object is made where a rule is read again."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from itertools import pairwise

from core.kernel.clock import instant_of
from core.kernel.text import zone_of

DAY = 24 * 60
CHUNK_DAYS = 32
CHUNK = CHUNK_DAYS * DAY
"""Tables and masks are kept by stretches of 32 days, counted from 1970."""

_MINUTE = timedelta(minutes=1)
_LONG_AGO, _NEVER = -(2**62), 2**62


class WallClock:
    """Wall times of a zone, as minutes since 1970 on the wall, and the UTC minutes they stand for."""

    def __init__(self, name: str) -> None:
        self._zone = zone_of(name)
        self._tables: dict[int, list[tuple[int, int, int]]] = {}
        self._steady: dict[int, int | None] = {}

    def utc(self, wall: int) -> int:
        """The first UTC minute at which the wall shows this or, where it is skipped, something later."""
        table = self._tables.get(wall // CHUNK) or self._table(wall // CHUNK)
        return next(max(wall - offset, since) for since, until, offset in table if wall - offset < until)

    def repeats(self, begin: int, end: int) -> list[tuple[int, int]]:
        """The stretches that touch [begin, end), in UTC minutes, in which the wall shows again what it
        showed before, because clocks went back."""
        found: dict[tuple[int, int], None] = {}
        for chunk in range((begin - 2 * DAY) // CHUNK, (end + 2 * DAY) // CHUNK + 1):
            for before, after in pairwise(self._tables.get(chunk) or self._table(chunk)):
                again = (after[0], after[0] + before[2] - after[2])
                if again[0] < again[1] and again[0] < end and begin < again[1]:
                    found[again] = None
        return sorted(found)

    def offset_on(self, day: int) -> int | None:
        """How far the wall is ahead of UTC on a day, given by its number since 1970, and the two after
        it; None where that changes meanwhile."""
        try:
            return self._steady[day]
        except KeyError:
            wall = day * DAY
            edges = [self.utc(wall + later * DAY) for later in range(-1, 4)]
            found = {wall + later * DAY - edge for later, edge in zip(range(-1, 4), edges, strict=True)}
            self._steady[day] = found.pop() if len(found) == 1 else None
            return self._steady[day]

    def _table(self, chunk: int) -> list[tuple[int, int, int]]:
        """(Since, until, offset) rows in force about a chunk of wall time."""
        first, last = chunk * CHUNK - 2 * DAY, (chunk + 1) * CHUNK + 2 * DAY
        rows, since, offset = [], _LONG_AGO, self._offset(first)
        for minute in range(first, last, DAY):
            after = self._offset(minute + DAY)
            if after != offset:
                change = self._change(minute, minute + DAY, offset)
                rows.append((since, change, offset))
                since, offset = change, after
        rows.append((since, _NEVER, offset))
        self._tables[chunk] = rows
        return rows

    def _offset(self, minute: int) -> int:
        offset = instant_of(minute).astimezone(self._zone).utcoffset()
        assert offset is not None
        return offset // _MINUTE

    def _change(self, low: int, high: int, before: int) -> int:
        """The first minute of the offset that follows; `low` still has the one before."""
        while high - low > 1:
            middle = (low + high) // 2
            if self._offset(middle) == before:
                low = middle
            else:
                high = middle
        return high


@cache
def wall_clock(name: str) -> WallClock:
    """The clock of a zone; its tables are kept for as long as the process lives."""
    return WallClock(name)
