"""What every question about openings has in common: who, where, what and for how long; and its checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from core.availability.demand import sells
from core.availability.hours import DAY_MINUTES, wall_minute
from core.availability.outlook import Outlook, Wish
from core.availability.rulebook import ServiceRules
from core.availability.search import givers, offers
from core.kernel.errors import NotFound, invalid
from core.kernel.text import Check, zone_of

MAX_DAYS = 92
MOST_SEATS = 10_000


@dataclass(kw_only=True)
class Asked:
    """Who, where and what. `provider_ids` None means everyone, `location_id` keeps what is offered
    there. Without a service a duration is needed. `for_staff` sees who and what takes no bookings,
    and hours that are not public. `seats` are wanted of a group service. `collective` keeps only starts
    at which all of the providers can be had. `moving_appointment_id` is to be moved: what it takes itself
    does not stand in its way."""

    service_id: int | None = None
    provider_ids: Sequence[int] | None = None
    location_id: int | None = None
    duration_minutes: int | None = None
    time_zone: str | None = None
    for_staff: bool = False
    seats: int = 1
    collective: bool = False
    moving_appointment_id: int | None = None


class _Ranged(Protocol):
    first: date
    last: date


def checked(asked: Asked) -> Check:
    """The check of what is in common; `done` is the caller's."""
    check = Check()
    if asked.service_id is None and asked.duration_minutes is None:
        check.refuse("duration_minutes", "REQUIRED", "is needed where no service is named")
    if asked.duration_minutes is not None:
        check.whole("duration_minutes", asked.duration_minutes, least=1, most=DAY_MINUTES, unit="minutes")
    check.whole("seats", asked.seats, least=1, most=MOST_SEATS, unit="seats")
    if asked.time_zone is not None:
        check.zone("time_zone", asked.time_zone)
    return check


def range_of(asked: Asked, *, most_days: int = MAX_DAYS) -> None:
    """Refuse a range of days that is upside down, too long or off the calendar, and all else that is bad."""
    ranged: _Ranged = asked  # type: ignore[assignment]
    check = Check()
    if ranged.last < ranged.first:
        check.refuse("last", "BEFORE_FIRST", "must not be before the first day")
    elif (ranged.last - ranged.first).days >= most_days:
        check.refuse("last", "RANGE_TOO_LONG", f"must be at most {most_days} days in all")
    for path, day in (("first", ranged.first), ("last", ranged.last)):
        if not 1970 < day.year < 9998:
            check.refuse(path, "OUT_OF_RANGE", "must be a date that a calendar can hold")
    check.issues += checked(asked).issues
    check.done()


def wish_of(asked: Asked, look: Outlook, now: datetime, *, any_seats: bool = False) -> tuple[Wish, list[int]]:
    """The wish, and the providers who may be asked. Raises NotFound for what is not there, Invalid
    for a length that the service does not have, or that is too short for its segments, and for more
    seats than a start has, unless `any_seats` lets them be."""
    book = look.book
    if asked.location_id is not None and asked.location_id not in book.locations:
        raise NotFound("location")
    service = service_in(look, asked.service_id)
    if asked.provider_ids is not None and not set(asked.provider_ids) <= book.providers.keys():
        raise NotFound("provider")
    duration = asked.duration_minutes
    if duration is None:
        assert service is not None
        duration = service.duration_minutes
    if service is not None and not sells(service, duration, for_staff=asked.for_staff):
        raise invalid("duration_minutes", "NOT_OFFERED", "must be a length that the service has")
    if not any_seats:
        check = Check()
        most = 1 if service is None else service.capacity
        check.whole("seats", asked.seats, least=1, most=most, unit="seats")
        check.done()
    wish = Wish(
        service=service,
        duration=duration,
        now=now,
        location_id=asked.location_id,
        for_staff=asked.for_staff,
        seats=asked.seats,
    )
    try:
        _ = wish.demand
    except ValueError:
        raise invalid("duration_minutes", "TOO_SHORT", "is too short for the service") from None
    if asked.provider_ids is not None:
        return wish, _willing(look, wish, sorted(set(asked.provider_ids)))
    known = look.engine.willing.get(wish.standing)
    if known is None:
        known = look.engine.willing[wish.standing] = _willing(look, wish, sorted(book.providers))
    return wish, known


def all_are_willing(asked: Asked, wish: Wish, look: Outlook, willing: Sequence[int]) -> bool:
    """Whether all who would have to come may be booked. Raises Invalid for a group: it has one provider."""
    if wish.service is not None and wish.service.capacity > 1:
        raise invalid("collective", "NOT_FOR_GROUPS", "a group service has one provider")
    wanted = givers(look.book, wish.service) if asked.provider_ids is None else set(asked.provider_ids)
    return len(wanted) == len(willing)


def _willing(look: Outlook, wish: Wish, provider_ids: Sequence[int]) -> list[int]:
    """Those who give the service, take bookings (or staff asks), and work at the place asked for."""
    return [
        provider_id
        for provider_id in provider_ids
        if offers(look.book, provider_id, wish.service, for_staff=wish.for_staff)
        and look.places(provider_id, wish.location_id)
    ]


def service_in(look: Outlook, service_id: int | None) -> ServiceRules | None:
    """The service named. Raises NotFound where it is not there."""
    if service_id is None:
        return None
    if service_id not in look.book.services:
        raise NotFound("service")
    return look.book.services[service_id]


def midnight(day: date, later: int, zone_name: str) -> int:
    """The UTC minute at which a local day, or one so many days later, begins; after the gap where
    midnight falls into one."""
    return wall_minute(day + timedelta(days=later), 0, zone_of(zone_name))
