"""Arranging: whether a provider can be had at a start, where, and what of them and of rooms it takes.

Booking, holding and rescheduling all ask here, with the ledger open: what listings promise and what
these verbs do is decided by the same rules.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.appointments.appointment import OutsidePolicy, SlotTaken, Wanted
from core.appointments.group_session import begin, join, open_session
from core.appointments.ledger import NoRoom, Owner
from core.appointments.open_ledger import OpenLedger, Placed, wants_of
from core.appointments.terms import Terms
from core.availability.demand import Demand
from core.availability.explain import POLICY_CODES, Reason, location_at, reasons_against
from core.kernel.clock import instant_of
from core.kernel.unit_of_work import UnitOfWork


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a provider: the demand, seats of a group, a place, and by which door.

    `within_policies` False is the staff door: only what is taken refuses. Between the starts of a
    grid everything may be booked; fixed starts bind. `in_company` is for all of a collective: what is
    free with one of them says nothing.
    """

    demand: Demand
    seats: int = 1
    location_id: int | None = None
    within_policies: bool = True
    in_company: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrangement:
    """A provider who can be had at a start: where, and either what to write or whose session to join."""

    provider_id: int
    start: int
    location_id: int
    placed: list[Placed]
    session_id: int | None = None


def resources_of(terms: Terms, provider_ids: Iterable[int], demand: Demand) -> list[int]:
    """Every resource that the demand may take of these providers, rooms and kit included."""
    keys = {terms.rules.providers[key].resource_id for key in provider_ids if key in terms.rules.providers}
    keys |= {key for leg in demand.resources for key in leg.need.resource_ids}
    return sorted(keys)


def arrange(
    ledger: OpenLedger, terms: Terms, asked: Asked, provider_id: int, start: int, now: datetime
) -> Arrangement | list[Reason]:
    """The arrangement with one provider at a UTC minute, or every reason against it.

    Where the rules have nothing against it and there is no room all the same, the list is empty.
    """
    service, provider = terms.service, terms.rules.providers.get(provider_id)
    if provider is None:
        return []
    if asked.within_policies:
        reasons = reasons_against(
            terms.rules,
            provider_id=provider_id,
            service=service,
            demand=asked.demand,
            start=start,
            now=now,
            taken=ledger.taken,
            location_id=asked.location_id,
            seats=asked.seats,
            on_grid=service is not None and service.slot_rules is not None,
        )
        if reasons:
            return reasons
    location_id = asked.location_id or location_at(
        terms.rules,
        provider_id,
        service,
        start,
        asked.demand.duration,
        for_staff=not asked.within_policies,
    )
    location_id = location_id or provider.location_id
    if service is not None and service.capacity > 1:
        session_id = open_session(ledger, provider.resource_id, service, start)
        if session_id is not None:
            return Arrangement(
                provider_id=provider_id,
                start=start,
                location_id=location_id,
                placed=[],
                session_id=session_id,
            )
    placed = ledger.place(wants_of(asked.demand, start, provider.resource_id, location_id, terms.rules))
    if placed is None:
        return []
    return Arrangement(provider_id=provider_id, start=start, location_id=location_id, placed=placed)


def refusal(
    terms: Terms, asked: Asked, provider_id: int, start: int, reasons: Sequence[Reason] = ()
) -> OutsidePolicy | SlotTaken:
    """The error that reasons come to: a rule of the business first, else that the time is taken."""
    for reason in reasons:
        if reason.code in POLICY_CODES:
            earliest = reason.until if reason.code == "NOTICE" else None
            return OutsidePolicy(reason.code, earliest)
    wanted = Wanted(
        demand=asked.demand,
        service_id=None if terms.service is None else terms.service.service_id,
        location_id=asked.location_id,
        seats=asked.seats,
        for_staff=not asked.within_policies,
    )
    return SlotTaken(provider_id, instant_of(start), wanted=None if asked.in_company else wanted)


async def settle(
    uow: UnitOfWork, ledger: OpenLedger, terms: Terms, asked: Asked, found: Arrangement, owner: Owner
) -> tuple[int | None, int]:
    """Write an arrangement down for its owner; answers the group session, if any, and the location.

    Raises SlotTaken where a session has too few seats left, or the database has the last word.
    """
    try:
        return await _settled(uow, ledger, terms, asked, found, owner)
    except NoRoom:
        raise refusal(terms, asked, found.provider_id, found.start) from None


async def _settled(
    uow: UnitOfWork, ledger: OpenLedger, terms: Terms, asked: Asked, found: Arrangement, owner: Owner
) -> tuple[int | None, int]:
    service = terms.service
    if service is None or service.capacity == 1:
        await ledger.write(uow, found.placed, owner)
        return None, found.location_id
    if found.session_id is not None:
        seated = await join(uow, ledger, found.session_id, duration=asked.demand.duration, seats=asked.seats)
    else:
        seated = await begin(
            uow,
            ledger,
            found.placed,
            service=service,
            provider_id=found.provider_id,
            location_id=found.location_id,
            start=found.start,
            duration=asked.demand.duration,
            seats=asked.seats,
        )
    await ledger.write(uow, [seated.seat], owner)
    return seated.session_id, seated.location_id
