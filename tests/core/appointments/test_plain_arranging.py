"""Where and with whose session an appointment is arranged, what a refusal says, and who sits down: decisions."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from core.appointments.appointment import OutsidePolicy, SlotTaken, Wanted
from core.appointments.arrange import Arrangement, Asked, arrange, refusal, settle
from core.appointments.group_session import join, open_session
from core.appointments.ledger import APPOINTMENT, Allocation, NoRoom, Owner
from core.appointments.open_ledger import OpenLedger, Placed
from core.appointments.terms import Terms
from core.availability.demand import demand_for, demand_of
from core.availability.explain import POLICY_CODES, Reason
from core.availability.hours import every_day
from core.availability.recurrence import Recurrence
from core.availability.rulebook import (
    LocationRules,
    ResourceNeed,
    ResourceRules,
    ScheduleRules,
    ServiceRules,
    SlotRule,
    Taken,
)
from tests.core.appointments.on_paper import Paper, allocated, facts, session
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    MONDAY,
    NOW,
    TEN,
    later,
    row,
    salon,
    service,
)

FREE = {700: 1, 800: 1, 900: 1, 80: 2}
HOUR = demand_of(60)
BOTH = [
    ScheduleRules(
        schedule_id=key,
        weekly_hours=every_day(600, 720),
        provider_id=KAI,
        location_id=place,
        is_public=public,
    )
    for key, place, public in ((1, HOME, False), (2, ANNEXE, True))
]
"""Kai at the annexe and, for staff, at home in the same hours."""


def ledger(*rows: Taken) -> OpenLedger:
    """Everybody's time and two rooms, locked."""
    return OpenLedger(capacity=dict(FREE), taken=list(rows))


def terms(wanted: ServiceRules | None = None, **more: Any) -> Terms:
    """The salon's, for a service or for none."""
    return Terms(facts=facts(), rules=salon(*([wanted] if wanted else []), **more), service=wanted)


def place_of(found: Any) -> int:
    """Where an arrangement is."""
    assert isinstance(found, Arrangement)
    return found.location_id


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ANNEXE),
        ({"for_staff": True}, HOME),
        ({"within_policies": False}, HOME),
        ({"for_staff": True, "stays_at": ANNEXE}, ANNEXE),
        ({"for_staff": True, "stays_at": HOME}, HOME),
        ({"for_staff": True, "stays_at": 99}, HOME),
        ({"for_staff": True, "location_id": ANNEXE}, ANNEXE),
        ({"for_staff": True, "location_id": ANNEXE, "stays_at": HOME}, ANNEXE),
    ],
)
def test_where_somebody_is_who_works_at_two_places(more: dict[str, Any], expected: int) -> None:
    """Where it is said, else where it stays, else at home; of the public's hours for the public."""
    asked = Asked(demand=HOUR, **more)
    assert place_of(arrange(ledger(), terms(schedules=BOTH), asked, KAI, AT, NOW)) == expected


@pytest.mark.parametrize(("stays_at", "expected"), [(None, HOME), (ANNEXE, ANNEXE), (99, HOME)])
def test_outside_all_hours_it_stays_or_is_at_home(stays_at: int | None, expected: int) -> None:
    """By the staff door, at three in the morning; a place that is gone is none."""
    asked = Asked(demand=HOUR, stays_at=stays_at, within_policies=False)
    assert place_of(arrange(ledger(), terms(), asked, KAI, AT - 420, NOW)) == expected


def test_the_next_place_is_tried_where_the_first_has_no_room() -> None:
    """The room at home is taken; where neither has one, the reasons of the first are told."""
    need = ResourceNeed(resource_ids=(81, 82))
    rooms = {
        81: replace(salon().resources[80], resource_id=81, capacity=1, location_id=HOME),
        82: replace(salon().resources[80], resource_id=82, capacity=1, location_id=ANNEXE),
    }
    asked = Asked(demand=demand_of(60, needs=(need,)), for_staff=True)
    given = terms(schedules=BOTH, resources=rooms)
    home_taken = Taken(resource_id=81, start=AT, end=AT + 60, owner="appointment:5")
    annexe_taken = home_taken._replace(resource_id=82)
    opened = ledger(home_taken)
    opened.capacity |= {81: 1, 82: 1}
    found = arrange(opened, given, asked, KAI, AT, NOW)
    assert place_of(found) == ANNEXE
    assert isinstance(found, Arrangement)
    assert (found.provider_id, found.start, found.session_id) == (KAI, AT, None)
    assert found.placed == [
        Placed(resource_id=800, starts_minute=AT, ends_minute=AT + 60, quantity=1),
        Placed(resource_id=82, starts_minute=AT, ends_minute=AT + 60, quantity=1),
    ]
    opened.taken.append(annexe_taken)
    refused = arrange(opened, given, asked, KAI, AT, NOW)
    assert isinstance(refused, list)
    assert [reason.code for reason in refused] == ["RESOURCE"]


