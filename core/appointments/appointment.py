"""The appointment: somebody's time, promised to a client; its states and what may refuse it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned

PENDING = "PENDING"
CONFIRMED = "CONFIRMED"
COMPLETED = "COMPLETED"
NO_SHOW = "NO_SHOW"
CANCELLED = "CANCELLED"
DECLINED = "DECLINED"

STATUSES = (PENDING, CONFIRMED, COMPLETED, NO_SHOW, CANCELLED, DECLINED)
OCCUPYING = (PENDING, CONFIRMED)
"""The states that hold time (design: one life of an appointment)."""


@dataclass(kw_only=True, eq=False)
class Appointment(Entity, TenantOwned):
    """An appointment. `id` stays the same for its whole life, moves included.

    Times are instants; buffers, in minutes, are those in force when it was booked. `price_minor` and
    `deposit_minor` are in minor units of `currency`. Internal notes are kept encrypted.
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


@dataclass(frozen=True, kw_only=True)
class AppointmentBooked(Event):
    """Time was sold. `client_is_told` is False where the voice that booked promised silence."""

    type: ClassVar[str] = "appointment.booked"
    noun: ClassVar[str] = "appointment"
    key_field: ClassVar[str] = "appointment_id"

    appointment_id: int
    provider_id: int
    client_id: int
    location_id: int
    service_id: int | None
    starts_at: datetime
    ends_at: datetime
    status: str
    client_is_told: bool


@dataclass(eq=False)
class SlotTaken(Conflict):
    """Another allocation holds the provider's time."""

    code: ClassVar[str] = "SLOT_TAKEN"

    provider_id: int
    starts_at: datetime

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This time is taken: choose another."


@dataclass(eq=False)
class OutsidePolicy(Conflict):
    """A rule of the business refuses the time: `rule` names it, `earliest` says from when it allows."""

    code: ClassVar[str] = "OUTSIDE_POLICY"

    rule: str
    earliest: datetime | None = None

    @property
    def message(self) -> str:
        """One sentence for people."""
        return {
            "HOURS": "This time is outside opening hours.",
            "NOTICE": "This time is too soon.",
            "NOT_ACCEPTING": "This provider is not accepting bookings.",
        }.get(self.rule, "This time is against the booking rules.")
