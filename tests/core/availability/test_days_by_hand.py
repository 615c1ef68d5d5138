"""A provider's days, rule by rule: the plain reading and the timetable say what somebody wrote down."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from core.availability.recurrence import Recurrence
from core.availability.rulebook import (
    BlockRules,
    HolidayRules,
    LocationRules,
    Reach,
    Rulebook,
    SlotRule,
)
from core.availability.stretches import Stretch
from core.availability.timetable import Timetable, Whose
from core.availability.walls import DAY
from core.availability.workday import (
    Blocked,
    Shift,
    Workday,
    blocked_between,
    blocked_by,
    fixed_starts,
    opened,
    workday,
)
from tests.core.availability.days import (
    CASES,
    DAILY,
    MIDNIGHT,
    TUESDAY,
    WEDNESDAY,
    block,
    own,
    schedule,
    weekly,
)
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    provider,
    salon,
    service,
)


@pytest.mark.parametrize("name", CASES)
def test_three_days(name: str) -> None:
    """Monday to Wednesday, what is left when blocks are cut out."""
    rules, asked, expected = CASES[name]
    book = salon(service(), **{"schedules": [], **rules})
    place, for_staff = asked.get("place", HOME), asked.get("for_staff", False)
    plain = opened(book, book.providers[MARA], place, 3, MONDAY, WEDNESDAY, for_staff=for_staff)
    assert [(start - MIDNIGHT, end - MIDNIGHT) for start, end in plain.left] == expected
    whose = Whose(MARA, place, 3, for_staff)
    compiled = Timetable(book)
    for _ in range(2):
        found = compiled.opening(whose, MIDNIGHT, MIDNIGHT + 3 * DAY)
        assert [
            (start - MIDNIGHT, end - MIDNIGHT) for start, end in found.left if 0 <= start - MIDNIGHT < 3 * DAY
        ] == expected
        assert [one for one in found.shifts if 0 <= one[0] - MIDNIGHT < 3 * DAY] == plain.shifts
    last = MONDAY + timedelta(days=29)
    month = opened(book, book.providers[MARA], place, 3, MONDAY, last, for_staff=for_staff)
    found = Timetable(book).opening(whose, MIDNIGHT, MIDNIGHT + 30 * DAY)
    assert [one for one in found.left if MIDNIGHT <= one[0] < MIDNIGHT + 30 * DAY] == month.left


def test_schedules_that_begin_and_end_in_the_middle_of_weeks() -> None:
    """Six weeks with four edges, each on another weekday."""
    days = [MONDAY + timedelta(days=at) for at in (9, 20, 32, 33)]
    rules = [
        schedule(0, 60, first=days[0], last=days[1]),
        schedule(120, 180, first=days[2], last=days[2]),
        schedule(240, 300, first=days[3]),
        schedule(300, 360, provider_id=None, last=days[0]),
    ]
    book = salon(service(), schedules=rules)
    plain = opened(book, book.providers[MARA], HOME, 3, MONDAY, MONDAY + timedelta(days=41))
    found = Timetable(book).opening(Whose(MARA, HOME, 3, False), MIDNIGHT, MIDNIGHT + 42 * DAY)
    inside = [(start, end) for start, end in found.left if MIDNIGHT <= start < MIDNIGHT + 42 * DAY]
    assert inside == plain.left
    assert [((start - MIDNIGHT) // DAY, (start - MIDNIGHT) % DAY) for start, _ in inside] == [
        *((day, 300) for day in range(9)),
        *((day, 0) for day in range(9, 21)),
        *((day, 600) for day in range(21, 32)),
        (32, 120),
        *((day, 240) for day in range(33, 42)),
    ]


def test_one_timetable_tells_everybody_their_own() -> None:
    """Zones, hours, services and ranges apart; those alike share the very same answer."""
    places = {
        HOME: LocationRules(location_id=HOME, time_zone="UTC"),
        ANNEXE: LocationRules(location_id=ANNEXE, time_zone="Asia/Kolkata"),
    }
    people = {
        MARA: provider(MARA),
        KAI: provider(KAI),
        9: provider(9, location_id=ANNEXE),
        10: provider(10, weekly_hours=weekly(0, 60)),
    }
    book = salon(service(), locations=places, providers=people, schedules=[])
    table = Timetable(book)

    def first(key: int, place: int = HOME) -> Stretch:
        found = table.opening(Whose(key, place, 3, False), MIDNIGHT, MIDNIGHT + DAY)
        return next((start - MIDNIGHT, end - MIDNIGHT) for start, end in found.left if end > MIDNIGHT)

    assert [first(MARA), first(KAI), first(9, ANNEXE), first(10)] == [
        (600, 840),
        (600, 840),
        (270, 510),
        (0, 60),
    ]
    span = (MIDNIGHT, MIDNIGHT + DAY)
    alike = [table.opening(Whose(key, HOME, 3, False), *span) for key in (MARA, KAI)]
    assert alike[0] is alike[1]


def test_a_timetable_reaches_as_far_as_shifts_and_walls_do() -> None:
    """A shift of two days from the far end of the earth is there; the range's last day too."""
    places = {HOME: LocationRules(location_id=HOME, time_zone="Pacific/Kiritimati")}
    book = salon(
        locations=places, weekly_hours={"saturday": [[600, 2_880]], "tuesday": [[600, 660]]}, schedules=[]
    )
    whose = Whose(MARA, HOME, None, False)
    # Kiritimati is fourteen hours ahead: its Saturday begins on Friday at ten in UTC.
    night = (MIDNIGHT - 3 * DAY + 1_200, MIDNIGHT - DAY + 600)
    assert night in Timetable(book).opening(whose, night[1] - 1, night[1]).left
    morning = (MIDNIGHT + 1_200, MIDNIGHT + 1_260)
    assert morning in Timetable(book).opening(whose, morning[0], morning[0] + 1).left


