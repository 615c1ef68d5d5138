"""The rulebook: every rule of a business that decides when somebody can be booked, as plain data.

Wall-clock time lives here and nowhere else; what the engine makes of it is integer UTC minutes. A
rulebook is read whole, in one statement, and kept under the business's rules revision.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property, partial
from typing import Any, NamedTuple

from core.availability.hours import WeeklyHours
from core.availability.recurrence import Recurrence

MAX_AHEAD_MINUTES = 5 * 366 * 24 * 60
"""Nothing is offered or booked further ahead: five years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LocationRules:
    """A place and the zone that its hours are written in."""

    location_id: int
    time_zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderRules:
    """Whose time it is, where they are at home, and their standing hours; None is the business's."""

    provider_id: int
    resource_id: int
    location_id: int
    weekly_hours: WeeklyHours | None
    is_accepting_bookings: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceRules:
    """A room or kit: `capacity` units of it at once. It serves its location, or all where None."""

    resource_id: int
    capacity: int
    location_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRules:
    """Weekly hours in force from `first` to `last`, both included; None is open-ended.

    Schedules of one provider that are in force on the same day add up. Without a provider it holds,
    before standing hours, for everybody at home at its location who has no schedule of their own in
    force that day, whatever that one's service, place or public. Without a location it is the
    provider's home; hours are of the zone given, else of the location's. `service_ids` None is
    every service. Hours that are not public are offered to staff only.
    """

    schedule_id: int
    weekly_hours: WeeklyHours
    provider_id: int | None = None
    location_id: int | None = None
    time_zone: str | None = None
    first: date | None = None
    last: date | None = None
    service_ids: frozenset[int] | None = None
    is_public: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideRules:
    """The hours of one day instead of the usual ones; no shifts is closed.

    A provider's own beats their location's, which beats the business's, which beats a holiday,
    which beats schedules. `shifts` are [start, end] in minutes after the day's midnight in the
    location's zone, for every service and for the public; those of overrides of equal standing add
    up. A provider's own without a location gives its shifts at home and closes every other place;
    with one it speaks of that place only. A location's or the business's opens for those at home
    there, and changes the hours of those who would work there that day anyhow.
    """

    override_id: int
    day: date
    shifts: Sequence[Sequence[int]]
    provider_id: int | None = None
    location_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayRules:
    """Days on which nobody works, both included, at one location or at all."""

    holiday_id: int
    first: date
    last: date
    location_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Whom a block stops: all that is named must match; nothing named is the whole business."""

    provider_id: int | None = None
    service_id: int | None = None
    location_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRules:
    """Time in which nothing is booked, from `starts` to `ends` by the wall clock, perhaps again and again.

    The zone is the one given, else the location's of whoever it stops. An occurrence keeps the span's
    wall-clock length; those whose start is among `exceptions` are left out. A block stops the
    appointment itself, not its buffers.
    """

    block_id: int
    starts: datetime
    ends: datetime
    reaches: tuple[Reach, ...]
    time_zone: str | None = None
    recurrence: Recurrence | None = None
    exceptions: frozenset[datetime] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotRule:
    """Fixed starts, in minutes after midnight, on the days that the recurrence hits."""

    recurrence: Recurrence
    start_times: tuple[int, ...]
    anchor: date


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceNeed:
    """`quantity` units of one of these rooms or kits, the first that has room: no resource stands in
    two needs of a service at once, though in those of several segments."""

    resource_ids: tuple[int, ...]
    quantity: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """A stretch of a service: the provider is busy in it or free, and things may be needed in it."""

    minutes: int
    provider_is_busy: bool = True
    needs: tuple[ResourceNeed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceRules:
    """A service's rules; lengths in minutes.

    `durations` are the lengths a client may choose, empty for the one. `segments` add up to the
    duration; empty is one busy segment. `needs` hold from the first buffer to the last. `capacity`
    above one makes a group service, whose seats share one start. `provider_ids` None is everybody.
    `slot_rules` None starts on a grid of `step_minutes` from where a shift opens; fixed starts
    otherwise. `daily_limit` is per provider and local day, all services counted; `client_limit`
    counts a client's appointments ahead. `no_gap_minutes` refuses starts that would leave a stretch
    of free time, not empty and shorter than that, beside them. `maximise_utilisation` hides offers
    that overlap an earlier offer of the same provider; they can be booked all the same.
    `notice_binds_staff` False makes the notice and the horizon rules for the public alone.
    """

    service_id: int
    duration_minutes: int
    durations: tuple[int, ...] = ()
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    segments: tuple[Segment, ...] = ()
    needs: tuple[ResourceNeed, ...] = ()
    capacity: int = 1
    provider_ids: frozenset[int] | None = None
    weights: Mapping[int, int] = field(default_factory=dict)
    step_minutes: int = 15
    slot_rules: tuple[SlotRule, ...] | None = None
    notice_minutes: int = 0
    horizon_minutes: int = MAX_AHEAD_MINUTES
    daily_limit: int | None = None
    client_limit: int | None = None
    no_gap_minutes: int | None = None
    maximise_utilisation: bool = False
    allow_booking: bool = True
    needs_approval: bool = False
    hold_minutes: int = 10
    cancellation_notice_minutes: int | None = 0
    rescheduling_notice_minutes: int | None = 0
    notice_binds_staff: bool = True


@dataclass(frozen=True, kw_only=True)
class Rulebook:
    """All rules of a business as of `revision`; what is archived is not in it. Never changed once made."""

    revision: int
    time_zone: str
    weekly_hours: WeeklyHours
    locations: Mapping[int, LocationRules]
    providers: Mapping[int, ProviderRules]
    services: Mapping[int, ServiceRules] = field(default_factory=dict)
    resources: Mapping[int, ResourceRules] = field(default_factory=dict)
    schedules: Sequence[ScheduleRules] = ()
    overrides: Sequence[OverrideRules] = ()
    holidays: Sequence[HolidayRules] = ()
    blocks: Sequence[BlockRules] = ()

    @cached_property
    def schedules_of(self) -> Mapping[int | None, Sequence[ScheduleRules]]:
        """Provider → their schedules; None → those of everybody."""
        found: dict[int | None, list[ScheduleRules]] = defaultdict(list)
        for schedule in self.schedules:
            found[schedule.provider_id].append(schedule)
        return dict(found)

    @cached_property
    def overrides_on(self) -> Mapping[tuple[int | None, date], Sequence[OverrideRules]]:
        """(Provider, day) → their overrides; (None, day) → those of locations and of the business."""
        found: dict[tuple[int | None, date], list[OverrideRules]] = defaultdict(list)
        for override in self.overrides:
            found[override.provider_id, override.day].append(override)
        return dict(found)

    @cached_property
    def blocks_on(self) -> Mapping[int | None, Sequence[BlockRules]]:
        """Provider → blocks that name them; None → those that name none."""
        found: dict[int | None, dict[int, BlockRules]] = defaultdict(dict)
        for block in self.blocks:
            for reach in block.reaches:
                found[reach.provider_id][block.block_id] = block
        return {provider_id: tuple(named.values()) for provider_id, named in found.items()}

    @cached_property
    def block_spans(self) -> Mapping[int | None, Sequence[tuple[int, int, BlockRules]]]:
        """`blocks_on` with the ordinals of the first and the last day that each may touch."""
        return {
            provider_id: [(*_span_of(block), block) for block in blocks]
            for provider_id, blocks in self.blocks_on.items()
        }

    @cached_property
    def places_of(self) -> Mapping[int, Sequence[int]]:
        """Provider → the locations where they may work: home first, then by key."""
        found: dict[int | None, set[int | None]] = defaultdict(set)
        for schedule in self.schedules:
            found[schedule.provider_id].add(schedule.location_id)
        for override in self.overrides:
            found[override.provider_id].add(override.location_id)
        places: dict[int, Sequence[int]] = {}
        for key, provider in self.providers.items():
            home = (provider.location_id,) if provider.location_id in self.locations else ()
            others = [place for place in self.locations if place in found[key] and place not in home]
            places[key] = (*home, *sorted(others))
        return places


def _span_of(block: BlockRules) -> tuple[int, int]:
    begins, ends = block.starts.date().toordinal(), block.ends.date().toordinal()
    if block.recurrence is None:
        return begins, ends
    until = block.recurrence.until or date.max
    return begins, until.toordinal() + ends - begins


class Taken(NamedTuple):
    """An active allocation, as the engine sees it: [start, end) in UTC minutes, buffers included.

    `begins` is the minute at which the appointment itself begins, None for external time; `owner` is
    `appointment:7`, `hold:3`, `session:2` or `external:9`. For a group session, `service_id` is the
    service, `length` how many minutes it lasts, and `seats_left` what is left of it at `begins`, of
    which seats that are only held come back from `seats_until` on.
    """

    resource_id: int
    start: int
    end: int
    quantity: int = 1
    kind: str = "appointment"
    owner: str = ""
    begins: int | None = None
    service_id: int | None = None
    seats_left: int | None = None
    seats_until: datetime | None = None
    expires_at: datetime | None = None
    length: int | None = None


def taken_of(rows: Iterable[Sequence[Any]]) -> list[Taken]:
    """Rows of a database whose columns are the fields of Taken in order."""
    # What `Taken._make` does, without a Python frame for each of many thousand rows.
    return list(map(partial(tuple.__new__, Taken), rows))
