"""Calendars as Google, Apple and Outlook write them, and as nobody should."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.calendars.read import IcsReader
from core.calendars.addresses import Addresses
from core.calendars.busy import Unreadable
from core.kernel.clock import instant_of, minute_of

SAMPLES = Path(__file__).parent / "samples"
ADDRESSES = Addresses("https://book.studio.example")
FIRST = minute_of(datetime(2027, 2, 22, tzinfo=UTC))
LAST = minute_of(datetime(2028, 4, 4, tzinfo=UTC))


def busy(body: bytes, zone: str = "Europe/Berlin", business_id: int = 5) -> list[str]:
    """The stretches within the window as `2027-03-08 14:00/15:00`, in UTC, sorted."""
    found = IcsReader(ADDRESSES).read(body, business_id, zone, FIRST, LAST)
    told = []
    for start, end in sorted(one for one in found if one[1] > FIRST and one[0] < LAST):
        begins, ends = instant_of(start), instant_of(end)
        form = "%H:%M" if begins.date() == ends.date() else "%Y-%m-%d %H:%M"
        told.append(f"{begins:%Y-%m-%d %H:%M}/{ends.strftime(form)}")
    return told


def calendar(*lines: str) -> bytes:
    """A calendar around some lines."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", *lines, "END:VCALENDAR", "")).encode()


def event(*lines: str, uid: str = "a@b") -> list[str]:
    """An event around some lines."""
    return ["BEGIN:VEVENT", f"UID:{uid}", *lines, "END:VEVENT"]


def why(body: bytes) -> str:
    """The reason for which a calendar cannot be read."""
    with pytest.raises(Unreadable) as refused:
        busy(body)
    return refused.value.code


def test_google() -> None:
    """A weekly event over a clock change, one date left out and one moved; free and cancelled ones."""
    assert busy((SAMPLES / "google.ics").read_bytes()) == [
        "2027-03-08 14:00/15:00",
        "2027-03-12 18:00/18:30",
        "2027-03-15 13:00/14:00",
        "2027-03-29 18:00/18:30",
    ]


def test_apple() -> None:
    """Days in the provider's zone, one of 23 hours; nights of the same length; floating time."""
    assert busy((SAMPLES / "apple.ics").read_bytes()) == [
        "2027-03-25 23:00/2027-03-29 22:00",
        "2027-03-27 22:00/2027-03-28 04:00",
        "2027-03-28 21:00/2027-03-29 03:00",
        "2027-03-31 21:00/2027-04-01 03:00",
        "2027-04-01 21:00/2027-04-02 03:00",
        "2027-04-05 10:00/10:45",
    ]


def test_outlook() -> None:
    """Windows' zone names, a zone of its own in gap and fold, and Microsoft's word for busy."""
    assert busy((SAMPLES / "outlook.ics").read_bytes()) == [
        "2027-03-08 08:00/08:30",
        "2027-03-11 08:00/08:15",
        "2027-03-11 23:00/2027-03-12 23:00",
        "2027-03-28 01:30/02:00",
        "2027-03-29 07:00/07:30",
        "2027-04-05 07:00/07:30",
        "2027-10-31 00:30/03:00",
    ]


