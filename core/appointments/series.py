"""The series: several appointments of one client at the same wall-clock time, booked together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from core.appointments.appointment import MAX_AHEAD
from core.availability.hours import exists, wall_minute
from core.availability.recurrence import Recurrence, issues_in, occurrences
from core.kernel.clock import instant_of, minute_of
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.unit_of_work import Entity, TenantOwned

MOST_DATES = 104
_REACH = timedelta(days=5 * 366)


@dataclass(kw_only=True)
class Repeats:
    """How a booking repeats, from its own day on, and the local dates that are left out on purpose."""

    recurrence: Recurrence
    skip: list[date] = field(default_factory=list)


@dataclass(kw_only=True, eq=False)
class Series(Entity, TenantOwned):
    """What the appointments of a series have in common. The recurrence is kept as
    core.availability.kept keeps it; `time_zone` is where it keeps its wall-clock time."""

    provider_id: int
    client_id: int
    service_id: int | None
    recurrence: dict[str, Any]
    starts_at: datetime
    time_zone: str
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class SeriesBooked(Event):
    """A series was booked, each of its appointments reported before it."""

    type: ClassVar[str] = "series.booked"
    noun: ClassVar[str] = "series"
    key_field: ClassVar[str] = "series_id"

    series_id: int
    provider_id: int
    client_id: int
    count: int


def starts_of(
    check: Check, starts_at: datetime, repeats: Repeats, zone: ZoneInfo, now: datetime
) -> Sequence[int]:
    """The starts in UTC minutes, each at the first one's wall-clock time; issues are noted in `check`.

    A date on which that time does not exist must be skipped by name. So must every date that is not
    wanted: nothing is left out in silence, neither the day of `starts_at` nor one too far ahead.
    """
    for issue in issues_in(repeats.recurrence, "repeats.recurrence"):
        check.issues.append(issue)
    if check.issues:
        return []
    wall = starts_at.astimezone(zone).replace(tzinfo=None)
    minute = wall.hour * 60 + wall.minute
    days: list[date] = []
    for day in occurrences(repeats.recurrence, wall.date(), wall.date(), wall.date() + _REACH):
        days.append(day)
        if len(days) > MOST_DATES + len(repeats.skip):
            break
    if days[:1] != [wall.date()]:
        check.refuse("repeats.recurrence", "NOT_ON_ITS_OWN_DAY", "must hit the day of the first start")
        return []
    for skipped in repeats.skip:
        if skipped not in days:
            check.refuse("repeats.skip", "NOT_A_DATE_OF_IT", f"{skipped} is no date of the series")
    kept = [day for day in days if day not in set(repeats.skip)]
    if not 2 <= len(kept) <= MOST_DATES:
        check.refuse("repeats", "OUT_OF_RANGE", f"must come to 2 to {MOST_DATES} appointments")
        return []
    for day in kept:
        if not exists(datetime(day.year, day.month, day.day) + timedelta(minutes=minute), zone):
            check.refuse("repeats", "NO_SUCH_TIME", f"that time does not exist on {day}: skip the date")
    # The first start is an instant: of a wall time that happens twice it may be the second.
    starts = [minute_of(starts_at) if day == wall.date() else wall_minute(day, minute, zone) for day in kept]
    if instant_of(starts[-1]) > now + MAX_AHEAD:
        check.refuse("repeats", "TOO_FAR_AHEAD", "must end within five years")
    return starts
