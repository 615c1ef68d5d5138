"""What confirming and editing say to their transaction, word for word."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.appointments.appointment import (
    AppointmentConfirmed,
    AppointmentEdited,
)
from core.appointments.confirm import ConfirmAppointment, Confirmed, confirm
from core.appointments.edit import EditAppointment, Edited, edit
from core.appointments.life import IllegalTransition
from core.deposits.deposit import Deposit, DepositRequested
from core.kernel.errors import Invalid, NotFound
from core.kernel.money import Money
from tests.core.appointments.on_paper import Paper, appointment, told
from tests.core.availability.in_memory import NOW, TEN, salon


async def test_the_first_confirmation_asks_for_the_deposit_and_a_second_for_nothing() -> None:
    """Due in two days; the second only answers with what is there."""
    there = appointment(status="PENDING", awaiting="BUSINESS", deposit_minor=500)
    paper = Paper(salon(), there=[there])
    command = ConfirmAppointment(appointment_id=5)
    made = await confirm(paper.ctx, command)
    due_at = NOW + timedelta(hours=48)
    requested = DepositRequested(
        deposit_id=1_001,
        appointment_id=5,
        amount_minor=500,
        currency="USD",
        due_at=due_at,
        client_is_told=True,
    )
    assert paper.said == [
        ("earlier_answer", "appointment.confirm", command, Confirmed),
        ("get", "Appointment", 5, "locked"),
        ("current", 5),
        ("client_is_reached", 4),
        ("add", "Deposit"),
        ("emit", requested),
        ("emit", AppointmentConfirmed(appointment_id=5, deposit_id=1_001, client_is_told=False)),
        ("answer", Confirmed(appointment_id=5, deposit_id=1_001, client_is_told=True)),
    ]
    assert made == Confirmed(appointment_id=5, deposit_id=1_001, client_is_told=True)
    assert (there.status, there.awaiting, there.confirmed_at, there.updated_at) == (
        "CONFIRMED",
        None,
        NOW,
        NOW,
    )
    (money,) = paper.kept(Deposit)
    assert (money["client_id"], money["appointment_id"], money["due_at"]) == (4, 5, due_at)
    again = Paper(salon(), there=[there], current=8)
    assert await confirm(again.ctx, command) == Confirmed(
        appointment_id=5, deposit_id=8, client_is_told=False
    )
    assert again.said[2:] == [
        ("current", 5),
        ("answer", Confirmed(appointment_id=5, deposit_id=8, client_is_told=False)),
    ]


@pytest.mark.parametrize(
    ("minor", "current", "more", "expected"),
    [
        (None, None, {}, (None, False)),
        (0, None, {}, (None, False)),
        (500, 8, {}, (8, False)),
        (500, None, {"tell_client": False}, (1_001, False)),
        (500, None, {"deposit_due_at": TEN}, (1_001, True)),
    ],
)
async def test_a_deposit_is_asked_for_where_there_is_one_to_ask_for(
    minor: int | None, current: int | None, more: dict[str, Any], expected: tuple[int | None, bool]
) -> None:
    """Not without an amount, not twice, in silence where that is wanted, due when that is said."""
    paper = Paper(salon(), there=[appointment(deposit_minor=minor)], current=current)
    made = await confirm(paper.ctx, ConfirmAppointment(appointment_id=5, **more))
    assert (made.deposit_id, made.client_is_told) == expected
    asked = [line[1] for line in paper.heard("emit") if isinstance(line[1], DepositRequested)]
    assert [(one.client_is_told, one.due_at) for one in asked] == (
        [(expected[1], more.get("deposit_due_at", NOW + timedelta(hours=48)))] if expected[0] == 1_001 else []
    )


@pytest.mark.parametrize(
    ("there", "more", "reached", "is_told", "looked_for"),
    [
        ({}, {}, True, True, 1),
        ({}, {}, False, False, 1),
        ({}, {"tell_client": False}, True, False, 0),
        ({"status": "CONFIRMED"}, {}, True, False, 0),
    ],
)
async def test_of_what_was_pending_the_client_is_told_that_it_is_confirmed(
    there: dict[str, Any], more: dict[str, Any], reached: bool, is_told: bool, looked_for: int
) -> None:
    """Once, unless silence is wanted or nobody is reached; what was booked at once was told then."""
    asked_for = appointment(**{"status": "PENDING", **there})
    paper = Paper(salon(), there=[asked_for], client_is_reached=reached)
    command = ConfirmAppointment(appointment_id=5, **more)
    made = await confirm(paper.ctx, command)
    assert made == Confirmed(appointment_id=5, deposit_id=None, client_is_told=is_told)
    assert [line[1] for line in paper.heard("emit")] == [
        AppointmentConfirmed(appointment_id=5, deposit_id=None, client_is_told=is_told)
    ]
    assert len(paper.heard("client_is_reached")) == looked_for
    again = Paper(salon(), there=[asked_for], client_is_reached=reached)
    assert (await confirm(again.ctx, command)).client_is_told is False
    assert again.heard("emit") == []


async def test_a_deposit_that_was_asked_for_before_leaves_the_confirmation_to_be_told() -> None:
    """One letter either way: none for the deposit, one for what was pending."""
    paper = Paper(salon(), there=[appointment(status="PENDING", deposit_minor=500)], current=8)
    made = await confirm(paper.ctx, ConfirmAppointment(appointment_id=5))
    assert made == Confirmed(appointment_id=5, deposit_id=8, client_is_told=True)
    assert [line[1] for line in paper.heard("emit")] == [
        AppointmentConfirmed(appointment_id=5, deposit_id=8, client_is_told=True)
    ]


async def test_what_cannot_be_confirmed() -> None:
    """A deposit due in the past, what is not there, and what is over."""
    with pytest.raises(Invalid) as refused:
        await confirm(Paper(salon()).ctx, ConfirmAppointment(appointment_id=5, deposit_due_at=NOW))
    assert told(refused.value) == [("deposit_due_at", "IN_THE_PAST", "must be in the future")]
    with pytest.raises(NotFound) as missing:
        await confirm(Paper(salon()).ctx, ConfirmAppointment(appointment_id=5))
    assert missing.value.noun == "appointment"
    paper = Paper(salon(), there=[appointment(status="NO_SHOW")])
    with pytest.raises(IllegalTransition) as illegal:
        await confirm(paper.ctx, ConfirmAppointment(appointment_id=5))
    assert (illegal.value.verb, paper.heard("emit"), paper.is_kept) == ("confirm", [], False)
    earlier = Paper(
        salon(), earlier_answer=Confirmed(appointment_id=9, deposit_id=None, client_is_told=False)
    )
    assert (await confirm(earlier.ctx, ConfirmAppointment(appointment_id=5))).appointment_id == 9


WORDS: dict[str, Any] = {
    "description": "A heron",
    "style": "Fine line",
    "notes": "Left arm",
    "internal_notes": "Late",
}


async def test_an_edit_writes_what_was_said_and_reports_it_once() -> None:
    """Words and money; the same again changes nothing and reports nothing."""
    there = appointment()
    command = EditAppointment(appointment_id=5, price=Money(9_000, "USD"), deposit=Money(900, "USD"), **WORDS)
    paper = Paper(salon(), there=[there])
    assert await edit(paper.ctx, command) == Edited(appointment_id=5)
    assert paper.said == [
        ("earlier_answer", "appointment.edit", command, Edited),
        ("get", "Appointment", 5, "locked"),
        ("current", 5),
        ("emit", AppointmentEdited(appointment_id=5)),
        ("answer", Edited(appointment_id=5)),
    ]
    assert {name: getattr(there, name) for name in WORDS} == WORDS
    assert (there.price_minor, there.deposit_minor, there.updated_at) == (9_000, 900, NOW)
    there.updated_at = TEN
    again = Paper(salon(), there=[there])
    await edit(again.ctx, command)
    assert [line[0] for line in again.said] == ["earlier_answer", "get", "answer"]
    assert there.updated_at == TEN


async def test_an_edit_makes_nothing_of_what_is_none_and_leaves_what_is_not_said() -> None:
    """Each by itself."""
    for name in (*WORDS, "price", "deposit"):
        there = appointment(price_minor=9_000, deposit_minor=900, **WORDS)
        before = vars(there).copy()
        await edit(Paper(salon(), there=[there]).ctx, EditAppointment(appointment_id=5, **{name: None}))
        column = name if name in WORDS else f"{name}_minor"
        changed = {key for key, value in vars(there).items() if key[0] != "_" and before[key] != value}
        assert changed == {column, "updated_at"}
        assert getattr(there, column) is None


async def test_what_is_wrong_with_an_edit_is_named_all_at_once() -> None:
    """Each text and sum by its path; nothing is changed."""
    there = appointment()
    command = EditAppointment(
        appointment_id=5,
        description="\x00",
        style="x" * 101,
        notes="\x00",
        internal_notes="\x00",
        price=Money(-1, "USD"),
        deposit=Money(1, "EUR"),
    )
    paper = Paper(salon(), there=[there])
    with pytest.raises(Invalid) as refused:
        await edit(paper.ctx, command)
    assert [(path, code) for path, code, _ in told(refused.value)] == [
        ("description", "BAD_CHARACTER"),
        ("style", "TOO_LONG"),
        ("notes", "BAD_CHARACTER"),
        ("internal_notes", "BAD_CHARACTER"),
        ("price", "OUT_OF_RANGE"),
        ("deposit", "OTHER_CURRENCY"),
    ]
    assert (there.description, there.price_minor, paper.heard("emit"), paper.is_kept) == (
        None,
        None,
        [],
        False,
    )
    await edit(Paper(salon(), there=[there]).ctx, EditAppointment(appointment_id=5, style="x" * 100))
    assert there.style == "x" * 100


async def test_a_deposit_that_was_asked_for_stays_as_it_is() -> None:
    """Another amount, or none, is refused; the same one is no change; the others are."""
    for wanted, is_refused in ((Money(901, "USD"), True), (None, True), (Money(900, "USD"), False)):
        there = appointment(deposit_minor=900)
        paper = Paper(salon(), there=[there], current=8)
        command = EditAppointment(appointment_id=5, deposit=wanted)
        if not is_refused:
            await edit(paper.ctx, command)
            continue
        with pytest.raises(Invalid) as refused:
            await edit(paper.ctx, command)
        sentence = "cannot change once the client was asked for it"
        assert told(refused.value) == [("deposit", "ALREADY_ASKED_FOR", sentence)]
        assert (there.deposit_minor, paper.is_kept) == (900, False)


async def test_what_cannot_be_edited() -> None:
    """What is not there, and what was called off."""
    with pytest.raises(NotFound) as missing:
        await edit(Paper(salon()).ctx, EditAppointment(appointment_id=5))
    assert missing.value.noun == "appointment"
    paper = Paper(salon(), there=[appointment(status="CANCELLED")])
    with pytest.raises(IllegalTransition) as refused:
        await edit(paper.ctx, EditAppointment(appointment_id=5, notes="x"))
    assert (refused.value.verb, paper.heard("emit")) == ("edit", [])
    earlier = Paper(salon(), earlier_answer=Edited(appointment_id=9))
    assert await edit(earlier.ctx, EditAppointment(appointment_id=5)) == Edited(appointment_id=9)
