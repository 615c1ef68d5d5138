"""The engine, the sweep and the minutes that somebody wrote down: one rule at a time, and on one engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.availability.bits import Engine, Found, Shelf, within_limits
from core.availability.demand import demand_for
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import (
    BlockRules,
    Reach,
    ResourceNeed,
    ResourceRules,
    Rulebook,
    ScheduleRules,
    Segment,
    SlotRule,
    Taken,
)
from core.availability.search import Search
from core.availability.sweep import starts
from tests.core.availability.in_memory import (
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    NOW,
    TEN,
    provider,
    row,
    salon,
    service,
)

DAY = 1_440
ROOMS = {
    80: ResourceRules(resource_id=80, capacity=2),
    81: ResourceRules(resource_id=81, capacity=1),
    82: ResourceRules(resource_id=82, capacity=9, location_id=2),
    83: ResourceRules(resource_id=83, capacity=1, location_id=HOME),
}


def need(*keys: int, quantity: int = 1) -> tuple[ResourceNeed, ...]:
    """So many of any of these."""
    return (ResourceNeed(resource_ids=keys, quantity=quantity),)


def fixed(*minutes: int) -> tuple[SlotRule, ...]:
    """Starts on Mondays, in minutes from ten."""
    at = tuple(600 + minute for minute in minutes)
    return (SlotRule(recurrence=Recurrence(frequency="WEEKLY"), start_times=at, anchor=MONDAY),)


def taken_room(key: int, start: int, end: int, quantity: int = 1) -> Taken:
    """A room's time, in minutes from ten."""
    return Taken(resource_id=key, start=AT + start, end=AT + end, quantity=quantity, begins=AT + start)


def session(start: int, end: int, left: int, **more: Any) -> Taken:
    """An open session of Mara's for the service that is asked for."""
    given = {"kind": "session", "owner": "session:1", "service_id": 3, "seats_left": left}
    return row(MARA, start, end, **{**given, **more})


BREAK = (
    Segment(minutes=20),
    Segment(minutes=20, provider_is_busy=False),
    Segment(minutes=20, needs=need(81)),
)
HOURLY = [0, 60, 120, 180]

