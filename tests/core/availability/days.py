"""Rules of a business, what is asked, and the open time of three days that somebody wrote down."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from core.availability.hours import WeeklyHours, every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import (
    BlockRules,
    HolidayRules,
    OverrideRules,
    Reach,
    ScheduleRules,
)
from core.availability.stretches import Stretch
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    provider,
)

MIDNIGHT = AT - 600
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
NOON = datetime(2027, 3, 8, 12)
USUAL = [(600, 840), (2_040, 2_280), (3_480, 3_720)]
"""Ten to two on Monday, Tuesday and Wednesday, in minutes from the Monday's midnight."""


def weekly(*shift: int) -> WeeklyHours:
    """The same shift every day."""
    return every_day(*shift)


def own(*days: date, shifts: list[list[int]] | None = None, **more: Any) -> list[OverrideRules]:
    """Mara's overrides of these days."""
    given = {"provider_id": MARA, "shifts": shifts or []}
    return [OverrideRules(override_id=at + 1, day=day, **{**given, **more}) for at, day in enumerate(days)]


def schedule(start: int, end: int, **more: Any) -> ScheduleRules:
    """Mara's schedule of every day."""
    return ScheduleRules(
        **{"schedule_id": 1, "provider_id": MARA, "weekly_hours": weekly(start, end), **more}
    )


def block(start: int, end: int, **more: Any) -> BlockRules:
    """A block from so many minutes to so many after noon on the Monday."""
    given = {"block_id": 1, "reaches": (Reach(),)}
    edges = {"starts": NOON + timedelta(minutes=start), "ends": NOON + timedelta(minutes=end)}
    return BlockRules(**{**given, **edges, **more})


