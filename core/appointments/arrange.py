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
from core.availability.explain import POLICY_CODES, Reason, locations_at, reasons_against
from core.kernel.clock import instant_of
from core.kernel.unit_of_work import UnitOfWork

_OF_TIME = frozenset("NOTICE HOURS OVERRIDE HOLIDAY BLOCK DAILY_LIMIT NO_GAP GRID".split())
"""Rules that refuse one time and not another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of a provider: the demand, seats of a group, a place, and by which door.

    `within_policies` False is the staff door: only what is taken refuses, and the rules that `heeding`
    names (codes of POLICY_CODES). `for_staff` judges by the rules for staff: hours that are not public
    count, and what takes no bookings does. Between the starts of a grid everything may be booked; fixed
    starts bind. Without `location_id` it is where the provider works then: at `stays_at` if they do, and
    in any case where nothing says where else. `among` are all who were asked for, any of them or,
    `together`, all: a refusal looks for other times with them.
    """

    demand: Demand
    seats: int = 1
    location_id: int | None = None
    stays_at: int | None = None
    within_policies: bool = True
    for_staff: bool = False
    heeding: frozenset[str] = frozenset()
    among: tuple[int, ...] = ()
    together: bool = False

    @property
    def sees_all_hours(self) -> bool:
        """Whether hours that are not public count."""
        return self.for_staff or not self.within_policies


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

    Of several places where they work then it is the first at which it can be had; the reasons are those
    of the first. Where the rules have nothing against it and there is no room, the list is empty.
    """
    if provider_id not in terms.rules.providers:
        return []
    against: list[Reason] | None = None
    for place in _places(terms, asked, provider_id, start):
        found = _arranged(ledger, terms, asked, provider_id, start, now, place)
        if isinstance(found, Arrangement):
            return found
        against = found if against is None else against
    return against or []


def _places(terms: Terms, asked: Asked, provider_id: int, start: int) -> list[int]:
    """Where it may be, the best first; at least one."""
    if asked.location_id is not None:
        return [asked.location_id]
    rules, duration = terms.rules, asked.demand.duration
    places = locations_at(rules, provider_id, terms.service, start, duration, for_staff=asked.sees_all_hours)
    stays_at = asked.stays_at if asked.stays_at in rules.locations else None
    if not places:
        return [stays_at or rules.providers[provider_id].location_id]
    return sorted(places, key=lambda place: place != stays_at)


def _arranged(
    ledger: OpenLedger, terms: Terms, asked: Asked, provider_id: int, start: int, now: datetime, place: int
) -> Arrangement | list[Reason]:
    service, provider = terms.service, terms.rules.providers[provider_id]
    if asked.within_policies or asked.heeding:
        reasons = reasons_against(
            terms.rules,
            provider_id=provider_id,
            service=service,
            demand=asked.demand,
            start=start,
            now=now,
            taken=ledger.taken,
            for_staff=asked.sees_all_hours,
            location_id=place,
            seats=asked.seats,
            on_grid=service is not None and service.slot_rules is not None,
        )
        if not asked.within_policies:
            reasons = [reason for reason in reasons if reason.code in asked.heeding]
        if reasons:
            return reasons
    if service is not None and service.capacity > 1:
        session_id = open_session(ledger, provider.resource_id, service, start)
        if session_id is not None:
            return Arrangement(
                provider_id=provider_id,
                start=start,
                location_id=place,
                placed=[],
                session_id=session_id,
            )
    placed = ledger.place(wants_of(asked.demand, start, provider.resource_id, place, terms.rules))
    if placed is None:
        return []
    return Arrangement(provider_id=provider_id, start=start, location_id=place, placed=placed)


def refusal(
    terms: Terms, asked: Asked, provider_id: int, start: int, reasons: Sequence[Reason] = ()
) -> OutsidePolicy | SlotTaken:
    """The error that reasons come to: a rule of the business first, else that the time is taken."""
    wanted = Wanted(
        provider_ids=asked.among or (provider_id,),
        together=asked.together,
        starts_at=instant_of(start),
        demand=asked.demand,
        service_id=None if terms.service is None else terms.service.service_id,
        location_id=asked.location_id,
        seats=asked.seats,
        for_staff=asked.sees_all_hours,
    )
    for reason in reasons:
        if reason.code in POLICY_CODES:
            return OutsidePolicy(
                reason.code,
                wanted.starts_at,
                latest=reason.until if reason.code == "HORIZON" else None,
                wanted=wanted if reason.code in _OF_TIME else None,
            )
    return SlotTaken(provider_id, instant_of(start), wanted=wanted)


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
