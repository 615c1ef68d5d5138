"""What can be booked, found by asking of every minute of some days everything that the rules ask."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from core.availability.recurrence import Recurrence
from core.availability.rulebook import ScheduleRules
from tests.core.availability.businesses import Drawn
from tests.core.availability.oracle import wall_at, wall_of

BEFORE, AFTER = 7 * 1_440, 8 * 1_440
_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@cache
def first_minutes(zone: str, begin: int) -> dict[int, int]:
    """Wall → the first UTC minute that shows it or something later, about a range; skipped walls too."""
    found: dict[int, int] = {}
    start = begin - BEFORE - 1_440
    highest = wall_at(start, ZoneInfo(zone)) - 1
    for minute in range(start, begin + AFTER + 1_440):
        if minute % 15 == 0:  # clocks change on quarters of an hour in the zones drawn
            offset = wall_at(minute, ZoneInfo(zone)) - minute
        for skipped in range(highest + 1, minute + offset + 1):
            found[skipped] = minute
        highest = max(highest, minute + offset)
    return found


class Brute:
    """One provider of a drawn business at one place, minute by minute."""

    def __init__(self, drawn: Drawn, provider_id: int, location_id: int) -> None:
        self.drawn, self.book = drawn, drawn.book
        self.provider, self.place = drawn.book.providers[provider_id], location_id
        self.zone = drawn.book.locations[location_id].time_zone
        self.service_id = drawn.service.service_id if drawn.service else None
        self.days = [drawn.eve + timedelta(days=at) for at in range(-3, 6)]
        self.alive = [row for row in drawn.taken if row.expires_at is None or row.expires_at > drawn.now]
        self.own = [row for row in self.alive if row.resource_id == self.provider.resource_id]
        shifts = [shift for day in self.days for shift in self.shifts(day)]
        self.opening = {start for start, end in shifts if start < end}
        self.within = {minute for start, end in shifts for minute in range(start, end)}
        self.open = self.within - self.blocked()
        self.taken = {minute for row in self.own for minute in range(row.start, row.end)}

    def minute(self, wall: int, zone: str | None = None) -> int:
        """The first UTC minute of a wall time."""
        return first_minutes(zone or self.zone, self.drawn.begin)[wall]

    def shifts(self, day: date) -> list[tuple[int, int]]:
        """The stretches that begin on a day."""
        return [
            (self.minute(wall_of(day, start), zone), self.minute(wall_of(day, end), zone))
            for zone, start, end in self.hours(day)
        ]

    def hours(self, day: date) -> list[tuple[str, int, int]]:
        """A day's shifts, by whichever rule ranks highest."""
        usual, at_home = self.usual(day), self.place == self.provider.location_id
        ranks = [
            (self.provider.provider_id, self.place, True),
            (self.provider.provider_id, None, at_home),
            (None, self.place, at_home or usual != []),
            (None, None, at_home or usual != []),
        ]
        for provider_id, place, counts in ranks:
            named = [
                one
                for one in self.book.overrides
                if (one.day, one.provider_id, one.location_id) == (day, provider_id, place)
            ]
            if named:
                return [(self.zone, *edges) for one in named for edges in one.shifts if counts]  # type: ignore[misc]
        for one in self.book.holidays:
            if one.first <= day <= one.last and one.location_id in (None, self.place):
                return []
        return usual

    def usual(self, day: date) -> list[tuple[str, int, int]]:
        """What schedules, or else standing hours, say."""

        def holds(one: ScheduleRules, provider_id: int | None) -> bool:
            soon, late = one.first is not None and day < one.first, one.last is not None and day > one.last
            return one.provider_id == provider_id and not soon and not late

        weekday, home = _NAMES[day.weekday()], self.provider.location_id
        rules = [one for one in self.book.schedules if holds(one, self.provider.provider_id)]
        if not rules:
            rules = [
                one for one in self.book.schedules if holds(one, None) and one.location_id in (None, home)
            ]
        if rules:
            return [
                (one.time_zone or self.zone, start, end)
                for one in rules
                if (one.location_id or home) == self.place
                and (one.is_public or self.drawn.for_staff)
                and (one.service_ids is None or self.service_id in one.service_ids)
                for start, end in one.weekly_hours.get(weekday, [])
            ]
        hours = self.provider.weekly_hours
        hours = self.book.weekly_hours if hours is None else hours
        return [(self.zone, *edges) for edges in hours.get(weekday, []) if self.place == home]  # type: ignore[misc]

    def blocked(self) -> set[int]:
        """Every minute that a block takes away."""
        found: set[int] = set()
        for block in self.book.blocks:
            reached = any(
                reach.provider_id in (None, self.provider.provider_id)
                and reach.service_id in (None, self.service_id)
                and reach.location_id in (None, self.place)
                for reach in block.reaches
            )
            if not reached:
                continue
            first = block.starts.date()
            days = {first} if block.recurrence is None else hits(block.recurrence, first, self.days[-1])
            for day in days:
                starts = datetime.combine(day, block.starts.time())
                if starts in block.exceptions or not self.days[0] <= day + timedelta(days=2):
                    continue
                zone = block.time_zone or self.zone
                edges = [
                    self.minute(wall_of(one.date(), one.hour * 60 + one.minute), zone)
                    for one in (starts, starts + (block.ends - block.starts))
                ]
                found.update(range(*edges))
        return found

    def is_candidate(self, minute: int) -> bool:
        """Whether the grid or a fixed start falls on this minute."""
        service = self.drawn.service
        if service is None or service.slot_rules is None:
            step = self.drawn.demand.duration if service is None else service.step_minutes
            anchor = minute
            while anchor in self.within and anchor not in self.opening:
                anchor -= 1
            showing = wall_at(minute, ZoneInfo(self.zone))
            if self.minute(showing) != minute:  # the clock showed this before
                return False
            return anchor in self.within and (minute - anchor) % step == 0
        for rule in service.slot_rules:
            for day in hits(rule.recurrence, rule.anchor, self.days[-1]) & set(self.days):
                for time in rule.start_times:
                    wall = wall_of(day, time)
                    if self.minute(wall) == minute and wall_at(minute, ZoneInfo(self.zone)) == wall:
                        return True
        return False

    def remaining(self, minute: int) -> int | None:
        """The seats left at a start; None where it is not offered."""
        drawn, service, demand = self.drawn, self.drawn.service, self.drawn.demand
        if service is not None:
            if service.provider_ids is not None and self.provider.provider_id not in service.provider_ids:
                return None
            if not service.allow_booking and not drawn.for_staff:
                return None
        if not self.provider.is_accepting_bookings and not drawn.for_staff:
            return None
        at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
        notice = service.notice_minutes if service else 0
        horizon = min(5 * 366 * 1_440, service.horizon_minutes if service else 10**9)
        if at <= drawn.now or at < drawn.now + timedelta(minutes=notice):
            return None
        if at > drawn.now + timedelta(minutes=horizon):
            return None
        if any(inside not in self.open for inside in range(minute, minute + demand.duration)):
            return None
        capacity = service.capacity if service else 1
        for row in self.own if capacity > 1 else ():
            if row.kind == "session" and (row.begins, row.service_id) == (minute, self.service_id):
                assert row.seats_left is not None
                like = (minute, self.service_id, demand.duration)
                left = [
                    one.seats_left for one in self.own if (one.begins, one.service_id, one.length) == like
                ]
                if left:
                    assert left[-1] is not None
                    return left[-1] if left[-1] >= drawn.seats else None
        if drawn.seats > capacity or not self.is_candidate(minute):
            return None
        for leg in demand.busy:
            if not self.taken.isdisjoint(range(minute + leg.start, minute + leg.end)):
                return None
        for piece in demand.resources:
            span = range(minute + piece.start, minute + piece.end)
            if not any(self.serves(key, piece.need.quantity, span) for key in piece.need.resource_ids):
                return None
        return None if self.is_full_day(minute) or self.leaves_gap(minute) else capacity

    def serves(self, key: int, quantity: int, span: range) -> bool:
        """Whether a room or kit has room in every minute."""
        resource = self.book.resources.get(key)
        if resource is None or resource.location_id not in (None, self.place):
            return False
        rows = [row for row in self.alive if row.resource_id == key]
        return all(
            quantity + sum(row.quantity for row in rows if row.start <= minute < row.end) <= resource.capacity
            for minute in span
        )

    def is_full_day(self, minute: int) -> bool:
        """Whether the day's limit is reached."""
        service = self.drawn.service
        if service is None or service.daily_limit is None:
            return False
        midnights = [self.minute(wall_of(day, 0)) for day in self.days]
        begins = max(midnight for midnight in midnights if midnight <= minute)
        ends = min(midnight for midnight in midnights if midnight > minute)
        starts = {(row.begins, row.owner) for row in self.own if row.begins in range(begins, ends)}
        return len(starts) >= service.daily_limit

    def leaves_gap(self, minute: int) -> bool:
        """Whether walking on from either end meets something too soon."""
        service, legs = self.drawn.service, self.drawn.demand.busy
        if service is None or service.no_gap_minutes is None:
            return False
        for at, by in ((minute + legs[0].start - 1, -1), (minute + legs[-1].end, 1)):
            length = 0
            while at in self.open and at not in self.taken:
                at, length = at + by, length + 1
            if 0 < length < service.no_gap_minutes:
                return True
        return False


def hits(rule: Recurrence, anchor: date, last: date) -> set[date]:
    """The days that a daily or weekly rule hits, found by asking of every day."""
    codes = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
    found: list[date] = []
    for at in range((last - anchor).days + 1):
        day = anchor + timedelta(days=at)
        if rule.until is not None and day > rule.until:
            break
        weeks = (day - anchor + timedelta(days=anchor.weekday())).days // 7
        if rule.frequency == "DAILY":
            hit = at % rule.interval == 0 and (not rule.byday or codes[day.weekday()] in rule.byday)
        else:
            listed = rule.byday or (codes[anchor.weekday()],)
            hit = weeks % rule.interval == 0 and codes[day.weekday()] in listed
        if hit:
            found.append(day)
    return set(found if rule.count is None else found[: rule.count])
