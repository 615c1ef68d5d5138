"""What a booking and a hold say to their transaction, word for word: locks, rows, jobs and events in order."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from core.appointments.appointment import Appointment, AppointmentBooked, AppointmentProvider
from core.appointments.book import Booked, book, sell
from core.appointments.choose_provider import MEMORY, ProviderChoice, ProviderSelection, Turns
from core.appointments.group_session import GroupSession
from core.appointments.hold import OFFER, HeldSlot, HoldSlot, hold_slot
from core.appointments.ledger import Allocation, Locked, Resource
from core.appointments.series import Repeats, Series, SeriesBooked
from core.availability.kept import kept_recurrence
from core.availability.recurrence import Recurrence
from core.availability.rulebook import ResourceNeed, Segment
from core.kernel.unit_of_work import UnitOfWork
from tests.core.appointments.on_paper import Paper, allocated, facts, hold, opened, session, wanted
from tests.core.availability.in_memory import AT, HOME, KAI, MARA, NOW, TEN, later, row, salon, service

WEEK = 7 * 1_440
ROOM = ResourceNeed(resource_ids=(80,))


def booked(key: int, **more: Any) -> tuple[str, AppointmentBooked]:
    """The event of an hour from ten with Mara at home, sold to client 4, who is told."""
    given: dict[str, Any] = {
        "appointment_id": key,
        "provider_id": MARA,
        "client_id": 4,
        "location_id": HOME,
        "service_id": 3,
        "starts_at": TEN,
        "ends_at": later(hours=1),
        "status": "CONFIRMED",
        "client_is_told": True,
    }
    return "emit", AppointmentBooked(**{**given, **more})


async def test_a_booking_locks_looks_counts_writes_and_reports_in_this_order() -> None:
    """The client's row is locked after the provider's time; whoever waited is looked at at once."""
    paper = Paper(salon(service(client_limit=2)), booking_facts=facts(client_is_waiting=True), ahead_of=1)
    command = wanted()
    made = await book(paper.ctx, command)
    assert paper.said == [
        ("earlier_answer", "appointment.book", command, Booked),
        ("booking_facts", [MARA], 4, 3),
        ("changes", None, None),
        *opened([700], 0, 60),
        ("get", "Client", 4, "locked"),
        ("ahead_of", 4, 3, NOW),
        ("add", "Appointment"),
        ("add", "Allocation"),
        ("touch", [700]),
        ("schedule", "end_waits", {"appointment_id": 1_001}, NOW, "end_waits:1001"),
        booked(1_001),
        ("answer", Booked(appointment_id=1_001)),
    ]
    assert made == Booked(appointment_id=1_001, series_id=None, appointment_ids=[])
    assert paper.kept(Allocation) == [allocated(1_002, 700, 0, 60, appointment_id=1_001, service_id=3)]
    (kept,) = paper.kept(Appointment)
    assert (kept["created_at"], kept["updated_at"]) == (NOW, NOW)
    assert (kept["status"], kept["awaiting"], kept["series_id"], kept["group_session_id"]) == (
        "CONFIRMED",
        None,
        None,
        None,
    )
    assert paper.is_kept


async def test_a_key_that_was_used_before_is_answered_and_nothing_else_is_asked() -> None:
    """The earlier answer, after one question."""
    earlier = Booked(appointment_id=9)
    paper = Paper(salon(service()), earlier_answer=earlier)
    assert await book(paper.ctx, wanted()) is earlier
    assert [line[0] for line in paper.said] == ["earlier_answer"]
    held = HeldSlot(hold_id=9)
    paper = Paper(salon(service()), earlier_answer=held)
    assert await hold_slot(paper.ctx, HoldSlot(starts_at=TEN, provider_id=MARA)) is held
    assert [line[0] for line in paper.said] == ["earlier_answer"]


async def test_a_booking_takes_buffers_rooms_and_busy_parts() -> None:
    """Of Mara the two busy parts with a buffer each, of two rooms one for the whole time; silence is kept."""
    parts = (Segment(minutes=20), Segment(minutes=20, provider_is_busy=False), Segment(minutes=20))
    rules = salon(service(buffer_before_minutes=5, buffer_after_minutes=10, needs=(ROOM,), segments=parts))
    paper = Paper(rules)
    await book(paper.ctx, wanted(tell_client=False))
    mine: dict[str, Any] = {"appointment_id": 1_001, "service_id": 3}
    assert paper.heard("lock", "taken", "touch") == [
        opened([80, 700], -5, 70)[0],
        opened([80, 700], -5, 70)[-1],
        ("touch", [80, 700, 700]),
    ]
    assert paper.kept(Allocation) == [
        allocated(1_002, 700, -5, 20, **mine),
        allocated(1_003, 700, 40, 70, **mine),
        allocated(1_004, 80, -5, 70, is_exclusive=False, **mine),
    ]
    assert paper.heard("emit", "schedule") == [booked(1_001, client_is_told=False)]


async def test_a_hold_is_booked_in_the_place_where_it_was_held() -> None:
    """Locked, let go, ended as booked now, its job dropped; no rule is asked again, and no rule is heeded."""
    kept = hold(location_id=HOME, service_id=3)
    rules = salon(service(notice_minutes=60 * 24 * 30))
    paper = Paper(rules, there=[kept])
    await book(paper.ctx, wanted(hold_id=6, heeding=("NOTICE",)))
    assert paper.said[1:] == [
        ("booking_facts", [MARA], 4, 3),
        ("changes", None, None),
        ("get", "Hold", 6, "locked"),
        *opened([700], 0, 60, holds=[6]),
        ("cancel_job", "hold:6"),
        ("add", "Appointment"),
        ("add", "Allocation"),
        ("touch", [700]),
        booked(1_001),
        ("answer", Booked(appointment_id=1_001)),
    ]
    assert (kept.ended_at, kept.ended_as) == (NOW, "BOOKED")


async def test_an_offer_is_sold_as_an_offer_and_waits_for_approval_where_the_caller_says() -> None:
    """In the caller's transaction; a hold of the other kind would be none."""
    paper = Paper(salon(service()), there=[hold(kind=OFFER, service_id=3)])
    made = await sell(
        paper.uow,
        paper.shelf,
        wanted(hold_id=6),
        hold_kind=OFFER,
        needs_approval=True,
    )
    assert made == Booked(appointment_id=1_001)
    (kept,) = paper.kept(Appointment)
    assert (kept["status"], kept["awaiting"]) == ("PENDING", "BUSINESS")
    assert paper.heard("emit") == [booked(1_001, status="PENDING")]


