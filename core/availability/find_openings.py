"""List the openings: when one or more providers can take an appointment, day by day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from core.appointments.book import MAX_AHEAD
from core.availability.hours import DAY_MINUTES, WeeklyHours, merged, shifts, wall_minute
from core.availability.sweep import Grid, Need, Stretch, openings
from core.kernel.clock import instant_of, is_whole_minute, minute_of
from core.kernel.context import Context
from core.kernel.errors import Invalid, NotFound
from core.kernel.text import Check, zone_of
from core.kernel.use_case import use_case

MAX_DAYS = 92


@dataclass(kw_only=True)
class FindOpenings:
    """A range of local days, both included, and what is wanted.

    `provider_ids` None means everyone, `location_id` keeps those who work there; `for_staff` lists those too who accept no bookings. Without a
    service a duration is needed. `tile` lays slots of the duration end to end from the start of each
    free stretch, instead of on the service's grid. Days are those of `time_zone`, else of the
    business: the asker's dates, whatever zone a provider works in.
    """

    first: date
    last: date
    service_id: int | None = None
    provider_ids: Sequence[int] | None = None
    location_id: int | None = None
    duration_minutes: int | None = None
    time_zone: str | None = None
    tile: bool = False
    for_staff: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that can be booked now, with one provider."""

    starts_at: datetime
    ends_at: datetime
    provider_id: int


@dataclass(frozen=True, kw_only=True)
class Openings:
    """The slots by local date, each day sorted by start and then provider; `time_zone` groups them."""

    time_zone: str
    duration_minutes: int
    days: dict[date, list[Slot]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """What listing needs of a service, in minutes."""

    duration_minutes: int
    buffer_before_minutes: int
    buffer_after_minutes: int
    notice_minutes: int
    step_minutes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRules:
    """What listing needs of a provider: whose time, in which zone, open when."""

    provider_id: int
    resource_id: int
    location_id: int
    time_zone: str
    hours: WeeklyHours
    is_accepting_bookings: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of everyone asked for; `service` is None where it is not there."""

    business_zone: str
    location_is_known: bool
    service: ServiceRules | None
    providers: list[ProviderRules]


class OpeningQuestions(Protocol):
    """What listing asks; one statement each."""

    async def rules(
        self, service_id: int | None, provider_ids: Sequence[int] | None, location_id: int | None
    ) -> Rules:
        """The rules of the service and of the providers, whatever location they work at."""
        ...

    async def busy(
        self, resource_ids: Sequence[int], start: int, end: int, now: datetime
    ) -> dict[int, list[Stretch]]:
        """What is taken of each resource between two UTC minutes, sorted by start; holds that have
        run out by `now` do not count."""
        ...


@use_case("availability.find", raises=(NotFound, Invalid))
async def find_openings(ctx: Context, command: FindOpenings) -> Openings:
    """The bookable slots, in two statements. Raises NotFound for an unknown service or provider."""
    _check(command)
    questions = ctx.ask(OpeningQuestions)
    rules = await questions.rules(command.service_id, command.provider_ids, command.location_id)
    if command.location_id is not None and not rules.location_is_known:
        raise NotFound("location")
    if command.service_id is not None and rules.service is None:
        raise NotFound("service")
    if command.provider_ids is not None and len(rules.providers) < len(set(command.provider_ids)):
        raise NotFound("provider")
    zone_name = command.time_zone or rules.business_zone
    need, grid, notice = _wanted(command, rules.service)
    found = Openings(time_zone=zone_name, duration_minutes=need.duration)
    listed = [row for row in rules.providers if _is_listed(row, command)]
    if not listed:
        return found

    now = ctx.clock.now()
    zone = zone_of(zone_name)
    opens = _midnight(command.first, zone_name)
    closes = min(
        _midnight(command.last + timedelta(days=1), zone_name),
        minute_of(now + MAX_AHEAD) + 1,
    )
    busy = await questions.busy(
        [provider.resource_id for provider in listed],
        opens - need.before - DAY_MINUTES,
        closes + need.duration + need.after + DAY_MINUTES,
        now,
    )
    begun = 0 if is_whole_minute(now) else 1
    earliest = max(opens, minute_of(now) + 1, minute_of(now) + begun + notice)
    slots = [
        Slot(
            starts_at=instant_of(start),
            ends_at=instant_of(start + need.duration),
            provider_id=provider.provider_id,
        )
        for provider in listed
        for start in _starts(provider, command, (opens, closes), busy, need, grid, earliest)
        if start < closes
    ]
    for slot in sorted(slots, key=lambda slot: (slot.starts_at, slot.provider_id)):
        found.days.setdefault(slot.starts_at.astimezone(zone).date(), []).append(slot)
    return found


def _is_listed(provider: ProviderRules, command: FindOpenings) -> bool:
    """Whether the provider works where it is asked for, and accepts bookings or staff is asking."""
    if command.location_id is not None and provider.location_id != command.location_id:
        return False
    return command.for_staff or provider.is_accepting_bookings


def _check(command: FindOpenings) -> None:
    check = Check()
    if command.last < command.first:
        check.refuse("last", "BEFORE_FIRST", "must not be before the first day")
    elif (command.last - command.first).days >= MAX_DAYS:
        check.refuse("last", "RANGE_TOO_LONG", f"must be at most {MAX_DAYS} days in all")
    if not 1970 < command.first.year <= command.last.year < 9998:
        check.refuse("first", "OUT_OF_RANGE", "must be a date that a calendar can hold")
    if command.service_id is None and command.duration_minutes is None:
        check.refuse("duration_minutes", "REQUIRED", "is needed where no service is named")
    if command.duration_minutes is not None:
        check.whole("duration_minutes", command.duration_minutes, least=1, most=DAY_MINUTES, unit="minutes")
    if command.time_zone is not None:
        check.zone("time_zone", command.time_zone)
    check.done()


def _wanted(command: FindOpenings, service: ServiceRules | None) -> tuple[Need, Grid, int]:
    """The need, the grid and the notice in minutes that the command and its service come to."""
    if service is None:
        assert command.duration_minutes is not None
        need, step, notice = Need(command.duration_minutes), command.duration_minutes, 0
    else:
        duration = command.duration_minutes or service.duration_minutes
        need = Need(duration, service.buffer_before_minutes, service.buffer_after_minutes)
        step, notice = service.step_minutes, service.notice_minutes
    if command.tile:
        return need, Grid(need.duration, "free"), notice
    return need, Grid(step), notice


def _starts(
    provider: ProviderRules,
    command: FindOpenings,
    asked: Stretch,
    busy: Mapping[int, Sequence[Stretch]],
    need: Need,
    grid: Grid,
    earliest: int,
) -> list[int]:
    """The provider's starts; slots that are laid end to end begin anew where the asked stretch does."""
    # A day of the asker ends up to 26 hours before or after the provider's day of that date; a night shift
    # begins a day before, and an appointment ends up to a day after.
    first, last = command.first - timedelta(days=3), command.last + timedelta(days=3)
    worked = shifts(provider.hours, zone_of(provider.time_zone), first, last)
    opened = merged(worked)
    if command.tile:
        opens, closes = asked
        opened = [
            (max(start, opens), min(end, closes)) for start, end in opened if start < closes and opens < end
        ]
    taken = busy.get(provider.resource_id, [])
    return openings(opened, taken, need, grid, earliest=earliest, shifts=[start for start, _ in worked])


def _midnight(day: date, zone_name: str) -> int:
    """The UTC minute at which a local day begins; after the gap where midnight falls into one."""
    return wall_minute(day, 0, zone_of(zone_name))
