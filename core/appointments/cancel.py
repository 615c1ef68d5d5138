"""Cancel an appointment."""

from __future__ import annotations

from dataclasses import dataclass

from core.appointments.appointment import (
    AlreadyOver,
    Appointment,
    AppointmentCancelled,
    OutsidePolicy,
    require_notice,
)
from core.appointments.end import end
from core.appointments.life import IllegalTransition
from core.appointments.terms import BookingQuestions
from core.availability.shelf import RulebookShelf, rulebook_of
from core.deposits.deposit import DepositQuestions, withdraw_deposit
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class CancelAppointment:
    """`reason` is kept with the appointment, and is in no event or log. The notice that the service wants
    holds for the public: `within_policies` False and `for_staff` are as in booking."""

    appointment_id: int
    reason: str | None = None
    within_policies: bool = True
    for_staff: bool = False
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Cancelled:
    """Whether the client is written to."""

    appointment_id: int
    client_is_told: bool


@use_case(
    "appointment.cancel",
    raises=(OutsidePolicy, IllegalTransition, AlreadyOver, NotFound, Invalid, IdempotencyMismatch),
)
async def cancel(ctx: Context, command: CancelAppointment) -> Cancelled:
    """Call the appointment off: its time is free at once, a pending deposit is withdrawn, a paid one stays.

    Raises NotFound, IllegalTransition, AlreadyOver for one whose end has passed, and OutsidePolicy where
    the service wants more notice.
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
        if command.within_policies and not command.for_staff:
            await _require_notice(uow, ctx.reach(RulebookShelf), appointment)
        appointment.cancellation_reason = reason
        await withdraw_deposit(uow, appointment.id)
        told = command.tell_client and await uow.ask(DepositQuestions).client_is_reached(
            appointment.client_id
        )
        uow.emit(AppointmentCancelled(appointment_id=appointment.id, client_is_told=told))
        return uow.answer(Cancelled(appointment_id=appointment.id, client_is_told=told))


async def _require_notice(uow: UnitOfWork, shelf: RulebookShelf, appointment: Appointment) -> None:
    facts = await uow.ask(BookingQuestions).booking_facts([], None, None)
    rules = await rulebook_of(uow, shelf, facts.rules_revision)
    service = rules.services.get(appointment.service_id) if appointment.service_id is not None else None
    notice = 0 if service is None else service.cancellation_notice_minutes
    require_notice("CANCELLATION", notice, appointment, uow.now)
