"""Reschedule an appointment: another time, another length, another provider; the same id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.appointments.appointment import Appointment, AppointmentRescheduled, OutsidePolicy, SlotTaken
from core.appointments.book import BookingFacts, BookingQuestions, allow, check_start
from core.appointments.ledger import APPOINTMENT, NoRoom, take, want_of
from core.appointments.life import IllegalTransition, next_state
from core.availability.hours import DAY_MINUTES
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class RescheduleAppointment:
    """What is None stays as it is. `within_policies` and `tell_client` are as in booking."""

    appointment_id: int
    starts_at: datetime | None = None
    duration_minutes: int | None = None
    provider_id: int | None = None
    within_policies: bool = True
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Rescheduled:
    """The key of the appointment, the same as before."""

    appointment_id: int


@use_case(
    "appointment.reschedule",
    raises=(SlotTaken, OutsidePolicy, IllegalTransition, NotFound, Invalid, IdempotencyMismatch),
)
async def reschedule(ctx: Context, command: RescheduleAppointment) -> Rescheduled:
    """Move the appointment in one transaction: it keeps its old time unless it gets the new one.

    Price, deposit and buffers stay. Moving it to where it is changes nothing and tells nobody.
    Raises as booking does, and IllegalTransition for an appointment that is over or called off.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.reschedule", command, Rescheduled):
            return earlier
        appointment = await uow.get(Appointment, command.appointment_id, lock=True)
        if appointment is None:
            raise NotFound("appointment")
        next_state("reschedule", appointment.status)
        await move(uow, appointment, command)
        return uow.answer(Rescheduled(appointment_id=appointment.id))


async def move(uow: UnitOfWork, appointment: Appointment, command: RescheduleAppointment) -> None:
    """Give a locked appointment its new time, length or provider."""
    starts_at = command.starts_at or appointment.starts_at
    duration = appointment.duration_minutes if command.duration_minutes is None else command.duration_minutes
    provider_id = appointment.provider_id if command.provider_id is None else command.provider_id
    same = (appointment.starts_at, appointment.duration_minutes, appointment.provider_id)
    if (starts_at, duration, provider_id) == same:
        return
    check = Check()
    check.whole("duration_minutes", duration, least=1, most=DAY_MINUTES, unit="minutes")
    check_start(check, starts_at, uow.now)
    check.done()
    facts = await _facts(uow, appointment, provider_id)
    event = AppointmentRescheduled(
        appointment_id=appointment.id,
        from_starts_at=appointment.starts_at,
        from_ends_at=appointment.ends_at,
        from_provider_id=appointment.provider_id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=duration),
        provider_id=provider_id,
        client_is_told=command.tell_client,
    )
    appointment.starts_at, appointment.ends_at = event.starts_at, event.ends_at
    appointment.duration_minutes = duration
    appointment.provider_id, appointment.location_id = provider_id, facts.location_id
    appointment.updated_at = uow.now
    if command.within_policies:
        allow(appointment, facts, uow.now)
    await uow.flush()  # the new provider's row is referred to from here on, and cannot be archived meanwhile
    await _take_time(uow, appointment, facts)
    uow.emit(event)


async def _facts(uow: UnitOfWork, appointment: Appointment, provider_id: int) -> BookingFacts:
    facts = await uow.ask(BookingQuestions).booking_facts(
        provider_id, appointment.client_id, appointment.service_id
    )
    if facts.resource_id is None:
        raise NotFound("provider")
    return facts


async def _take_time(uow: UnitOfWork, appointment: Appointment, facts: BookingFacts) -> None:
    assert facts.resource_id is not None
    want = want_of(
        facts.resource_id,
        appointment.starts_at,
        appointment.duration_minutes,
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
    )
    try:
        await take(uow, [want], kind=APPOINTMENT, appointment_id=appointment.id, moving=True)
    except NoRoom:
        raise SlotTaken(appointment.provider_id, appointment.starts_at) from None