CASES: list[tuple[str, dict[str, Any], list[Taken], list[int]]] = [
    ("an hour on the hour", {}, [], HOURLY),
    ("a length off the five minutes", {"duration_minutes": 62}, [], [0, 60, 120]),
    ("what just fits", {"duration_minutes": 240}, [], [0]),
    ("what does not fit", {"duration_minutes": 241}, [], []),
    ("a grid off the five minutes", {"step_minutes": 47}, [], [0, 47, 94, 141]),
    ("taken in the middle", {}, [row(MARA, 61, 62)], [0, 120, 180]),
    ("taken up to a start", {}, [row(MARA, 30, 60)], [60, 120, 180]),
    ("taken from an end on", {}, [row(MARA, 60, 90)], [0, 120, 180]),
    ("taken for a night and a day", {}, [row(MARA, -900, 121)], [180]),
    ("a buffer before", {"buffer_before_minutes": 10}, [row(MARA, -5, 0)], [60, 120, 180]),
    ("a buffer after", {"buffer_after_minutes": 10}, [row(MARA, 240, 241)], [0, 60, 120]),
    ("a buffer off the five minutes", {"buffer_after_minutes": 3}, [row(MARA, 122, 125)], [0, 180]),
    ("a buffer that is clear", {"buffer_after_minutes": 3}, [row(MARA, 123, 125)], [0, 60, 180]),
    ("a break that others use", {"segments": BREAK}, [row(MARA, 20, 40)], [0, 60, 120, 180]),
    ("a break that is too short for others", {"segments": BREAK}, [row(MARA, 20, 41)], [60, 120, 180]),
    ("a room for the last part", {"segments": BREAK}, [taken_room(81, 40, 41)], [60, 120, 180]),
    ("a room not needed yet", {"segments": BREAK}, [taken_room(81, 0, 40)], HOURLY),
    (
        "one of two rooms",
        {"needs": need(81, 83)},
        [taken_room(81, 0, 90), taken_room(83, 60, 90)],
        [0, 120, 180],
    ),
    ("two units of two", {"needs": need(80, quantity=2)}, [taken_room(80, 60, 61)], [0, 120, 180]),
    ("a unit of two", {"needs": need(80)}, [taken_room(80, 60, 61), taken_room(80, 0, 1, 2)], [60, 120, 180]),
    ("three units of two", {"needs": need(80, quantity=3)}, [], []),
    ("a room elsewhere", {"needs": need(82)}, [], []),
    ("a room that is gone", {"needs": need(99)}, [], []),
    ("a room that is gone and another", {"needs": need(99, 82, 83)}, [], HOURLY),
    (
        "a room until the buffer's end",
        {"needs": need(81), "buffer_after_minutes": 5, "buffer_before_minutes": 5},
        [taken_room(81, 64, 70), taken_room(81, 185, 186)],
        [120],
    ),
    ("fixed starts", {"slot_rules": fixed(35, 95, 185)}, [], [35, 95]),
    ("fixed starts off the five minutes", {"slot_rules": fixed(1, 62)}, [], [1, 62]),
    ("fixed starts in taken time", {"slot_rules": fixed(0, 60)}, [row(MARA, 30, 40)], [60]),
    ("fixed starts outside hours", {"slot_rules": fixed(-5, 181)}, [], []),
    ("a limit that is reached", {"daily_limit": 1}, [row(MARA, 0, 60)], []),
    ("a limit not reached", {"daily_limit": 2}, [row(MARA, 0, 60)], [60, 120, 180]),
    (
        "two parts of one appointment are one",
        {"daily_limit": 2},
        [row(MARA, 0, 20), row(MARA, 40, 60, begins=AT)],
        [60, 120, 180],
    ),
    (
        "two at one time are two",
        {"daily_limit": 2},
        [row(MARA, 0, 20), row(MARA, 40, 60, begins=AT, owner="appointment:6")],
        [],
    ),
    (
        "the other calendar is not counted",
        {"daily_limit": 1},
        [row(MARA, 0, 60, begins=None)],
        [60, 120, 180],
    ),
    ("another day is not counted", {"daily_limit": 1}, [row(MARA, 840, 900), row(MARA, -660, -601)], HOURLY),
    ("the day's first minute is counted", {"daily_limit": 1}, [row(MARA, -600, -599)], []),
    ("the day's last minute is counted", {"daily_limit": 1}, [row(MARA, 839, 850)], []),
    ("a limit of none", {"daily_limit": 0}, [], []),
    ("a gap before", {"no_gap_minutes": 60, "step_minutes": 30}, [], [0, 60, 90, 120, 180]),
    ("a gap beside taken time", {"no_gap_minutes": 60, "step_minutes": 30}, [row(MARA, 90, 120)], [120, 180]),
    ("a gap by a minute", {"no_gap_minutes": 60}, [row(MARA, 0, 1)], [120, 180]),
    ("no gap by a minute", {"no_gap_minutes": 59}, [row(MARA, 0, 1)], [60, 120, 180]),
    ("a gap after by a minute", {"no_gap_minutes": 60}, [row(MARA, 179, 240)], [0]),
    ("no gap after by a minute", {"no_gap_minutes": 59}, [row(MARA, 179, 240)], [0, 60]),
    (
        "a gap next to buffers",
        {"no_gap_minutes": 30, "buffer_after_minutes": 15},
        [row(MARA, 180, 240)],
        [0, 60],
    ),
    (
        "a gap before a buffer",
        {"no_gap_minutes": 30, "buffer_before_minutes": 15},
        [row(MARA, 0, 20)],
        [120, 180],
    ),
    (
        "a length that its buffer rounds up",
        {"duration_minutes": 62, "buffer_after_minutes": 3},
        [],
        [0, 60, 120],
    ),
    (
        "sessions of others before it",
        {"capacity": 3},
        [session(0, 60, 2, service_id=4), session(60, 120, 2), session(181, 241, 2)],
        [60, 120],
    ),
    ("seats of a group", {"capacity": 3}, [], HOURLY),
    ("an open session", {"capacity": 3}, [session(60, 120, 2)], HOURLY),
    ("a session that is full", {"capacity": 3}, [session(60, 120, 0)], [0, 120, 180]),
    ("a session off the grid", {"capacity": 3}, [session(33, 93, 1)], [33, 120, 180]),
    ("a session of another service", {"capacity": 3}, [session(60, 120, 2, service_id=4)], [0, 120, 180]),
    ("a session that tells no seats", {"capacity": 3}, [session(60, 120, 2, seats_left=None)], [0, 120, 180]),
    ("a session before hours", {"capacity": 3}, [session(-60, 0, 2)], HOURLY),
    ("a session over the end of hours", {"capacity": 3}, [session(181, 241, 2)], [0, 60, 120]),
    ("a session to the end of hours", {"capacity": 3}, [session(180, 240, 2)], HOURLY),
    ("a session on a full day", {"capacity": 3, "daily_limit": 1}, [session(60, 120, 2)], [60]),
]
BY_NAME = {name: (rules, rows, expected) for name, rules, rows, expected in CASES}


