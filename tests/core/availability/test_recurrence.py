"""Recurrence rules: the days they hit, against another implementation; and which rules are refused."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Literal

import pytest
from dateutil.rrule import DAILY, MO, MONTHLY, WEEKLY, rrule
from hypothesis import given, settings
from hypothesis import strategies as st

from core.availability.recurrence import (
    FREQUENCIES,
    WEEKDAY_CODES,
    Recurrence,
    first_hits,
    issues_in,
    occurrences,
)

THEIRS: dict[str, Literal[1, 2, 3]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY}
DAYS = st.dates(date(2026, 1, 1), date(2028, 12, 31))


@st.composite
def rules(draw: st.DrawFn) -> Recurrence:
    """A sound rule."""
    frequency = draw(st.sampled_from(FREQUENCIES))
    byday = draw(st.lists(st.sampled_from(WEEKDAY_CODES), unique=True, max_size=4))
    return Recurrence(
        frequency=frequency,
        interval=draw(st.integers(1, 9)),
        byday=() if frequency == "MONTHLY" else tuple(byday),
        count=draw(st.none() | st.integers(1, 40)),
        until=draw(st.none() | DAYS),
    )


def theirs(rule: Recurrence, anchor: date, first: date, last: date) -> list[date]:
    """What python-dateutil says, over naive times; both ends are never given to it at once."""
    hits = rrule(
        THEIRS[rule.frequency],
        dtstart=datetime(anchor.year, anchor.month, anchor.day),
        interval=rule.interval,
        byweekday=[WEEKDAY_CODES.index(code) for code in rule.byday] or None,
        wkst=MO,
        count=rule.count,
        until=None if rule.count is not None else datetime(last.year, last.month, last.day),
    )
    end = last if rule.until is None else min(last, rule.until)
    return [hit.date() for hit in hits if first <= hit.date() <= end]


@settings(max_examples=400, deadline=None)
@given(rules(), DAYS, DAYS, st.integers(0, 500))
def test_a_rule_hits_the_days_that_dateutil_says(
    rule: Recurrence, anchor: date, first: date, length: int
) -> None:
    """Any anchor, any range before, over or after it, with counts and ends."""
    last = first + timedelta(days=length)
    assert occurrences(rule, anchor, first, last) == theirs(rule, anchor, first, last)


@pytest.mark.parametrize(
    ("rule", "anchor", "expected"),
    [
        (Recurrence(frequency="DAILY", interval=3, count=3), "2027-03-01", ["01", "04", "07"]),
        (Recurrence(frequency="DAILY", byday=("SA", "SU"), count=3), "2027-03-01", ["06", "07", "13"]),
        (Recurrence(frequency="WEEKLY", until=date(2027, 3, 15)), "2027-03-01", ["01", "08", "15"]),
        # Weeks begin on Monday: Wednesday the 3rd and Monday the 15th are two weeks of the rule apart.
        (
            Recurrence(frequency="WEEKLY", interval=2, byday=("MO", "WE"), count=3),
            "2027-03-03",
            ["03", "15", "17"],
        ),
        (Recurrence(frequency="WEEKLY", count=9, until=date(2027, 3, 8)), "2027-03-01", ["01", "08"]),
    ],
)
def test_rules_by_hand(rule: Recurrence, anchor: str, expected: list[str]) -> None:
    """Days of March 2027, whose first is a Monday."""
    hits = occurrences(rule, date.fromisoformat(anchor), date(2027, 3, 1), date(2027, 3, 31))
    assert [f"{day:%d}" for day in hits] == expected


def test_a_month_that_lacks_the_day_is_left_out_and_not_counted() -> None:
    """The 31st, four times: January, March, May, July."""
    rule = Recurrence(frequency="MONTHLY", count=4)
    hits = occurrences(rule, date(2027, 1, 31), date(2027, 1, 1), date(2028, 12, 31))
    assert [(day.month, day.day) for day in hits] == [(1, 31), (3, 31), (5, 31), (7, 31)]


def test_the_end_of_the_calendar_ends_a_rule() -> None:
    """December 9999 has no next month."""
    rule = Recurrence(frequency="MONTHLY")
    assert occurrences(rule, date(9999, 11, 1), date(9999, 1, 1), date.max) == [
        date(9999, 11, 1),
        date(9999, 12, 1),
    ]
    assert len(occurrences(Recurrence(frequency="DAILY"), date(9999, 12, 30), date.min, date.max)) == 2


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Recurrence(frequency="WEEKLY", byday=("MO", "FR"), count=1), []),
        (Recurrence(frequency="YEARLY"), [("r.frequency", "UNKNOWN_FREQUENCY")]),
        (Recurrence(frequency="daily"), [("r.frequency", "UNKNOWN_FREQUENCY")]),
        (Recurrence(frequency="DAILY", interval=0), [("r.interval", "OUT_OF_RANGE")]),
        (Recurrence(frequency="DAILY", interval=10**9), [("r.interval", "OUT_OF_RANGE")]),
        (Recurrence(frequency="WEEKLY", byday=("1MO",)), [("r.weekdays", "UNKNOWN_WEEKDAY")]),
        (Recurrence(frequency="WEEKLY", byday=("MO", "MO")), [("r.weekdays", "REPEATED")]),
        (Recurrence(frequency="MONTHLY", byday=("MO",)), [("r.weekdays", "NOT_ALLOWED")]),
        (Recurrence(frequency="DAILY", count=0), [("r.count", "OUT_OF_RANGE")]),
        (Recurrence(frequency="DAILY", count=10**9), [("r.count", "OUT_OF_RANGE")]),
        (Recurrence(frequency="DAILY", until=date(2027, 2, 28)), [("r.until", "BEFORE_FIRST")]),
        (Recurrence(frequency="WEEKLY", byday=("TU",), until=date(2027, 3, 1)), [("r", "NO_OCCURRENCE")]),
        (Recurrence(frequency="WEEKLY", byday=("TU",), until=date(2027, 3, 2)), []),
        (Recurrence(frequency="WEEKLY", byday=("MO",), until=date(2027, 3, 1)), []),
        (Recurrence(frequency="DAILY", interval=7, byday=("TU", "SU")), [("r", "NO_OCCURRENCE")]),
        (Recurrence(frequency="DAILY", interval=7, byday=("TU", "MO")), []),
        (Recurrence(frequency="DAILY", interval=8, byday=("TU",)), []),
        (
            Recurrence(frequency="DAILY", interval=6, byday=("TU",), until=date(2027, 4, 5)),
            [("r", "NO_OCCURRENCE")],
        ),
        (Recurrence(frequency="DAILY", interval=6, byday=("TU",), until=date(2027, 4, 6)), []),
        (
            Recurrence(frequency="\x00", interval=-1, byday=("",), count=-1),
            [
                ("r.frequency", "UNKNOWN_FREQUENCY"),
                ("r.interval", "OUT_OF_RANGE"),
                ("r.weekdays", "UNKNOWN_WEEKDAY"),
                ("r.count", "OUT_OF_RANGE"),
            ],
        ),
    ],
)
def test_bad_rules_are_named_all_at_once(rule: Recurrence, expected: list[tuple[str, str]]) -> None:
    """Each broken rule is an issue with its path and code."""
    found = issues_in(rule, "r", anchor=date(2027, 3, 1))
    assert [(issue.path, issue.code) for issue in found] == expected


@pytest.mark.parametrize(
    ("rule", "most", "expected"),
    [
        (Recurrence(frequency="WEEKLY", byday=("MO", "WE")), 3, [1, 3, 8]),
        (Recurrence(frequency="WEEKLY", byday=("MO", "WE"), count=2), 3, [1, 3]),
        (Recurrence(frequency="WEEKLY", byday=("MO", "WE"), until=date(2027, 3, 7)), 3, [1, 3]),
        (Recurrence(frequency="DAILY", interval=14, byday=("MO",)), 2, [1, 15]),
        (Recurrence(frequency="DAILY", interval=14, byday=("TU",)), 2, []),
    ],
)
def test_the_first_days_that_a_rule_hits(rule: Recurrence, most: int, expected: list[int]) -> None:
    """From Monday the first of March on, as many as asked for where there are so many."""
    assert first_hits(rule, date(2027, 3, 1), most) == [date(2027, 3, day) for day in expected]
