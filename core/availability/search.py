"""A search: for whom, what and when starts are looked for, and the limits that hold for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from core.availability.demand import Demand
from core.availability.hours import wall_minute
from core.availability.rulebook import MAX_AHEAD_MINUTES, Rulebook, ServiceRules
from core.kernel.clock import instant_of, is_whole_minute, minute_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """One provider at one place, and what is wanted of them, as of `now`.

    `for_staff` sees hours that are not public, and providers and services that take no bookings.
    `seats` are wanted of a group service. `tile` lays starts end to end from the start of each free
    stretch instead of on the service's grid.
    """

    provider_id: int
    location_id: int
    service: ServiceRules | None
    demand: Demand
    now: datetime
    for_staff: bool = False
    seats: int = 1
    tile: bool = False

    @property
    def step(self) -> int:
        """Minutes from one start of the grid to the next."""
        return self.demand.duration if self.service is None else self.service.step_minutes

    @property
    def capacity(self) -> int:
        """The seats of one start."""
        return 1 if self.service is None else self.service.capacity

    @property
    def earliest(self) -> int:
        """The first UTC minute that is in the future and far enough ahead."""
        return earliest_start(self.now, self.service, for_staff=self.for_staff)

    @property
    def latest(self) -> int:
        """The last UTC minute that is near enough."""
        return latest_start(self.now, self.service, for_staff=self.for_staff)


def earliest_start(now: datetime, service: ServiceRules | None, *, for_staff: bool) -> int:
    """The first UTC minute that is in the future, and far enough ahead for the service's notice."""
    begun = 0 if is_whole_minute(now) else 1
    return max(minute_of(now) + 1, minute_of(now) + begun + _notice(service, for_staff))


def too_near_from(start: int, service: ServiceRules | None, *, for_staff: bool) -> datetime:
    """The first instant at which a start, as a UTC minute, lies before `earliest_start`."""
    notice = _notice(service, for_staff)
    # Whoever is exactly as early as the notice asks is early enough; at the start itself nobody is.
    return instant_of(start - notice) + (timedelta(microseconds=1) if notice else timedelta())


def latest_start(now: datetime, service: ServiceRules | None, *, for_staff: bool) -> int:
    """The last UTC minute within the service's horizon, and within five years in any case."""
    return minute_of(now) + _horizon(service, for_staff)


def near_from(start: int, service: ServiceRules | None, *, for_staff: bool) -> datetime:
    """The first instant at which a start, as a UTC minute, does not lie after `latest_start`."""
    return instant_of(start - _horizon(service, for_staff))


def _notice(service: ServiceRules | None, for_staff: bool) -> int:
    return service.notice_minutes if service is not None and _heeds_notice(service, for_staff) else 0


def _horizon(service: ServiceRules | None, for_staff: bool) -> int:
    if service is None or not _heeds_notice(service, for_staff):
        return MAX_AHEAD_MINUTES
    return min(service.horizon_minutes, MAX_AHEAD_MINUTES)


def _heeds_notice(service: ServiceRules, for_staff: bool) -> bool:
    return service.notice_binds_staff or not for_staff


def givers(book: Rulebook, service: ServiceRules | None) -> list[int]:
    """Those who give a service, else everybody, by key; whether they take bookings or not."""
    if service is None or service.provider_ids is None:
        return sorted(book.providers)
    return sorted(key for key in service.provider_ids if key in book.providers)


def offers(book: Rulebook, provider_id: int, service: ServiceRules | None, *, for_staff: bool) -> bool:
    """Whether the provider gives the service at all and, to the public, whether both take bookings."""
    if service is not None and service.provider_ids is not None and provider_id not in service.provider_ids:
        return False
    if for_staff:
        return True
    return book.providers[provider_id].is_accepting_bookings and (service is None or service.allow_booking)


def local_day(minute: int, zone: ZoneInfo) -> tuple[int, int]:
    """The day of a UTC minute by the wall of a zone: from its midnight to the next, in UTC minutes."""
    day = instant_of(minute).astimezone(zone).date()
    # Where clocks go back over midnight, the last minutes of the day before come after its end.
    if minute >= wall_minute(day + timedelta(days=1), 0, zone):
        day += timedelta(days=1)
    return wall_minute(day, 0, zone), wall_minute(day + timedelta(days=1), 0, zone)


def days_about(start: int, end: int) -> tuple[date, date]:
    """Local days, whatever the zone, of which shifts or appointments may reach into [start, end)."""
    # A wall is at most 14 hours off UTC; a shift lasts up to two days from its day's midnight.
    return (
        (instant_of(start) - timedelta(days=3)).date(),
        (instant_of(end) + timedelta(days=3)).date(),
    )
