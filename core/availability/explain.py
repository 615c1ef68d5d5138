"""Why a start is not offered: every reason, in words and codes that a program can act on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from core.availability.demand import Demand, Leg, demand_of
from core.availability.hours import wall_minute
from core.availability.rulebook import Rulebook, ServiceRules, Taken
from core.availability.search import Search, local_day
from core.availability.stretches import around
from core.availability.sweep import Beside
from core.availability.workday import HOLIDAY, OVERRIDE, USUAL, blocked_between, usual_shifts, workday
from core.kernel.clock import instant_of
from core.kernel.text import zone_of

POLICY_CODES = frozenset(
    "PAST NOTICE HORIZON NOT_ACCEPTING NOT_OFFERED PROVIDER HOURS OVERRIDE HOLIDAY BLOCK DAILY_LIMIT "
    "NO_GAP GRID".split()
)
"""Reasons that lie in the rules: the staff door may look past them."""

TAKEN_CODES = frozenset("APPOINTMENT HOLD SESSION EXTERNAL BUFFER RESOURCE CAPACITY".split())
"""Reasons that lie in what is taken: no door looks past them."""

_KINDS = {"appointment": "APPOINTMENT", "hold": "HOLD", "session": "SESSION", "external": "EXTERNAL"}
_TAKEN = {
    "APPOINTMENT": "The time is taken by another appointment.",
    "HOLD": "The time is held for somebody else.",
    "SESSION": "The time is taken by a session of a group.",
    "EXTERNAL": "The provider's own calendar is busy.",
    "BUFFER": "The time that must be kept free before or after is taken.",
}
_CLOSED = {
    USUAL: "It does not lie within the hours.",
    OVERRIDE: "The hours of that day are others.",
    HOLIDAY: "That day is a holiday.",
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason: a code of POLICY_CODES or TAKEN_CODES, a sentence, and the facts behind it.

    `from_at` and `until` are the stretch that stands in the way; of NOTICE and HORIZON `until` is the
    first and the last minute allowed. `noun` and `key` name what stands in the way, where it has a key.
    """

    code: str
    message: str
    from_at: datetime | None = None
    until: datetime | None = None
    noun: str | None = None
    key: int | None = None


def reasons_against(
    book: Rulebook,
    *,
    provider_id: int,
    service: ServiceRules | None,
    demand: Demand,
    start: int,
    now: datetime,
    taken: Sequence[Taken],
    for_staff: bool = False,
    location_id: int | None = None,
    seats: int = 1,
    on_grid: bool = True,
) -> list[Reason]:
    """Every reason why a start, a UTC minute, is not offered: none exactly where the sweep lists it.

    `taken` holds what touches three days around it, of the provider and of whatever the demand needs;
    what is being moved is left out of it. Without a location it is any whose hours cover the
    appointment, else the provider's home; the reasons are those of the first. `on_grid` False does not
    mind where between the starts of the grid it falls.
    """
    if provider_id not in book.providers:
        return [Reason("PROVIDER", "The provider is not there.")]
    if location_id is not None:
        places = [location_id]
    else:
        places = locations_at(book, provider_id, service, start, demand.duration, for_staff=for_staff)
    against: list[Reason] | None = None
    for place in places or [book.providers[provider_id].location_id]:
        if place not in book.locations:
            return [Reason("PROVIDER", "The provider does not work there.")]
        search = Search(
            provider_id=provider_id,
            location_id=place,
            service=service,
            demand=demand,
            now=now,
            for_staff=for_staff,
            seats=seats,
        )
        found = _reasons(book, search, taken, start, on_grid)
        if not found:
            return []
        against = found if against is None else against
    return against or []


def _reasons(
    book: Rulebook, search: Search, taken: Sequence[Taken], start: int, on_grid: bool
) -> list[Reason]:
    beside = Beside(book, search, taken, start, start + 1)
    reasons = [*_of_policy(book, beside, start, on_grid), *_of_hours(book, beside, start)]
    crowded = list(_of_taken(beside, start))
    if not crowded and start not in beside.sessions and beside.is_open(start) and beside.leaves_a_gap(start):
        reasons.append(Reason("NO_GAP", "It would leave free time too short to be of use."))
    return reasons + crowded


def locations_at(
    book: Rulebook,
    provider_id: int,
    service: ServiceRules | None,
    start: int,
    duration: int,
    *,
    for_staff: bool,
) -> list[int]:
    """The locations whose open time covers the whole appointment, home first.

    `start` is a UTC minute. Blocks count; what is taken does not.
    """
    found = []
    for place in book.places_of[provider_id]:
        search = Search(
            provider_id=provider_id,
            location_id=place,
            service=service,
            demand=demand_of(duration),
            now=instant_of(start),
            for_staff=for_staff,
        )
        if Beside(book, search, (), start, start + 1).is_open(start):
            found.append(place)
    return found


