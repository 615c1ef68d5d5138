"""Every reason to the letter: its sentence and its facts; and what an edge is told with them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from core.availability.demand import demand_for
from core.availability.explain import Reason, reasons_against
from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import (
    BlockRules,
    HolidayRules,
    LocationRules,
    OverrideRules,
    Reach,
    ResourceNeed,
    ScheduleRules,
    ServiceRules,
    SlotRule,
    Taken,
)
from core.kernel.errors import Invalid, NotFound
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    NOW,
    TEN,
    ZOE,
    asking,
    later,
    provider,
    row,
    salon,
    service,
)

NINE = TEN - timedelta(hours=1)
MIDNIGHT = TEN - timedelta(hours=10)
NOON = TEN.replace(hour=12, tzinfo=None)


def against(
    wanted: ServiceRules | None = None,
    *rows: Taken,
    rules: dict[str, Any] | None = None,
    at: int = 0,
    who: int = MARA,
    **more: Any,
) -> list[Reason]:
    """The reasons against ten o'clock with Mara, or so many minutes from it."""
    wanted = wanted or service()
    return reasons_against(
        salon(wanted, **(rules or {})),
        provider_id=who,
        service=wanted,
        demand=demand_for(wanted),
        start=AT + at,
        **{"now": NOW, "taken": rows, **more},
    )


@pytest.mark.parametrize(
    ("wanted", "more", "expected"),
    [
        ({}, {"who": 99}, Reason("PROVIDER", "The provider is not there.")),
        ({}, {"location_id": 99}, Reason("PROVIDER", "The provider does not work there.")),
        ({}, {"now": TEN}, Reason("PAST", "That time has passed.", until=TEN)),
        (
            {"notice_minutes": 61},
            {"now": NINE},
            Reason("NOTICE", "It is too soon.", until=later(minutes=1)),
        ),
        (
            {"horizon_minutes": 59},
            {"now": NINE},
            Reason("HORIZON", "It is too far ahead.", until=later(minutes=-1)),
        ),
        ({}, {"who": ZOE}, Reason("NOT_ACCEPTING", "The provider takes no bookings now.")),
        ({"allow_booking": False}, {}, Reason("NOT_OFFERED", "The service cannot be booked.")),
        (
            {"provider_ids": frozenset({KAI})},
            {},
            Reason("PROVIDER", "The provider does not give this service."),
        ),
        (
            {"daily_limit": 0},
            {},
            Reason(
                "DAILY_LIMIT",
                "The provider has no more appointments on that day.",
                MIDNIGHT,
                MIDNIGHT + timedelta(days=1),
            ),
        ),
        ({}, {"at": 1}, Reason("GRID", "No appointment begins at that time.")),
        ({}, {"at": 181}, Reason("GRID", "No appointment begins at that time.")),
        ({}, {"at": -60}, Reason("HOURS", "It does not lie within the hours.")),
        ({}, {"location_id": ANNEXE}, Reason("HOURS", "It does not lie within the hours.")),
        ({}, {"seats": 2}, Reason("CAPACITY", "A start has 1 seat.")),
        ({"capacity": 3}, {"seats": 0}, Reason("CAPACITY", "A start has 3 seats.")),
        (
            {"needs": (ResourceNeed(resource_ids=(80, 81), quantity=3),), "buffer_after_minutes": 5},
            {},
            Reason(
                "RESOURCE", "No room or kit that it needs is free.", TEN, later(minutes=65), "resource", 80
            ),
        ),
    ],
)
def test_one_rule_is_in_the_way(wanted: dict[str, Any], more: dict[str, Any], expected: Reason) -> None:
    """The whole reason, and it alone (beside the hours, where it runs over their end)."""
    found = against(service(**wanted), **more)
    assert found[0] == expected
    assert found[1:] == ([against(at=-60)[0]] if more.get("at") == 181 else [])


