"""Confirm an appointment, and ask the client for the deposit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.appointments.appointment import Appointment, AppointmentConfirmed
from core.appointments.life import PENDING, IllegalTransition, next_state
from core.deposits.deposit import DepositQuestions, request_deposit
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.money import Money
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ConfirmAppointment:
    """`deposit_due_at` None is 48 hours from now; `tell_client` False tells the client of neither deposit nor
    confirmation."""

    appointment_id: int
    deposit_due_at: datetime | None = None
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Confirmed:
    """The deposit, if there is one, and whether this call had the client written to."""

    appointment_id: int
    deposit_id: int | None
    client_is_told: bool


@use_case("appointment.confirm", raises=(IllegalTransition, NotFound, Invalid, IdempotencyMismatch))
async def confirm(ctx: Context, command: ConfirmAppointment) -> Confirmed:
    """Confirm; the first call also asks for the deposit, later ones change nothing and tell nobody.

    Of what was pending the client is told that it is confirmed, by the letter that asks for the deposit
    where one goes out.

    Raises NotFound, IllegalTransition for an appointment that is over or called off, and Invalid for
    a due time in the past.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.confirm", command, Confirmed):
            return earlier
        if command.deposit_due_at is not None and command.deposit_due_at <= uow.now:
            raise invalid("deposit_due_at", "IN_THE_PAST", "must be in the future")
        appointment = await uow.get(Appointment, command.appointment_id, lock=True)
        if appointment is None:
            raise NotFound("appointment")
        was_pending = appointment.status == PENDING
        appointment.status = next_state("confirm", appointment.status)
        appointment.awaiting = None
        if appointment.confirmed_at is not None:
            deposit_id = await uow.ask(DepositQuestions).current(appointment.id)
            return uow.answer(_told(appointment, deposit_id, told=False))
        appointment.confirmed_at = appointment.updated_at = uow.now
        deposit_id, is_asked = await _ask_for_deposit(uow, appointment, command)
        told = (
            was_pending
            and not is_asked
            and command.tell_client
            and await uow.ask(DepositQuestions).client_is_reached(appointment.client_id)
        )
        uow.emit(
            AppointmentConfirmed(appointment_id=appointment.id, deposit_id=deposit_id, client_is_told=told)
        )
        return uow.answer(_told(appointment, deposit_id, told=is_asked or told))


async def _ask_for_deposit(
    uow: UnitOfWork, appointment: Appointment, command: ConfirmAppointment
) -> tuple[int | None, bool]:
    """The pending deposit, if the appointment has an amount, and whether its mail was asked for."""
    questions = uow.ask(DepositQuestions)
    if not appointment.deposit_minor:
        return None, False
    if (already := await questions.current(appointment.id)) is not None:
        return already, False
    told = command.tell_client and await questions.client_is_reached(appointment.client_id)
    deposit = await request_deposit(
        uow,
        appointment_id=appointment.id,
        client_id=appointment.client_id,
        amount=Money(appointment.deposit_minor, appointment.currency),
        due_at=command.deposit_due_at,
        client_is_told=told,
    )
    return deposit.id, told


def _told(appointment: Appointment, deposit_id: int | None, *, told: bool) -> Confirmed:
    return Confirmed(appointment_id=appointment.id, deposit_id=deposit_id, client_is_told=told)
