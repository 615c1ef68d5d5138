"""What moving an appointment says to its transaction, word for word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import (
    AlreadyOver,
    AppointmentEdited,
    AppointmentRescheduled,
    OutsidePolicy,
    SlotTaken,
)
from core.appointments.edit import EditAppointment, Edited, edit
from core.appointments.group_session import GroupSession
from core.appointments.ledger import Allocation, Locked
from core.appointments.life import IllegalTransition
from core.appointments.reschedule import RescheduleAppointment, Rescheduled, reschedule
from core.availability.moving import Moving
from core.kernel.errors import Invalid, NotFound
from tests.core.appointments.on_paper import Paper, allocated, appointment, opened, told
from tests.core.availability.in_memory import (
    ANNEXE,
    AT,
    HOME,
    KAI,
    MARA,
    NOW,
    TEN,
    ZOE,
    later,
    row,
    salon,
    service,
)


def moved(**more: Any) -> AppointmentRescheduled:
    """The event of appointment 5, an hour at ten with Mara, that now begins at eleven; the client is told."""
    given: dict[str, Any] = {
        "appointment_id": 5,
        "from_starts_at": TEN,
        "from_ends_at": later(hours=1),
        "from_provider_id": MARA,
        "starts_at": later(hours=1),
        "ends_at": later(hours=2),
        "provider_id": MARA,
        "client_is_told": True,
    }
    return AppointmentRescheduled(**{**given, **more})


def move(**more: Any) -> RescheduleAppointment:
    """To eleven, unless something else is said."""
    return RescheduleAppointment(appointment_id=5, **(more or {"starts_at": later(hours=1)}))


async def test_a_move_lets_its_own_time_go_while_it_takes_the_new_one() -> None:
    """The appointment is locked, then the provider's time; what it takes is freed in the same breath."""
    there = appointment(service_id=3, buffer_after_minutes=15)
    paper = Paper(salon(service()), there=[there], free=[700])
    command = move()
    assert await reschedule(paper.ctx, command) == Rescheduled(appointment_id=5)
    locks, released, freed, taken = opened([700], 60, 135, moving=[5])
    assert paper.said == [
        ("earlier_answer", "appointment.reschedule", command, Rescheduled),
        ("get", "Appointment", 5, "locked"),
        ("company_of", 5),
        ("booking_facts", [MARA], None, None),
        ("changes", None, None),
        locks,
        released,
        freed,
        ("touch", [700]),
        taken,
        ("add", "Allocation"),
        ("touch", [700]),
        ("emit", moved()),
        ("answer", Rescheduled(appointment_id=5)),
    ]
    assert paper.kept(Allocation) == [
        allocated(1_001, 700, 60, 135, appointment_id=5, service_id=3, begins_minute=AT + 60)
    ]
    assert (there.starts_at, there.ends_at, there.duration_minutes) == (later(hours=1), later(hours=2), 60)
    assert (there.provider_id, there.location_id, there.updated_at) == (MARA, HOME, NOW)


@pytest.mark.parametrize(
    "more",
    [
        {"starts_at": TEN},
        {"duration_minutes": 60, "provider_id": MARA, "location_id": HOME},
        {"starts_at": TEN, "within_policies": False},
    ],
)
async def test_a_move_to_where_it_is_says_nothing(more: dict[str, Any]) -> None:
    """No lock but its own, no event, the time of the last change stays."""
    there = appointment()
    paper = Paper(salon(), there=[there])
    await reschedule(paper.ctx, move(**more))
    assert [line[0] for line in paper.said] == ["earlier_answer", "get", "answer"]
    assert there.updated_at == appointment().updated_at


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"provider_id": KAI},
            {"starts_at": TEN, "ends_at": later(hours=1), "provider_id": KAI},
        ),
        (
            {"duration_minutes": 90, "tell_client": False},
            {"starts_at": TEN, "ends_at": later(minutes=90), "client_is_told": False},
        ),
    ],
)
async def test_a_move_to_somebody_else_or_to_another_length(
    more: dict[str, Any], expected: dict[str, Any]
) -> None:
    """What is not said stays; the event names what was and what is."""
    there = appointment()
    paper = Paper(salon(schedules=[]), there=[there])
    await reschedule(paper.ctx, move(**more))
    assert paper.heard("emit") == [("emit", moved(**expected))]
    assert (there.provider_id, there.ends_at) == (expected.get("provider_id", MARA), expected["ends_at"])
    key = 100 * there.provider_id
    assert paper.heard("lock") == [("lock", [key], {"appointment_ids": [5], "hold_ids": []})]
    assert paper.heard("booking_facts") == [("booking_facts", [there.provider_id], None, None)]


