"""The plain sweep against brute force: what is free, where starts fall, how much is taken at once."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability.hours import merged
from core.availability.rulebook import Taken
from core.availability.stretches import Stretch, around, free, full, is_clear, peak
from core.availability.sweep import starts
from core.kernel.clock import instant_of, minute_of
from tests.core.availability.oracle import tiles_by_minutes
from tests.core.availability.simple import RESOURCE, book_in, search_in

DAY = minute_of(datetime(2027, 3, 8, tzinfo=UTC))
NINE, TEN, NOON, FIVE = (DAY + hour * 60 for hour in (9, 10, 12, 17))
STRETCHES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1])),
    max_size=6,
)
WINDOWS = STRETCHES.map(merged)
BUSY = STRETCHES.map(sorted)
BEFORE = instant_of(DAY - 1_440)


def minutes(stretches: list[Stretch]) -> set[int]:
    """Every minute of the stretches."""
    return {minute for start, end in stretches for minute in range(start, end)}


@given(WINDOWS, BUSY)
def test_free_is_what_is_open_and_not_busy(windows: list[Stretch], busy: list[Stretch]) -> None:
    """Minute by minute, and the stretches come sorted and not empty."""
    left = free(windows, busy)
    assert minutes(left) == minutes(windows) - minutes(busy)
    assert left == sorted(left)
    assert all(start < end for start, end in left)


@settings(max_examples=300, deadline=None)
@given(WINDOWS, BUSY, st.integers(1, 50), st.integers(0, 20), st.integers(0, 20))
def test_starts_laid_end_to_end_are_those_of_brute_force(
    windows: list[Stretch], busy: list[Stretch], duration: int, before: int, after: int
) -> None:
    """Counted from each free stretch, and anew after whatever is taken."""
    book = book_in("UTC", {"monday": [[start, end] for start, end in windows]})
    rows = [Taken(resource_id=RESOURCE, start=DAY + start, end=DAY + end) for start, end in busy]
    search = search_in(duration, before=before, after=after, now=BEFORE, tile=True)
    found = [start.minute - DAY for start in starts(book, search, rows, DAY, DAY + 1_440)]
    assert found == tiles_by_minutes(windows, busy, duration, before, after)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(1, 4)), max_size=8),
    st.integers(0, 60),
    st.integers(1, 40),
)
def test_the_peak_is_the_busiest_minute(drawn: list[tuple[int, int, int]], start: int, length: int) -> None:
    """Of all minutes of the stretch, the one at which most is taken; nothing outside it counts."""
    taken = [(begins, begins + lasts, quantity) for begins, lasts, quantity in drawn]
    by_minute = [
        sum(quantity for begins, ends, quantity in taken if begins <= minute < ends)
        for minute in range(start, start + length)
    ]
    assert peak(taken, start, start + length) == max(by_minute)


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30), st.integers(1, 4)), max_size=8),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_what_is_full_is_where_the_peak_leaves_too_little(
    drawn: list[tuple[int, int, int]], capacity: int, quantity: int
) -> None:
    """Minute by minute; and the stretches come sorted and apart."""
    taken = [(begins, begins + lasts, amount) for begins, lasts, amount in drawn]
    found = full(taken, capacity, quantity)
    crowded = {
        minute for minute in range(100) if taken and peak(taken, minute, minute + 1) + quantity > capacity
    }
    if quantity <= capacity:
        assert minutes(found) == crowded
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for start, end in ((0, 100), (10, 11), (30, 40)):
        assert is_clear(found, start, end) == minutes(found).isdisjoint(range(start, end))
    for minute in (0, 30, 99):
        assert (around(found, minute) is not None) == (minute in minutes(found))


@pytest.mark.parametrize(
    ("busy", "length", "step", "expected"),
    [
        ([], (60, 0, 0), 60, [9, 10, 11]),
        ([], (60, 0, 0), 45, [9, 9.75, 10.5]),
        ([(TEN, TEN + 60)], (60, 0, 0), 60, [9, 11]),
        ([(TEN, TEN + 30)], (60, 0, 0), 30, [9, 10.5, 11]),
        ([(TEN, TEN + 20)], (60, 0, 0), 30, [9, 10.5, 11]),
        ([], (60, 30, 30), 60, [9, 10, 11]),
        ([(NINE - 30, NINE)], (60, 1, 0), 60, [10, 11]),
        ([(NOON, NOON + 30)], (60, 0, 1), 60, [9, 10]),
        ([], (181, 0, 0), 1, []),
        ([], (180, 0, 0), 1, [9]),
    ],
)
def test_starts_by_hand(
    busy: list[Stretch], length: tuple[int, int, int], step: int, expected: list[float]
) -> None:
    """Nine to noon: grids count from nine, buffers may reach outside hours but not into taken time."""
    duration, before, after = length
    rows = [Taken(resource_id=RESOURCE, start=start, end=end) for start, end in busy]
    search = search_in(duration, before=before, after=after, step=step, now=BEFORE)
    found = starts(book_in("UTC", {"monday": [[540, 720]]}), search, rows, DAY, DAY + 1_440)
    assert [(start.minute - DAY) / 60 for start in found] == pytest.approx(expected)


def test_nothing_is_offered_before_the_earliest_minute() -> None:
    """Now moves the first start up to the next one on the grid; nothing begins at this very moment."""
    book = book_in("UTC", {"monday": [[540, 1_020]]})
    for now, first in ((NINE, TEN), (NINE - 1, NINE), (TEN - 1, TEN), (FIVE, None)):
        found = starts(book, search_in(60, now=instant_of(now)), [], DAY, DAY + 1_440)
        assert next((start.minute for start in found), None) == first