@pytest.mark.parametrize(
    ("rules", "at", "expected"),
    [
        (
            {"overrides": [OverrideRules(override_id=4, day=MONDAY, shifts=[])]},
            0,
            [Reason("OVERRIDE", "The hours of that day are others.", noun="override", key=4)],
        ),
        (
            {"holidays": [HolidayRules(holiday_id=6, first=MONDAY, last=MONDAY)]},
            0,
            [Reason("HOLIDAY", "That day is a holiday.", noun="holiday", key=6)],
        ),
        (
            {
                "blocks": [
                    BlockRules(block_id=9, starts=NOON, ends=NOON + timedelta(minutes=1), reaches=(Reach(),))
                ]
            },
            120,
            [Reason("BLOCK", "The time is blocked.", later(minutes=120), later(minutes=121), "block", 9)],
        ),
    ],
)
def test_a_day_unlike_others_is_in_the_way(rules: dict[str, Any], at: int, expected: list[Reason]) -> None:
    """By its noun and key; of a block the stretch too, and the block alone."""
    assert against(rules=rules, at=at) == expected


def test_a_night_that_ends_on_a_closed_day_names_that_day() -> None:
    """Half an hour either side of midnight, open on the Monday alone: the Tuesday's override is named."""
    closed = OverrideRules(override_id=4, day=MONDAY + timedelta(days=1), shifts=[])
    rules = {"weekly_hours": every_day(600, 1_440), "overrides": [closed]}
    found = against(rules=rules, at=13 * 60 + 30, on_grid=False)
    assert found == [Reason("OVERRIDE", "The hours of that day are others.", noun="override", key=4)]
    (over,) = against(rules=rules, at=13 * 60 + 1, on_grid=False)
    assert over.key == 4
    # What ends at midnight is of the Monday only.
    assert against(rules=rules, at=13 * 60, on_grid=False) == []


@pytest.mark.parametrize(
    ("reach", "told"),
    [
        (Reach(provider_id=MARA, service_id=3, location_id=HOME), True),
        (Reach(provider_id=KAI), False),
        (Reach(service_id=4), False),
        (Reach(location_id=ANNEXE), False),
    ],
)
def test_a_block_is_told_where_it_reaches(reach: Reach, told: bool) -> None:
    """Provider, service and place must match."""
    block = BlockRules(block_id=9, starts=NOON, ends=NOON + timedelta(minutes=1), reaches=(reach,))
    assert [reason.code for reason in against(rules={"blocks": [block]}, at=120)] == ["BLOCK"] * told


def test_days_are_those_of_the_place() -> None:
    """In Auckland ten in the morning in UTC is eleven at night: the hour ends on Tuesday at midnight."""
    auckland = {HOME: LocationRules(location_id=HOME, time_zone="Pacific/Auckland")}
    tuesday = OverrideRules(override_id=4, day=MONDAY + timedelta(days=1), shifts=[])
    rules = {"locations": auckland, "weekly_hours": every_day(0, 60), "overrides": [tuesday], "schedules": []}
    assert [(reason.code, reason.key) for reason in against(rules=rules)] == [("HOURS", None)]
    assert [(reason.code, reason.key) for reason in against(rules=rules, at=60)] == [("OVERRIDE", 4)]
    (limit, _) = against(service(daily_limit=0), rules=rules)
    assert (limit.code, limit.from_at, limit.until) == ("DAILY_LIMIT", later(hours=-23), later(hours=1))


def test_the_place_is_found_by_service_and_door() -> None:
    """Hours of the annexe for this service, or for staff alone, make the start one of the annexe."""
    for more, for_staff in (({"service_ids": frozenset({3})}, False), ({"is_public": False}, True)):
        there = ScheduleRules(
            schedule_id=2, weekly_hours=every_day(600, 720), provider_id=MARA, location_id=ANNEXE, **more
        )
        assert against(rules={"schedules": [there]}, for_staff=for_staff) == []
        assert [reason.code for reason in against(service(4), rules={"schedules": [there]})] == ["HOURS"]


def test_what_is_in_the_way_behind_what_is_not() -> None:
    """A row that only touches comes first; the time kept free before counts, and the buffer's own start."""
    wanted = service(buffer_before_minutes=20)
    rows = (row(MARA, -60, -20), row(MARA, -30, 0), row(MARA, 30, 40, owner="hold:6", kind="hold"))
    assert [(reason.code, reason.key) for reason in against(wanted, *rows)] == [("BUFFER", 5), ("HOLD", 6)]


