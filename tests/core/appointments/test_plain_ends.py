"""What every end of an appointment says to its transaction, word for word."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from core.appointments.appointment import (
    AlreadyOver,
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMarkedNoShow,
    OutsidePolicy,
)
from core.appointments.cancel import CancelAppointment, Cancelled, cancel
from core.appointments.complete import CompleteAppointment, Completed, complete
from core.appointments.decline import AppointmentDeclined, DeclineAppointment, Declined, decline
from core.appointments.ledger import Locked
from core.appointments.life import IllegalTransition
from core.appointments.mark_no_show import MarkedNoShow, MarkNoShow, mark_no_show
from core.deposits.deposit import Deposit, DepositForfeited, DepositWithdrawn
from core.kernel.errors import Invalid, NotFound
from tests.core.appointments.on_paper import Paper, appointment, told
from tests.core.availability.in_memory import NOW, TEN, salon, service

SEATS = [
    Locked(resource_id=90, kind="seats", capacity=8),
    Locked(resource_id=700, kind="provider", capacity=1),
]
TIME = SEATS[1:]

ENDS: dict[str, tuple[Any, Any, Any, Any, str]] = {
    "cancel": (cancel, CancelAppointment, Cancelled, AppointmentCancelled, "CANCELLED"),
    "complete": (complete, CompleteAppointment, Completed, AppointmentCompleted, "COMPLETED"),
    "decline": (decline, DeclineAppointment, Declined, AppointmentDeclined, "DECLINED"),
    "mark_no_show": (mark_no_show, MarkNoShow, MarkedNoShow, AppointmentMarkedNoShow, "NO_SHOW"),
}


def deposit(status: str) -> Deposit:
    """Deposit 8 of appointment 5."""
    return Deposit(
        id=8,
        appointment_id=5,
        client_id=4,
        amount_minor=500,
        refunded_minor=0,
        currency="USD",
        status=status,
        is_current=True,
        due_at=TEN,
        paid_at=None,
        refunded_at=None,
        created_at=NOW,
    )


def begun(verb: str) -> dict[str, Any]:
    """A start that is now, where a client is missed from then on; else the usual one, ahead."""
    return {"starts_at": NOW} if verb == "mark_no_show" else {}


@pytest.mark.parametrize("verb", ENDS)
async def test_every_end_locks_gives_the_time_back_and_reports(verb: str) -> None:
    """The appointment's row first, then what it takes; money and client where the verb has to do with them."""
    act, command_of, answer_of, event_of, status = ENDS[verb]
    there = appointment(
        status="PENDING" if verb == "decline" else "CONFIRMED", awaiting="BUSINESS", **begun(verb)
    )
    paper = Paper(salon(), there=[there], lock=TIME, free=[700])
    command = command_of(appointment_id=5)
    made = await act(paper.ctx, command)
    more: dict[str, Any] = {} if verb == "complete" else {"client_is_told": True}
    money = [] if verb == "complete" else [("current", 5)] * (2 if verb == "mark_no_show" else 1)
    answered = {**more, "deposit_id": None} if verb == "mark_no_show" else more
    assert paper.said == [
        ("earlier_answer", f"appointment.{verb}", command, answer_of),
        ("get", "Appointment", 5, "locked"),
        ("lock", [], {"appointment_ids": [5]}),
        ("free", [5]),
        ("touch", [700]),
        *([("booking_facts", [], None, None), ("changes", None, None)] if verb == "cancel" else []),
        *money,
        *([] if verb == "complete" else [("client_is_reached", 4)]),
        ("emit", event_of(appointment_id=5, **more)),
        ("answer", answer_of(appointment_id=5, **answered)),
    ]
    assert made == answer_of(appointment_id=5, **answered)
    assert (there.status, there.awaiting, there.updated_at) == (status, None, NOW)
    assert paper.is_kept


@pytest.mark.parametrize("verb", ENDS)
async def test_an_end_that_was_answered_before_is_answered_so_again(verb: str) -> None:
    """The earlier answer, after one question."""
    act, command_of, _, _, _ = ENDS[verb]
    earlier = object()
    paper = Paper(salon(), earlier_answer=earlier)
    assert await act(paper.ctx, command_of(appointment_id=5)) is earlier
    assert [line[0] for line in paper.said] == ["earlier_answer"]


