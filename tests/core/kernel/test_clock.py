"""Clocks: passed in, in UTC, and counted in whole minutes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.kernel.clock import FixedClock, SystemClock, instant_of, is_whole_minute, minute_of

INSTANTS = st.datetimes(datetime(1900, 1, 1), datetime(9000, 1, 1), timezones=st.just(UTC))


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    """It tells the same instant, in UTC, and advances by what it is told."""
    clock = FixedClock(datetime(2027, 3, 1, 10, 0, tzinfo=timezone(timedelta(hours=1))))
    assert clock.now() == clock.now() == datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    clock.advance(timedelta(minutes=90))
    assert clock.now() == datetime(2027, 3, 1, 10, 30, tzinfo=UTC)


def test_the_systems_clock_tells_utc() -> None:
    """Its instants carry the offset nought."""
    assert SystemClock().now().utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("instant", "minute"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 59, 999_999, tzinfo=UTC), 0),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), -1),
        (datetime(2027, 3, 8, 15, 0, tzinfo=UTC), 30_075_300),
        (datetime(2027, 3, 8, 20, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))), 30_075_300),
    ],
)
def test_minutes_are_counted_from_1970_and_rounded_down(instant: datetime, minute: int) -> None:
    """Whatever offset an instant is written with, and before 1970 too."""
    assert minute_of(instant) == minute


@given(INSTANTS)
def test_a_minute_leads_back_to_its_beginning(instant: datetime) -> None:
    """An instant is at its minute's beginning exactly when it is a whole minute."""
    beginning = instant_of(minute_of(instant))
    assert timedelta(0) <= instant - beginning < timedelta(minutes=1)
    assert (beginning == instant) == is_whole_minute(instant)
    assert beginning.tzinfo is UTC
