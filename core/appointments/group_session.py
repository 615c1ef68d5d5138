"""The group session: one stretch of a provider's time, shared by the seats of a group service."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from core.appointments.ledger import SEATS, SESSION, NoRoom, Owner, Resource
from core.appointments.open_ledger import OpenLedger, Placed
from core.availability.rulebook import ServiceRules
from core.kernel.clock import instant_of, minute_of
from core.kernel.unit_of_work import Entity, TenantOwned, UnitOfWork


@dataclass(kw_only=True, eq=False)
class GroupSession(Entity, TenantOwned):
    """A start that several clients share. `seats_id` is the resource that its seats are taken of.

    It begins with its first seat and ends, `ended_at`, when the last one is given back.
    """

    provider_id: int
    service_id: int
    location_id: int
    seats_id: int
    starts_at: datetime
    ends_at: datetime
    duration_minutes: int
    capacity: int
    created_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated:
    """Seats in a group session: the session, where it is, and what is left to write for the seat itself."""

    session_id: int
    location_id: int
    seat: Placed


def open_session(ledger: OpenLedger, resource_id: int, service: ServiceRules, start: int) -> int | None:
    """The session of the service that begins at that UTC minute on the provider's time, if there is one."""
    for row in ledger.taken:
        if (row.kind, row.resource_id, row.service_id) != (SESSION, resource_id, service.service_id):
            continue
        if row.begins == start:
            return int(row.owner.partition(":")[2])
    return None


async def join(uow: UnitOfWork, ledger: OpenLedger, session_id: int, *, duration: int, seats: int) -> Seated:
    """Seats of an open session. Raises NoRoom where it has too few left, or is of another length.

    The provider's resource is locked already, and nobody takes a seat without that lock.
    """
    session = await uow.get(GroupSession, session_id)
    assert session is not None
    left = next(row.seats_left for row in ledger.taken if row.owner == f"{SESSION}:{session_id}")
    assert left is not None
    if left < seats or duration != session.duration_minutes:
        raise NoRoom()
    return _seated(ledger, session, seats)


async def begin(
    uow: UnitOfWork,
    ledger: OpenLedger,
    placed: list[Placed],
    *,
    service: ServiceRules,
    provider_id: int,
    location_id: int,
    start: int,
    duration: int,
    seats: int,
) -> Seated:
    """A new session on what was placed, with its first seats."""
    resource = Resource(kind=SEATS, name="", capacity=service.capacity)
    uow.add(resource)
    await uow.flush()
    starts_at = instant_of(start)
    session = GroupSession(
        provider_id=provider_id,
        service_id=service.service_id,
        location_id=location_id,
        seats_id=resource.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=duration),
        duration_minutes=duration,
        capacity=service.capacity,
        created_at=uow.now,
    )
    uow.add(session)
    await uow.flush()
    owner = Owner(
        kind=SESSION,
        begins_minute=start,
        service_id=service.service_id,
        group_session_id=session.id,
    )
    await ledger.write(uow, placed, owner)
    return _seated(ledger, session, seats)


def _seated(ledger: OpenLedger, session: GroupSession, seats: int) -> Seated:
    ledger.capacity[session.seats_id] = session.capacity
    start = minute_of(session.starts_at)
    return Seated(
        session_id=session.id,
        location_id=session.location_id,
        seat=Placed(
            resource_id=session.seats_id,
            starts_minute=start,
            ends_minute=start + session.duration_minutes,
            quantity=seats,
        ),
    )
