"""Busy time: what a calendar elsewhere comes to, in stretches of UTC minutes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from core.availability.hours import DAY_MINUTES, merged
from core.availability.sweep import Stretch

MOST_PIECES = 20_000
"""No calendar may take more stretches than this."""


class Unreadable(Exception):
    """A calendar that could not be read, or takes too much work; `code` says why in a word."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class CalendarReader(Protocol):
    """Reads calendars in the form that calendar programs write."""

    async def busy(
        self, body: bytes, *, business_id: int, time_zone: str, first: int, last: int
    ) -> list[Stretch]:
        """When a calendar is busy between two UTC minutes, in any order, overlaps included.

        All-day and floating times are meant in `time_zone`. The business's own appointments, come back
        from another calendar, are left out. Raises Unreadable.
        """
        ...


def pieces(stretches: Iterable[Stretch], first: int, last: int) -> list[Stretch]:
    """The stretches that reach into [first, last), merged where they touch, none longer than a day.

    `first` is a UTC midnight. Longer stretches are cut at such, so that the pieces of a long holiday stay
    the same from one reading to the next. Raises Unreadable where there are too many.
    """
    # A day more than is kept, so that what began shortly before is not cut anew every day.
    within = [(max(start, first - DAY_MINUTES), min(end, last)) for start, end in stretches]
    cut: list[Stretch] = []
    for start, end in merged([one for one in within if one[0] < one[1]]):
        while end - start > DAY_MINUTES:
            midnight = (start // DAY_MINUTES + 1) * DAY_MINUTES
            cut.append((start, midnight))
            start = midnight
        cut.append((start, end))
        if len(cut) > MOST_PIECES:
            raise Unreadable("TOO_MANY_EVENTS")
    return [one for one in cut if one[1] > first]