@pytest.mark.parametrize(
    ("rules", "place", "expected"),
    [
        ({}, HOME, Workday([Shift("UTC", 600, 840)])),
        (
            {"overrides": own(MONDAY, location_id=HOME, shifts=[[0, 60]])},
            HOME,
            Workday([Shift("UTC", 0, 60)], "OVERRIDE", 1),
        ),
        ({"overrides": own(MONDAY)}, ANNEXE, Workday([], "OVERRIDE", 1)),
        ({"overrides": own(TUESDAY, MONDAY, provider_id=None)}, HOME, Workday([], "OVERRIDE", 2)),
        (
            {"holidays": [HolidayRules(holiday_id=6, first=MONDAY, last=MONDAY)]},
            HOME,
            Workday([], "HOLIDAY", 6),
        ),
    ],
)
def test_a_day_says_what_decided_it(rules: dict[str, Any], place: int, expected: Workday) -> None:
    """The usual hours without a key; an override or a holiday with its own."""
    book = salon(**{"schedules": [], **rules})
    assert workday(book, book.providers[MARA], place, None, MONDAY) == expected


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ((780, 781), []),
        ((779, 780), [1]),
        ((720, 721), [1]),
        ((719, 720), []),
        ((0, 1_440), [1]),
        ((0, 3_000), [1, 1]),
    ],
)
def test_a_block_touches_what_it_touches(span: tuple[int, int], expected: list[int]) -> None:
    """Noon to one, every day from the Monday on: half-open, and open or not."""
    book = salon(blocks=[block(0, 60, recurrence=DAILY)], schedules=[])
    found = blocked_between(book, MARA, 3, HOME, MIDNIGHT + span[0], MIDNIGHT + span[1])
    assert [one.block_id for one in found] == expected
    assert found == [
        Blocked(MIDNIGHT + 720 + 1_440 * at, MIDNIGHT + 780 + 1_440 * at, 1) for at in range(len(found))
    ]


def test_a_block_inside_a_gap_of_the_clocks_blocks_nothing() -> None:
    """Half past two to a quarter to three, on the night on which New York skips that hour."""
    night = datetime(2027, 3, 14, 2, 30)
    hidden = BlockRules(block_id=1, starts=night, ends=night + timedelta(minutes=15), reaches=(Reach(),))
    span = (MIDNIGHT, MIDNIGHT + 9 * DAY)
    assert list(blocked_by(hidden, "America/New_York", *span)) == []
    assert [one.end - one.start for one in blocked_by(hidden, "UTC", *span)] == [15]
    # A shift within the gap opens nothing either.
    book = salon(
        locations={HOME: LocationRules(location_id=HOME, time_zone="America/New_York")},
        weekly_hours={"sunday": [[150, 165]]},
        schedules=[],
    )
    day = date(2027, 3, 14)
    assert opened(book, book.providers[MARA], HOME, 3, day, day).shifts == []
    assert opened(book, book.providers[MARA], HOME, 3, day, day + timedelta(days=7)).shifts == [
        (MIDNIGHT + 13 * DAY + 390, MIDNIGHT + 13 * DAY + 405)
    ]


def test_fixed_starts_of_several_rules_add_up() -> None:
    """Both rules' days; a wall time that is skipped yields none."""
    rules = (
        SlotRule(recurrence=Recurrence(frequency="WEEKLY"), start_times=(600, 150), anchor=MONDAY),
        SlotRule(recurrence=Recurrence(frequency="WEEKLY"), start_times=(150, 180), anchor=date(2027, 3, 14)),
    )
    wanted = service(slot_rules=rules)
    sunday = MIDNIGHT + 6 * DAY
    assert sorted(fixed_starts(wanted, "UTC", MONDAY, date(2027, 3, 14))) == [
        MIDNIGHT + 150,
        AT,
        sunday + 150,
        sunday + 180,
    ]
    assert sorted(fixed_starts(wanted, "America/New_York", TUESDAY, date(2027, 3, 14))) == [
        sunday + 180 + 240
    ]
    assert fixed_starts(service(), "UTC", MONDAY, WEDNESDAY) == set()


def test_a_rulebook_of_many_places() -> None:
    """Home first, the others by their key; none where nothing says that they work there."""
    book: Rulebook = salon(
        locations={key: LocationRules(location_id=key, time_zone="UTC") for key in (3, 1, 2, 4)},
        schedules=[schedule(0, 60, location_id=3)],
        overrides=own(MONDAY, location_id=2),
    )
    assert (book.places_of[MARA], book.places_of[KAI]) == ((HOME, 2, 3), (HOME,))
