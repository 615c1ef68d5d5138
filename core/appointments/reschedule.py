"""Reschedule an appointment: another time, another length, another provider; the same id."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from core.appointments.alternatives import with_alternatives
from core.appointments.appointment import (
    AlreadyOver,
    Appointment,
    AppointmentRescheduled,
    OutsidePolicy,
    SlotTaken,
    check_start,
    require_notice,
)
from core.appointments.arrange import Arrangement, Asked, arrange, refusal, resources_of, settle
from core.appointments.ledger import APPOINTMENT, Owner
from core.appointments.life import IllegalTransition, next_state
from core.appointments.open_ledger import open_ledger, span_of
from core.appointments.terms import Terms, terms_of
from core.availability.demand import Demand, demand_of, sells
from core.availability.hours import DAY_MINUTES
from core.availability.kept import needs_of, segments_of
from core.availability.shelf import RulebookShelf
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound, invalid
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class RescheduleAppointment:
    """What is None stays as it is. `within_policies`, `for_staff`, `heeding` and `tell_client` are as in
    booking. Without a location it stays where it is as long as the provider works there then, and
    outside all hours, too."""

    appointment_id: int
    starts_at: datetime | None = None
    duration_minutes: int | None = None
    provider_id: int | None = None
    location_id: int | None = None
    within_policies: bool = True
    for_staff: bool = False
    heeding: tuple[str, ...] = ()
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Rescheduled:
    """The key of the appointment, the same as before."""

    appointment_id: int


@use_case(
    "appointment.reschedule",
    raises=(SlotTaken, OutsidePolicy, IllegalTransition, AlreadyOver, NotFound, Invalid, IdempotencyMismatch),
)
async def reschedule(ctx: Context, command: RescheduleAppointment) -> Rescheduled:
    """Move the appointment in one transaction: it keeps its old time unless it gets the new one.

    Price, deposit, buffers and parts stay; so do the others of a collective, at the new time. Moving
    it to where it is changes nothing and tells nobody. Raises as booking does, IllegalTransition for
    one that was brought to its end or called off, AlreadyOver for one whose end has passed, unless by
    the staff door, and OutsidePolicy where the service wants more notice.
    """
    try:
        async with ctx.unit_of_work() as uow:
            if earlier := await uow.earlier_answer("appointment.reschedule", command, Rescheduled):
                return earlier
            appointment = await uow.get(Appointment, command.appointment_id, lock=True)
            if appointment is None:
                raise NotFound("appointment")
            next_state("reschedule", appointment.status)
            await move(uow, ctx.reach(RulebookShelf), appointment, command)
            return uow.answer(Rescheduled(appointment_id=appointment.id))
    except (SlotTaken, OutsidePolicy) as error:
        raise await with_alternatives(ctx, error, moving_id=command.appointment_id) from None


class CompanyQuestions(Protocol):
    """Who else gives an appointment; one statement each."""

    async def company_of(self, appointment_id: int) -> list[int]:
        """The providers who take part in it beside its own, by key."""
        ...


async def move(
    uow: UnitOfWork, shelf: RulebookShelf, appointment: Appointment, command: RescheduleAppointment
) -> None:
    """Give a locked appointment its new time, length or provider."""
    if command.within_policies and appointment.ends_at <= uow.now:
        raise AlreadyOver(appointment.ends_at)
    starts_at, duration, provider_id, _ = _wanted(appointment, command)
    if _stays(appointment, command):
        return
    check = Check()
    check_move(check, appointment, command, uow.now)
    check.done()
    demand = _demand(appointment, duration)
    company = await uow.ask(CompanyQuestions).company_of(appointment.id)
    if provider_id in company:
        raise invalid("provider_id", "TAKES_PART_ALREADY", "takes part in it already")
    terms = await terms_of(
        uow,
        shelf,
        provider_ids=[provider_id],
        client_id=None,
        service_id=None,
        location_id=command.location_id,
    )
    terms = _with_service(terms, appointment)
    is_public = command.within_policies and not command.for_staff
    if duration != appointment.duration_minutes:
        _require_length(terms, duration, is_public)
    if is_public:
        _require_notice(appointment, terms, uow.now)
    stays_at: int | None = appointment.location_id
    if provider_id != appointment.provider_id and stays_at not in terms.rules.places_of[provider_id]:
        stays_at = None
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
    appointment.duration_minutes, appointment.provider_id = duration, provider_id
    appointment.updated_at = uow.now
    await uow.flush()  # the new provider's row is referred to from here on, and cannot be archived meanwhile
    asked = Asked(
        demand=demand,
        seats=appointment.seats,
        location_id=command.location_id,
        stays_at=stays_at,
        within_policies=command.within_policies,
        for_staff=command.for_staff,
        heeding=frozenset(command.heeding),
        among=(provider_id, *company),
        together=bool(company),
    )
    await _take_time(uow, appointment, terms, asked, company)
    uow.emit(event)


def _wanted(appointment: Appointment, command: RescheduleAppointment) -> tuple[datetime, int, int, int]:
    """Start, length, provider and location as they would be."""
    return (
        command.starts_at or appointment.starts_at,
        appointment.duration_minutes if command.duration_minutes is None else command.duration_minutes,
        appointment.provider_id if command.provider_id is None else command.provider_id,
        appointment.location_id if command.location_id is None else command.location_id,
    )


def _stays(appointment: Appointment, command: RescheduleAppointment) -> bool:
    """Whether it would be where it is, which is never wrong."""
    same = (appointment.starts_at, appointment.duration_minutes, appointment.provider_id)
    return _wanted(appointment, command) == (*same, appointment.location_id)


def check_move(check: Check, appointment: Appointment, command: RescheduleAppointment, now: datetime) -> None:
    """A new start and length, as far as they need nothing looked up. Issues are noted in `check`."""
    if _stays(appointment, command):
        return
    starts_at, duration, _, _ = _wanted(appointment, command)
    check.whole("duration_minutes", duration, least=1, most=DAY_MINUTES, unit="minutes")
    check_start(check, starts_at, now)


def _demand(appointment: Appointment, duration: int) -> Demand:
    """What the appointment takes at its new length, by what it was booked with. Raises Invalid."""
    try:
        return demand_of(
            duration,
            before=appointment.buffer_before_minutes,
            after=appointment.buffer_after_minutes,
            segments=segments_of(appointment.segments),
            needs=needs_of(appointment.needs),
        )
    except ValueError:
        raise invalid("duration_minutes", "TOO_SHORT", "is too short for its parts") from None


def _with_service(terms: Terms, appointment: Appointment) -> Terms:
    """The terms with the service's rules, where the service is still there; a group keeps its size."""
    key = appointment.service_id
    return terms if key is None else replace(terms, service=terms.rules.services.get(key))