def test_what_stands_against_it_is_told_of_the_first_place() -> None:
    """Kai's time is taken, whichever place; somebody who is not there has no reasons."""
    asked = Asked(demand=HOUR, for_staff=True)
    refused = arrange(ledger(row(KAI, 30, 90)), terms(schedules=BOTH), asked, KAI, AT, NOW)
    assert isinstance(refused, list)
    assert [reason.code for reason in refused] == ["APPOINTMENT"]
    assert arrange(ledger(), terms(), asked, 99, AT, NOW) == []


def test_the_reasons_are_those_of_the_first_place() -> None:
    """At home it is Kai's second that day; in Auckland it is the night before, and the room is elsewhere."""
    zones = {HOME: "UTC", ANNEXE: "Pacific/Auckland"}
    hours = {HOME: every_day(600, 840), ANNEXE: every_day(1_320, 1_440)}
    limited = service(daily_limit=1, needs=(ResourceNeed(resource_ids=(81,)),))
    given = terms(
        limited,
        locations={key: LocationRules(location_id=key, time_zone=zone) for key, zone in zones.items()},
        schedules=[
            ScheduleRules(schedule_id=key, weekly_hours=own, provider_id=KAI, location_id=key)
            for key, own in hours.items()
        ],
        resources={81: ResourceRules(resource_id=81, capacity=1, location_id=HOME)},
    )
    asked = Asked(demand=demand_for(limited))
    opened = OpenLedger(capacity={**FREE, 81: 1}, taken=[row(KAI, 120, 150)])
    for place, expected in ((None, ["DAILY_LIMIT"]), (HOME, ["DAILY_LIMIT"]), (ANNEXE, ["RESOURCE"])):
        refused = arrange(opened, given, replace(asked, location_id=place), KAI, AT, NOW)
        assert isinstance(refused, list)
        assert [reason.code for reason in refused] == expected


def test_hours_are_those_of_the_place_that_is_asked_for() -> None:
    """Kai works at the annexe at ten, and not at home."""
    asked = Asked(demand=HOUR, location_id=ANNEXE)
    assert place_of(arrange(ledger(), terms(), asked, KAI, AT, NOW)) == ANNEXE
    refused = arrange(ledger(), terms(), replace(asked, location_id=HOME), KAI, AT, NOW)
    assert isinstance(refused, list)
    assert [reason.code for reason in refused] == ["HOURS"]


def test_the_staff_door_asks_only_the_ledger_and_the_rules_that_it_heeds() -> None:
    """Taken time has no reasons there; of several rules those that are named."""
    closed = terms(service(notice_minutes=60 * 24 * 30))
    start = AT - 420
    for heeding, expected in (
        (frozenset(), None),
        (frozenset({"HOURS"}), ["HOURS"]),
        (frozenset({"HOURS", "NOTICE"}), ["NOTICE", "HOURS"]),
        (frozenset({"GRID"}), None),
    ):
        asked = Asked(demand=HOUR, within_policies=False, heeding=heeding)
        found = arrange(ledger(), closed, asked, MARA, start, NOW)
        if expected is None:
            assert isinstance(found, Arrangement)
        else:
            assert isinstance(found, list)
            assert [reason.code for reason in found] == expected
    asked = Asked(demand=HOUR, within_policies=False)
    assert arrange(ledger(row(MARA, 0, 60)), closed, asked, MARA, AT, NOW) == []


def test_between_the_starts_of_a_grid_everything_may_be_booked_and_fixed_starts_bind() -> None:
    """Half past ten, of a service that begins on the hour, and of one that begins at noon alone."""
    at_noon = (SlotRule(recurrence=Recurrence(frequency="DAILY"), start_times=(720,), anchor=MONDAY),)
    asked = Asked(demand=HOUR)
    given: dict[str, Any] = {}
    for expected in (None, ["GRID"]):
        found = arrange(ledger(), terms(service(**given)), asked, MARA, AT + 30, NOW)
        if expected is None:
            assert isinstance(found, Arrangement)
        else:
            assert isinstance(found, list)
            assert [reason.code for reason in found] == expected
        given["slot_rules"] = at_noon
    assert isinstance(arrange(ledger(), terms(), asked, MARA, AT + 30, NOW), Arrangement)


