"""Days on which clocks change, by name: what is open in UTC when the wall says nine to five."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from core.availability.bits import NOTHING, Engine
from core.availability.hours import every_day, wall_minute, windows
from core.availability.sweep import starts
from core.kernel.clock import instant_of, minute_of
from tests.core.availability.simple import book_in, search_in

NINE_TO_FIVE = (540, 1_020)
NIGHT = (0, 240)
ALL_DAY = (0, 1_440)


def opened(zone: str, day: str, shift: tuple[int, int]) -> list[str]:
    """What a shift opens on a local day, in UTC, as `13T13:00/13T21:00` with the days of the month."""
    on = date.fromisoformat(day)
    found = windows(every_day(*shift), ZoneInfo(zone), on, on)
    return ["/".join(f"{instant_of(edge):%dT%H:%M}" for edge in stretch) for stretch in found]


@pytest.mark.parametrize(
    ("zone", "day", "shift", "expected"),
    [
        # New York, 2027-03-14: 02:00 becomes 03:00. cal.com answers 14:00-22:00 here.
        ("America/New_York", "2027-03-13", NINE_TO_FIVE, ["13T14:00/13T22:00"]),
        ("America/New_York", "2027-03-14", NINE_TO_FIVE, ["14T13:00/14T21:00"]),
        ("America/New_York", "2027-03-15", NINE_TO_FIVE, ["15T13:00/15T21:00"]),
        ("America/New_York", "2027-03-14", NIGHT, ["14T05:00/14T08:00"]),
        ("America/New_York", "2027-03-14", (120, 180), []),
        ("America/New_York", "2027-03-14", (130, 200), ["14T07:00/14T07:20"]),
        ("America/New_York", "2027-03-14", (100, 150), ["14T06:40/14T07:00"]),
        ("America/New_York", "2027-03-14", ALL_DAY, ["14T05:00/15T04:00"]),
        # New York, 2027-11-07: 02:00 becomes 01:00.
        ("America/New_York", "2027-11-06", NINE_TO_FIVE, ["06T13:00/06T21:00"]),
        ("America/New_York", "2027-11-07", NINE_TO_FIVE, ["07T14:00/07T22:00"]),
        ("America/New_York", "2027-11-07", NIGHT, ["07T04:00/07T09:00"]),
        ("America/New_York", "2027-11-07", (75, 105), ["07T05:15/07T05:45"]),
        ("America/New_York", "2027-11-07", (90, 150), ["07T05:30/07T07:30"]),
        ("America/New_York", "2027-11-07", ALL_DAY, ["07T04:00/08T05:00"]),
        # A night shift that began the day before meets the change.
        ("America/New_York", "2027-03-13", (1_320, 1_800), ["14T03:00/14T10:00"]),
        ("America/New_York", "2027-11-06", (1_320, 1_800), ["07T02:00/07T11:00"]),
        # Lord Howe changes by half an hour.
        ("Australia/Lord_Howe", "2027-04-04", NINE_TO_FIVE, ["03T22:30/04T06:30"]),
        ("Australia/Lord_Howe", "2027-04-04", NIGHT, ["03T13:00/03T17:30"]),
        ("Australia/Lord_Howe", "2027-10-03", NINE_TO_FIVE, ["02T22:00/03T06:00"]),
        ("Australia/Lord_Howe", "2027-10-03", (120, 180), ["02T15:30/02T16:00"]),
        # Apia had no 30 December 2011.
        ("Pacific/Apia", "2011-12-29", NINE_TO_FIVE, ["29T19:00/30T03:00"]),
        ("Pacific/Apia", "2011-12-30", NINE_TO_FIVE, []),
        ("Pacific/Apia", "2011-12-30", ALL_DAY, []),
        ("Pacific/Apia", "2011-12-31", NINE_TO_FIVE, ["30T19:00/31T03:00"]),
        ("Pacific/Apia", "2027-03-14", NINE_TO_FIVE, ["13T20:00/14T04:00"]),
        # Casablanca goes back for Ramadan and forward after it.
        ("Africa/Casablanca", "2027-02-06", NINE_TO_FIVE, ["06T08:00/06T16:00"]),
        ("Africa/Casablanca", "2027-02-07", NINE_TO_FIVE, ["07T09:00/07T17:00"]),
        ("Africa/Casablanca", "2027-03-14", NINE_TO_FIVE, ["14T08:00/14T16:00"]),
        ("Africa/Casablanca", "2027-03-14", (120, 180), []),
        # Dublin's standard time is its summer time: the saving is negative, in winter.
        ("Europe/Dublin", "2027-03-28", NINE_TO_FIVE, ["28T08:00/28T16:00"]),
        ("Europe/Dublin", "2027-03-28", (60, 120), []),
        ("Europe/Dublin", "2027-10-31", NINE_TO_FIVE, ["31T09:00/31T17:00"]),
        ("Europe/Dublin", "2027-10-31", (60, 120), ["31T00:00/31T02:00"]),
        # Chatham is three quarters of an hour off, and changes at a quarter to three.
        ("Pacific/Chatham", "2027-04-04", NINE_TO_FIVE, ["03T20:15/04T04:15"]),
        ("Pacific/Chatham", "2027-04-04", NIGHT, ["03T10:15/03T15:15"]),
        ("Pacific/Chatham", "2027-09-26", NINE_TO_FIVE, ["25T19:15/26T03:15"]),
        ("Pacific/Chatham", "2027-09-26", (165, 225), []),
        # Midnight itself falls into the gap: the day begins at one.
        ("Africa/Cairo", "2027-04-30", ALL_DAY, ["29T22:00/30T21:00"]),
    ],
)
def test_hours_on_days_when_clocks_change(
    zone: str, day: str, shift: tuple[int, int], expected: list[str]
) -> None:
    """Hours stay wall-clock hours: opened and closed by the clock on the wall, with its gaps and folds."""
    assert opened(zone, day, shift) == expected


def half_hours(day: date, closes: int) -> list[int]:
    """The starts of half an hour on one day in New York, open from one at night until so many minutes
    after midnight: those of the sweep, which the engine must find too."""
    zone = ZoneInfo("America/New_York")
    book = book_in("America/New_York", every_day(60, closes))
    begin, end = wall_minute(day, 0, zone), wall_minute(day, 1_440, zone)
    search = search_in(30, now=instant_of(begin - 1_440))
    found = [start.minute for start in starts(book, search, [], begin, end)]
    assert Engine(book).found(search, begin, end, lambda _: NOTHING).minutes() == found
    return found


def test_a_gap_holds_no_start() -> None:
    """New York's openings from one to four in the night of the change: 02:00 and 02:30 are not among them."""
    zone = ZoneInfo("America/New_York")
    assert [
        f"{instant_of(start).astimezone(zone):%H:%M}" for start in half_hours(date(2027, 3, 14), 240)
    ] == [
        "01:00",
        "01:30",
        "03:00",
        "03:30",
    ]


