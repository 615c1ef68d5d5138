"""The server's own zone: set to anything, it changes nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]

# Run in a process of its own: its zone is set, and must not be that of other tests.
_PROGRAM = """
import hashlib, json, os, sys, time
os.environ["TZ"] = sys.argv[1]
time.tzset()
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo
from core.availability.hours import WEEKDAYS, wall_minute, windows
from core.availability.bits import Engine, Shelf
from tests.core.availability.simple import book_in, search_in
from core.kernel.clock import SystemClock, instant_of, minute_of

assert time.localtime(0).tm_hour == int(sys.argv[2])
assert SystemClock().now().utcoffset().total_seconds() == 0
hours = dict.fromkeys(WEEKDAYS, [[0, 150], [540, 1020], [1290, 1530]])
told = []
for name in ("UTC America/New_York Europe/Berlin Asia/Kolkata Australia/Lord_Howe Africa/Casablanca "
             "Europe/Dublin Pacific/Chatham Pacific/Apia").split():
    zone = ZoneInfo(name)
    found = windows(hours, zone, date(2027, 1, 1), date(2027, 12, 31))
    search = search_in(45, before=5, after=10, step=15)
    masks = Engine(book_in(name, hours)).found(search, found[0][0], found[-1][1], lambda key: Shelf(()))
    told.append([name, found, [str(instant_of(start)) for start in masks.minutes()]])
    told.append([wall_minute(date(2027, 3, 14), minute, zone) for minute in range(1440)])
told.append(minute_of(datetime(2027, 3, 14, 2, 30, tzinfo=UTC)))
print(hashlib.sha256(json.dumps(told).encode()).hexdigest())
"""


@pytest.fixture(scope="module")
def answers() -> dict[str, str]:
    """The digest of a year's answers, by the server's zone."""
    zones = {"UTC": 0, "America/New_York": 19, "Europe/Berlin": 1, "Asia/Kolkata": 5, "Pacific/Apia": 13}
    started = {
        zone: subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, zone, str(hour)], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for zone, hour in zones.items()
    }
    told = {zone: process.communicate(timeout=300)[0].strip() for zone, process in started.items()}
    assert all(process.returncode == 0 for process in started.values())
    return told


def test_the_servers_zone_changes_no_answer(answers: dict[str, str]) -> None:
    """UTC, New York, Berlin, Kolkata or Apia: a year of windows and openings is the same."""
    assert len(answers["UTC"]) == 64
    assert set(answers.values()) == {answers["UTC"]}