@pytest.mark.parametrize("verb", ENDS)
async def test_what_is_not_there_or_over_does_not_end(verb: str) -> None:
    """Not found, or refused by the state that it is in; nothing is kept."""
    act, command_of, _, _, _ = ENDS[verb]
    paper = Paper(salon())
    with pytest.raises(NotFound) as missing:
        await act(paper.ctx, command_of(appointment_id=5))
    assert missing.value.noun == "appointment"
    paper = Paper(salon(), there=[appointment(status="CANCELLED")])
    with pytest.raises(IllegalTransition) as refused:
        await act(paper.ctx, command_of(appointment_id=5))
    assert (refused.value.verb, refused.value.status) == (verb, "CANCELLED")
    assert [line[0] for line in paper.said] == ["earlier_answer", "get"]
    assert paper.is_kept is False


@pytest.mark.parametrize("verb", [verb for verb in ENDS if verb != "complete"])
async def test_a_client_is_told_where_that_is_wanted_and_can_be(verb: str) -> None:
    """The answer and the event say the same; whoever is not to be told is not looked for."""
    act, command_of, _, _, _ = ENDS[verb]
    for wanted, reached, expected in ((True, False, False), (False, True, False), (True, True, True)):
        there = appointment(status="PENDING", **begun(verb))
        paper = Paper(salon(), there=[there], lock=TIME, free=[700], client_is_reached=reached)
        made = await act(paper.ctx, command_of(appointment_id=5, tell_client=wanted))
        assert made.client_is_told is expected
        assert [line[1].client_is_told for line in paper.heard("emit")] == [expected]
        assert len(paper.heard("client_is_reached")) == int(wanted)


@pytest.mark.parametrize(("ahead", "is_told"), [(0, True), (1, False)])
async def test_nobody_is_missed_before_the_start(ahead: int, is_told: bool) -> None:
    """A minute before it the state changes as ever, and nothing is said to the client."""
    there = appointment(starts_at=NOW + timedelta(minutes=ahead))
    paper = Paper(salon(), there=[there], lock=TIME, free=[700])
    made = await mark_no_show(paper.ctx, MarkNoShow(appointment_id=5))
    assert made == MarkedNoShow(appointment_id=5, deposit_id=None, client_is_told=is_told)
    assert [line[1] for line in paper.heard("emit")] == [
        AppointmentMarkedNoShow(appointment_id=5, client_is_told=is_told)
    ]
    assert (there.status, len(paper.heard("client_is_reached"))) == ("NO_SHOW", int(is_told))


@pytest.mark.parametrize(
    ("verb", "before", "after", "event"),
    [
        ("cancel", "PENDING", "CANCELLED", DepositWithdrawn),
        ("cancel", "PAID", "PAID", None),
        ("decline", "PENDING", "CANCELLED", DepositWithdrawn),
        ("mark_no_show", "PENDING", "CANCELLED", DepositWithdrawn),
        ("mark_no_show", "PAID", "FORFEITED", DepositForfeited),
    ],
)
async def test_what_becomes_of_the_deposit(verb: str, before: str, after: str, event: Any) -> None:
    """Locked, withdrawn, kept or left; its event comes before that of the end."""
    act, command_of, _, event_of, _ = ENDS[verb]
    money = deposit(before)
    there = appointment(status="PENDING", **begun(verb))
    paper = Paper(salon(), there=[there, money], lock=TIME, current=8)
    made = await act(paper.ctx, command_of(appointment_id=5))
    assert money.status == after
    assert ("get", "Deposit", 8, "locked") in paper.said
    reported = [event(deposit_id=8, appointment_id=5)] if event else []
    assert [line[1] for line in paper.heard("emit")] == [
        *reported,
        event_of(appointment_id=5, client_is_told=True),
    ]
    if verb == "mark_no_show":
        assert made.deposit_id == 8


