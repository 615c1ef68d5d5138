"""Complete an appointment: it took place."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.appointment import AppointmentCompleted
from core.appointments.end import end
from core.appointments.life import IllegalTransition
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CompleteAppointment:
    """The appointment that took place."""

    appointment_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Completed:
    """The key of the appointment."""

    appointment_id: int


@use_case("appointment.complete", raises=(IllegalTransition, NotFound, IdempotencyMismatch))
async def complete(ctx: Context, command: CompleteAppointment) -> Completed:
    """Note that it took place. Raises NotFound and IllegalTransition."""
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.complete", command, Completed):
            return earlier
        appointment = await end(uow, command.appointment_id, "complete")
        uow.emit(AppointmentCompleted(appointment_id=appointment.id))
        return uow.answer(Completed(appointment_id=appointment.id))
