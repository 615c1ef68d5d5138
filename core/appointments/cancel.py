"""Cancel an appointment."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.appointment import AlreadyOver, AppointmentCancelled
from core.appointments.end import end
from core.appointments.life import IllegalTransition
from core.deposits.deposit import DepositQuestions, withdraw_deposit
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CancelAppointment:
    """`reason` is kept with the appointment, and is in no event or log."""

    appointment_id: int
    reason: str | None = None
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Cancelled:
    """Whether the client is written to."""

    appointment_id: int
    client_is_told: bool


@use_case(
    "appointment.cancel", raises=(IllegalTransition, AlreadyOver, NotFound, Invalid, IdempotencyMismatch)
)
async def cancel(ctx: Context, command: CancelAppointment) -> Cancelled:
    """Call the appointment off: its time is free at once, a pending deposit is withdrawn, a paid one stays.

    Raises NotFound, IllegalTransition, and AlreadyOver for one whose end has passed.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.cancel", command, Cancelled):
            return earlier
        check = Check()
        reason = check.note("reason", command.reason, longest=1_000)
        check.done()
        appointment = await end(uow, command.appointment_id, "cancel")
        if appointment.ends_at <= uow.now:
            raise AlreadyOver(appointment.ends_at)
        appointment.cancellation_reason = reason
        await withdraw_deposit(uow, appointment.id)
        told = command.tell_client and await uow.ask(DepositQuestions).client_has_address(
            appointment.client_id
        )
        uow.emit(AppointmentCancelled(appointment_id=appointment.id, client_is_told=told))
        return uow.answer(Cancelled(appointment_id=appointment.id, client_is_told=told))