async def test_a_series_is_kept_with_each_of_its_appointments() -> None:
    """One ledger over all of its dates; each appointment reports itself, then the series."""
    rule = Recurrence(frequency="WEEKLY", count=2)
    paper = Paper(salon(service(client_limit=2)))
    made = await book(paper.ctx, wanted(repeats=Repeats(recurrence=rule)))
    assert made == Booked(appointment_id=1_002, series_id=1_001, appointment_ids=[1_002, 1_004])
    week = later(days=7)
    assert paper.said[3:] == [
        *opened([700], 0, WEEK + 60),
        ("get", "Client", 4, "locked"),
        ("ahead_of", 4, 3, NOW),
        ("add", "Series"),
        ("add", "Appointment"),
        ("add", "Allocation"),
        ("touch", [700]),
        booked(1_002),
        ("add", "Appointment"),
        ("add", "Allocation"),
        ("touch", [700]),
        booked(1_004, starts_at=week, ends_at=later(days=7, hours=1)),
        ("emit", SeriesBooked(series_id=1_001, provider_id=MARA, client_id=4, count=2)),
        ("answer", made),
    ]
    (series,) = paper.kept(Series)
    assert series == {
        "id": 1_001,
        "provider_id": MARA,
        "client_id": 4,
        "service_id": 3,
        "recurrence": kept_recurrence(rule),
        "starts_at": TEN,
        "time_zone": "UTC",
        "created_at": NOW,
    }
    assert [(one["id"], one["series_id"], one["starts_at"]) for one in paper.kept(Appointment)] == [
        (1_002, 1_001, TEN),
        (1_004, 1_001, week),
    ]
    assert paper.kept(Allocation) == [
        allocated(1_003, 700, 0, 60, appointment_id=1_002, service_id=3),
        allocated(1_005, 700, WEEK, WEEK + 60, appointment_id=1_004, service_id=3, begins_minute=AT + WEEK),
    ]


async def test_a_turn_is_kept_with_what_it_was_made_from() -> None:
    """Turns of ninety days are asked for; Kai, whose turn it is, is out, so Mara it is."""
    rules = salon(service(weights={KAI: 2}))
    turns = {MARA: Turns(count=2, last_at=NOW), KAI: Turns(count=3, last_at=NOW)}
    paper = Paper(rules, row(KAI, 0, 30), turns=turns)
    selection = ProviderSelection(mode="ROUND_ROBIN", provider_ids=[KAI, MARA])
    await book(paper.ctx, wanted(selection=selection))
    assert paper.said[1] == ("booking_facts", [KAI, MARA], 4, 3)
    assert paper.said[3:7] == [*opened([700, 800], 0, 60), ("turns", 3, [MARA, KAI], NOW - MEMORY, NOW)]
    (choice,) = paper.kept(ProviderChoice)
    assert choice == {
        "id": 1_003,
        "appointment_id": 1_001,
        "service_id": 3,
        "mode": "ROUND_ROBIN",
        "provider_id": MARA,
        "candidates": [
            {"provider_id": KAI, "weight": 2, "load": 2.0, "outcome": "APPOINTMENT"},
            {"provider_id": MARA, "weight": 1, "load": 3.0, "outcome": "CHOSEN"},
        ],
        "created_at": NOW,
    }


