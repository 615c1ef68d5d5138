"""The waitlist entry: a client who waits for a time, and what happens to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

WAITING, OFFERED, BOOKED, EXPIRED, REMOVED = "WAITING", "OFFERED", "BOOKED", "EXPIRED", "REMOVED"
STATUSES = (WAITING, OFFERED, BOOKED, EXPIRED, REMOVED)
"""WAITING → OFFERED → BOOKED, or back to WAITING when the offer is not taken; EXPIRED once its last
wanted day is over; REMOVED when it was taken off."""


@dataclass(kw_only=True, eq=False)
class WaitlistEntry(Entity, TenantOwned):
    """A client who waits. Whoever joined first has the lower key, and is asked first.

    What is None is wanted of any kind. `days` are single days, in ISO 8601, beside the stretch from
    `first_day` to `last_day`; `weekdays` are words such as `monday`; `times` are stretches of the day
    in minutes after midnight, in which the whole appointment must lie, those beyond 1,440 in the
    night that the day begins. All of them are by the wall clock of the place. `lapses_at` is when the
    last wanted day is over, and its night where that is wanted.
    """

    client_id: int
    service_id: int | None
    provider_id: int | None
    location_id: int | None
    first_day: date | None
    last_day: date | None
    days: list[str] | None
    weekdays: list[str] | None
    times: list[list[int]] | None
    duration_minutes: int | None
    seats: int
    description: str | None
    style: str | None
    notes: str | None
    status: str
    joined_at: datetime
    updated_at: datetime
    lapses_at: datetime | None = None
    expired_offers: int = 0


def plan_lapse(uow: UnitOfWork, entry: WaitlistEntry) -> None:
    """Have the entry expire when its last wanted day is over."""
    key = f"waitlist:{entry.id}"
    if entry.lapses_at is None:
        uow.cancel_job(key)
    else:
        facts = {"entry_id": entry.id}
        uow.schedule("expire_waitlist_entry", facts, run_at=entry.lapses_at, dedupe_key=key)


_WHY_NOT = {
    OFFERED: "has an open offer: another can be made once that is over",
    BOOKED: "is booked: the client has what they waited for",
    EXPIRED: "is expired: its last wanted day is over",
    REMOVED: "is removed: the client waits no longer",
}


@dataclass(eq=False)
class EntryNotWaiting(Conflict):
    """The entry is booked, expired or removed, or another offer to it is open."""

    code: ClassVar[str] = "ENTRY_NOT_WAITING"

    status: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"This entry {_WHY_NOT[self.status]}."


@dataclass(frozen=True, kw_only=True)
class WaitlistJoined(Event):
    """A client waits for a time."""

    type: ClassVar[str] = "waitlist.joined"
    noun: ClassVar[str] = "waitlist_entry"
    key_field: ClassVar[str] = "entry_id"

    entry_id: int
    client_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistChanged(Event):
    """What a client waits for changed."""

    type: ClassVar[str] = "waitlist.changed"
    noun: ClassVar[str] = "waitlist_entry"
    key_field: ClassVar[str] = "entry_id"

    entry_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistLeft(Event):
    """A client was taken off the waitlist."""

    type: ClassVar[str] = "waitlist.left"
    noun: ClassVar[str] = "waitlist_entry"
    key_field: ClassVar[str] = "entry_id"

    entry_id: int
    client_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistBooked(Event):
    """A client who waited booked what they waited for, otherwise than by an offer."""

    type: ClassVar[str] = "waitlist.booked"
    noun: ClassVar[str] = "waitlist_entry"
    key_field: ClassVar[str] = "entry_id"

    entry_id: int
    client_id: int
    appointment_id: int


@dataclass(frozen=True, kw_only=True)
class WaitlistExpired(Event):
    """The last day that a client waited for is over."""

    type: ClassVar[str] = "waitlist.expired"
    noun: ClassVar[str] = "waitlist_entry"
    key_field: ClassVar[str] = "entry_id"

    entry_id: int
    client_id: int


def wait_again(uow: UnitOfWork, entry: WaitlistEntry) -> None:
    """An offer came to nothing: a locked entry waits for the next opening, unless its last day is over."""
    is_over = entry.lapses_at is not None and entry.lapses_at <= uow.now
    entry.status, entry.updated_at = EXPIRED if is_over else WAITING, uow.now
    if is_over:
        uow.emit(WaitlistExpired(entry_id=entry.id, client_id=entry.client_id))