async def test_the_others_of_a_collective_move_with_it_and_the_room_is_taken_once() -> None:
    """By what it was booked with; each of them at the new time."""
    there = appointment(needs=[{"resource_ids": [80], "quantity": 2}])
    paper = Paper(salon(schedules=[]), there=[there], company_of=[KAI])
    await reschedule(paper.ctx, move())
    assert paper.heard("lock") == [("lock", [80, 700, 800], {"appointment_ids": [5], "hold_ids": []})]
    mine: dict[str, Any] = {"appointment_id": 5, "begins_minute": AT + 60}
    assert paper.kept(Allocation) == [
        allocated(1_001, 700, 60, 120, **mine),
        allocated(1_002, 80, 60, 120, quantity=2, is_exclusive=False, **mine),
        allocated(1_003, 800, 60, 120, **mine),
    ]


async def test_another_times_of_a_collective_are_times_of_all_of_them() -> None:
    """Kai is taken at eleven: what is told instead is free for both."""
    there = appointment()
    rows = [row(KAI, 60, 120, owner="appointment:6"), row(MARA, 120, 180, owner="appointment:7")]
    paper = Paper(salon(schedules=[]), *rows, there=[there], company_of=[KAI])
    with pytest.raises(SlotTaken) as refused:
        await reschedule(paper.ctx, move())
    assert (refused.value.provider_id, refused.value.starts_at) == (KAI, later(hours=1))
    wanted = refused.value.wanted
    assert wanted is not None
    assert (wanted.provider_ids, wanted.together) == ((MARA, KAI), True)
    assert refused.value.next_free == [later(hours=-21), TEN, later(hours=3)]
    assert paper.is_kept is False


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (
            {"duration_minutes": 0},
            [("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes")],
        ),
        (
            {"duration_minutes": 1_441, "starts_at": NOW},
            [
                ("duration_minutes", "OUT_OF_RANGE", "must be 1 to 1440 minutes"),
                ("starts_at", "IN_THE_PAST", "must be in the future"),
            ],
        ),
        ({"duration_minutes": 50}, [("duration_minutes", "TOO_SHORT", "is too short for its parts")]),
        ({"provider_id": KAI}, [("provider_id", "TAKES_PART_ALREADY", "takes part in it already")]),
        (
            {"duration_minutes": 61},
            [("duration_minutes", "NOT_OFFERED", "must be a length that the service has")],
        ),
    ],
)
async def test_what_is_wrong_with_a_move(more: dict[str, Any], expected: list[tuple[str, str, str]]) -> None:
    """By path, code and sentence; nothing is locked but the appointment, and nothing changes."""
    parts = [
        {"minutes": 55, "provider_is_busy": True, "needs": []},
        {"minutes": 5, "provider_is_busy": True, "needs": []},
    ]
    there = appointment(service_id=3, segments=parts)
    paper = Paper(salon(service()), there=[there], company_of=[KAI])
    with pytest.raises(Invalid) as refused:
        await reschedule(paper.ctx, move(**more))
    assert told(refused.value) == expected
    assert (there.starts_at, there.duration_minutes, there.provider_id) == (TEN, 60, MARA)
    assert (paper.heard("lock", "emit"), paper.is_kept) == ([], False)


async def test_the_longest_and_the_shortest_that_can_be_moved_to() -> None:
    """A minute and a day, by the staff door."""
    for minutes in (1, 1_440):
        there = appointment()
        paper = Paper(salon(), there=[there])
        await reschedule(paper.ctx, move(duration_minutes=minutes, within_policies=False))
        assert there.duration_minutes == minutes