@pytest.mark.parametrize("verb", ["cancel", "decline"])
async def test_a_reason_is_kept_up_to_a_thousand_characters(verb: str) -> None:
    """One more is refused before anything is looked at."""
    act, command_of, _, _, _ = ENDS[verb]
    there = appointment(status="PENDING")
    paper = Paper(salon(), there=[there], lock=TIME)
    await act(paper.ctx, command_of(appointment_id=5, reason="x" * 1_000))
    assert there.cancellation_reason == "x" * 1_000
    paper = Paper(salon(), there=[appointment(status="PENDING")])
    with pytest.raises(Invalid) as refused:
        await act(paper.ctx, command_of(appointment_id=5, reason="x" * 1_001))
    assert told(refused.value) == [("reason", "TOO_LONG", "must not be longer than 1000 characters")]
    assert [line[0] for line in paper.said] == ["earlier_answer"]


async def test_an_empty_session_ends_with_the_last_appointment_in_it() -> None:
    """Looked for on all that was locked, where seats are among it, and not where none are."""
    paper = Paper(salon(), there=[appointment()], lock=SEATS, free=[90], end_empty_sessions=[700])
    await cancel(paper.ctx, CancelAppointment(appointment_id=5))
    assert paper.said[2:7] == [
        ("lock", [], {"appointment_ids": [5]}),
        ("free", [5]),
        ("touch", [90]),
        ("end_empty_sessions", [90, 700], NOW),
        ("touch", [700]),
    ]


@pytest.mark.parametrize(
    ("given", "starts_at", "rule"),
    [
        ({"cancellation_notice_minutes": None}, TEN, "CANCELLATION"),
        ({"cancellation_notice_minutes": 61}, NOW + timedelta(hours=1), "CANCELLATION_NOTICE"),
        ({"cancellation_notice_minutes": 60}, NOW + timedelta(hours=1), None),
        ({}, NOW, None),
    ],
)
async def test_the_public_cancels_within_the_notice_of_the_service(
    given: dict[str, Any], starts_at: datetime, rule: str | None
) -> None:
    """The rules of the moment, asked for without anybody's facts; neither door of the staff is asked."""
    for within, for_staff in ((True, False), (True, True), (False, False)):
        there = appointment(service_id=3, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
        paper = Paper(salon(service(**given)), there=[there], lock=TIME)
        command = CancelAppointment(appointment_id=5, within_policies=within, for_staff=for_staff)
        is_public = within and not for_staff
        if is_public and rule is not None:
            with pytest.raises(OutsidePolicy) as refused:
                await cancel(paper.ctx, command)
            assert (refused.value.rule, refused.value.starts_at) == (rule, starts_at)
            assert (paper.heard("emit"), paper.is_kept) == ([], False)
        else:
            await cancel(paper.ctx, command)
            assert (there.status, paper.is_kept) == ("CANCELLED", True)
        asked: list[Any] = [("booking_facts", [], None, None), ("changes", None, None)] if is_public else []
        assert paper.heard("booking_facts", "changes") == asked


@pytest.mark.parametrize("service_id", [None, 99])
async def test_without_a_service_there_is_no_notice(service_id: int | None) -> None:
    """None was named, or it is there no more: the public cancels from its start on, too, by known rules."""
    there = appointment(service_id=service_id, starts_at=NOW)
    paper = Paper(salon(service(cancellation_notice_minutes=None)), there=[there], lock=TIME)
    paper.shelf.put(1, paper.rules)
    await cancel(paper.ctx, CancelAppointment(appointment_id=5))
    assert paper.is_kept
    assert paper.heard("booking_facts", "changes") == [("booking_facts", [], None, None)]


async def test_what_is_over_is_not_cancelled() -> None:
    """From the minute of its end on, by either door."""
    for ahead, within in ((1, True), (0, True), (0, False)):
        ends_at = NOW + timedelta(minutes=ahead)
        paper = Paper(salon(), there=[appointment(starts_at=TEN, ends_at=ends_at)], lock=TIME)
        command = CancelAppointment(appointment_id=5, within_policies=within)
        if ahead:
            await cancel(paper.ctx, command)
            continue
        with pytest.raises(AlreadyOver) as refused:
            await cancel(paper.ctx, command)
        assert refused.value.ended_at == NOW
        assert (paper.heard("emit"), paper.is_kept) == ([], False)
