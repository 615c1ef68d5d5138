"""Edit what an appointment says: words and money, and its time by the way of rescheduling."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import (
    AlreadyOver,
    Appointment,
    AppointmentEdited,
    OutsidePolicy,
    SlotTaken,
)
from core.appointments.life import IllegalTransition, next_state
from core.appointments.reschedule import RescheduleAppointment, check_move, move
from core.availability.shelf import RulebookShelf
from core.deposits.deposit import DepositQuestions
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.money import Money
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.unset import UNSET, Maybe
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class EditAppointment:
    """What is UNSET stays as it is; None makes it nothing. `move` also reschedules, all or nothing."""

    appointment_id: int
    description: Maybe[str | None] = UNSET
    style: Maybe[str | None] = UNSET
    notes: Maybe[str | None] = UNSET
    internal_notes: Maybe[str | None] = UNSET
    price: Maybe[Money | None] = UNSET
    deposit: Maybe[Money | None] = UNSET
    move: RescheduleAppointment | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Edited:
    """The key of the appointment."""

    appointment_id: int


@use_case(
    "appointment.edit",
    raises=(SlotTaken, OutsidePolicy, IllegalTransition, AlreadyOver, NotFound, Invalid, IdempotencyMismatch),
)
async def edit(ctx: Context, command: EditAppointment) -> Edited:
    """Change what the appointment says. Raises NotFound, IllegalTransition, Invalid, and as `reschedule`.

    What is wrong with words, money and a new time is told at once, before any rule or taken time.
    """
    try:
        async with ctx.unit_of_work() as uow:
            if earlier := await uow.earlier_answer("appointment.edit", command, Edited):
                return earlier
            appointment = await uow.get(Appointment, command.appointment_id, lock=True)
            if appointment is None:
                raise NotFound("appointment")
            next_state("edit", appointment.status)
            if command.move is not None:
                next_state("reschedule", appointment.status)
            check = Check()
            changes = _changes(check, appointment, command)
            if command.deposit is not UNSET:
                await _check_deposit(check, uow, appointment, command)
            if command.move is not None:
                check_move(check, appointment, command.move, uow.now)
            check.done()
            if _rewrite(uow, appointment, changes):
                uow.emit(AppointmentEdited(appointment_id=appointment.id))
            if command.move is not None:
                await move(uow, ctx.reach(RulebookShelf), appointment, command.move)
            return uow.answer(Edited(appointment_id=appointment.id))
    except (SlotTaken, OutsidePolicy) as error:
        raise await with_alternatives(ctx, error, moving_id=command.appointment_id) from None


async def _check_deposit(
    check: Check, uow: UnitOfWork, appointment: Appointment, command: EditAppointment
) -> None:
    """What the client was asked for already stays as it is."""
    wanted = command.deposit.amount_minor if isinstance(command.deposit, Money) else None
    if wanted == appointment.deposit_minor:
        return
    if await uow.ask(DepositQuestions).current(appointment.id) is not None:
        check.refuse("deposit", "ALREADY_ASKED_FOR", "cannot change once the client was asked for it")


def _changes(check: Check, appointment: Appointment, command: EditAppointment) -> dict[str, object]:
    """What the appointment is to say, by its fields. Issues are noted in `check`."""
    changes: dict[str, object] = {}
    if command.description is not UNSET:
        changes["description"] = check.note("description", command.description)
    if command.style is not UNSET:
        changes["style"] = check.note("style", command.style, longest=100)
    if command.notes is not UNSET:
        changes["notes"] = check.note("notes", command.notes)
    if command.internal_notes is not UNSET:
        changes["internal_notes"] = check.note("internal_notes", command.internal_notes)
    for name, money in (("price", command.price), ("deposit", command.deposit)):
        if money is not UNSET:
            checked = check.price(name, money, currency=appointment.currency)
            changes[f"{name}_minor"] = checked.amount_minor if checked else None
    return changes


def _rewrite(uow: UnitOfWork, appointment: Appointment, changes: dict[str, object]) -> bool:
    """Whether anything changed."""
    changed = {name: value for name, value in changes.items() if getattr(appointment, name) != value}
    for name, value in changed.items():
        setattr(appointment, name, value)
    if changed:
        appointment.updated_at = uow.now
    return bool(changed)
