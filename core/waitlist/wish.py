"""What somebody waits for: checked as it is given, and asked whether a time suits it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.availability.hours import DAY_MINUTES, WEEKDAYS, wall_minute
from core.catalog.service import Service
from core.directory.business import Business, Location
from core.directory.known import require_known
from core.kernel.clock import instant_of
from core.kernel.errors import invalid
from core.kernel.text import Check, zone_of
from core.kernel.unit_of_work import UnitOfWork
from core.waitlist.questions import Candidate

MOST_DAYS, MOST_TIMES, MOST_SEATS = 100, 20, 1_000


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What an entry holds beside its client and its state: see WaitlistEntry."""

    service_id: int | None
    provider_id: int | None
    location_id: int | None
    first_day: date | None
    last_day: date | None
    days: Sequence[date] | None
    weekdays: Sequence[str] | None
    times: Sequence[Sequence[int]] | None
    duration_minutes: int | None
    seats: int
    description: str | None
    style: str | None
    notes: str | None


async def kept_wish(uow: UnitOfWork, wish: Wish) -> dict[str, Any]:
    """The values of an entry, checked. Raises NotFound, and Invalid with every issue found."""
    check = Check()
    check.days(wish.first_day, wish.last_day)
    if wish.days is not None and len(wish.days) > MOST_DAYS:
        check.refuse("days", "TOO_MANY", f"must not hold more than {MOST_DAYS}")
    days = sorted(set(wish.days or ()))
    for day in days:
        check.day("days", day)
    if unknown := [word for word in wish.weekdays or () if word not in WEEKDAYS]:
        check.refuse("weekdays", "UNKNOWN_WEEKDAY", f"must be among {', '.join(WEEKDAYS)}")
    weekdays = [] if unknown else [word for word in WEEKDAYS if word in (wish.weekdays or ())]
    times = _checked_times(check, wish.times or ())
    if wish.duration_minutes is not None:
        check.whole("duration_minutes", wish.duration_minutes, least=1, most=DAY_MINUTES, unit="minutes")
    elif wish.service_id is None:
        check.refuse("duration_minutes", "REQUIRED", "is needed where no service is named")
    check.whole("seats", wish.seats, least=1, most=MOST_SEATS, unit="seats")
    values: dict[str, Any] = {
        "service_id": wish.service_id,
        "provider_id": wish.provider_id,
        "location_id": wish.location_id,
        "first_day": wish.first_day,
        "last_day": wish.last_day,
        "days": [day.isoformat() for day in days] or None,
        "weekdays": weekdays or None,
        "times": times or None,
        "duration_minutes": wish.duration_minutes,
        "seats": wish.seats,
        "description": check.note("description", wish.description),
        "style": check.note("style", wish.style, longest=100),
        "notes": check.note("notes", wish.notes),
        "lapses_at": None,
    }
    check.done()
    last = _last_day(wish.last_day, _days_that_suit(wish, days, weekdays))
    if last is not None:
        zone = await _zone(uow, wish.location_id)
        # A night that begins on the last day is wanted to its end.
        beyond = max([0, *(closes - DAY_MINUTES for _, closes in times)])
        values["lapses_at"] = instant_of(wall_minute(last + timedelta(days=1), beyond, zone))
        if values["lapses_at"] <= uow.now:
            if wish.last_day == last:
                check.refuse("last_day", "PAST", "must not be past")
            else:
                check.refuse("days", "PAST", "must not all be past")
        check.done()
    await require_known(
        uow,
        provider_ids=[wish.provider_id],
        location_ids=[wish.location_id],
        service_ids=[wish.service_id],
    )
    if wish.seats > 1:
        service = None if wish.service_id is None else await uow.get(Service, wish.service_id)
        most = 1 if service is None else service.policies.get("capacity", 1)
        check.whole("seats", wish.seats, least=1, most=most, unit="seats")
        check.done()
    return values


async def _zone(uow: UnitOfWork, location_id: int | None) -> ZoneInfo:
    """By whose clock days are over: the location's that is wanted, or the business's."""
    location = None if location_id is None else await uow.get(Location, location_id)
    if location is not None:
        return zone_of(location.time_zone)
    business = await uow.get(Business, uow.business_id)
    assert business is not None
    return zone_of(business.time_zone)


def suits(wish: Candidate, starts_at: datetime, duration: int, zone: ZoneInfo) -> bool:
    """Whether the days and times of a wish, by the wall clock of a zone, hold an appointment.

    What begins after midnight is held by the day before, too, where its times go on so far.
    """
    local = starts_at.astimezone(zone)
    start = local.hour * 60 + local.minute
    if wish.times is None:
        return _is_wanted(wish, local.date())
    return any(
        _is_wanted(wish, local.date() - timedelta(days=days))
        and any(
            opens <= start + days * DAY_MINUTES and start + days * DAY_MINUTES + duration <= closes
            for opens, closes in wish.times
        )
        for days in (0, 1)
    )


def _is_wanted(wish: Candidate, day: date) -> bool:
    if wish.first_day is not None and day < wish.first_day:
        return False
    if wish.last_day is not None and day > wish.last_day:
        return False
    if wish.days is not None and day.isoformat() not in wish.days:
        return False
    return wish.weekdays is None or WEEKDAYS[day.weekday()] in wish.weekdays


def _checked_times(check: Check, times: Sequence[Sequence[int]]) -> list[list[int]]:
    if len(times) > MOST_TIMES:
        check.refuse("times", "TOO_MANY", f"must not hold more than {MOST_TIMES}")
    for at, (opens, closes) in enumerate(times):
        if not 0 <= opens < DAY_MINUTES or not opens < closes <= 2 * DAY_MINUTES:
            check.refuse(f"times.{at}", "OUT_OF_RANGE", "must begin on the day and end after that")
    return sorted([opens, closes] for opens, closes in times)


def _days_that_suit(wish: Wish, days: Sequence[date], weekdays: Sequence[str]) -> Sequence[date]:
    """The single days that lie in the stretch and on one of the weekdays. Raises Invalid where none does,
    or where a stretch of less than a week has none of the weekdays."""
    first, last = wish.first_day, wish.last_day
    path, asked = "days", days
    if not days and first is not None and last is not None and (last - first).days < 6:
        path, asked = "weekdays", [first + timedelta(days=day) for day in range((last - first).days + 1)]
    suiting = [
        day
        for day in asked
        if (first is None or first <= day)
        and (last is None or day <= last)
        and (not weekdays or WEEKDAYS[day.weekday()] in weekdays)
    ]
    if asked and not suiting:
        raise invalid(path, "NEVER", "must leave a day that suits the other wishes for days")
    return suiting if days else ()


def _last_day(last: date | None, days: Sequence[date]) -> date | None:
    """The last day that can suit; None where there is no end."""
    ends = [end for end in (last, days[-1] if days else None) if end is not None]
    return min(ends, default=None)