@pytest.mark.parametrize(
    ("taken", "code", "text"),
    [
        (row(MARA, 0, 60), "APPOINTMENT", "The time is taken by another appointment."),
        (
            row(MARA, 0, 60, kind="hold", owner="hold:5"),
            "HOLD",
            "The time is held for somebody else.",
        ),
        (
            row(MARA, 0, 60, kind="session", owner="session:5"),
            "SESSION",
            "The time is taken by a session of a group.",
        ),
        (
            row(MARA, 0, 60, kind="external", owner="external:5", begins=None),
            "EXTERNAL",
            "The provider's own calendar is busy.",
        ),
        (
            row(MARA, -60, 1, begins=AT - 60),
            "APPOINTMENT",
            "The time is taken by another appointment.",
        ),
        (
            row(MARA, 59, 90, begins=AT + 60),
            "BUFFER",
            "The time that must be kept free before or after is taken.",
        ),
    ],
)
def test_what_is_taken_is_told_with_its_stretch(taken: Taken, code: str, text: str) -> None:
    """Noun and key are those of whoever has it."""
    noun = taken.owner.partition(":")[0]
    stretch = (later(minutes=taken.start - AT), later(minutes=taken.end - AT))
    assert against(None, taken) == [Reason(code, text, *stretch, noun, 5)]


def test_reasons_come_in_order_of_time_and_rows_without_an_owner_are_told_too() -> None:
    """The earlier first, though given last; nobody is named where nobody is known."""
    found = against(None, row(MARA, 30, 60), row(MARA, 0, 30, owner=""))
    assert [(reason.from_at, reason.noun, reason.key) for reason in found] == [
        (TEN, None, None),
        (later(minutes=30), "appointment", 5),
    ]


def test_a_session_that_is_full_tells_the_seats_left() -> None:
    """None where more are promised than there are."""
    for left, text in ((1, "1 seat is left."), (0, "0 seats are left."), (-1, "0 seats are left.")):
        session = row(MARA, 0, 60, kind="session", owner="session:5", service_id=3, seats_left=left)
        assert against(service(capacity=4), session, seats=2) == [Reason("CAPACITY", text)]


def test_a_gap_too_short_is_told_only_where_the_start_is_free_otherwise() -> None:
    """Half an hour would be left; not told beside what is taken, nor outside hours, nor of a session."""
    picky = service(step_minutes=30, no_gap_minutes=45)
    gap = Reason("NO_GAP", "It would leave free time too short to be of use.")
    assert against(picky, row(MARA, 90, 120)) == [gap]
    assert [reason.code for reason in against(picky, row(MARA, 0, 30))] == ["APPOINTMENT"]
    assert [reason.code for reason in against(picky, at=210)] == ["HOURS"]
    session = row(MARA, 30, 90, kind="session", owner="session:5", service_id=3, seats_left=2)
    assert against(service(step_minutes=30, no_gap_minutes=45, capacity=4), session, at=30) == []


def test_a_need_of_two_segments_is_told_where_it_is_lacking() -> None:
    """Of three units the room has two; from the first buffer to the last."""
    need = ResourceNeed(resource_ids=(80,))
    taken = Taken(resource_id=80, start=AT + 60, end=AT + 70, quantity=2, owner="appointment:6")
    wanted = service(needs=(need,), buffer_before_minutes=10, buffer_after_minutes=10)
    assert against(wanted, taken) == [
        Reason(
            "RESOURCE",
            "No room or kit that it needs is free.",
            later(minutes=-10),
            later(minutes=70),
            "resource",
            80,
        )
    ]
    assert against(service(needs=(need,)), taken) == []


def test_fixed_starts_are_a_grid_of_their_own() -> None:
    """Half past ten on Mondays; also outside hours a start is or is not one of them."""
    rule = SlotRule(recurrence=Recurrence(frequency="WEEKLY"), start_times=(630, 480), anchor=MONDAY)
    fixed = service(slot_rules=(rule,))
    assert [reason.code for reason in against(fixed)] == ["GRID"]
    assert against(fixed, at=30) == []
    assert [reason.code for reason in against(fixed, at=-120)] == ["HOURS"]
    assert [reason.code for reason in against(fixed, at=-60)] == ["GRID", "HOURS"]
    assert [reason.code for reason in against(fixed, at=-60, on_grid=False)] == ["HOURS"]


