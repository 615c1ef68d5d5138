"""Book an appointment: the verb that sells time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from core.appointments.appointment import (
    Appointment,
    AppointmentBooked,
    HoldExpired,
    OutsidePolicy,
    SlotTaken,
)
from core.appointments.ledger import APPOINTMENT, HoldGone, NoRoom, take, want_of
from core.appointments.life import CONFIRMED
from core.availability.hours import DAY_MINUTES, WeeklyHours, windows
from core.deposits.deposit import deposit_due
from core.kernel.clock import is_whole_minute, minute_of
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.money import Money
from core.kernel.text import Check, zone_of
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case

MAX_AHEAD = timedelta(days=5 * 366)


@dataclass(kw_only=True)
class BookAppointment:
    """A client, a provider and a start. Length and price come from the service unless given here.

    `within_policies` False is the staff door: hours, notice and acceptance do not refuse, only time
    that is taken does. `tell_client` False books in silence. `hold_id` turns one's own hold into the
    booking.
    """

    client_id: int
    provider_id: int
    starts_at: datetime
    service_id: int | None = None
    duration_minutes: int | None = None
    price: Money | None = None
    deposit: Money | None = None
    description: str | None = None
    style: str | None = None
    notes: str | None = None
    internal_notes: str | None = None
    hold_id: int | None = None
    within_policies: bool = True
    tell_client: bool = True
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class Booked:
    """The key of the new appointment."""

    appointment_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFacts:
    """What booking needs of a service; minutes, and minor units of the business's currency."""

    duration_minutes: int
    price_minor: int | None
    buffer_before_minutes: int
    buffer_after_minutes: int
    deposit_percent: Decimal | None
    notice_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookingFacts:
    """What booking needs to know of the business, the provider, the client and the service."""

    currency: str
    business_hours: WeeklyHours
    business_percent: Decimal
    client_is_known: bool
    resource_id: int | None
    location_id: int
    time_zone: str
    provider_hours: WeeklyHours | None
    provider_percent: Decimal | None
    is_accepting_bookings: bool
    service: ServiceFacts | None


class BookingQuestions(Protocol):
    """What booking asks; one statement each."""

    async def booking_facts(self, provider_id: int, client_id: int, service_id: int | None) -> BookingFacts:
        """The facts; `resource_id` is None where the provider is not there, `service` likewise."""
        ...


