"""The draft of an appointment: what it will say and cost, as it will be kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from core.appointments.appointment import Appointment
from core.appointments.life import CONFIRMED
from core.appointments.terms import Terms
from core.availability.demand import sells
from core.availability.hours import DAY_MINUTES
from core.availability.kept import kept_needs, kept_segments
from core.deposits.deposit import deposit_due
from core.kernel.money import Money
from core.kernel.text import Check

if TYPE_CHECKING:
    from core.appointments.book import BookAppointment


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What an appointment says."""

    description: str | None
    style: str | None
    notes: str | None
    internal_notes: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """What it costs, and the deposit where one was named."""

    price: Money | None
    deposit: Money | None


def check_length(check: Check, wanted: int | None) -> None:
    """A length that is named is 1 to 1,440 minutes; whether the service has it is told by its terms."""
    if wanted is not None:
        check.whole("duration_minutes", wanted, least=1, most=DAY_MINUTES, unit="minutes")


def checked_duration(check: Check, terms: Terms, wanted: int | None, is_public: bool) -> int:
    """The length in minutes: the one wanted, else the service's. Issues are noted in `check`.

    The public chooses among the lengths that the service offers, and so do all of a group. The caller
    has called `check_length`: what that refused is not refused again.
    """
    service = terms.service
    if wanted is None:
        if service is None:
            check.refuse("duration_minutes", "REQUIRED", "is needed where no service is named")
            return 1
        wanted = service.duration_minutes
    if not 1 <= wanted <= DAY_MINUTES:
        return 1 if service is None else service.duration_minutes
    if service is None:
        return wanted
    if not sells(service, wanted, for_staff=not is_public):
        choices = " or ".join(
            str(minutes) for minutes in sorted({service.duration_minutes, *service.durations})
        )
        check.refuse("duration_minutes", "NOT_OFFERED", f"must be {choices} minutes")
        return service.duration_minutes
    try:
        terms.demand(wanted)
    except ValueError:
        check.refuse("duration_minutes", "TOO_SHORT", "is too short for the parts of the service")
        return service.duration_minutes
    return wanted


def checked_words(check: Check, command: BookAppointment) -> Words:
    """The words of a booking. Issues are noted in `check`."""
    return Words(
        description=check.note("description", command.description),
        style=check.note("style", command.style, longest=100),
        notes=check.note("notes", command.notes),
        internal_notes=check.note("internal_notes", command.internal_notes),
    )


def checked_sums(check: Check, command: BookAppointment, terms: Terms, seats: int) -> Sums:
    """The price and the named deposit of a booking, in the business's currency. Issues are noted in `check`."""
    facts, before = terms.facts, len(check.issues)
    price = check.price("price", command.price, currency=facts.currency)
    if price is None and facts.price_minor is not None:
        price = Money(facts.price_minor * seats, facts.currency)
    deposit = check.price("deposit", command.deposit, currency=facts.currency)
    # ServaloDesk's staff may ask for any deposit; a staff door is not asked what it costs.
    is_asked = command.within_policies and len(check.issues) == before
    if is_asked and deposit and price and deposit.amount_minor > price.amount_minor:
        check.refuse("deposit", "ABOVE_PRICE", "must not be more than the price")
    return Sums(price=price, deposit=deposit)


def drafted(
    now: datetime,
    command: BookAppointment,
    terms: Terms,
    words: Words,
    sums: Sums,
    *,
    client_id: int,
    provider_id: int,
    location_id: int,
    starts_at: datetime,
    duration: int,
) -> Appointment:
    """The appointment as it will be kept; words and sums were checked before."""
    facts, service = terms.facts, terms.service
    deposit = deposit_due(
        explicit=sums.deposit,
        price=sums.price,
        percents=(facts.service_percent, facts.provider_percents.get(provider_id), facts.business_percent),
    )
    return Appointment(
        location_id=location_id,
        provider_id=provider_id,
        client_id=client_id,
        service_id=command.service_id,
        status=CONFIRMED,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=duration),
        duration_minutes=duration,
        buffer_before_minutes=service.buffer_before_minutes if service else 0,
        buffer_after_minutes=service.buffer_after_minutes if service else 0,
        price_minor=sums.price.amount_minor if sums.price else None,
        deposit_minor=deposit.amount_minor if deposit else None,
        currency=facts.currency,
        description=words.description,
        style=words.style,
        notes=words.notes,
        internal_notes=words.internal_notes,
        created_at=now,
        updated_at=now,
        seats=command.seats,
        segments=kept_segments(service.segments) if service and service.segments else None,
        needs=kept_needs(service.needs) if service and service.needs else None,
    )
