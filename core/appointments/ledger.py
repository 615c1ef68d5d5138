"""The allocation ledger: the only truth about taken time.

Every appointment, hold, group session and stretch of external time takes a resource (a provider's
time, a room, pooled kit, seats) for a while, buffers included. Whoever takes time opens the ledger
of the resources in question (core.appointments.open_ledger): ordered locks, check, write; a database
constraint stands behind it (design: availability, Writing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.availability.hours import DAY_MINUTES
from core.kernel.errors import Conflict
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

APPOINTMENT, HOLD, SESSION, EXTERNAL = "appointment", "hold", "session", "external"
"""The kinds of allocation: sold, held, the provider's side of a group session, and time that is taken
elsewhere. External time may overlap anything: it is never refused, and nothing is booked over it."""

PROVIDER, SEATS, ROOM, KIT = "provider", "seats", "room", "kit"
"""The kinds of resource; seats are those of one group session."""

LONGEST_MINUTES = 3 * DAY_MINUTES
"""No allocation that is sold is longer: an appointment and each of its buffers are at most a day.
External time that is longer is kept in pieces."""


@dataclass(kw_only=True, eq=False)
class Resource(Entity, TenantOwned):
    """Something whose time can be taken, `capacity` units of it at once.

    `revision` is the number of the event that last changed what is taken of it. A room or kit without
    a location serves all of them.
    """

    kind: str
    name: str
    capacity: int
    revision: int = 0
    description: str | None = None
    location_id: int | None = None
    archived_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class Allocation(Entity, TenantOwned):
    """A stretch of a resource that is taken, in UTC minutes, half-open, buffers included.

    `is_active` is False once it no longer counts. `is_exclusive` marks rows that the database itself
    keeps apart: those on resources of capacity one. It belongs to an appointment, a hold or a group
    session, or to neither where it is external. `begins_minute` is when the appointment itself begins.
    """

    resource_id: int
    quantity: int
    starts_minute: int
    ends_minute: int
    kind: str
    is_active: bool
    is_exclusive: bool
    appointment_id: int | None = None
    expires_at: datetime | None = None
    hold_id: int | None = None
    group_session_id: int | None = None
    service_id: int | None = None
    begins_minute: int | None = None
    calendar_source_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What an allocation belongs to."""

    kind: str
    begins_minute: int
    service_id: int | None = None
    appointment_id: int | None = None
    hold_id: int | None = None
    group_session_id: int | None = None
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A resource whose row this transaction has locked; without capacity where it is to be had no more."""

    resource_id: int
    kind: str
    capacity: int


class Ledger(Protocol):
    """What the ledger is asked inside a transaction; one statement each."""

    async def lock(
        self,
        resource_ids: Sequence[int],
        *,
        appointment_ids: Sequence[int] = (),
        hold_ids: Sequence[int] = (),
    ) -> list[Locked]:
        """Lock the resources, and those that appointments, holds and their group sessions take, in the
        order of their keys; archived ones and those of providers who have left have a capacity of 0."""
        ...

    async def release_expired(self, resource_ids: Sequence[int], now: datetime) -> list[int]:
        """Stop counting holds on them that have run out, and on the seats of group sessions there; a
        session that nobody sits in any more ends. Answers those of the resources that sessions took."""
        ...

    async def free(self, appointment_ids: Sequence[int]) -> list[int]:
        """Stop counting what the appointments take; answers the resources."""
        ...

    async def free_hold(self, hold_id: int) -> list[int]:
        """Stop counting what a hold takes; answers the resources."""
        ...

    async def end_empty_sessions(self, resource_ids: Sequence[int], now: datetime) -> list[int]:
        """End the group sessions on these providers' time of which no seat is taken any more, and
        stop counting what they take; answers the resources."""
        ...


class NoRoom(Conflict):
    """A want does not fit beside what is taken already; the verb says what that means to its caller."""


async def free_time(uow: UnitOfWork, appointment_ids: Sequence[int]) -> None:
    """Give back what appointments take; a group session that nobody sits in any more ends."""
    ledger = uow.ask(Ledger)
    # The resources first, as whoever takes time does: two orders of locking would be a deadlock.
    locked = await ledger.lock([], appointment_ids=appointment_ids)
    freed = await ledger.free(appointment_ids)
    uow.touch(freed)
    if any(row.kind == SEATS for row in locked):
        uow.touch(await ledger.end_empty_sessions([row.resource_id for row in locked], uow.now))
