"""The plain sweep against brute force: what is free, where starts fall, how much is taken at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability.hours import merged
from core.availability.sweep import Grid, Need, Stretch, free, openings, peak
from core.kernel.clock import minute_of
from tests.core.availability.oracle import starts_by_minutes

DAY = minute_of(datetime(2027, 3, 8, tzinfo=UTC))
NINE, TEN, NOON, FIVE = (DAY + hour * 60 for hour in (9, 10, 12, 17))
STRETCHES = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)).map(lambda drawn: (drawn[0], drawn[0] + drawn[1])),
    max_size=6,
)
WINDOWS = STRETCHES.map(merged)
BUSY = STRETCHES.map(sorted)
NEEDS = st.builds(Need, st.integers(1, 50), st.integers(0, 20), st.integers(0, 20))


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


@settings(max_examples=400)
@given(WINDOWS, BUSY, NEEDS, st.integers(1, 40), st.integers(-10, 220))
def test_openings_on_a_grid_are_those_of_brute_force(
    windows: list[Stretch], busy: list[Stretch], need: Need, step: int, earliest: int
) -> None:
    """Random hours, taken time, buffers, steps and notice: the sweep finds each start, and no other."""
    found = openings(windows, busy, need, Grid(step), earliest=earliest)
    assert found == starts_by_minutes(windows, busy, need, Grid(step), earliest)


@settings(max_examples=400)
@given(WINDOWS, BUSY, NEEDS, st.integers(1, 40), st.integers(-10, 220))
def test_openings_laid_end_to_end_are_those_of_brute_force(
    windows: list[Stretch], busy: list[Stretch], need: Need, step: int, earliest: int
) -> None:
    """Counted from each free stretch instead of from the window."""
    grid = Grid(step, "free")
    found = openings(windows, busy, need, grid, earliest=earliest)
    assert found == starts_by_minutes(windows, busy, need, grid, earliest)


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


@pytest.mark.parametrize(
    ("busy", "need", "grid", "expected"),
    [
        ([], Need(60), Grid(60), [9, 10, 11]),
        ([], Need(60), Grid(45), [9, 9.75, 10.5]),
        ([(TEN, TEN + 60)], Need(60), Grid(60), [9, 11]),
        ([(TEN, TEN + 30)], Need(60), Grid(30), [9, 10.5, 11]),
        ([(TEN, TEN + 20)], Need(60), Grid(30), [9, 10.5, 11]),
        ([(TEN, TEN + 20)], Need(40), Grid(40, "free"), [9, 10 + 20 / 60, 11]),
        ([], Need(60, 30, 30), Grid(60), [9, 10, 11]),
        ([(NINE - 30, NINE)], Need(60, 1, 0), Grid(60), [10, 11]),
        ([(NOON, NOON + 30)], Need(60, 0, 1), Grid(60), [9, 10]),
        ([], Need(181), Grid(1), []),
        ([], Need(180), Grid(1), [9]),
    ],
)
def test_starts_by_hand(busy: list[Stretch], need: Need, grid: Grid, expected: list[float]) -> None:
    """Nine to noon: grids count from nine, buffers may reach outside hours but not into taken time."""
    found = openings([(NINE, NOON)], busy, need, grid, earliest=0)
    assert [(start - DAY) / 60 for start in found] == pytest.approx(expected)


def test_nothing_is_offered_before_the_earliest_minute() -> None:
    """Notice moves the first start up to the next one on the grid."""
    assert openings([(NINE, FIVE)], [], Need(60), Grid(60), earliest=NINE + 1)[0] == TEN
    assert openings([(NINE, FIVE)], [], Need(60), Grid(60), earliest=TEN)[0] == TEN
    assert openings([(NINE, FIVE)], [], Need(60), Grid(60), earliest=FIVE) == []
