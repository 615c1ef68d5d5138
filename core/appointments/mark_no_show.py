"""Mark an appointment as no-show: the client did not come."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.appointment import AppointmentMarkedNoShow
from core.appointments.end import end
from core.appointments.life import IllegalTransition
from core.deposits.deposit import DepositQuestions, forfeit_deposit
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class MarkNoShow:
    """The appointment that nobody came to; the client is told unless it has yet to start."""

    appointment_id: int
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class MarkedNoShow:
    """The deposit that was forfeited or withdrawn, if any, and whether the client is written to."""

    appointment_id: int
    deposit_id: int | None
    client_is_told: bool


@use_case("appointment.mark_no_show", raises=(IllegalTransition, NotFound, IdempotencyMismatch))
async def mark_no_show(ctx: Context, command: MarkNoShow) -> MarkedNoShow:
    """Note the absence: a paid deposit is kept by the business, a pending one withdrawn.

    At any time, by whoever runs the calendar (contract: no_show_states). Raises NotFound and
    IllegalTransition.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.mark_no_show", command, MarkedNoShow):
            return earlier
        appointment = await end(uow, command.appointment_id, "mark_no_show")
        deposit_id = await forfeit_deposit(uow, appointment.id)
        told = (
            command.tell_client
            and uow.now >= appointment.starts_at
            and await uow.ask(DepositQuestions).client_is_reached(appointment.client_id)
        )
        uow.emit(AppointmentMarkedNoShow(appointment_id=appointment.id, client_is_told=told))
        return uow.answer(
            MarkedNoShow(appointment_id=appointment.id, deposit_id=deposit_id, client_is_told=told)
        )