@pytest.mark.parametrize(
    ("service_given", "more", "rule"),
    [
        ({"rescheduling_notice_minutes": None}, {}, "RESCHEDULING"),
        ({"rescheduling_notice_minutes": 10_141}, {}, "RESCHEDULING_NOTICE"),
        ({"rescheduling_notice_minutes": 10_140}, {}, None),
        ({"rescheduling_notice_minutes": None}, {"within_policies": False}, None),
        ({"rescheduling_notice_minutes": None}, {"for_staff": True}, None),
    ],
)
async def test_the_public_moves_within_the_notice_of_the_service(
    service_given: dict[str, Any], more: dict[str, Any], rule: str | None
) -> None:
    """Seven days and an hour ahead; neither door of the staff asks."""
    there = appointment(service_id=3)
    paper = Paper(salon(service(**service_given)), there=[there])
    command = move(starts_at=later(hours=1), **more)
    if rule is None:
        await reschedule(paper.ctx, command)
        assert there.starts_at == later(hours=1)
        return
    with pytest.raises(OutsidePolicy) as refused:
        await reschedule(paper.ctx, command)
    assert (refused.value.rule, refused.value.starts_at) == (rule, TEN)
    assert (there.starts_at, paper.is_kept) == (TEN, False)


async def test_the_staff_door_moves_it_past_the_rules_that_it_does_not_name() -> None:
    """To nine, before opening: where hours are heeded it stays."""
    for heeding in ((), ("NOTICE",), ("HOURS",)):
        there = appointment()
        paper = Paper(salon(), there=[there])
        command = move(starts_at=later(hours=-1), within_policies=False, heeding=heeding)
        if "HOURS" not in heeding:
            await reschedule(paper.ctx, command)
            assert there.starts_at == later(hours=-1)
            continue
        with pytest.raises(OutsidePolicy) as refused:
            await reschedule(paper.ctx, command)
        assert (refused.value.rule, refused.value.starts_at) == ("HOURS", later(hours=-1))
        assert (paper.heard("add", "emit"), paper.is_kept) == ([], False)


@pytest.mark.parametrize("service_id", [None, 99])
async def test_without_a_service_any_length_at_any_time_before(service_id: int | None) -> None:
    """None was named, or it is there no more: an appointment that has begun is moved, too."""
    there = appointment(service_id=service_id, starts_at=NOW)
    rules = salon(service(rescheduling_notice_minutes=None))
    await reschedule(Paper(rules, there=[there]).ctx, move(duration_minutes=75, starts_at=TEN))
    assert (there.starts_at, there.duration_minutes) == (TEN, 75)


@pytest.mark.parametrize(
    ("minutes", "more", "is_refused"),
    [
        (90, {}, False),
        (75, {}, True),
        (75, {"for_staff": True}, False),
        (75, {"within_policies": False}, False),
    ],
)
async def test_another_length_is_one_that_the_service_has_unless_staff_move_it(
    minutes: int, more: dict[str, Any], is_refused: bool
) -> None:
    """Ninety for everybody; seventy-five by either door of the staff."""
    there = appointment(service_id=3)
    paper = Paper(salon(service(durations=(60, 90))), there=[there])
    command = move(duration_minutes=minutes, **more)
    if is_refused:
        with pytest.raises(Invalid):
            await reschedule(paper.ctx, command)
        assert (there.duration_minutes, paper.is_kept) == (60, False)
        return
    await reschedule(paper.ctx, command)
    assert (there.duration_minutes, there.ends_at) == (minutes, later(minutes=minutes))


async def test_seats_of_a_group_move_to_a_session_of_their_own() -> None:
    """As many as they were, for as long as it was; empty sessions end where seats were locked."""
    there = appointment(service_id=3, seats=2, group_session_id=2)
    locked = [
        Locked(resource_id=90, kind="seats", capacity=8),
        Locked(resource_id=700, kind="provider", capacity=1),
    ]
    paper = Paper(salon(service(capacity=8)), there=[there], lock=locked)
    await reschedule(paper.ctx, move())
    assert paper.heard("end_empty_sessions") == [("end_empty_sessions", [90, 700], NOW)]
    (made,) = paper.kept(GroupSession)
    assert (made["starts_at"], made["duration_minutes"], made["service_id"]) == (later(hours=1), 60, 3)
    assert there.group_session_id == made["id"]
    shared: dict[str, Any] = {"service_id": 3, "begins_minute": AT + 60}
    assert paper.kept(Allocation) == [
        allocated(1_003, 700, 60, 120, kind="session", group_session_id=1_002, **shared),
        allocated(1_004, 1_001, 60, 120, quantity=2, is_exclusive=False, appointment_id=5, **shared),
    ]