def _require_length(terms: Terms, duration: int, is_public: bool) -> None:
    if terms.service is not None and not sells(terms.service, duration, for_staff=not is_public):
        raise invalid("duration_minutes", "NOT_OFFERED", "must be a length that the service has")


def _require_notice(appointment: Appointment, terms: Terms, now: datetime) -> None:
    notice = terms.service.rescheduling_notice_minutes if terms.service else 0
    require_notice("RESCHEDULING", notice, appointment, now)


async def _take_time(
    uow: UnitOfWork, appointment: Appointment, terms: Terms, asked: Asked, company: list[int]
) -> None:
    start = minute_of(appointment.starts_at)
    everybody = [appointment.provider_id, *company]
    ledger = await open_ledger(
        uow,
        resources_of(terms, everybody, asked.demand),
        span_of(asked.demand, [start]),
        moving=[appointment.id],
    )
    for position, provider_id in enumerate(everybody):
        alone = replace(asked, demand=replace(asked.demand, resources=())) if position else asked
        found = arrange(ledger, terms, alone, provider_id, start, uow.now)
        if not isinstance(found, Arrangement):
            raise refusal(terms, asked, provider_id, start, found)
        owner = Owner(
            kind=APPOINTMENT,
            begins_minute=start,
            service_id=appointment.service_id,
            appointment_id=appointment.id,
        )
        session_id, location_id = await settle(uow, ledger, terms, alone, found, owner)
        if position == 0:
            appointment.group_session_id, appointment.location_id = session_id, location_id
