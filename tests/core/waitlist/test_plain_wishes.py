"""What a wish holds, decided without a database: nights that go on after midnight, days, weekdays, zones."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.waitlist.entry import STATUSES, WAITING, EntryNotWaiting
from core.waitlist.questions import Candidate
from core.waitlist.wish import suits

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = [[22 * 60, 26 * 60]]
MONDAY, TUESDAY = date(2027, 3, 8), date(2027, 3, 9)


def wish(**more: Any) -> Candidate:
    """A wish for anything, but for what is given."""
    given: dict[str, Any] = dict.fromkeys(Candidate.__dataclass_fields__)
    return Candidate(**{**given, "entry_id": 1, "client_id": 1, "seats": 1, "ahead": 0, **more})


@pytest.mark.parametrize(
    ("wanted", "starts_at", "minutes", "expected"),
    [
        ({"times": NIGHT}, datetime(2027, 3, 8, 21, 59), 60, False),
        ({"times": NIGHT}, datetime(2027, 3, 8, 22, 0), 60, True),
        ({"times": NIGHT}, datetime(2027, 3, 8, 23, 30), 60, True),
        ({"times": NIGHT}, datetime(2027, 3, 9, 0, 0), 120, True),
        ({"times": NIGHT}, datetime(2027, 3, 9, 0, 0), 121, False),
        ({"times": NIGHT}, datetime(2027, 3, 9, 1, 0), 60, True),
        ({"times": NIGHT}, datetime(2027, 3, 9, 2, 0), 1, False),
        ({"times": [[22 * 60, 24 * 60]]}, datetime(2027, 3, 9, 0, 0), 1, False),
        ({"times": [[0, 120]]}, datetime(2027, 3, 9, 0, 0), 120, True),
        ({"times": NIGHT, "weekdays": ["monday"]}, datetime(2027, 3, 9, 0, 0), 60, True),
        ({"times": NIGHT, "weekdays": ["tuesday"]}, datetime(2027, 3, 9, 0, 0), 60, False),
        ({"times": NIGHT, "weekdays": ["tuesday"]}, datetime(2027, 3, 10, 0, 0), 60, True),
        ({"times": NIGHT, "days": ["2027-03-08"]}, datetime(2027, 3, 9, 1, 0), 60, True),
        ({"times": NIGHT, "days": ["2027-03-09"]}, datetime(2027, 3, 9, 1, 0), 60, False),
        ({"times": NIGHT, "last_day": MONDAY}, datetime(2027, 3, 9, 1, 0), 60, True),
        ({"times": NIGHT, "last_day": MONDAY}, datetime(2027, 3, 9, 22, 0), 60, False),
        ({"times": NIGHT, "first_day": TUESDAY}, datetime(2027, 3, 9, 1, 0), 60, False),
        ({"times": NIGHT, "first_day": TUESDAY}, datetime(2027, 3, 10, 1, 0), 60, True),
        ({"weekdays": ["monday"]}, datetime(2027, 3, 9, 0, 0), 60, False),
        ({"weekdays": ["monday"]}, datetime(2027, 3, 8, 23, 0), 120, True),
        ({"last_day": MONDAY}, datetime(2027, 3, 9, 0, 0), 60, False),
        ({}, datetime(2027, 3, 9, 0, 0), 60, True),
    ],
)
def test_a_night_belongs_to_the_day_on_which_it_begins(
    wanted: dict[str, Any], starts_at: datetime, minutes: int, expected: bool
) -> None:
    """By the wall clock of the place, to the minute; without times of day a start is its own day's."""
    local = starts_at.replace(tzinfo=BERLIN)
    assert suits(wish(**wanted), local.astimezone(UTC), minutes, BERLIN) is expected


def test_why_an_entry_does_not_wait_has_words_for_people() -> None:
    """A sentence for each state but waiting."""
    assert {status: EntryNotWaiting(status).message for status in STATUSES if status != WAITING} == {
        "OFFERED": "This entry has an open offer: another can be made once that is over.",
        "BOOKED": "This entry is booked: the client has what they waited for.",
        "EXPIRED": "This entry is expired: its last wanted day is over.",
        "REMOVED": "This entry is removed: the client waits no longer.",
    }
