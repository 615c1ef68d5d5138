"""Recurrence rules against dateutil, which reads them differently; and zones against zoneinfo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.calendars.lines import components_of
from adapters.calendars.recurrence import WEEKDAYS, read_rule, starts
from adapters.calendars.unreadable import Budget
from adapters.calendars.zones import OwnZone, known_zone

FIRST, LAST = datetime(2027, 1, 1), datetime(2028, 3, 1)


def ours(text: str, begin: datetime) -> list[datetime]:
    """What we find in the window."""
    return starts(read_rule(text), begin, FIRST, LAST, Budget(10_000_000))


def theirs(text: str, begin: datetime) -> list[datetime]:
    """What dateutil finds, and the beginning, which always counts (RFC 5545, 3.8.5.3)."""
    found = set(rrulestr(text, dtstart=begin).between(FIRST, LAST, inc=True))
    return sorted(found | ({begin} if FIRST <= begin <= LAST else set()))


def listed(values: list[int]) -> str:
    """Numbers as a rule lists them."""
    return ",".join(map(str, values))


def some(least: int, most: int) -> st.SearchStrategy[list[int]]:
    """A few different numbers, without 0 where there are negative ones."""
    numbers = st.integers(least, most).filter(lambda value: least >= 0 or value != 0)
    return st.lists(numbers, min_size=1, max_size=4, unique=True)


@st.composite
def rules(draw: st.DrawFn) -> str:
    """Rules of every frequency with any parts that both sides understand alike."""
    frequency = draw(st.sampled_from(["YEARLY", "MONTHLY", "WEEKLY", "DAILY", "HOURLY"]))
    parts = [f"FREQ={frequency}", f"INTERVAL={draw(st.integers(1, 7))}"]

    def maybe(name: str, values: st.SearchStrategy[list[int]]) -> bool:
        given = draw(st.none() | values)
        if given is not None:
            parts.append(f"{name}={listed(given)}")
        return given is not None

    maybe("BYMONTH", some(1, 12))
    # What never hits takes dateutil to the year 9999: parts that may exclude each other stay apart.
    if frequency == "MONTHLY":
        maybe("BYMONTHDAY", some(-28, 28))
    if frequency == "YEARLY" and len(parts) == 2:
        maybe("BYYEARDAY", some(-366, 366))
    days = draw(st.none() | st.lists(st.sampled_from(WEEKDAYS), min_size=1, max_size=3, unique=True))
    if days is not None:
        ordinals = st.sampled_from(["", "1", "2", "-1", "+3", "-5"])
        nth = draw(ordinals) if frequency in ("MONTHLY", "YEARLY") and "DAY=" not in parts[-1] else ""
        parts.append("BYDAY=" + ",".join(nth + day for day in days))
    if frequency != "HOURLY":
        maybe("BYHOUR", some(0, 23))
    maybe("BYMINUTE", some(0, 59))
    if frequency in ("MONTHLY", "YEARLY"):
        maybe("BYSETPOS", some(-3, 3))
    if draw(st.booleans()):
        parts.append(f"WKST={draw(st.sampled_from(WEEKDAYS))}")
    if frequency != "HOURLY" and draw(st.booleans()):
        parts.append(f"COUNT={draw(st.integers(1, 60))}")
    return ";".join(parts)


@settings(max_examples=60, deadline=None)
@given(rules(), st.datetimes(datetime(2024, 1, 1), datetime(2027, 6, 1)))
def test_rules_hit_where_dateutil_says(text: str, begin: datetime) -> None:
    """In a window of fourteen months, from beginnings years before it to half a year into it."""
    begin = begin.replace(microsecond=0)
    assert ours(text, begin) == theirs(text + ";UNTIL=20280302T000000" * ("COUNT" not in text), begin)


@pytest.mark.parametrize("week_start", WEEKDAYS)
@pytest.mark.parametrize("week", [1, 20, 52, 53, -1])
def test_weeks_by_their_number(week_start: str, week: int) -> None:
    """With days named; without, the beginning's own weekday."""
    begin = datetime(2025, 6, 4, 9, 30)
    text = f"FREQ=YEARLY;BYWEEKNO={week};WKST={week_start}"
    named = f"{text};BYDAY=MO,WE"
    assert ours(named, begin) == theirs(f"{named};UNTIL=20280302T000000", begin)
    assert ours(text, begin) == ours(f"{text};BYDAY=WE", begin)