def shop(*services: Any, **more: Any) -> Rulebook:
    """Mara alone, from ten to two on Mondays."""
    given = {
        "weekly_hours": {"monday": [[600, 840]]},
        "providers": {MARA: provider(MARA)},
        "resources": ROOMS,
        "schedules": [],
    }
    return salon(*services, **{**given, **more})


def search_for(book: Rulebook, key: int, **more: Any) -> Search:
    """A service, with Mara at home."""
    wanted = book.services[key]
    given = {"provider_id": MARA, "location_id": HOME, "now": NOW, "demand": demand_for(wanted)}
    return Search(service=wanted, **{**given, **more})


def masks(engine: Engine, search: Search, rows: Sequence[Taken], begin: int, end: int) -> Found:
    """What the engine finds in [begin, end), in minutes from ten."""

    def shelf(key: int) -> Shelf:
        return Shelf([one for one in rows if one.resource_id == key])

    return engine.found(search, AT + begin, AT + end, shelf)


def both(
    book: Rulebook, search: Search, rows: Sequence[Taken], begin: int = -600, end: int = 840
) -> list[int]:
    """What engine and sweep say alike, in minutes from ten."""
    found = masks(Engine(book), search, rows, begin, end)
    assert found.starts() == starts(book, search, rows, AT + begin, AT + end)
    return [minute - AT for minute in found.minutes()]


@pytest.mark.parametrize("name", BY_NAME)
def test_one_rule_at_a_time(name: str) -> None:
    """On a Monday from ten to two."""
    rules, rows, expected = BY_NAME[name]
    book = shop(service(**rules))
    assert both(book, search_for(book, 3), rows) == expected


def test_one_engine_answers_any_question_after_any_other() -> None:
    """What it keeps of one service, length or range does not answer for another."""
    book = shop(*(service(key, **rules) for key, (_, rules, _, _) in enumerate(CASES)))
    engine = Engine(book)
    for _ in range(2):
        for key, (name, _, rows, expected) in enumerate(CASES):
            mine = [one._replace(service_id=key) if one.service_id == 3 else one for one in rows]
            found = masks(engine, search_for(book, key), mine, -600, 840)
            assert [minute - AT for minute in found.minutes()] == expected, name
    plain = search_for(book, 0)
    for begin, end, expected in ((-600, 61, [0, 60]), (1, 840, [60, 120, 180]), (60, 180, [60, 120])):
        assert [minute - AT for minute in masks(engine, plain, [], begin, end).minutes()] == expected
        longer = replace(plain, demand=demand_for(book.services[0], 75))
        assert [minute - AT for minute in masks(engine, longer, [], begin, end).minutes()] == [
            minute for minute in expected if minute < 180
        ]


