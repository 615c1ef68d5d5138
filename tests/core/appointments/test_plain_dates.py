"""The dates of a series with each who may give it, without a database: whose wall clock, exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.appointments.dates import Dates, First, dates_of
from core.appointments.series import Repeats
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import LocationRules, ScheduleRules
from core.kernel.clock import minute_of
from core.kernel.errors import NotFound
from core.kernel.text import Check
from tests.core.availability.in_memory import ANNEXE, HOME, KAI, MARA, NOW, ZOE, provider, salon

NINE = datetime(2027, 3, 8, 9, tzinfo=UTC)
WEEK = 7 * 1_440
YORK, BERLIN, TOKYO = "America/New_York", "Europe/Berlin", "Asia/Tokyo"
WEEKLY = Recurrence(frequency="WEEKLY", count=4)
IN_YORK = [0, WEEK - 60, 2 * WEEK - 60, 3 * WEEK - 60]
"""Clocks there go forward on 14 March."""
IN_BERLIN = [0, WEEK, 2 * WEEK, 3 * WEEK - 60]
"""Clocks there go forward on 28 March."""


def shop(annexe: str = BERLIN, **more: Any) -> Any:
    """Home in New York, all day; the annexe elsewhere: Kai works there from ten to twelve, unless for staff
    alone, Zoe has it as her home."""
    there = ScheduleRules(
        schedule_id=1, weekly_hours=every_day(600, 720), provider_id=KAI, location_id=ANNEXE, **more
    )
    return salon(
        locations={
            HOME: LocationRules(location_id=HOME, time_zone=YORK),
            ANNEXE: LocationRules(location_id=ANNEXE, time_zone=annexe),
        },
        providers={
            MARA: provider(MARA, weekly_hours=every_day(0, 1_440)),
            KAI: provider(KAI),
            ZOE: provider(ZOE, location_id=ANNEXE, weekly_hours=every_day(0, 60)),
        },
        schedules=[there],
    )


def found(
    rules: Any, candidates: list[int], repeats: Repeats | None = None, *, together: bool = False, **more: Any
) -> tuple[dict[int, list[int]], Dates, list[tuple[str, str]]]:
    """The starts with each, in minutes from nine, all that is told, and what is wrong."""
    check = Check()
    first = First(**{"starts_at": NINE, "duration": 60, **more})
    repeats = repeats or Repeats(recurrence=WEEKLY)
    dates = dates_of(check, rules, first, repeats, candidates, NOW, together=together)
    nine = minute_of(NINE)
    starts = {key: [start - nine for start in own] for key, own in dates.starts.items()}
    return starts, dates, [(issue.path, issue.code) for issue in check.issues]


def test_each_keeps_the_clock_of_the_place_where_they_work_at_the_first_start() -> None:
    """Mara at home, Kai at the annexe, Zoe nowhere at that hour and so by her home."""
    starts, dates, issues = found(shop(), [MARA, KAI, ZOE])
    assert starts == {MARA: IN_YORK, KAI: IN_BERLIN, ZOE: IN_BERLIN}
    assert dates.zones == {MARA: YORK, KAI: BERLIN, ZOE: BERLIN}
    assert issues == []


def test_hours_for_staff_alone_are_a_place_for_staff_alone() -> None:
    """The public has Kai by the clock of his home."""
    hidden = shop(is_public=False)
    assert found(hidden, [KAI])[0] == {KAI: IN_YORK}
    assert found(hidden, [KAI], for_staff=True)[0] == {KAI: IN_BERLIN}
    assert found(hidden, [KAI], for_staff=True, duration=121)[0] == {KAI: IN_YORK}


def test_a_place_that_is_named_has_the_clock_whoever_gives_it() -> None:
    """And all together keep the clock of the first."""
    assert found(shop(), [MARA, KAI], location_id=ANNEXE)[0] == {MARA: IN_BERLIN, KAI: IN_BERLIN}
    starts, dates, _ = found(shop(), [MARA, KAI], together=True)
    assert (starts, dates.zones) == ({MARA: IN_YORK, KAI: IN_YORK}, {MARA: YORK, KAI: YORK})
    assert found(shop(), [KAI, MARA], together=True)[0] == {KAI: IN_BERLIN, MARA: IN_BERLIN}


def test_who_can_have_no_such_series_by_their_clock_is_left_out() -> None:
    """A date of New York alone is skipped, or a day of Tokyo alone is named: who is elsewhere is none of it."""
    late = datetime(2027, 3, 8, 20, tzinfo=UTC)
    tuesdays = Repeats(recurrence=Recurrence(frequency="WEEKLY", byday=("TU",), count=2))
    both = shop(TOKYO)
    starts, _, issues = found(both, [MARA, ZOE], tuesdays, starts_at=late)
    assert (list(starts), issues) == ([ZOE], [])
    mondays = Repeats(recurrence=Recurrence(frequency="WEEKLY", byday=("MO",), count=2))
    assert list(found(both, [MARA, ZOE], mondays, starts_at=late)[0]) == [MARA]
    skipping = Repeats(recurrence=WEEKLY, skip=[date(2027, 3, 15)])
    assert list(found(both, [ZOE, MARA], skipping, starts_at=late)[0]) == [MARA]


@pytest.mark.parametrize(
    ("repeats", "expected"),
    [
        (
            Repeats(recurrence=Recurrence(frequency="WEEKLY", byday=("WE",))),
            [("repeats.recurrence", "NOT_ON_ITS_OWN_DAY")],
        ),
        (
            Repeats(recurrence=Recurrence(frequency="DAILY", interval=0)),
            [("repeats.recurrence.interval", "OUT_OF_RANGE")],
        ),
    ],
)
def test_where_nobody_can_the_issues_are_told_once(repeats: Repeats, expected: list[tuple[str, str]]) -> None:
    """Those of the first, and nobody has any starts."""
    starts, _, issues = found(shop(), [MARA, KAI], repeats)
    assert (starts, issues) == ({}, expected)


def test_who_has_left_is_no_candidate() -> None:
    """Beside others they are left out; alone they are not there."""
    assert found(shop(), [MARA, 99])[0] == {MARA: IN_YORK}
    with pytest.raises(NotFound) as refused:
        found(shop(), [99])
    assert refused.value.noun == "provider"


def test_nothing_is_looked_for_where_something_else_is_wrong() -> None:
    """A start off the calendar of every zone is no question for a clock."""
    check = Check()
    check.refuse("starts_at", "TOO_FAR_AHEAD", "must be within five years")
    first = First(starts_at=NINE + timedelta(days=4_000), duration=60)
    dates = dates_of(check, shop(), first, Repeats(recurrence=WEEKLY), [MARA], NOW, together=False)
    assert (dates.starts, len(check.issues)) == ({}, 1)