def test_what_an_outsider_would_not_guess() -> None:
    """By hand: the last weekday of each month, and a leap day that comes once."""
    begin = datetime(2027, 1, 29, 17)
    found = ours("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;COUNT=4", begin)
    assert [(one.month, one.day) for one in found] == [(1, 29), (2, 26), (3, 31), (4, 30)]
    assert ours("FREQ=YEARLY", datetime(2024, 2, 29, 9)) == [datetime(2028, 2, 29, 9)]
    assert ours("FREQ=MONTHLY", datetime(2026, 10, 31, 9))[:3] == [
        datetime(2027, 1, 31, 9),
        datetime(2027, 3, 31, 9),
        datetime(2027, 5, 31, 9),
    ]


NAMED = ("Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Europe/Dublin",
         "Pacific/Chatham", "America/Santiago", "Asia/Kolkata", "Asia/Tehran", "Pacific/Apia")  # fmt: skip


def described(zone: ZoneInfo) -> bytes:
    """A VTIMEZONE of a zone's changes from 2025 to 2029, an observance for each."""

    def told(offset: timedelta) -> str:
        minutes = offset // timedelta(minutes=1)
        return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"

    lines = ["BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "TZID:Own"]
    at = datetime(2025, 1, 1, tzinfo=UTC)
    before = at.astimezone(zone).utcoffset()
    assert before is not None
    onsets = [(at + before, before, before)]
    while at.year < 2029:
        at += timedelta(minutes=30)
        after = at.astimezone(zone).utcoffset()
        assert after is not None
        if after != before:
            onsets.append((at + before, before, after))
        before = after
    for onset, earlier, later in onsets:
        lines += ["BEGIN:STANDARD", f"DTSTART:{onset:%Y%m%dT%H%M%S}"]
        lines += [f"TZOFFSETFROM:{told(earlier)}", f"TZOFFSETTO:{told(later)}", "END:STANDARD"]
    return "\r\n".join((*lines, "END:VTIMEZONE", "END:VCALENDAR", "")).encode()


@pytest.mark.parametrize("name", NAMED)
def test_a_zone_described_by_a_calendar_is_the_zone_it_describes(name: str) -> None:
    """Every half hour of 2027, gaps and folds included."""
    zone = ZoneInfo(name)
    (component,) = components_of(described(zone))
    own = OwnZone(component, Budget(1_000_000))
    wall = datetime(2027, 1, 1)
    while wall < datetime(2028, 1, 1):
        assert own.utc(wall) == wall.replace(tzinfo=zone, fold=0).astimezone(UTC), wall
        wall += timedelta(minutes=30)


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("W. Europe Standard Time", "Europe/Berlin"),
        ("Eastern Standard Time", "America/New_York"),
        ("UTC", "UTC"),
        ("europe/berlin", "Europe/Berlin"),
        ("/freeassociation.sourceforge.net/America/Argentina/Salta", "America/Argentina/Salta"),
        ("Customized Time Zone", None),
        ("localtime", None),
        ("../Europe/Berlin/..", None),
        ("", None),
        ("\x00", None),
    ],
)
def test_zones_by_name(name: str, zone: str | None) -> None:
    """IANA's, Windows', and those behind a maker's prefix."""
    found = known_zone(name)
    assert (None if found is None else found.key) == zone


def test_every_zone_of_the_database_is_known_by_its_name() -> None:
    """And means the same on every machine."""
    assert all(known_zone(name) is not None for name in available_timezones() - {"localtime", "Factory", "posixrules"})  # fmt: skip