def test_seats_are_asked_for_where_a_session_is_open() -> None:
    """As many as are left will do, of the same service at the same minute; then nothing is placed."""
    group = service(capacity=8)
    open_one = row(MARA, 0, 60, kind="session", owner="session:2", service_id=3, seats_left=2)
    for seats, is_joined in ((2, True), (3, False)):
        found = arrange(ledger(open_one), terms(group), Asked(demand=HOUR, seats=seats), MARA, AT, NOW)
        if is_joined:
            assert found == Arrangement(provider_id=MARA, start=AT, location_id=HOME, placed=[], session_id=2)
        else:
            assert isinstance(found, list)
            assert [reason.code for reason in found] == ["CAPACITY"]


def test_a_service_that_is_no_group_any_more_joins_no_session() -> None:
    """What is left of the time when it was one only takes the time."""
    open_one = row(MARA, 0, 60, kind="session", owner="session:2", service_id=3, seats_left=2)
    asked = Asked(demand=HOUR, within_policies=False)
    assert arrange(ledger(open_one), terms(service()), asked, MARA, AT, NOW) == []
    pair = arrange(ledger(open_one), terms(service(capacity=2)), asked, MARA, AT, NOW)
    assert isinstance(pair, Arrangement)
    assert pair.session_id == 2


def test_a_session_is_of_its_service_its_provider_and_its_start() -> None:
    """Any other row is none, wherever it stands among them."""
    others = [
        row(MARA, 0, 60, owner="appointment:1", service_id=3),
        row(KAI, 0, 60, kind="session", owner="session:1", service_id=3),
        row(MARA, 0, 60, kind="session", owner="session:4", service_id=4),
        row(MARA, 60, 120, kind="session", owner="session:5", service_id=3),
    ]
    mine = row(MARA, 0, 60, kind="session", owner="session:12", service_id=3)
    assert open_session(ledger(*others), 700, service(), AT) is None
    assert open_session(ledger(*others, mine), 700, service(), AT) == 12


@pytest.mark.parametrize(
    ("left", "duration", "seats", "fits"),
    [(2, 60, 2, True), (2, 60, 3, False), (2, 61, 2, False), (1, 59, 3, False)],
)
async def test_whoever_joins_fits_in_and_stays_as_long_as_the_others(
    left: int, duration: int, seats: int, fits: bool
) -> None:
    """Too few seats or another length is no room, each by itself."""
    rows = [
        row(MARA, 0, 60, kind="session", owner="session:21", service_id=3, seats_left=8),
        row(MARA, 0, 60, kind="session", owner="session:2", service_id=3, seats_left=left),
    ]
    opened, paper = ledger(*rows), Paper(salon(), there=[session()])
    if not fits:
        with pytest.raises(NoRoom):
            await join(paper.uow, opened, 2, duration=duration, seats=seats)
        assert opened.capacity == FREE
        return
    seated = await join(paper.uow, opened, 2, duration=duration, seats=seats)
    assert (seated.session_id, seated.location_id) == (2, HOME)
    assert seated.seat == Placed(resource_id=90, starts_minute=AT, ends_minute=AT + 60, quantity=seats)
    assert opened.capacity == {**FREE, 90: 8}


async def test_what_is_written_counts_at_once() -> None:
    """As a row of the ledger, by whom it belongs to, and as an allocation; exclusive where there is one unit."""
    placed = [
        Placed(resource_id=700, starts_minute=AT - 5, ends_minute=AT + 60, quantity=1),
        Placed(resource_id=80, starts_minute=AT, ends_minute=AT + 60, quantity=2),
    ]
    opened, paper = ledger(), Paper(salon())
    owner = Owner(kind=APPOINTMENT, begins_minute=AT, service_id=3, appointment_id=5)
    await opened.write(paper.uow, placed, owner)
    mine: dict[str, Any] = {"appointment_id": 5, "service_id": 3}
    assert paper.kept(Allocation) == [
        allocated(1_001, 700, -5, 60, **mine),
        allocated(1_002, 80, 0, 60, quantity=2, is_exclusive=False, **mine),
    ]
    shared: dict[str, Any] = {"kind": "appointment", "owner": "appointment:5", "begins": AT, "service_id": 3}
    assert opened.taken == [
        Taken(resource_id=700, start=AT - 5, end=AT + 60, quantity=1, **shared),
        Taken(resource_id=80, start=AT, end=AT + 60, quantity=2, **shared),
    ]
    assert paper.heard("touch") == [("touch", [80, 700])]
    for other, expected in (
        (Owner(kind="hold", begins_minute=AT, hold_id=6), "hold:6"),
        (Owner(kind="session", begins_minute=AT, group_session_id=2), "session:2"),
    ):
        opened = ledger()
        await opened.write(paper.uow, placed[:1], other)
        assert [(one.kind, one.owner) for one in opened.taken] == [(other.kind, expected)]