def test_one_engine_knows_people_services_and_doors_apart() -> None:
    """Hours of others, of a service, and for staff alone; asked in turn, twice."""
    both_hours = [
        ScheduleRules(
            schedule_id=1, provider_id=MARA, weekly_hours=every_day(600, 720), service_ids=frozenset({3})
        ),
        ScheduleRules(schedule_id=2, provider_id=MARA, weekly_hours=every_day(720, 840), is_public=False),
    ]
    people = {MARA: provider(MARA), KAI: provider(KAI, weekly_hours={"monday": [[660, 780]]})}
    book = shop(service(), service(4), providers=people, schedules=both_hours)
    engine = Engine(book)
    for _ in range(2):
        for key, who, for_staff, expected in (
            (3, MARA, False, [0, 60]),
            (4, MARA, False, []),
            (3, MARA, True, HOURLY),
            (4, MARA, True, [120, 180]),
            (3, KAI, False, [60, 120]),
            (4, KAI, False, [60, 120]),
        ):
            search = search_for(book, key, provider_id=who, for_staff=for_staff)
            assert [minute - AT for minute in masks(engine, search, [], -600, 840).minutes()] == expected


def test_one_shelf_answers_for_every_range_capacity_and_quantity() -> None:
    """What it keeps of one does not answer for another."""
    shelf = Shelf([taken_room(80, 60, 120)])
    book = shop(
        *(service(key, needs=need(80, quantity=key)) for key in (1, 2)),
        service(4, duration_minutes=62, needs=need(80)),
    )
    engine, nothing = Engine(book), Shelf(())
    for _ in range(2):
        for key, end, expected in (
            (1, 840, HOURLY),
            (2, 840, [0, 120, 180]),
            (4, 840, [0, 60, 120]),
            (2, 180, [0, 120]),
            (1, 180, [0, 60, 120]),
        ):
            found = engine.found(
                search_for(book, key), AT - 600, AT + end, lambda one: shelf if one == 80 else nothing
            )
            assert [minute - AT for minute in found.minutes()] == expected


def test_an_engine_keeps_what_it_compiled() -> None:
    """Asked again it grows no further; a question about other days makes it grow."""
    book = shop(service(), service(4, slot_rules=fixed(0, 60)))
    engine = Engine(book)
    assert engine.size == 0
    for key in (3, 4):
        masks(engine, search_for(book, key), [], 0, DAY)
        size = engine.size
        assert size > 0
        masks(engine, search_for(book, key), [], 0, DAY)
        assert engine.size == size
        masks(engine, search_for(book, key), [], 0, 2 * DAY)
        assert engine.size > size
    engine.forget()
    assert engine.size == 0


@pytest.mark.parametrize(
    ("rules", "more", "expected"),
    [
        ({"allow_booking": False}, {}, []),
        ({"allow_booking": False}, {"for_staff": True}, HOURLY),
        ({"provider_ids": frozenset({8})}, {"for_staff": True}, []),
        ({"capacity": 3}, {"seats": 3}, HOURLY),
        ({"capacity": 3}, {"seats": 4}, []),
        ({"capacity": 3}, {"seats": 0}, []),
        ({}, {"seats": 2}, []),
    ],
)
def test_who_asks_and_for_how_many(rules: dict[str, Any], more: dict[str, Any], expected: list[int]) -> None:
    """The door, and the seats; what is not offered is no start in any bit."""
    book = shop(service(**rules))
    search = search_for(book, 3, **more)
    assert both(book, search, []) == expected
    found = masks(Engine(book), search, [], 0, 240)
    assert (found.mask == 0) is (expected == [])


