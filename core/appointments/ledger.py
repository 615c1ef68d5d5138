"""The allocation ledger: the only truth about taken time.

Every appointment and hold takes a resource (a provider's time, a room, pooled kit) for a stretch,
buffers included. Whoever takes time goes through `take`: ordered locks, check, write; a database
constraint stands behind it (design: availability, Writing).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.availability.hours import DAY_MINUTES
from core.availability.sweep import peak
from core.kernel.clock import minute_of
from core.kernel.errors import Conflict
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork

APPOINTMENT, HOLD, SESSION, EXTERNAL = "appointment", "hold", "session", "external"
"""The kinds of allocation: sold, held, the provider's side of a group session, and time that is taken
elsewhere. External time may overlap anything: it is never refused, and nothing is booked over it."""

PROVIDER, SEATS, ROOM, KIT = "provider", "seats", "room", "kit"
"""The kinds of resource; seats are those of one group session."""

LONGEST_MINUTES = 3 * DAY_MINUTES
"""No allocation is longer: an appointment and each of its buffers are at most a day."""


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
    keeps apart: those on resources of capacity one.
    """

    resource_id: int
    quantity: int
    starts_minute: int
    ends_minute: int
    kind: str
    is_active: bool
    is_exclusive: bool
    appointment_id: int | None
    expires_at: datetime | None = None
    hold_id: int | None = None
    group_session_id: int | None = None
    service_id: int | None = None
    begins_minute: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A stretch of a resource that somebody asks for, in UTC minutes, buffers included."""

    resource_id: int
    starts_minute: int
    ends_minute: int
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Locked:
    """A resource whose row this transaction has locked."""

    resource_id: int
    capacity: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A stretch that somebody holds, in UTC minutes, buffers included."""

    resource_id: int
    starts_minute: int
    ends_minute: int


class Ledger(Protocol):
    """What the ledger is asked inside a transaction; one statement each."""

    async def lock(self, resource_ids: Sequence[int]) -> list[Locked]:
        """Lock the resources, in the order of their keys, and tell their capacity; those of providers
        who have left meanwhile are not among them."""
        ...

    async def lock_taken(self, appointment_id: int) -> list[int]:
        """Lock the resources that the appointment takes, in the order of their keys."""
        ...

    async def release_expired(self, resource_ids: Sequence[int], now: datetime) -> None:
        """Stop counting holds on them that have run out."""
        ...

    async def taken(self, wants: Sequence[Want]) -> list[tuple[int, int, int, int]]:
        """Active (resource, start, end, quantity) rows that touch a want."""
        ...

    async def held_by(self, appointment_id: int) -> list[int]:
        """The resources that the appointment takes now."""
        ...

    async def free(self, appointment_id: int) -> list[int]:
        """Stop counting what the appointment takes; answers the resources it took."""
        ...

    async def active_hold(self, hold_id: int) -> Held | None:
        """A hold that still counts."""
        ...

    async def release_hold(self, hold_id: int) -> None:
        """Stop counting a hold."""
        ...


class NoRoom(Conflict):
    """A want does not fit beside what is taken already; the verb says what that means to its caller."""


class HoldGone(Conflict):
    """The hold no longer counts, or holds other time; the verb says what that means to its caller."""


async def take(
    uow: UnitOfWork,
    wants: Sequence[Want],
    *,
    kind: str,
    appointment_id: int | None = None,
    moving: bool = False,
    hold_id: int | None = None,
    expires_at: datetime | None = None,
) -> list[Allocation]:
    """Allocate every want, or raise NoRoom and allocate nothing.

    What a moving appointment takes already, and the hold that is given, are let go in the same
    breath, so that the time in between is never somebody else's. Raises HoldGone where the hold no
    longer counts or does not cover the wants.
    """
    ledger = uow.ask(Ledger)
    before = await ledger.held_by(appointment_id) if moving and appointment_id is not None else []
    resource_ids = sorted({*before, *(want.resource_id for want in wants)})
    capacity = {row.resource_id: row.capacity for row in await ledger.lock(resource_ids)}
    await ledger.release_expired(resource_ids, uow.now)
    if hold_id is not None:
        await _let_go(ledger, hold_id, wants)
    if before:
        assert appointment_id is not None
        await ledger.free(appointment_id)
    rows = await ledger.taken(wants)
    for want in wants:
        if want.resource_id not in capacity:
            raise NoRoom()
        beside = [row[1:] for row in rows if row[0] == want.resource_id]
        if peak(beside, want.starts_minute, want.ends_minute) + want.quantity > capacity[want.resource_id]:
            raise NoRoom()
        rows.append((want.resource_id, want.starts_minute, want.ends_minute, want.quantity))
    made = [
        Allocation(
            resource_id=want.resource_id,
            quantity=want.quantity,
            starts_minute=want.starts_minute,
            ends_minute=want.ends_minute,
            kind=kind,
            is_active=True,
            is_exclusive=capacity[want.resource_id] == 1,
            appointment_id=appointment_id,
            expires_at=expires_at,
        )
        for want in wants
    ]
    for allocation in made:
        uow.add(allocation)
    await uow.flush()
    uow.touch(resource_ids)
    return made


async def free_time(uow: UnitOfWork, appointment_id: int) -> None:
    """Give back what an appointment takes."""
    ledger = uow.ask(Ledger)
    # The resources first, as whoever takes time does: two orders of locking would be a deadlock.
    if resource_ids := await ledger.lock_taken(appointment_id):
        await ledger.free(appointment_id)
        uow.touch(resource_ids)


async def _let_go(ledger: Ledger, hold_id: int, wants: Sequence[Want]) -> None:
    held = await ledger.active_hold(hold_id)
    if held is None or not all(
        want.resource_id == held.resource_id
        and held.starts_minute <= want.starts_minute
        and want.ends_minute <= held.ends_minute
        for want in wants
    ):
        raise HoldGone()
    await ledger.release_hold(hold_id)


def want_of(
    resource_id: int, starts_at: datetime, duration: int, before: int, after: int, quantity: int = 1
) -> Want:
    """The want of an appointment of `duration` minutes with its buffers."""
    start = minute_of(starts_at)
    return Want(
        resource_id=resource_id,
        starts_minute=start - before,
        ends_minute=start + duration + after,
        quantity=quantity,
    )