@pytest.mark.parametrize("seats", [1, 9])
async def test_where_the_database_or_the_session_has_no_room_the_time_is_taken(seats: int) -> None:
    """With what was wanted; of a group where too few seats are left by then."""
    group = seats > 1
    wanted = service(capacity=8 if group else 1)
    left = row(MARA, 0, 60, kind="session", owner="session:2", service_id=3, seats_left=8)
    paper = Paper(salon(wanted), there=[session()])

    async def flush() -> None:
        raise NoRoom

    if not group:
        paper.flush = flush  # type: ignore[method-assign]
    placed = [Placed(resource_id=700, starts_minute=AT, ends_minute=AT + 60, quantity=1)]
    found = Arrangement(
        provider_id=MARA, start=AT, location_id=HOME, placed=placed, session_id=2 if group else None
    )
    owner = Owner(kind=APPOINTMENT, begins_minute=AT, appointment_id=5)
    asked = Asked(demand=HOUR, seats=seats, among=(KAI, MARA))
    with pytest.raises(SlotTaken) as refused:
        await settle(paper.uow, ledger(left), terms(wanted), asked, found, owner)
    assert (refused.value.provider_id, refused.value.starts_at) == (MARA, TEN)
    assert refused.value.wanted is not None
    assert (refused.value.wanted.provider_ids, refused.value.wanted.seats) == ((KAI, MARA), seats)
    assert paper.heard("touch") == []


WANTED = Wanted(
    provider_ids=(MARA,),
    together=False,
    starts_at=TEN,
    demand=HOUR,
    service_id=None,
    location_id=None,
    seats=1,
    for_staff=False,
)


@pytest.mark.parametrize("code", sorted(POLICY_CODES))
def test_a_rule_that_refuses_one_time_and_not_another_is_told_with_what_was_wanted(code: str) -> None:
    """The horizon is told with its end; a rule that no other time would meet with nothing."""
    error = refusal(terms(), Asked(demand=HOUR), MARA, AT, [Reason(code, "", until=NOW)])
    assert isinstance(error, OutsidePolicy)
    assert error.rule == code
    assert (error.starts_at, error.earliest) == (TEN, None)
    assert error.latest == (NOW if code == "HORIZON" else None)
    by_another_time = code in {
        "NOTICE",
        "HOURS",
        "OVERRIDE",
        "HOLIDAY",
        "BLOCK",
        "DAILY_LIMIT",
        "NO_GAP",
        "GRID",
    }
    assert error.wanted == (WANTED if by_another_time else None)


def test_a_rule_comes_before_what_is_taken() -> None:
    """Whatever the order of the reasons; without a rule the time is taken."""
    reasons = [Reason("APPOINTMENT", ""), Reason("HOURS", ""), Reason("GRID", "")]
    error = refusal(terms(), Asked(demand=HOUR), MARA, AT, reasons)
    assert isinstance(error, OutsidePolicy)
    assert error.rule == "HOURS"
    for others in ([], reasons[:1]):
        error = refusal(terms(), Asked(demand=HOUR), MARA, AT, others)
        assert isinstance(error, SlotTaken)
        assert (error.provider_id, error.starts_at, error.wanted, error.next_free) == (MARA, TEN, WANTED, [])


def test_what_was_wanted_is_all_that_was_asked() -> None:
    """The service, the place, the seats, everybody who was asked for, and the door."""
    group = service(capacity=8)
    asked = Asked(
        demand=demand_for(group),
        seats=2,
        location_id=ANNEXE,
        for_staff=True,
        among=(KAI, MARA),
        together=True,
    )
    error = refusal(terms(group), asked, MARA, AT + 60)
    assert isinstance(error, SlotTaken)
    assert error.starts_at == later(hours=1)
    assert error.wanted == Wanted(
        provider_ids=(KAI, MARA),
        together=True,
        starts_at=later(hours=1),
        demand=demand_for(group),
        service_id=3,
        location_id=ANNEXE,
        seats=2,
        for_staff=True,
    )
    door = refusal(terms(), Asked(demand=HOUR, within_policies=False), MARA, AT)
    assert door.wanted is not None
    assert door.wanted.for_staff is True
