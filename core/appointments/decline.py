"""Decline an appointment that waits for approval."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.appointments.end import end
from core.appointments.life import IllegalTransition
from core.deposits.deposit import DepositQuestions, withdraw_deposit
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class DeclineAppointment:
    """`reason` is kept; `tell_client` False declines in silence."""

    appointment_id: int
    reason: str | None = None
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Declined:
    """Whether the client is written to."""

    appointment_id: int
    client_is_told: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentDeclined(Event):
    """A pending appointment was declined, and its time is free again."""

    type: ClassVar[str] = "appointment.declined"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int
    client_is_told: bool


@use_case("appointment.decline", raises=(IllegalTransition, NotFound, Invalid, IdempotencyMismatch))
async def decline(ctx: Context, command: DeclineAppointment) -> Declined:
    """Say no: the time is free at once, a pending deposit is withdrawn.

    Raises NotFound, and IllegalTransition for an appointment that waits for nobody.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.decline", command, Declined):
            return earlier
        check = Check()
        reason = check.note("reason", command.reason, longest=1_000)
        check.done()
        appointment = await end(uow, command.appointment_id, "decline")
        appointment.cancellation_reason = reason
        await withdraw_deposit(uow, appointment.id)
        told = command.tell_client and await uow.ask(DepositQuestions).client_is_reached(
            appointment.client_id
        )
        uow.emit(AppointmentDeclined(appointment_id=appointment.id, client_is_told=told))
        return uow.answer(Declined(appointment_id=appointment.id, client_is_told=told))
