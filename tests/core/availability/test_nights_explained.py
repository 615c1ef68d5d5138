"""Reasons in the small hours: the night belongs to the day on which it began."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.availability.hours import every_day
from core.availability.rulebook import HolidayRules, OverrideRules, ScheduleRules
from tests.core.availability.in_memory import MARA, MONDAY
from tests.core.availability.test_exact_reasons import against

SUNDAY = MONDAY - timedelta(days=1)
NIGHTS = every_day(1_200, 1_680)
"""From eight in the evening to four in the morning."""
CLOSED_SUNDAY: dict[str, dict[str, Any]] = {
    "HOLIDAY": {"holidays": [HolidayRules(holiday_id=6, first=SUNDAY, last=SUNDAY)]},
    "OVERRIDE": {"overrides": [OverrideRules(override_id=6, day=SUNDAY, shifts=[])]},
}


@pytest.mark.parametrize("code", ["HOLIDAY", "OVERRIDE"])
@pytest.mark.parametrize(
    ("hours", "at", "named"),
    [
        (NIGHTS, -9 * 60, True),  # one in the morning
        (NIGHTS, -6 * 60 - 1, True),  # a minute before the night's end
        (NIGHTS, -6 * 60, False),  # at its end
        (every_day(1_200, 1_440), -9 * 60, False),  # no shift of the day before reaches into the Monday
    ],
)
def test_a_night_that_begins_on_a_closed_day_names_that_day(
    code: str, hours: dict[str, Any], at: int, named: bool
) -> None:
    """The small hours of the Monday belong to the Sunday's night, as far as it would have reached."""
    rules: dict[str, Any] = {"weekly_hours": hours, "schedules": [], **CLOSED_SUNDAY[code]}
    found = [(reason.code, reason.key) for reason in against(rules=rules, at=at, on_grid=False)]
    assert found == [(code, 6) if named else ("HOURS", None)]


def test_the_night_before_is_asked_by_the_clock_of_its_own_zone() -> None:
    """Mara's night in New York ends at nine in UTC, while her place is in UTC."""
    night = ScheduleRules(
        schedule_id=2, weekly_hours=NIGHTS, provider_id=MARA, time_zone="America/New_York", is_public=False
    )
    rules: dict[str, Any] = {"schedules": [night], **CLOSED_SUNDAY["HOLIDAY"]}
    for at, code in ((-61, "HOLIDAY"), (-60, "HOURS")):
        found = against(rules=rules, at=at, on_grid=False, for_staff=True)
        assert [reason.code for reason in found] == [code]
    assert [reason.code for reason in against(rules=rules, at=-61, on_grid=False)] == ["HOURS"]
