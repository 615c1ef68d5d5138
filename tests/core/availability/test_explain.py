"""Each reason against a start, by hand: its code, and the facts that an edge shows."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from core.availability.demand import demand_for
from core.availability.explain import POLICY_CODES, TAKEN_CODES, Reason, locations_at, reasons_against
from core.availability.hours import every_day
from core.availability.rulebook import (
    BlockRules,
    HolidayRules,
    LocationRules,
    OverrideRules,
    ProviderRules,
    Reach,
    ResourceNeed,
    ResourceRules,
    Rulebook,
    ScheduleRules,
    ServiceRules,
    Taken,
)
from core.kernel.clock import minute_of

MONDAY = date(2027, 3, 8)
NOW = datetime(2027, 3, 1, 9, 0, tzinfo=UTC)
TEN = datetime(2027, 3, 8, 10, 0, tzinfo=UTC)
AT = minute_of(TEN)
HOME, ANNEXE = 1, 2


def book(**more: Any) -> Rulebook:
    """One provider at home in UTC, nine to five; another place; one room of two units."""
    given: dict[str, Any] = {
        "revision": 1,
        "time_zone": "UTC",
        "weekly_hours": every_day(540, 1_020),
        "locations": {key: LocationRules(location_id=key, time_zone="UTC") for key in (HOME, ANNEXE)},
        "providers": {
            7: ProviderRules(
                provider_id=7,
                resource_id=70,
                location_id=HOME,
                weekly_hours=None,
                is_accepting_bookings=more.pop("accepting", True),
            )
        },
        "resources": {80: ResourceRules(resource_id=80, capacity=2)},
    }
    return Rulebook(**{**given, **more})


def service(**more: Any) -> ServiceRules:
    """An hour on a grid of half hours."""
    return ServiceRules(**{"service_id": 3, "duration_minutes": 60, "step_minutes": 30, **more})


def row(start: int, end: int, **more: Any) -> Taken:
    """The provider's time, in minutes from ten, taken by appointment 5 unless said otherwise."""
    given: dict[str, Any] = {"resource_id": 70, "owner": "appointment:5", "begins": AT + start}
    return Taken(start=AT + start, end=AT + end, **{**given, **more})


def against(
    rules: Rulebook | None = None, wanted: ServiceRules | None = None, *rows: Taken, at: int = 0, **more: Any
) -> list[Reason]:
    """The reasons against ten o'clock on the Monday, or so many minutes from it."""
    wanted = wanted or service()
    return reasons_against(
        rules or book(),
        provider_id=7,
        service=wanted,
        demand=demand_for(wanted),
        start=AT + at,
        **{"now": NOW, "taken": rows, **more},
    )


def codes(reasons: list[Reason]) -> list[str]:
    """Their codes."""
    return [reason.code for reason in reasons]


def test_nothing_speaks_against_a_free_start() -> None:
    """Nor against the one that touches what is taken on both sides."""
    assert against() == []
    assert against(None, None, row(-60, 0), row(60, 120)) == []


def test_policy_and_taken_reasons_are_apart() -> None:
    """No code is both."""
    assert frozenset() == POLICY_CODES & TAKEN_CODES


@pytest.mark.parametrize(
    ("rules", "wanted", "more", "expected"),
    [
        ({"accepting": False}, {}, {}, ["NOT_ACCEPTING"]),
        ({"accepting": False}, {}, {"for_staff": True}, []),
        ({}, {"allow_booking": False}, {}, ["NOT_OFFERED"]),
        ({}, {"allow_booking": False}, {"for_staff": True}, []),
        ({}, {"provider_ids": frozenset({8})}, {"for_staff": True}, ["PROVIDER"]),
        ({}, {}, {"at": 5}, ["GRID"]),
        ({}, {}, {"at": 5, "on_grid": False}, []),
        ({}, {}, {"at": -90}, ["HOURS"]),
        ({}, {}, {"at": 390}, ["HOURS"]),
        ({}, {}, {"now": TEN}, ["PAST"]),
        ({}, {"notice_minutes": 60}, {"now": TEN - timedelta(minutes=59)}, ["NOTICE"]),
        ({}, {"notice_minutes": 60}, {"now": TEN - timedelta(minutes=60)}, []),
        ({}, {"horizon_minutes": 60}, {"now": TEN - timedelta(minutes=61)}, ["HORIZON"]),
        ({}, {"horizon_minutes": 60}, {"now": TEN - timedelta(minutes=60)}, []),
        ({}, {}, {"seats": 2}, ["CAPACITY"]),
        ({}, {}, {"location_id": ANNEXE}, ["HOURS"]),
        ({}, {}, {"location_id": 99}, ["PROVIDER"]),
        ({}, {"needs": (ResourceNeed(resource_ids=(80,), quantity=3),)}, {}, ["RESOURCE"]),
        ({}, {"needs": (ResourceNeed(resource_ids=(80,), quantity=2),)}, {}, []),
    ],
)
def test_rules_that_refuse(
    rules: dict[str, Any], wanted: dict[str, Any], more: dict[str, Any], expected: list[str]
) -> None:
    """One rule at a time, and its neighbour that does not refuse."""
    assert codes(against(book(**rules), service(**wanted), **more)) == expected