async def test_where_it_is_after_a_move() -> None:
    """Where it was while the provider works there, where they work otherwise, and where it is said."""
    for more, expected in (
        ({"provider_id": KAI}, ANNEXE),
        ({"provider_id": KAI, "location_id": HOME, "within_policies": False}, HOME),
        ({"starts_at": later(hours=-3), "within_policies": False}, ANNEXE),
        ({"provider_id": ZOE, "within_policies": False, "starts_at": later(hours=-3)}, HOME),
    ):
        there = appointment(location_id=HOME if more.get("provider_id") == KAI else ANNEXE)
        await reschedule(Paper(salon(), there=[there]).ctx, move(**more))
        assert there.location_id == expected


async def test_what_cannot_be_moved() -> None:
    """What is not there, to where nothing is, and what is over."""
    with pytest.raises(NotFound) as missing:
        await reschedule(Paper(salon()).ctx, move())
    assert missing.value.noun == "appointment"
    with pytest.raises(NotFound) as nowhere:
        await reschedule(Paper(salon(), there=[appointment()]).ctx, move(location_id=99))
    assert nowhere.value.noun == "location"
    paper = Paper(salon(), there=[appointment(status="COMPLETED")])
    with pytest.raises(IllegalTransition) as illegal:
        await reschedule(paper.ctx, move())
    assert (illegal.value.verb, illegal.value.status) == ("reschedule", "COMPLETED")
    earlier = Paper(salon(), earlier_answer=Rescheduled(appointment_id=9))
    assert await reschedule(earlier.ctx, move()) == Rescheduled(appointment_id=9)


async def test_an_edit_may_move_it_too() -> None:
    """Both events, all or nothing."""
    there = appointment()
    paper = Paper(salon(), there=[there])
    command = EditAppointment(appointment_id=5, notes="Left arm", move=move())
    assert await edit(paper.ctx, command) == Edited(appointment_id=5)
    assert paper.heard("emit") == [("emit", AppointmentEdited(appointment_id=5)), ("emit", moved())]
    assert (there.notes, there.starts_at) == ("Left arm", later(hours=1))
    over = Paper(salon(), there=[appointment(status="NO_SHOW")])
    with pytest.raises(IllegalTransition) as refused:
        await edit(over.ctx, command)
    assert (refused.value.verb, over.is_kept) == ("reschedule", False)


@pytest.mark.parametrize("verb", ["edit", "reschedule"])
async def test_where_the_new_time_is_taken_its_own_is_among_those_that_are_told(verb: str) -> None:
    """It is asked what the appointment takes itself: that does not stand in its way."""
    rows = [row(MARA, 0, 60), row(MARA, 60, 120, owner="appointment:6")]
    paper = Paper(salon(), *rows, there=[appointment()], moving=Moving(appointment_id=5))
    with pytest.raises(SlotTaken) as refused:
        if verb == "edit":
            await edit(paper.ctx, EditAppointment(appointment_id=5, move=move()))
        else:
            await reschedule(paper.ctx, move())
    assert refused.value.next_free == [TEN, later(hours=2), later(hours=3)]
    assert paper.heard("moving") == [("moving", 5)]


async def test_what_is_over_is_moved_by_the_staff_door_alone() -> None:
    """From the minute of its end on; up to then the public moves it too."""
    cases: list[tuple[int, dict[str, Any], bool]] = [
        (1, {}, False),
        (0, {}, True),
        (0, {"for_staff": True}, True),
        (0, {"within_policies": False}, False),
    ]
    for ahead, more, is_refused in cases:
        there = appointment(starts_at=later(days=-7), ends_at=NOW + timedelta(minutes=ahead))
        paper = Paper(salon(), there=[there])
        command = RescheduleAppointment(appointment_id=5, starts_at=TEN, **more)
        if not is_refused:
            await reschedule(paper.ctx, command)
            assert there.starts_at == TEN
            continue
        with pytest.raises(AlreadyOver) as refused:
            await reschedule(paper.ctx, command)
        assert (refused.value.ended_at, paper.heard("lock", "emit"), paper.is_kept) == (NOW, [], False)