def test_a_fold_is_open_for_as_long_as_it_lasts_and_each_time_of_it_is_offered_once() -> None:
    """From one to three o'clock are three hours; the half hours of the repeated one are offered the first
    time alone, and an appointment may run over into the second."""
    zone, day = ZoneInfo("America/New_York"), date(2027, 11, 7)
    shown = [instant_of(start).astimezone(zone) for start in half_hours(day, 180)]
    assert [(f"{local:%H:%M}", local.fold) for local in shown] == [
        ("01:00", 0),
        ("01:30", 0),
        ("02:00", 0),
        ("02:30", 0),
    ]
    book = book_in("America/New_York", every_day(60, 180))
    begin = wall_minute(day, 60, zone)
    search = search_in(120, step=60, now=instant_of(begin - 1_440))
    assert [one.minute for one in starts(book, search, [], begin, begin + 1_440)] == [begin]
    assert Engine(book).found(search, begin, begin + 1_440, lambda _: NOTHING).minutes() == [begin]


@pytest.mark.parametrize(
    ("zone", "wall", "instant"),
    [
        ("America/New_York", "2027-03-14 02:00", "2027-03-14 07:00"),
        ("America/New_York", "2027-03-14 02:59", "2027-03-14 07:00"),
        ("America/New_York", "2027-03-14 03:00", "2027-03-14 07:00"),
        ("America/New_York", "2027-11-07 01:00", "2027-11-07 05:00"),
        ("America/New_York", "2027-11-07 01:59", "2027-11-07 05:59"),
        ("America/New_York", "2027-11-07 02:00", "2027-11-07 07:00"),
        ("Pacific/Apia", "2011-12-30 12:00", "2011-12-30 10:00"),
        ("Australia/Lord_Howe", "2027-04-04 01:45", "2027-04-03 14:45"),
    ],
)
def test_a_wall_time_is_its_first_minute_or_the_end_of_its_gap(zone: str, wall: str, instant: str) -> None:
    """In a gap the first minute after it, in a fold the first occurrence."""
    local = datetime.fromisoformat(wall)
    minute = wall_minute(local.date(), local.hour * 60 + local.minute, ZoneInfo(zone))
    assert minute == minute_of(datetime.fromisoformat(instant).replace(tzinfo=UTC))