@pytest.mark.parametrize(
    ("seats", "expected"), [(1, {0: 3, 60: 2, 180: 3}), (2, {0: 3, 60: 2, 180: 3}), (3, {0: 3, 180: 3})]
)
def test_seats_left_are_told(seats: int, expected: dict[int, int]) -> None:
    """All of a fresh start, some of a session; a session without enough of them is no start at all."""
    book = shop(service(capacity=3))
    rows = [session(60, 120, 2), session(120, 180, 0, owner="session:2")]
    search = search_for(book, 3, seats=seats)
    assert both(book, search, rows) == list(expected)
    found = masks(Engine(book), search, rows, -600, 840)
    assert {minute: found.starts_at(AT + minute) for minute in (0, 30, 60, 180)} == {
        minute: expected.get(minute, 0) for minute in (0, 30, 60, 180)
    }


@pytest.mark.parametrize(
    ("begin", "end", "expected"),
    [(60, 180, [60, 120]), (61, 181, [120, 180]), (60, 61, [60]), (61, 120, []), (-3, 1, [0]), (0, 0, [])],
)
def test_a_range_holds_its_first_minute_and_not_its_last(begin: int, end: int, expected: list[int]) -> None:
    """Of starts on the grid, fixed starts and open sessions alike."""
    book = shop(service(), service(4, slot_rules=fixed(*HOURLY)), service(5, capacity=2))
    for key in (3, 4):
        assert both(book, search_for(book, key), [], begin, end) == expected
    rows = [session(minute, minute + 60, 1, service_id=5, owner=f"session:{minute}") for minute in HOURLY]
    assert both(book, search_for(book, 5), rows, begin, end) == expected


def test_limits_are_the_callers() -> None:
    """A mask knows no now; within limits it ends at the last minute of the horizon, which is included."""
    book = shop(service(notice_minutes=60, horizon_minutes=120))
    search = search_for(book, 3, now=TEN)
    found = masks(Engine(book), search, [], -600, 840)
    assert [minute - AT for minute in found.minutes()] == HOURLY
    assert [minute - AT for minute in within_limits(found, search).minutes()] == [60, 120]
    late = search_for(book, 3, now=TEN + timedelta(minutes=-60, seconds=1))
    assert [minute - AT for minute in within_limits(found, late).minutes()] == [60]


def test_shifts_that_open_off_the_five_minutes() -> None:
    """The grid counts from each opening; a block cuts, and what it leaves must hold the whole hour."""
    hours = {"monday": [[603, 700], [720, 840]]}
    lunch = BlockRules(
        block_id=1,
        starts=TEN.replace(tzinfo=None) + timedelta(minutes=125),
        ends=TEN.replace(tzinfo=None) + timedelta(minutes=126),
        reaches=(Reach(),),
    )
    book = shop(service(step_minutes=30), weekly_hours=hours)
    assert both(book, search_for(book, 3), []) == [3, 33, 120, 150, 180]
    book = shop(service(step_minutes=30), weekly_hours=hours, blocks=[lunch])
    assert both(book, search_for(book, 3), []) == [3, 33, 150, 180]
    picky = shop(service(step_minutes=30, no_gap_minutes=30), weekly_hours=hours, blocks=[lunch])
    assert both(picky, search_for(picky, 3), []) == [3, 180]


def test_days_are_the_places_own_for_a_limit() -> None:
    """In New York a day begins at five in UTC: what begins before belongs to the day before."""
    places = {HOME: salon().locations[HOME].__class__(location_id=HOME, time_zone="America/New_York")}
    book = shop(service(daily_limit=1), locations=places, weekly_hours=every_day(300, 540))
    search = search_for(book, 3)
    assert both(book, search, [row(MARA, -301, -300)]) == [0, 60, 120, 180]
    assert both(book, search, [row(MARA, -300, -299)]) == []