@pytest.mark.parametrize("style", ["google", "apple", "outlook"])
@pytest.mark.parametrize("shape", ["\n", "\r", "utf-16", "latin-1"])
def test_line_ends_and_charsets_do_not_matter(style: str, shape: str) -> None:
    """The same busy time, with letters beyond ASCII in a title."""
    body = (SAMPLES / f"{style}.ics").read_bytes().removeprefix(b"\xef\xbb\xbf")
    plain = busy(body)
    text = body.decode().replace("SUMMARY:", "SUMMARY:Größe ")
    if shape in "\n\r":
        assert busy(text.replace("\r\n", shape).encode()) == plain
    else:
        assert busy(text.encode(shape)) == plain


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["DTSTART:20270301T100000Z", "DTEND:20270301T103000Z"], ["2027-03-01 10:00/10:30"]),
        (["DTSTART:20270301T100030Z", "DTEND:20270301T103001Z"], ["2027-03-01 10:00/10:31"]),
        (["DTSTART;TZID=Asia/Kolkata:20270301T100000", "DURATION:PT1H"], ["2027-03-01 04:30/05:30"]),
        (["DTSTART;TZID=/mozilla.org/20070129_1/Europe/Berlin:20270301T100000", "DURATION:PT1H"], ["2027-03-01 09:00/10:00"]),
        (["DTSTART;TZID=eastern standard time:20270301T100000", "DURATION:PT1H"], ["2027-03-01 15:00/16:00"]),
        (["DTSTART;VALUE=DATE:20270301"], ["2027-02-28 23:00/2027-03-01 23:00"]),
        (["DTSTART;VALUE=DATE:20270301", "DURATION:P2D"], ["2027-02-28 23:00/2027-03-02 23:00"]),
        (["DTSTART:20270301"], ["2027-02-28 23:00/2027-03-01 23:00"]),
        (["DTSTART:20270301T100000Z"], []),
        (["DTSTART:20270301T100000Z", "DTEND:20270301T090000Z"], []),
        (["DTSTART:20270301T100000Z", "DURATION:-PT1H"], []),
        # A day that counts is a day of the calendar; an hour is an hour.
        (["DTSTART:20270327T120000", "DURATION:P1D"], ["2027-03-27 11:00/2027-03-28 10:00"]),
        (["DTSTART:20270327T120000", "DURATION:PT24H"], ["2027-03-27 11:00/2027-03-28 11:00"]),
        (["DTSTART:20270301T100000Z", "DURATION:PT1H", "RDATE:20270302T100000Z,20270303T120000Z"],
         ["2027-03-01 10:00/11:00", "2027-03-02 10:00/11:00", "2027-03-03 12:00/13:00"]),
        (["DTSTART:20270301T100000Z", "DURATION:PT1H", "RDATE;VALUE=PERIOD:20270302T100000Z/PT2H,20270303T100000Z/20270303T103000Z"],
         ["2027-03-01 10:00/11:00", "2027-03-02 10:00/12:00", "2027-03-03 10:00/10:30"]),
        (["DTSTART:20270301T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;UNTIL=20270302"],
         ["2027-03-01 10:00/11:00", "2027-03-02 10:00/11:00"]),
        (["DTSTART:20270301T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE;VALUE=DATE:20270302"],
         ["2027-03-01 10:00/11:00", "2027-03-03 10:00/11:00"]),
        (["DTSTART;VALUE=DATE:20270301", "RRULE:FREQ=DAILY;COUNT=3", "EXDATE:20270302T000000"],
         ["2027-02-28 23:00/2027-03-01 23:00", "2027-03-02 23:00/2027-03-03 23:00"]),
        # A gap and a fold of a known zone: by the offset before the gap, and the first of two.
        (["DTSTART:20270328T023000", "DURATION:PT1H"], ["2027-03-28 01:30/02:30"]),
        (["DTSTART:20271031T023000", "DURATION:PT1H"], ["2027-10-31 00:30/01:30"]),
        (["dtstart;tzid=europe/berlin:20270301t100000", "duration:pt1h"], ["2027-03-01 09:00/10:00"]),
    ],
)  # fmt: skip
def test_an_event(lines: list[str], expected: list[str]) -> None:
    """Every way to say when."""
    assert busy(calendar(*event(*lines))) == expected