def test_a_notice_says_the_first_time_that_is_allowed() -> None:
    """A whole minute, rounded up: appointments begin on no other."""
    now = TEN - timedelta(minutes=59, seconds=30)
    (reason,) = against(None, service(notice_minutes=60), now=now)
    assert (reason.code, reason.until) == ("NOTICE", TEN + timedelta(minutes=1))


def test_days_that_are_unlike_others_say_why() -> None:
    """An override and a holiday by their keys; a block with its stretch."""
    closed = OverrideRules(override_id=4, day=MONDAY, shifts=[])
    assert [(reason.code, reason.key) for reason in against(book(overrides=[closed]))] == [("OVERRIDE", 4)]
    holiday = HolidayRules(holiday_id=6, first=MONDAY, last=MONDAY)
    assert [(reason.code, reason.key) for reason in against(book(holidays=[holiday]))] == [("HOLIDAY", 6)]
    wall = TEN.replace(tzinfo=None)
    block = BlockRules(
        block_id=9,
        starts=wall + timedelta(minutes=30),
        ends=wall + timedelta(minutes=45),
        reaches=(Reach(),),
    )
    (reason,) = against(book(blocks=[block]))
    assert (reason.code, reason.noun, reason.key) == ("BLOCK", "block", 9)
    assert (reason.from_at, reason.until) == (TEN + timedelta(minutes=30), TEN + timedelta(minutes=45))


@pytest.mark.parametrize(
    ("taken", "expected"),
    [
        (row(0, 60), ("APPOINTMENT", "appointment", 5)),
        (row(-30, 1), ("APPOINTMENT", "appointment", 5)),
        (row(59, 90, kind="hold", owner="hold:8", begins=AT + 59), ("HOLD", "hold", 8)),
        (row(10, 20, kind="external", owner="external:2", begins=None), ("EXTERNAL", "external", 2)),
        (row(10, 20, kind="session", owner="session:2"), ("SESSION", "session", 2)),
        # Only the ten minutes kept free after it, or its own before it, are in the way.
        (row(65, 90), ("BUFFER", "appointment", 5)),
        (row(55, 90, begins=AT + 60), ("BUFFER", "appointment", 5)),
    ],
)
def test_what_takes_the_time_is_named(taken: Taken, expected: tuple[str, str, int]) -> None:
    """By its noun and key, with the stretch it takes."""
    (reason,) = against(None, service(buffer_after_minutes=10), taken)
    assert (reason.code, reason.noun, reason.key) == expected
    assert (reason.from_at, reason.until) == (
        TEN + timedelta(minutes=taken.start - AT),
        TEN + timedelta(minutes=taken.end - AT),
    )


def test_a_hold_that_has_run_out_takes_nothing() -> None:
    """At the very second at which it ends."""
    held = row(0, 60, kind="hold", owner="hold:8", expires_at=NOW)
    assert against(None, None, held) == []
    assert codes(against(None, None, held, now=NOW - timedelta(seconds=1))) == ["HOLD"]


def test_a_session_has_the_seats_that_are_left() -> None:
    """Joined where they suffice, though the provider is taken and the day is full; else refused."""
    group = service(capacity=4, daily_limit=1)
    session = row(0, 60, kind="session", owner="session:2", service_id=3, seats_left=2, length=60)
    assert against(None, group, session, seats=2) == []
    assert codes(against(None, group, session, seats=3)) == ["CAPACITY"]
    assert codes(against(None, group, session, at=60)) == ["DAILY_LIMIT"]
    assert codes(against(None, service(service_id=4, capacity=4), session)) == ["SESSION"]


def test_a_limit_of_the_day_and_a_gap_too_short() -> None:
    """One appointment at nine: a second is too many, and one at 10:30 would leave half an hour."""
    nine = row(-60, 0)
    assert codes(against(None, service(daily_limit=1), nine)) == ["DAILY_LIMIT"]
    assert codes(against(None, service(no_gap_minutes=45), nine, at=30)) == ["NO_GAP"]
    assert against(None, service(no_gap_minutes=30), nine, at=30) == []


def test_the_location_is_where_the_hours_are() -> None:
    """At home by standing hours; at the annexe where a schedule says so; nowhere at night."""
    annexe = ScheduleRules(
        schedule_id=1, weekly_hours=every_day(540, 720), provider_id=7, location_id=ANNEXE, first=MONDAY
    )
    rules = book(schedules=[annexe])
    before = AT - 1_440
    assert locations_at(rules, 7, None, before, 60, for_staff=False) == [HOME]
    assert locations_at(rules, 7, None, AT, 60, for_staff=False) == [ANNEXE]
    assert locations_at(rules, 7, None, AT, 121, for_staff=False) == []
    assert against(rules) == []
    assert codes(against(rules, location_id=HOME)) == ["HOURS"]


def test_a_provider_who_is_not_there() -> None:
    """Is a reason, not an error."""
    wanted = service()
    reasons = reasons_against(
        book(), provider_id=8, service=wanted, demand=demand_for(wanted), start=AT, now=NOW, taken=()
    )
    assert codes(reasons) == ["PROVIDER"]