DAILY = Recurrence(frequency="DAILY")
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], list[Stretch]]] = {
    "standing hours": ({}, {}, USUAL),
    "nothing of them elsewhere": ({}, {"place": ANNEXE}, []),
    "their own hours": (
        {"providers": {MARA: provider(MARA, weekly_hours={"tuesday": [[0, 60]]})}},
        {},
        [(1_440, 1_500)],
    ),
    "closed by an override": ({"overrides": own(TUESDAY)}, {}, [USUAL[0], USUAL[2]]),
    "other hours by an override": (
        {"overrides": own(TUESDAY, shifts=[[60, 120], [90, 180]])},
        {},
        [USUAL[0], (1_500, 1_620), USUAL[2]],
    ),
    "overrides of equal standing add up": (
        {"overrides": [*own(MONDAY, shifts=[[0, 60]]), *own(MONDAY, shifts=[[120, 180]])]},
        {},
        [(0, 60), (120, 180), *USUAL[1:]],
    ),
    "an override of somebody else": ({"overrides": own(TUESDAY, provider_id=KAI)}, {}, USUAL),
    "an own override of another place": ({"overrides": own(TUESDAY, location_id=ANNEXE)}, {}, USUAL),
    "an own override of this place before one of any": (
        {
            "overrides": [
                *own(TUESDAY, shifts=[[0, 60]]),
                *own(TUESDAY, shifts=[[60, 90]], location_id=HOME),
            ]
        },
        {},
        [USUAL[0], (1_500, 1_530), USUAL[2]],
    ),
    "an own override opens a place": (
        {"overrides": own(TUESDAY, shifts=[[60, 90]], location_id=ANNEXE)},
        {"place": ANNEXE},
        [(1_500, 1_530)],
    ),
    "an own override of any place opens home alone": (
        {"overrides": own(TUESDAY, shifts=[[60, 90]])},
        {"place": ANNEXE},
        [],
    ),
    "the location's before the business's": (
        {
            "overrides": [
                *own(TUESDAY, provider_id=None, shifts=[[0, 30]]),
                *own(TUESDAY, provider_id=None, location_id=HOME, shifts=[[30, 60]]),
            ]
        },
        {},
        [USUAL[0], (1_470, 1_500), USUAL[2]],
    ),
    "the business's": ({"overrides": own(TUESDAY, provider_id=None)}, {}, [USUAL[0], USUAL[2]]),
    "the business's opens nobody elsewhere": (
        {"overrides": own(TUESDAY, provider_id=None, shifts=[[0, 30]])},
        {"place": ANNEXE},
        [],
    ),
    "the business's changes the hours of who works there": (
        {
            "overrides": own(TUESDAY, provider_id=None, shifts=[[0, 30]]),
            "schedules": [schedule(600, 660, location_id=ANNEXE)],
        },
        {"place": ANNEXE},
        [(600, 660), (1_440, 1_470), (3_480, 3_540)],
    ),
    "a holiday": ({"holidays": [HolidayRules(holiday_id=6, first=MONDAY, last=TUESDAY)]}, {}, [USUAL[2]]),
    "a holiday elsewhere": (
        {"holidays": [HolidayRules(holiday_id=6, first=MONDAY, last=TUESDAY, location_id=ANNEXE)]},
        {},
        USUAL,
    ),
    "an override of a holiday": (
        {
            "holidays": [HolidayRules(holiday_id=6, first=TUESDAY, last=WEDNESDAY, location_id=HOME)],
            "overrides": own(TUESDAY, provider_id=None, shifts=[[0, 30]]),
        },
        {},
        [USUAL[0], (1_440, 1_470)],
    ),
    "a schedule from a day on": (
        {"schedules": [schedule(0, 60, first=TUESDAY)]},
        {},
        [USUAL[0], (1_440, 1_500), (2_880, 2_940)],
    ),
    "a schedule up to a day": (
        {"schedules": [schedule(0, 60, last=TUESDAY)]},
        {},
        [(0, 60), (1_440, 1_500), USUAL[2]],
    ),
    "a schedule of one day": (
        {"schedules": [schedule(0, 60, first=TUESDAY, last=TUESDAY)]},
        {},
        [USUAL[0], (1_440, 1_500), USUAL[2]],
    ),
    "schedules add up": (
        {"schedules": [schedule(0, 60), schedule(30, 90)]},
        {},
        [(0, 90), (1_440, 1_530), (2_880, 2_970)],
    ),
    "a schedule of another place": ({"schedules": [schedule(0, 60, location_id=ANNEXE)]}, {}, []),
    "a schedule of somebody else": ({"schedules": [schedule(0, 60, provider_id=KAI)]}, {}, USUAL),
    "everybody's schedule": (
        {"schedules": [schedule(0, 60, provider_id=None)]},
        {},
        [(0, 60), (1_440, 1_500), (2_880, 2_940)],
    ),
    "everybody's at home there": (
        {"schedules": [schedule(0, 60, provider_id=None, location_id=ANNEXE)]},
        {},
        USUAL,
    ),
    "their own before everybody's": (
        {"schedules": [schedule(0, 60, provider_id=None), schedule(60, 90, first=TUESDAY, last=TUESDAY)]},
        {},
        [(0, 60), (1_500, 1_530), (2_880, 2_940)],
    ),
    "a schedule of a service": ({"schedules": [schedule(0, 60, service_ids=frozenset({4}))]}, {}, []),
    "a schedule of this service": (
        {"schedules": [schedule(0, 60, service_ids=frozenset({3}), last=MONDAY)]},
        {},
        [(0, 60), *USUAL[1:]],
    ),
    "a schedule for staff, seen by the public": ({"schedules": [schedule(0, 60, is_public=False)]}, {}, []),
    "a schedule for staff, seen by staff": (
        {"schedules": [schedule(0, 60, is_public=False, last=MONDAY)]},
        {"for_staff": True},
        [(0, 60), *USUAL[1:]],
    ),
    "an override of a day for staff": (
        {
            "schedules": [schedule(0, 60, is_public=False)],
            "holidays": [HolidayRules(holiday_id=6, first=MONDAY, last=MONDAY)],
        },
        {"for_staff": True},
        [(1_440, 1_500), (2_880, 2_940)],
    ),
    "a schedule of another zone": (
        {"schedules": [schedule(600, 660, time_zone="America/New_York", last=MONDAY)]},
        {},
        [(900, 960), *USUAL[1:]],
    ),
    "a shift into the night": (
        {"weekly_hours": {"monday": [[1_380, 1_500]], "tuesday": [[60, 90]]}},
        {},
        [(1_380, 1_530)],
    ),
    "a block": ({"blocks": [block(0, 60)]}, {}, [(600, 720), (780, 840), *USUAL[1:]]),
    "a block every day": (
        {"blocks": [block(-120, -60, recurrence=DAILY)]},
        {},
        [(660, 840), (2_100, 2_280), (3_540, 3_720)],
    ),
    "a block with an exception": (
        {
            "blocks": [
                block(
                    -120,
                    -60,
                    recurrence=DAILY,
                    exceptions=frozenset({NOON + timedelta(days=1, minutes=-120)}),
                )
            ]
        },
        {},
        [(660, 840), USUAL[1], (3_540, 3_720)],
    ),
    "a block over days": ({"blocks": [block(60, 2_880 - 60)]}, {}, [(600, 780), (3_540, 3_720)]),
    "a block that began long before": ({"blocks": [block(-14_400, 0)]}, {}, [(720, 840), *USUAL[1:]]),
    "a block of another zone": (
        {"blocks": [block(0, 60, time_zone="Europe/Berlin")]},
        {},
        [(600, 660), (720, 840), *USUAL[1:]],
    ),
    "a block of somebody else": ({"blocks": [block(0, 60, reaches=(Reach(provider_id=KAI),))]}, {}, USUAL),
    "a block of another service": ({"blocks": [block(0, 60, reaches=(Reach(service_id=4),))]}, {}, USUAL),
    "a block of another place": ({"blocks": [block(0, 60, reaches=(Reach(location_id=ANNEXE),))]}, {}, USUAL),
    "a block of all that is asked": (
        {
            "blocks": [
                block(
                    0,
                    60,
                    reaches=(Reach(provider_id=KAI), Reach(provider_id=MARA, service_id=3, location_id=HOME)),
                )
            ]
        },
        {},
        [(600, 720), (780, 840), *USUAL[1:]],
    ),
    "two blocks that overlap": (
        {"blocks": [block(0, 60), block(30, 90, block_id=2)]},
        {},
        [(600, 720), (810, 840), *USUAL[1:]],
    ),
}
