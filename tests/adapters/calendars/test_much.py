"""Calendars made to be slow: the work grows with what was sent and no faster, counted in calls."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from types import FrameType

import pytest

from adapters.calendars import read as reading
from tests.adapters.calendars.test_read import busy, calendar, event, why

HOURLY = event("DTSTART:20270301T000000Z", "DURATION:PT30M", "RRULE:FREQ=HOURLY", uid="r@x")
NEW_YEAR = datetime(2030, 1, 1)


def calls_of(work: Callable[[], object]) -> int:
    """How many calls some work makes."""
    count = 0

    def seen(_frame: FrameType, happened: str, _argument: object) -> None:
        nonlocal count
        count += happened in ("call", "c_call")

    sys.setprofile(seen)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def grows_evenly(work: Callable[[int], object]) -> bool:
    """Whether the second three hundred of something cost as the first did, within a fifth."""
    work(0)  # what is found out once is found out before
    none, some, twice = (calls_of(partial(work, count)) for count in (0, 300, 600))
    return twice - some <= 1.2 * (some - none) + 1_000


def stamps(count: int) -> list[str]:
    """So many hours of 2030."""
    return [f"{NEW_YEAR + timedelta(hours=n):%Y%m%dT%H%M%S}" for n in range(count)]


def changed_for_good(count: int) -> bytes:
    """As many hours of an event, and changes of it that go for all that follows."""
    hours = [f"{line};COUNT={count + 1}" if "RRULE" in line else line for line in HOURLY]
    changes = [
        line
        for at in stamps(count)
        for line in event(
            f"RECURRENCE-ID;RANGE=THISANDFUTURE:{at}Z", f"DTSTART:{at}Z", "DURATION:PT10M", uid="r@x"
        )
    ]
    return calendar(*hours, *changes)


def many_of_one_name(count: int) -> bytes:
    """So many events of one UID, and as many instances replaced."""
    lines = []
    for at in stamps(count):
        lines += event(f"DTSTART:{at}Z", "DURATION:PT10M", uid="r@x")
        lines += event(f"RECURRENCE-ID:{at}Z", f"DTSTART:{at}Z", "DURATION:PT10M", uid="r@x")
    return calendar(*lines)


def many_onsets(count: int) -> bytes:
    """A daily event in a zone whose offset changes at so many hours."""
    onsets = [f"RDATE:{','.join(stamps(count))}"] if count else []
    zone = ["BEGIN:VTIMEZONE", "TZID:Own", "BEGIN:STANDARD", "DTSTART:20200101T000000", *onsets]
    zone += ["TZOFFSETFROM:+0100", "TZOFFSETTO:+0100", "END:STANDARD", "END:VTIMEZONE"]
    return calendar(*zone, *event("DTSTART;TZID=Own:20270301T000000", "DURATION:PT30M", "RRULE:FREQ=DAILY"))


def long_winded(count: int) -> bytes:
    """A daily event whose rule names one weekday so many times."""
    days = ",".join(["MO"] * (count + 1))
    return calendar(*event("DTSTART:20270301T000000Z", "DURATION:PT30M", f"RRULE:FREQ=DAILY;BYDAY={days}"))


@pytest.mark.parametrize("body_of", [changed_for_good, many_of_one_name, many_onsets, long_winded])
def test_work_grows_with_what_was_sent(body_of: Callable[[int], bytes]) -> None:
    """Twice as much takes twice as many calls, whatever else is in the calendar."""
    bodies = {count: body_of(count) for count in (0, 300, 600)}
    assert grows_evenly(lambda count: busy(bodies[count]))


def test_the_count_sees_what_looks_at_all_for_each() -> None:
    """The negative control: work that squares is not called even."""
    assert not grows_evenly(lambda count: [len(str(n)) for n in range(count) for _ in range(count)])


def test_replaced_instances_count_as_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """As many as there are steps are read; one more is too complex."""
    ten = [
        line
        for at in stamps(10)
        for line in event(f"RECURRENCE-ID:{at}Z", f"DTSTART:{at}Z", "DURATION:PT10M")
    ]
    eleventh = event("RECURRENCE-ID:20310101T000000Z", "DTSTART:20310101T000000Z", "DURATION:PT10M")
    monkeypatch.setattr(reading, "STEPS", 10)
    assert busy(calendar(*ten)) == []
    assert why(calendar(*ten, *eleventh)) == "TOO_COMPLEX"


@pytest.mark.parametrize(
    "lines",
    [
        event("DTSTART:20260101T000000Z", "DTEND:99980101T000000Z", "RRULE:FREQ=DAILY"),
        [
            *event("DTSTART:20270301T000000Z", "DURATION:PT30M", "RRULE:FREQ=DAILY", uid="r@x"),
            *event(
                "RECURRENCE-ID;RANGE=THISANDFUTURE:20270401T000000Z",
                "DTSTART:99980101T000000Z",
                "DURATION:PT10M",
                uid="r@x",
            ),
        ],
    ],
)
def test_what_leaves_the_calendar_of_years_is_malformed(lines: list[str]) -> None:
    """An end, and a change for good, that carry instances past the year 9999."""
    assert why(calendar(*lines)) == "MALFORMED"
