"""The one way to take time: lock, look, place, write.

ledger = await open_ledger(uow, [provider.resource_id, *rooms], span)
placed = ledger.place(wants)             # None where a want does not fit
await ledger.write(uow, placed, owner)
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.appointments.ledger import SEATS, Allocation, Ledger, Owner
from core.availability.demand import Demand, Leg, ResourceLeg
from core.availability.hours import DAY_MINUTES
from core.availability.questions import AvailabilityQuestions
from core.availability.rulebook import Rulebook, Taken
from core.availability.sweep import peak
from core.kernel.unit_of_work import UnitOfWork

_AROUND = 3 * DAY_MINUTES
"""How far around a span rows are read: rules such as a daily limit look at the whole day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Want:
    """A stretch of one of some resources, in UTC minutes, buffers included; the first with room has it."""

    resource_ids: tuple[int, ...]
    starts_minute: int
    ends_minute: int
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A want, and the resource that it is given."""

    resource_id: int
    starts_minute: int
    ends_minute: int
    quantity: int


@dataclass(kw_only=True)
class OpenLedger:
    """What is taken of some locked resources, within a span and the days around it."""

    capacity: dict[int, int]
    taken: list[Taken]

    def place(self, wants: Sequence[Want]) -> list[Placed] | None:
        """A resource for every want, or None where one does not fit. Nothing is written."""
        placed: list[Placed] = []
        rows = [(row.resource_id, row.start, row.end, row.quantity) for row in self.taken]
        for want in wants:
            chosen = next((key for key in want.resource_ids if self._has_room(rows, key, want)), None)
            if chosen is None:
                return None
            rows.append((chosen, want.starts_minute, want.ends_minute, want.quantity))
            placed.append(
                Placed(
                    resource_id=chosen,
                    starts_minute=want.starts_minute,
                    ends_minute=want.ends_minute,
                    quantity=want.quantity,
                )
            )
        return placed

    def _has_room(self, rows: Sequence[tuple[int, int, int, int]], key: int, want: Want) -> bool:
        beside = [row[1:] for row in rows if row[0] == key]
        level = peak(beside, want.starts_minute, want.ends_minute)
        return level + want.quantity <= self.capacity.get(key, 0)

    async def write(self, uow: UnitOfWork, placed: Sequence[Placed], owner: Owner) -> None:
        """Allocate what was placed. Raises NoRoom where the database has the last word."""
        for one in placed:
            uow.add(
                Allocation(
                    resource_id=one.resource_id,
                    quantity=one.quantity,
                    starts_minute=one.starts_minute,
                    ends_minute=one.ends_minute,
                    kind=owner.kind,
                    is_active=True,
                    is_exclusive=self.capacity[one.resource_id] == 1,
                    appointment_id=owner.appointment_id,
                    hold_id=owner.hold_id,
                    group_session_id=owner.group_session_id,
                    service_id=owner.service_id,
                    begins_minute=owner.begins_minute,
                    expires_at=owner.expires_at,
                )
            )
            self.taken.append(
                Taken(
                    resource_id=one.resource_id,
                    start=one.starts_minute,
                    end=one.ends_minute,
                    quantity=one.quantity,
                    kind=owner.kind,
                    owner=f"{owner.kind}:{owner.appointment_id or owner.hold_id or owner.group_session_id}",
                    begins=owner.begins_minute,
                    service_id=owner.service_id,
                )
            )
        await uow.flush()
        uow.touch(one.resource_id for one in placed)


async def open_ledger(
    uow: UnitOfWork,
    resource_ids: Iterable[int],
    span: tuple[int, int],
    *,
    moving: Sequence[int] = (),
    hold_id: int | None = None,
) -> OpenLedger:
    """Lock the resources in the order of their keys, and read what is taken of them around the span.

    What moving appointments take already, and the hold that is given, are let go in the same breath,
    so that the time in between is never somebody else's.
    """
    ledger = uow.ask(Ledger)
    holds = [] if hold_id is None else [hold_id]
    locked = await ledger.lock(sorted(set(resource_ids)), appointment_ids=moving, hold_ids=holds)
    keys = [row.resource_id for row in locked]
    uow.touch(await ledger.release_expired(keys, uow.now))
    if hold_id is not None:
        uow.touch(await ledger.free_hold(hold_id))
    if moving:
        uow.touch(await ledger.free(moving))
    if any(row.kind == SEATS for row in locked):
        uow.touch(await ledger.end_empty_sessions(keys, uow.now))
    begin, end = span
    taken = await uow.ask(AvailabilityQuestions).taken(keys, begin - _AROUND, end + _AROUND, uow.now)
    return OpenLedger(capacity={row.resource_id: row.capacity for row in locked}, taken=taken)


def wants_of(demand: Demand, start: int, resource_id: int, location_id: int, rules: Rulebook) -> list[Want]:
    """What a demand that begins at a UTC minute asks of a provider's time, and of rooms and kit there."""
    busy = [
        Want(resource_ids=(resource_id,), starts_minute=start + leg.start, ends_minute=start + leg.end)
        for leg in demand.busy
    ]
    needed = [
        Want(
            resource_ids=tuple(
                key
                for key in leg.need.resource_ids
                if key in rules.resources and rules.resources[key].location_id in (None, location_id)
            ),
            starts_minute=start + leg.start,
            ends_minute=start + leg.end,
            quantity=leg.need.quantity,
        )
        for leg in demand.resources
    ]
    return busy + needed


def span_of(demand: Demand, starts: Sequence[int]) -> tuple[int, int]:
    """The stretch in UTC minutes that appointments of a demand reach over, buffers included."""
    legs: list[Leg | ResourceLeg] = [*demand.busy, *demand.resources]
    before = min(0, *(leg.start for leg in legs))
    after = max(demand.duration, *(leg.end for leg in legs))
    return min(starts) + before, max(starts) + after