def _of_policy(book: Rulebook, beside: Beside, start: int, on_grid: bool) -> Iterator[Reason]:
    search = beside.search
    service, now = search.service, search.now
    if instant_of(start) <= now:
        yield Reason("PAST", "That time has passed.", until=now)
    if service is not None and start < search.earliest and instant_of(start) > now:
        yield Reason("NOTICE", "It is too soon.", until=instant_of(search.earliest))
    if start > search.latest:
        yield Reason("HORIZON", "It is too far ahead.", until=instant_of(search.latest))
    if not search.for_staff and not book.providers[search.provider_id].is_accepting_bookings:
        yield Reason("NOT_ACCEPTING", "The provider takes no bookings now.")
    if service is not None:
        if not search.for_staff and not service.allow_booking:
            yield Reason("NOT_OFFERED", "The service cannot be booked.")
        if service.provider_ids is not None and search.provider_id not in service.provider_ids:
            yield Reason("PROVIDER", "The provider does not give this service.")
    if start not in beside.sessions and beside.day_is_full(start):
        begins, ends = local_day(start, zone_of(beside.zone_name))
        text = "The provider has no more appointments on that day."
        yield Reason("DAILY_LIMIT", text, instant_of(begins), instant_of(ends))
    if on_grid and _is_off_grid(beside, start):
        yield Reason("GRID", "No appointment begins at that time.")


def _is_off_grid(beside: Beside, start: int) -> bool:
    """Whether starts fall elsewhere; outside hours a grid has none."""
    service = beside.search.service
    has_grid = service is None or service.slot_rules is None
    if has_grid and around(beside.opened.windows, start) is None:
        return False
    return not beside.is_candidate(start)


def _of_hours(book: Rulebook, beside: Beside, start: int) -> Iterator[Reason]:
    search, end = beside.search, start + beside.demand.duration
    service_id = None if search.service is None else search.service.service_id
    window = around(beside.opened.windows, start)
    if window is None or end > window[1]:
        decided = [
            workday(book, beside.provider, search.location_id, service_id, day, for_staff=search.for_staff)
            for day in _days_of(book, beside, start, end)
        ]
        special = [one for one in decided if one.decided_by != USUAL]
        for one in special:
            yield Reason(one.decided_by, _CLOSED[one.decided_by], noun=one.decided_by.lower(), key=one.key)
        if not special:
            yield Reason(USUAL, _CLOSED[USUAL])
    places = (search.provider_id, service_id, search.location_id)
    for block in blocked_between(book, *places, start, end):
        facts = (instant_of(block.start), instant_of(block.end), "block", block.block_id)
        yield Reason("BLOCK", "The time is blocked.", *facts)


def _days_of(book: Rulebook, beside: Beside, start: int, end: int) -> list[date]:
    """The local days of [start, end), and the day before where its usual shifts reach past the start."""
    search, zone = beside.search, zone_of(beside.zone_name)
    days = {instant_of(minute).astimezone(zone).date() for minute in (start, end - 1)}
    before = min(days) - timedelta(days=1)
    service_id = None if search.service is None else search.service.service_id
    usual = usual_shifts(book, beside.provider, search.location_id, service_id, before, search.for_staff)
    if any(wall_minute(before, shift.end, zone_of(shift.time_zone)) > start for shift in usual):
        days.add(before)
    return sorted(days)


def _of_taken(beside: Beside, start: int) -> Iterator[Reason]:
    search, demand = beside.search, beside.demand
    if not 1 <= search.seats <= search.capacity:
        yield Reason("CAPACITY", f"A start has {_seats(search.capacity)}.")
    if start in beside.sessions:
        if beside.sessions[start] < search.seats:
            left = max(0, beside.sessions[start])
            yield Reason("CAPACITY", f"{_seats(left)} {'is' if left == 1 else 'are'} left.")
        return
    legs = [Leg(start + leg.start, start + leg.end) for leg in demand.busy]
    for row in sorted(beside.own, key=lambda row: (row.start, row.owner)):
        if not any(row.start < leg.end and leg.start < row.end for leg in legs):
            continue
        code = "BUFFER" if _only_buffers_meet(row, legs, start, demand.duration) else _KINDS[row.kind]
        noun, _, key = row.owner.partition(":")
        facts = (noun or None, int(key) if key else None)
        yield Reason(code, _TAKEN[code], instant_of(row.start), instant_of(row.end), *facts)
    for leg in demand.resources:
        begins, ends = start + leg.start, start + leg.end
        if beside.serving(leg.need, begins, ends) is None:
            text = "No room or kit that it needs is free."
            first = next(iter(leg.need.resource_ids), None)
            yield Reason("RESOURCE", text, instant_of(begins), instant_of(ends), "resource", first)


def _seats(number: int) -> str:
    return "1 seat" if number == 1 else f"{number} seats"


def _only_buffers_meet(row: Taken, legs: Sequence[Leg], start: int, duration: int) -> bool:
    """Whether the row would be clear of the legs if neither had the time kept free around it."""
    begins = row.start if row.begins is None else max(row.start, row.begins)
    bare = [(max(leg.start, start), min(leg.end, start + duration)) for leg in legs]
    return not any(begins < ends and starts < row.end for starts, ends in bare)