async def test_those_who_give_it_together_each_give_their_time_and_the_first_takes_the_room() -> None:
    """The first by key leads; the others are named beside it."""
    rules = salon(service(needs=(ROOM,)), schedules=[])
    paper = Paper(rules)
    selection = ProviderSelection(mode="COLLECTIVE", provider_ids=[KAI, MARA])
    await book(paper.ctx, wanted(selection=selection))
    mine: dict[str, Any] = {"appointment_id": 1_001, "service_id": 3}
    assert paper.kept(Allocation) == [
        allocated(1_002, 700, 0, 60, **mine),
        allocated(1_003, 80, 0, 60, is_exclusive=False, **mine),
        allocated(1_004, 800, 0, 60, **mine),
    ]
    beside = [one for one in paper.added if isinstance(one, AppointmentProvider)]
    assert [(one.appointment_id, one.provider_id) for one in beside] == [(1_001, KAI)]
    (choice,) = paper.kept(ProviderChoice)
    assert (choice["mode"], choice["provider_id"], choice["candidates"]) == (
        "COLLECTIVE",
        MARA,
        [{"provider_id": MARA, "outcome": "CHOSEN"}, {"provider_id": KAI, "outcome": "CHOSEN"}],
    )
    assert paper.heard("emit") == [booked(1_001)]


async def test_the_first_of_a_group_opens_its_session() -> None:
    """The provider's time is the session's, the seats are the client's."""
    paper = Paper(salon(service(capacity=8, buffer_after_minutes=10)))
    await book(paper.ctx, wanted(seats=3))
    (seats,) = paper.kept(Resource)
    assert seats == {
        "id": 1_002,
        "kind": "seats",
        "name": "",
        "capacity": 8,
        "revision": 0,
        "description": None,
        "location_id": None,
        "archived_at": None,
    }
    (session,) = paper.kept(GroupSession)
    assert session == {
        "id": 1_003,
        "provider_id": MARA,
        "service_id": 3,
        "location_id": HOME,
        "seats_id": 1_002,
        "starts_at": TEN,
        "ends_at": later(hours=1),
        "duration_minutes": 60,
        "capacity": 8,
        "created_at": NOW,
        "ended_at": None,
    }
    assert paper.kept(Allocation) == [
        allocated(1_004, 700, 0, 70, kind="session", group_session_id=1_003, service_id=3),
        allocated(1_005, 1_002, 0, 60, quantity=3, is_exclusive=False, appointment_id=1_001, service_id=3),
    ]
    (kept,) = paper.kept(Appointment)
    assert (kept["group_session_id"], kept["location_id"], kept["seats"]) == (1_003, HOME, 3)


async def test_the_next_of_a_group_sit_down_beside_the_first() -> None:
    """The last two seats; nothing more of the provider is taken."""
    open_one = row(MARA, 0, 60, kind="session", owner="session:2", service_id=3, seats_left=2)
    paper = Paper(salon(service(capacity=8)), open_one, there=[session()])
    await book(paper.ctx, wanted(seats=2))
    assert paper.heard("get") == [("get", "GroupSession", 2, "not locked")]
    assert paper.kept(Allocation) == [
        allocated(1_002, 90, 0, 60, quantity=2, is_exclusive=False, appointment_id=1_001, service_id=3)
    ]
    assert [one["group_session_id"] for one in paper.kept(Appointment)] == [2]


async def test_empty_sessions_end_while_the_ledger_opens_where_seats_were_locked() -> None:
    """With the seats of a hold that is booked; of what was locked, and only then."""
    locked = [
        Locked(resource_id=90, kind="seats", capacity=8),
        Locked(resource_id=700, kind="provider", capacity=1),
    ]
    kept = hold(service_id=3, seats=2)
    answers: dict[str, Any] = {
        "lock": locked,
        "release_expired": [701],
        "free_hold": [90],
        "end_empty_sessions": [700],
    }
    paper = Paper(salon(service(capacity=8)), there=[kept], **answers)
    await book(paper.ctx, wanted(hold_id=6, seats=2))
    assert paper.said[4:11] == [
        ("lock", [700], {"appointment_ids": (), "hold_ids": [6]}),
        ("release_expired", [90, 700], NOW),
        ("touch", [701]),
        ("free_hold", 6),
        ("touch", [90]),
        ("end_empty_sessions", [90, 700], NOW),
        ("touch", [700]),
    ]


@pytest.mark.parametrize(
    "name", [name for name in vars(Paper) if hasattr(UnitOfWork, name) and name[0] != "_"]
)
def test_a_transaction_on_paper_is_spoken_to_as_any_other(name: str) -> None:
    """Each of its methods takes the arguments of a unit of work, by the same names."""
    mine, real = (inspect.signature(getattr(kind, name)).parameters for kind in (Paper, UnitOfWork))
    assert [(one.name, one.kind, one.default) for one in mine.values()] == [
        (one.name, one.kind, one.default) for one in real.values()
    ]