@use_case(
    "appointment.book", raises=(SlotTaken, HoldExpired, OutsidePolicy, NotFound, Invalid, IdempotencyMismatch)
)
async def book(ctx: Context, command: BookAppointment) -> Booked:
    """Sell the time, confirmed at once.

    Raises NotFound for an unknown provider, client or service, Invalid for values that break a rule,
    OutsidePolicy where the business's rules refuse, HoldExpired where the hold is gone, and SlotTaken
    where the time is taken.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("appointment.book", command, Booked):
            return earlier
        facts = await _known_facts(uow, command)
        appointment = _drafted(uow, command, facts)
        if command.within_policies:
            allow(appointment, facts, uow.now)
        uow.add(appointment)
        await uow.flush()
        await _take_time(uow, appointment, facts, command.hold_id)
        uow.emit(
            AppointmentBooked(
                appointment_id=appointment.id,
                provider_id=appointment.provider_id,
                client_id=appointment.client_id,
                location_id=appointment.location_id,
                service_id=appointment.service_id,
                starts_at=appointment.starts_at,
                ends_at=appointment.ends_at,
                status=appointment.status,
                client_is_told=command.tell_client,
            )
        )
        return uow.answer(Booked(appointment_id=appointment.id))


async def _known_facts(uow: UnitOfWork, command: BookAppointment) -> BookingFacts:
    facts = await uow.ask(BookingQuestions).booking_facts(
        command.provider_id, command.client_id, command.service_id
    )
    if facts.resource_id is None:
        raise NotFound("provider")
    if not facts.client_is_known:
        raise NotFound("client")
    if command.service_id is not None and facts.service is None:
        raise NotFound("service")
    return facts


def _drafted(uow: UnitOfWork, command: BookAppointment, facts: BookingFacts) -> Appointment:
    """The appointment as it will be kept. Raises Invalid with every issue found."""
    check = Check()
    service = facts.service
    duration = command.duration_minutes
    if duration is None and service is not None:
        duration = service.duration_minutes
    if duration is None:
        check.refuse("duration_minutes", "REQUIRED", "is needed where no service is named")
        duration = 1
    duration = check.whole("duration_minutes", duration, least=1, most=DAY_MINUTES, unit="minutes")
    check_start(check, command.starts_at, uow.now)
    price = check.price("price", command.price, currency=facts.currency)
    if price is None and service is not None and service.price_minor is not None:
        price = Money(service.price_minor, facts.currency)
    deposit = deposit_due(
        explicit=check.price("deposit", command.deposit, currency=facts.currency),
        price=price,
        percents=(
            service.deposit_percent if service else None,
            facts.provider_percent,
            facts.business_percent,
        ),
    )
    description = check.note("description", command.description)
    style = check.note("style", command.style, longest=100)
    notes = check.note("notes", command.notes)
    internal_notes = check.note("internal_notes", command.internal_notes)
    check.done()
    return Appointment(
        location_id=facts.location_id,
        provider_id=command.provider_id,
        client_id=command.client_id,
        service_id=command.service_id,
        status=CONFIRMED,
        starts_at=command.starts_at,
        ends_at=command.starts_at + timedelta(minutes=duration),
        duration_minutes=duration,
        buffer_before_minutes=service.buffer_before_minutes if service else 0,
        buffer_after_minutes=service.buffer_after_minutes if service else 0,
        price_minor=price.amount_minor if price else None,
        deposit_minor=deposit.amount_minor if deposit else None,
        currency=facts.currency,
        description=description,
        style=style,
        notes=notes,
        internal_notes=internal_notes,
        created_at=uow.now,
        updated_at=uow.now,
    )


def check_start(check: Check, starts_at: datetime, now: datetime) -> None:
    """A start is a whole minute in the future, at most five years ahead."""
    if not is_whole_minute(starts_at):
        check.refuse("starts_at", "NOT_A_WHOLE_MINUTE", "must fall on a whole minute")
    if starts_at <= now:
        check.refuse("starts_at", "IN_THE_PAST", "must be in the future")
    elif starts_at > now + MAX_AHEAD:
        check.refuse("starts_at", "TOO_FAR_AHEAD", "must be within five years")


def allow(appointment: Appointment, facts: BookingFacts, now: datetime) -> None:
    """Refuse what the business's rules do not offer. Raises OutsidePolicy."""
    if not facts.is_accepting_bookings:
        raise OutsidePolicy("NOT_ACCEPTING")
    notice = facts.service.notice_minutes if facts.service else 0
    earliest = now + timedelta(minutes=notice)
    if appointment.starts_at < earliest:
        raise OutsidePolicy("NOTICE", earliest)
    zone = zone_of(facts.time_zone)
    day = appointment.starts_at.astimezone(zone).date()
    hours = facts.business_hours if facts.provider_hours is None else facts.provider_hours
    start, end = minute_of(appointment.starts_at), minute_of(appointment.ends_at)
    # A day may have 23 hours: an appointment of 24 can end on the day after the next.
    nearby = windows(hours, zone, day - timedelta(days=1), day + timedelta(days=2))
    if not any(opens <= start and end <= closes for opens, closes in nearby):
        raise OutsidePolicy("HOURS")


async def _take_time(
    uow: UnitOfWork, appointment: Appointment, facts: BookingFacts, hold_id: int | None
) -> None:
    assert facts.resource_id is not None
    want = want_of(
        facts.resource_id,
        appointment.starts_at,
        appointment.duration_minutes,
        appointment.buffer_before_minutes,
        appointment.buffer_after_minutes,
    )
    try:
        await take(uow, [want], kind=APPOINTMENT, appointment_id=appointment.id, hold_id=hold_id)
    except NoRoom:
        raise SlotTaken(appointment.provider_id, appointment.starts_at) from None
    except HoldGone:
        raise HoldExpired() from None