def test_an_appointment_without_a_service_is_judged_by_hours_and_what_is_taken() -> None:
    """Its grid is its own length; no notice is asked for."""
    facts: dict[str, Any] = {"provider_id": MARA, "service": None, "taken": [row(MARA, 60, 120)]}
    demand = demand_for(service())
    rules = salon()
    for at, now, expected in (
        (0, NOW, []),
        (60, NOW, ["APPOINTMENT"]),
        (30, NOW, ["GRID", "APPOINTMENT"]),
        (0, TEN, ["PAST"]),
        (0, TEN - timedelta(seconds=1), []),
        (-120, NOW, ["HOURS"]),
    ):
        found = reasons_against(rules, start=AT + at, now=now, demand=demand, **facts)
        assert [reason.code for reason in found] == expected


async def explained(*rows: Taken, **more: Any) -> Any:
    """What is told about ten o'clock with Mara, for service 3, unless said otherwise."""
    wanted = [service(), service(4, capacity=4), service(5, allow_booking=False)]
    given = {"provider_id": MARA, "starts_at": TEN, "service_id": 3}
    return await explain_availability(asking(salon(*wanted), *rows), ExplainAvailability(**{**given, **more}))


async def test_an_explanation_has_the_reasons_and_what_is_near() -> None:
    """By the rules of a revision; Kai's nearest is at the annexe, where he is."""
    found = await explained(row(MARA, 0, 60))
    assert (found.is_offered, found.rules_revision) == (False, 5)
    assert [reason.key for reason in found.reasons] == [5]
    assert found.nearest == [later(hours=1), later(hours=2), later(hours=3)]
    free = await explained()
    assert (free.is_offered, free.reasons) == (True, [])
    kai = await explained(provider_id=KAI, location_id=HOME)
    assert ([reason.code for reason in kai.reasons], kai.nearest) == (["HOURS"], [])
    assert (await explained(provider_id=KAI, location_id=ANNEXE)).is_offered
    assert [reason.code for reason in (await explained(service_id=5)).reasons] == ["NOT_OFFERED"]
    assert (await explained(service_id=5, for_staff=True)).is_offered
    assert [reason.code for reason in (await explained(service_id=4, seats=5)).reasons] == ["CAPACITY"]
    assert (await explained(service_id=4, seats=4)).is_offered


async def test_what_is_taken_a_week_away_counts_for_what_is_near() -> None:
    """The whole week on either side is read, and the day that an appointment may last beyond it."""
    busy = row(MARA, -12_000, 12_000)
    assert (await explained(busy)).nearest == []
    assert (await explained(row(MARA, -12_000, 7 * 1_440))).nearest == [later(days=7)]
    assert (await explained(row(MARA, -6 * 1_440 - 1_000, 12_000))).nearest == [
        later(days=-7, hours=3),
        later(days=-7, hours=2),
        later(days=-7, hours=1),
    ]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            {"starts_at": TEN + timedelta(seconds=1)},
            [("starts_at", "NOT_A_WHOLE_MINUTE", "must fall on a whole minute")],
        ),
        (
            {"starts_at": datetime(1970, 12, 31, 23, 59, tzinfo=UTC)},
            [("starts_at", "OUT_OF_RANGE", "must be a date that a calendar can hold")],
        ),
        (
            {"starts_at": datetime(9998, 1, 1, tzinfo=UTC)},
            [("starts_at", "OUT_OF_RANGE", "must be a date that a calendar can hold")],
        ),
        (
            {"service_id": None},
            [("duration_minutes", "REQUIRED", "is needed where no service is named")],
        ),
    ],
)
async def test_a_start_that_no_calendar_has_is_refused(
    change: dict[str, Any], expected: list[tuple[str, str, str]]
) -> None:
    """By path, code and sentence; the years 1971 and 9997 are answered."""
    with pytest.raises(Invalid) as refused:
        await explained(**change)
    assert [(issue.path, issue.code, issue.message) for issue in refused.value.issues] == expected
    for year in (1971, 9997):
        assert not (await explained(starts_at=datetime(year, 1, 4, 10, tzinfo=UTC))).is_offered
    with pytest.raises(NotFound) as missing:
        await explained(provider_id=99)
    assert missing.value.noun == "provider"


def test_schedules_that_are_not_public_are_for_staff() -> None:
    """The public is told that there are no hours."""
    hidden = ScheduleRules(schedule_id=2, weekly_hours=every_day(600, 840), provider_id=MARA, is_public=False)
    rules = {"schedules": [hidden], "providers": {MARA: provider(MARA)}}
    assert [reason.code for reason in against(rules=rules)] == ["HOURS"]
    assert against(rules=rules, for_staff=True) == []