def test_what_replaces_an_instance_takes_its_place() -> None:
    """Moved out of the window or cancelled it frees the time; of two the later revision holds; an orphan stands."""
    series = event("DTSTART:20270301T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=4")

    def instead(day: int, *lines: str) -> list[str]:
        return event(f"RECURRENCE-ID:202703{day:02}T100000Z", *lines)

    body = calendar(
        *series,
        *instead(1, "DTSTART:20260101T100000Z", "DURATION:PT1H"),
        *instead(2, "DTSTART:20270302T100000Z", "DURATION:PT1H", "STATUS:CANCELLED"),
        *instead(3, "DTSTART:20270303T120000Z", "DURATION:PT1H", "SEQUENCE:2"),
        *instead(3, "DTSTART:20270303T140000Z", "DURATION:PT1H", "SEQUENCE:1"),
        *event("RECURRENCE-ID:20270309T100000Z", "DTSTART:20270309T110000Z", "DURATION:PT1H", uid="orphan"),
    )
    assert busy(body) == ["2027-03-03 12:00/13:00", "2027-03-04 10:00/11:00", "2027-03-09 11:00/12:00"]


BERLIN = "TZID=Europe/Berlin"
WEEK = event(f"DTSTART;{BERLIN}:20270325T100000", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=6")
"""Six days at ten in Berlin, from the Thursday before summer time."""


@pytest.mark.parametrize("since", [f";{BERLIN}:20270327T100000", ":20270327T090000Z"])
def test_this_and_future_moves_what_follows_by_the_wall_clock(since: str) -> None:
    """Two hours later and half as long from the third day on, over the change of the clock as well."""
    change = event(
        f"RECURRENCE-ID;RANGE=THISANDFUTURE{since}", f"DTSTART;{BERLIN}:20270327T120000", "DURATION:PT30M"
    )
    assert busy(calendar(*WEEK, *change)) == [
        "2027-03-25 09:00/10:00",
        "2027-03-26 09:00/10:00",
        "2027-03-27 11:00/11:30",
        "2027-03-28 10:00/10:30",
        "2027-03-29 10:00/10:30",
        "2027-03-30 10:00/10:30",
    ]


def test_this_and_future_ends_where_the_next_begins() -> None:
    """A second one calls the rest off; a single day otherwise is a single day; days left out stay out."""
    body = calendar(
        *event(
            f"DTSTART;{BERLIN}:20270325T100000",
            "DURATION:PT1H",
            "RRULE:FREQ=DAILY",
            f"EXDATE;{BERLIN}:20270327T100000",
        ),
        *event(
            f"RECURRENCE-ID;RANGE=THISANDFUTURE;{BERLIN}:20270326T100000",
            f"DTSTART;{BERLIN}:20270327T080000",
            f"DTEND;{BERLIN}:20270327T083000",
        ),
        *event(f"RECURRENCE-ID;{BERLIN}:20270328T100000", "DTSTART:20270328T150000Z", "DURATION:PT5M"),
        *event(
            f"RECURRENCE-ID;RANGE=THISANDFUTURE;{BERLIN}:20270330T100000",
            f"DTSTART;{BERLIN}:20270330T100000",
            "STATUS:CANCELLED",
        ),
    )
    assert busy(body) == [
        "2027-03-25 09:00/10:00",
        "2027-03-27 07:00/07:30",
        "2027-03-28 15:00/15:05",
        "2027-03-30 06:00/06:30",
    ]


def test_this_and_future_of_whole_days_and_of_what_was_free() -> None:
    """A week on, two days long; and a series that is free until it is busy."""
    days = calendar(
        *event("DTSTART;VALUE=DATE:20270301", "RRULE:FREQ=WEEKLY;COUNT=3"),
        *event(
            "RECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20270308",
            "DTSTART;VALUE=DATE:20270309",
            "DURATION:P2D",
        ),
    )
    assert busy(days, "UTC") == [
        "2027-03-01 00:00/2027-03-02 00:00",
        "2027-03-09 00:00/2027-03-11 00:00",
        "2027-03-16 00:00/2027-03-18 00:00",
    ]
    times = ("DTSTART:20270301T100000Z", "DURATION:PT1H")
    free = calendar(
        *event(*times, "RRULE:FREQ=DAILY;COUNT=3", "TRANSP:TRANSPARENT"),
        *event(
            "RECURRENCE-ID;RANGE=THISANDFUTURE:20270302T100000Z", "DTSTART:20270302T100000Z", "DURATION:PT1H"
        ),
    )
    assert busy(free) == ["2027-03-02 10:00/11:00", "2027-03-03 10:00/11:00"]


@pytest.mark.parametrize(
    ("rule", "days"),
    [
        ("EXRULE:FREQ=WEEKLY;BYDAY=SA,SU", [1, 2, 3, 4, 5]),
        ("EXRULE:FREQ=DAILY;INTERVAL=2", [2, 4, 6]),
        ("EXRULE:FREQ=WEEKLY;BYDAY=TU", [1, 3, 4, 5, 6, 7]),
        ("EXRULE:FREQ=DAILY;UNTIL=20270303T100000Z", [4, 5, 6, 7]),
        ("EXRULE:FREQ=WEEKLY;BYDAY=TU;BYHOUR=9", [1, 2, 3, 4, 5, 6, 7]),
    ],
)
def test_days_that_a_rule_leaves_out(rule: str, days: list[int]) -> None:
    """As RFC 2445 had it; the first day only where the rule hits it."""
    body = calendar(*event("DTSTART:20270301T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY;COUNT=7", rule))
    assert busy(body) == [f"2027-03-{day:02} 10:00/11:00" for day in days]


def test_our_own_appointments_do_not_come_back() -> None:
    """Those of this business at this host; another business's, and another host's, are busy time."""
    times = ("DTSTART:20270301T100000Z", "DURATION:PT1H")
    body = calendar(*event(*times, uid=ADDRESSES.uid(5, 7)))
    assert busy(body, business_id=5) == []
    assert busy(body, business_id=6) == ["2027-03-01 10:00/11:00"]
    elsewhere = Addresses("https://other.example").uid(5, 7)
    assert busy(calendar(*event(*times, uid=elsewhere))) == ["2027-03-01 10:00/11:00"]


def test_a_calendar_of_periods() -> None:
    """VFREEBUSY says when without saying what."""
    body = calendar(
        "BEGIN:VFREEBUSY",
        "FREEBUSY:20270301T100000Z/20270301T110000Z,20270302T100000Z/PT30M",
        "FREEBUSY;FBTYPE=FREE:20270303T100000Z/PT1H",
        "FREEBUSY;FBTYPE=BUSY-TENTATIVE:20270304T100000Z/PT1H",
        "END:VFREEBUSY",
    )
    assert busy(body) == ["2027-03-01 10:00/11:00", "2027-03-02 10:00/10:30", "2027-03-04 10:00/11:00"]


HOUR = ("DTSTART:20270301T100000Z", "DURATION:PT1H")


@contextmanager
def within_bounds() -> Iterator[None]:
    """A block that takes a few seconds of processor time: work that grew faster than its input would take
    minutes."""
    started = time.process_time()
    yield
    assert time.process_time() - started < 60


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "NOT_A_CALENDAR"),
        (b"\r\n", "NOT_A_CALENDAR"),
        (b"<!DOCTYPE html><html><body>Sign in</body></html>", "NOT_A_CALENDAR"),
        (bytes(range(256)) * 40, "NOT_A_CALENDAR"),
        (b"BEGIN:VCARD\r\nEND:VCARD\r\n", "NOT_A_CALENDAR"),
        (calendar() + b"<html>", "NOT_A_CALENDAR"),
        (calendar(*event(*HOUR))[:-20], "TRUNCATED"),
        (b"BEGIN:VCALENDAR", "TRUNCATED"),
        (b"END:VCALENDAR", "MALFORMED"),
        (calendar(*event(*HOUR)) [:-17], "TRUNCATED"),
        (calendar("BEGIN:VEVENT", "BEGIN:VALARM", "END:VEVENT", "END:VALARM"), "MALFORMED"),
        (calendar(*["BEGIN:VEVENT"] * 100_000, *["END:VEVENT"] * 100_000), "MALFORMED"),
        (calendar(*event()), "MALFORMED"),
        (calendar(*event("DTSTART:tomorrow")), "MALFORMED"),
        (calendar(*event("DTSTART:20270230")), "MALFORMED"),
        (calendar(*event("DTSTART:00000101T000000Z")), "MALFORMED"),
        (calendar(*event("DTSTART:99990101T000000Z")), "MALFORMED"),
        (calendar(*event("DTSTART:20270301T100000Z", "DURATION:P999999W")), "MALFORMED"),
        (calendar(*event("DTSTART:20270301T100000Z", "DURATION:1H")), "MALFORMED"),
        (calendar(*event(*HOUR, "RRULE:EVERY=DAY")), "MALFORMED"),
        (calendar(*event(*HOUR, "RRULE:FREQ=DAILY;BYMONTH=13")), "MALFORMED"),
        (calendar(*event(*HOUR, "RRULE:FREQ=DAILY;INTERVAL=0")), "MALFORMED"),
        (calendar(*event(*HOUR, "RRULE:FREQ=DAILY;COUNT=-1")), "MALFORMED"),
        (calendar(*event(*HOUR, "RRULE:FREQ=DAILY;UNTIL=soon")), "MALFORMED"),
        (calendar(*event("DTSTART;TZID=Nowhere/Land:20270301T100000")), "UNKNOWN_TIME_ZONE"),
        (calendar(*event("DTSTART;TZID=../../etc/passwd:20270301T100000")), "UNKNOWN_TIME_ZONE"),
        (calendar("BEGIN:VTIMEZONE", "TZID:Own", "END:VTIMEZONE", *event("DTSTART;TZID=Own:20270301T100000")), "MALFORMED"),
        (calendar(*event(*HOUR, "RRULE:FREQ=SECONDLY")), "TOO_COMPLEX"),
        (calendar(*event(*HOUR, "RRULE:FREQ=MINUTELY;INTERVAL=30")), "TOO_COMPLEX"),
        (calendar(*event(*HOUR, "RRULE:FREQ=DAILY;BYMINUTE=" + ",".join(map(str, range(60))) + ";BYHOUR=1,2")), "TOO_COMPLEX"),
        (calendar(*event("DTSTART:01000101T000000Z", "DURATION:PT1H", "RRULE:FREQ=HOURLY;COUNT=999999999;BYMONTH=2;BYMONTHDAY=30")), "TOO_COMPLEX"),
        (calendar(*event() * 100_001), "TOO_MANY_EVENTS"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_why(body: bytes, code: str) -> None:
    """In a word, and in bounded time."""
    with within_bounds():
        assert why(body) == code


def test_rules_that_never_hit_cost_nothing() -> None:
    """The thirtieth of February, every day, month and year, from the year 1900 on; beginnings count."""
    for rule in (
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=6",
        "FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30",
    ):
        lines = event("DTSTART:19000301T100000Z", "DURATION:PT1H", f"RRULE:{rule}") * 10
        with within_bounds():
            assert busy(calendar(*lines)) == []


def test_a_rule_without_end_ends_with_the_window() -> None:
    """407 days of a daily rule, from a beginning long ago."""
    lines = event("DTSTART:19800101T100000Z", "DURATION:PT1H", "RRULE:FREQ=DAILY")
    found = busy(calendar(*lines))
    assert (len(found), found[0], found[-1]) == (407, "2027-02-22 10:00/11:00", "2028-04-03 10:00/11:00")


def test_a_large_calendar_is_read_in_seconds() -> None:
    """Thirty thousand events, some with rules."""
    one = event(*HOUR, uid="single") * 30_000 + event(*HOUR, "RRULE:FREQ=WEEKLY", uid="weekly") * 300
    with within_bounds():
        assert len(busy(calendar(*one))) == 30_000 + 300 * 58
