"""The appointment: somebody's time, promised to a client; what happens to it, and what may refuse it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from core.availability.demand import Demand
from core.kernel.clock import is_whole_minute
from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.unit_of_work import Entity, TenantOwned

MAX_AHEAD = timedelta(days=5 * 366)


@dataclass(kw_only=True, eq=False)
class Appointment(Entity, TenantOwned):
    """An appointment. `id` stays the same for its whole life, moves included.

    Times are instants; buffers, in minutes, are those in force when it was booked. `price_minor` and
    `deposit_minor` are in minor units of `currency`. Internal notes are kept encrypted.
    `confirmed_at` is when `confirm` was first called: a booking is confirmed before that. `awaiting`
    says who has to decide about a pending one. `segments` and `needs` are those in force when it was
    booked, as core.availability.kept keeps them. One of a group takes `seats` of its session.
    """

    location_id: int
    provider_id: int
    client_id: int
    service_id: int | None
    status: str
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    price_minor: int | None
    deposit_minor: int | None
    currency: str
    description: str | None
    style: str | None
    notes: str | None
    internal_notes: str | None
    created_at: datetime
    updated_at: datetime
    confirmed_at: datetime | None = None
    cancellation_reason: str | None = None
    awaiting: str | None = None
    seats: int = 1
    segments: list[dict[str, Any]] | None = None
    needs: list[dict[str, Any]] | None = None
    group_session_id: int | None = None
    series_id: int | None = None


@dataclass(kw_only=True, eq=False)
class AppointmentProvider(TenantOwned):
    """Somebody who takes part in a collective appointment beside its own provider."""

    appointment_id: int
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(Event):
    """Time was sold. `client_is_told` is False where the voice that booked promised silence."""

    type: ClassVar[str] = "appointment.booked"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int
    provider_id: int
    client_id: int
    location_id: int
    service_id: int | None
    starts_at: datetime
    ends_at: datetime
    status: str
    client_is_told: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentConfirmed(Event):
    """`confirm` was called for the first time. `client_is_told` where it was pending; a deposit has its own word."""

    type: ClassVar[str] = "appointment.confirmed"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int
    deposit_id: int | None
    client_is_told: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentRescheduled(Event):
    """An appointment moved in time, in length or to another provider."""

    type: ClassVar[str] = "appointment.rescheduled"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int
    from_starts_at: datetime
    from_ends_at: datetime
    from_provider_id: int
    starts_at: datetime
    ends_at: datetime
    provider_id: int
    client_is_told: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentEdited(Event):
    """Something other than its time changed."""

    type: ClassVar[str] = "appointment.edited"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class AppointmentCompleted(Event):
    """The appointment took place."""

    type: ClassVar[str] = "appointment.completed"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class AppointmentMarkedNoShow(Event):
    """The client did not come."""

    type: ClassVar[str] = "appointment.marked_no_show"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int
    client_is_told: bool


@dataclass(frozen=True, kw_only=True)
class AppointmentCancelled(Event):
    """The appointment was called off, and its time is free again."""

    type: ClassVar[str] = "appointment.cancelled"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"
    changes_taken: ClassVar[bool] = True

    appointment_id: int
    client_is_told: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was wanted where it was refused, of any of the providers or of all together: enough to look
    for another time."""

    provider_ids: tuple[int, ...]
    together: bool
    starts_at: datetime
    demand: Demand
    service_id: int | None
    location_id: int | None
    seats: int
    for_staff: bool


@dataclass(eq=False)
class SlotTaken(Conflict):
    """Another allocation holds the provider's time; `next_free` are the nearest starts that are free:
    with that provider or, where any or all of several were wanted, with any or all of them."""

    code: ClassVar[str] = "SLOT_TAKEN"

    provider_id: int
    starts_at: datetime
    next_free: list[datetime] = field(default_factory=list)
    wanted: Wanted | None = field(default=None, repr=False)

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This time is taken: choose another."


@dataclass(eq=False)
class OutsidePolicy(Conflict):
    """A rule of the business refuses the time: `rule` names it.

    `starts_at` is the start that it refuses, of a series the first of them; of what is to be moved or
    cancelled too late, its own. `earliest` is the first start after it that the same asker can have, by
    the grid and up to the horizon, where the rule refuses one time and not another. `latest` is the end
    of the horizon.
    """

    code: ClassVar[str] = "OUTSIDE_POLICY"

    rule: str
    starts_at: datetime
    earliest: datetime | None = None
    latest: datetime | None = None
    wanted: Wanted | None = field(default=None, repr=False)

    @property
    def message(self) -> str:
        """One sentence for people."""
        return {
            "HOURS": "This time is outside opening hours.",
            "NOTICE": "This time is too soon.",
            "OVERRIDE": "This time is outside that day's hours.",
            "HOLIDAY": "This day is a holiday.",
            "BLOCK": "This time is blocked.",
            "HORIZON": "This time is too far ahead.",
            "NOT_ACCEPTING": "This provider is not accepting bookings.",
            "NOT_OFFERED": "This service is not open for booking.",
            "PROVIDER": "This provider does not offer the service.",
            "DAILY_LIMIT": "This provider has no appointments left that day.",
            "NO_GAP": "This time would leave a gap too short to be of use.",
            "GRID": "Appointments do not begin at this time.",
            "RESCHEDULING": "Appointments for this service cannot be moved.",
            "RESCHEDULING_NOTICE": "It is too late to move this appointment.",
            "CANCELLATION": "Appointments for this service cannot be cancelled.",
            "CANCELLATION_NOTICE": "It is too late to cancel this appointment.",
        }.get(self.rule, "This time is against the booking rules.")


@dataclass(eq=False)
class AlreadyOver(Conflict):
    """The appointment has ended: it can be completed or marked as no-show, not called off or moved by the
    rules."""

    code: ClassVar[str] = "ALREADY_OVER"

    ended_at: datetime

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This appointment is over: mark it completed or as no-show instead."


@dataclass(eq=False)
class TooManyAhead(Conflict):
    """The client has as many appointments ahead as the service allows."""

    code: ClassVar[str] = "TOO_MANY_AHEAD"

    limit: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"No more than {self.limit} appointments of this kind can be booked ahead."


@dataclass(eq=False)
class HoldExpired(Conflict):
    """The hold has run out, was released, or holds other time than is being booked."""

    code: ClassVar[str] = "HOLD_EXPIRED"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "The hold on this time is gone: choose a time again."


def require_notice(rule: str, notice_minutes: int | None, appointment: Appointment, now: datetime) -> None:
    """Raise OutsidePolicy where the notice, None being never, no longer allows what `rule` names.

    An appointment has no earliest time for it: the last one has passed.
    """
    if notice_minutes is None:
        raise OutsidePolicy(rule, appointment.starts_at)
    if notice_minutes and appointment.starts_at - now < timedelta(minutes=notice_minutes):
        raise OutsidePolicy(f"{rule}_NOTICE", appointment.starts_at)


def check_start(check: Check, starts_at: datetime, now: datetime) -> None:
    """A start is a whole minute in the future, at most five years ahead."""
    if not is_whole_minute(starts_at):
        check.refuse("starts_at", "NOT_A_WHOLE_MINUTE", "must fall on a whole minute")
    if starts_at <= now:
        check.refuse("starts_at", "IN_THE_PAST", "must be in the future")
    elif starts_at > now + MAX_AHEAD:
        check.refuse("starts_at", "TOO_FAR_AHEAD", "must be within five years")
