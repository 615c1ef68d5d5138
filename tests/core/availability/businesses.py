"""Random businesses: every rule that decides when somebody can be booked, and time that is taken."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.availability.demand import Demand, demand_for, demand_of
from core.availability.hours import WEEKDAYS, WeeklyHours
from core.availability.recurrence import Recurrence
from core.availability.rulebook import (
    BlockRules,
    HolidayRules,
    LocationRules,
    OverrideRules,
    ProviderRules,
    Reach,
    ResourceNeed,
    ResourceRules,
    Rulebook,
    ScheduleRules,
    Segment,
    ServiceRules,
    SlotRule,
    Taken,
)
from core.kernel.clock import minute_of

ZONES = ("UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe", "Africa/Cairo")
EVES = (date(2027, 3, 13), date(2027, 10, 30), date(2027, 4, 3), date(2027, 6, 9), date(2027, 11, 6))
"""Days before clocks change in some of the zones, and one on which nothing happens."""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A business, what is asked of it, and what is taken."""

    book: Rulebook
    eve: date
    now: datetime
    service: ServiceRules | None
    demand: Demand
    taken: list[Taken]
    for_staff: bool
    seats: int

    @property
    def begin(self) -> int:
        """The first UTC minute of the range asked for."""
        return minute_of(datetime(self.eve.year, self.eve.month, self.eve.day, tzinfo=UTC))


def drawn_business(draw: random.Random, *, fine: bool) -> Drawn:
    """A business of one to three providers; `fine` draws minutes, otherwise all is on five minutes."""
    maker = _Maker(draw, 1 if fine else 5)
    return maker.business()


class _Maker:
    def __init__(self, draw: random.Random, unit: int) -> None:
        self.draw, self.unit = draw, unit
        self.eve = draw.choice(EVES)
        self.begin = minute_of(datetime(self.eve.year, self.eve.month, self.eve.day, tzinfo=UTC))

    def business(self) -> Drawn:
        draw = self.draw
        places = {key: LocationRules(location_id=key, time_zone=draw.choice(ZONES)) for key in (1, 2)}
        providers = {
            key: ProviderRules(
                provider_id=key,
                resource_id=100 + key,
                location_id=draw.choice((1, 1, 2)),
                weekly_hours=self.maybe(0.4, self.hours),
                is_accepting_bookings=draw.random() < 0.9,
            )
            for key in range(1, draw.randint(1, 3) + 1)
        }
        resources = {
            key: ResourceRules(
                resource_id=key, capacity=draw.randint(1, 4), location_id=draw.choice((None, None, 1, 2))
            )
            for key in (201, 202, 203, 204)
        }
        services = {key: self.service(key) for key in (1, 2)}
        book = Rulebook(
            revision=1,
            time_zone="UTC",
            weekly_hours=self.hours(),
            locations=places,
            providers=providers,
            services=services,
            resources=resources,
            schedules=[self.schedule(key) for key in range(draw.choice((0, 0, 1, 3)))],
            overrides=[self.override(key) for key in range(draw.choice((0, 0, 1, 3)))],
            holidays=[self.holiday(key) for key in range(draw.choice((0, 0, 0, 1)))],
            blocks=[self.block(key) for key in range(draw.choice((0, 0, 1, 2)))],
        )
        service = draw.choice((None, services[1], services[1], services[1]))
        duration = self.length(5, 200)
        if service is None:
            demand = demand_of(duration)
        else:
            least = sum(part.minutes for part in service.segments) or 1
            demand = demand_for(service, draw.choice((None, least + self.length(5, 60))))
        now = datetime(self.eve.year, self.eve.month, self.eve.day, tzinfo=UTC)
        return Drawn(
            book=book,
            eve=self.eve,
            now=now + timedelta(minutes=draw.choice((-9_000, -60, 0, 300)), seconds=draw.choice((0, 30))),
            service=service,
            demand=demand,
            taken=self.taken(book, now, demand.duration),
            for_staff=draw.random() < 0.3,
            seats=draw.choice((1, 2, 3)) if service is not None and service.capacity > 1 else 1,
        )

    def maybe(self, chance: float, make: Any) -> Any:
        return make() if self.draw.random() < chance else None

    def length(self, least: int, most: int) -> int:
        return max(self.unit, self.draw.randint(least, most) // self.unit * self.unit)

    def minute(self, least: int, most: int) -> int:
        return self.draw.randint(least // self.unit, most // self.unit) * self.unit

    def shifts(self) -> list[list[int]]:
        kind = self.draw.random()
        if kind < 0.2:
            return [[0, 1_440]]
        if kind < 0.3:
            return [[1_320, 1_320 + self.minute(60, 500)]]
        edges = sorted({self.minute(0, 1_440) for _ in range(self.draw.choice((2, 2, 4)))})
        return [[start, end] for start, end in zip(edges[::2], edges[1::2], strict=False)]

    def hours(self) -> WeeklyHours:
        return {weekday: self.shifts() for weekday in WEEKDAYS if self.draw.random() < 0.85}

    def day(self) -> date:
        return self.eve + timedelta(days=self.draw.randint(-2, 3))

    def service(self, key: int) -> ServiceRules:
        draw = self.draw
        segments: tuple[Segment, ...] = ()
        duration = self.length(10, 180)
        if draw.random() < 0.35:
            parts = [self.length(5, 60) for _ in range(draw.choice((2, 3)))]
            busy = draw.randrange(len(parts))
            segments = tuple(
                Segment(
                    minutes=part,
                    provider_is_busy=at == busy or draw.random() < 0.4,
                    needs=self.maybe(0.5, self.need_of_a_segment) or (),
                )
                for at, part in enumerate(parts)
            )
            duration = sum(parts)
        return ServiceRules(
            service_id=key,
            duration_minutes=duration,
            buffer_before_minutes=draw.choice((0, 0, self.minute(0, 40))),
            buffer_after_minutes=draw.choice((0, 0, self.minute(0, 40))),
            segments=segments,
            needs=self.maybe(0.4, lambda: (self.need(draw.choice(((201,), (201, 202), (202, 999)))),)) or (),
            capacity=draw.choice((1, 1, 1, 4)),
            provider_ids=draw.choice((None, None, None, frozenset({1, 2}))),
            step_minutes=self.length(5, 90),
            slot_rules=self.maybe(0.25, self.slot_rules),
            notice_minutes=draw.choice((0, 0, 90)),
            horizon_minutes=draw.choice((10_000_000, 10_000_000, 2_000)),
            daily_limit=draw.choice((None, None, None, 1, 2)),
            no_gap_minutes=draw.choice((None, None, None, self.length(10, 90))),
            allow_booking=draw.random() < 0.95,
        )

    def need_of_a_segment(self) -> tuple[ResourceNeed, ...]:
        # The same room or kit may well be needed in several segments of a service.
        return (self.need(self.draw.choice(((203,), (203,), (203, 204), (204, 203)))),)

    def need(self, keys: tuple[int, ...]) -> ResourceNeed:
        return ResourceNeed(resource_ids=keys, quantity=self.draw.choice((1, 1, 2)))

    def recurrence(self) -> Recurrence:
        draw = self.draw
        return Recurrence(
            frequency=draw.choice(("DAILY", "DAILY", "WEEKLY")),
            interval=draw.choice((1, 1, 2)),
            byday=draw.choice(((), (), ("MO", "SA", "SU"))),
            count=draw.choice((None, None, 3)),
            until=draw.choice((None, None, self.day())),
        )

    def slot_rules(self) -> tuple[SlotRule, ...]:
        return tuple(
            SlotRule(
                recurrence=self.recurrence(),
                start_times=tuple(self.minute(0, 1_439) for _ in range(self.draw.randint(1, 12))),
                anchor=self.day() - timedelta(days=self.draw.choice((0, 7))),
            )
            for _ in range(self.draw.choice((1, 2)))
        )

    def schedule(self, key: int) -> ScheduleRules:
        draw = self.draw
        return ScheduleRules(
            schedule_id=key,
            weekly_hours=self.hours(),
            provider_id=draw.choice((None, 1, 1, 2)),
            location_id=draw.choice((None, None, 1, 2)),
            time_zone=draw.choice((None, None, "America/New_York")),
            first=draw.choice((None, self.day())),
            last=draw.choice((None, self.day())),
            service_ids=draw.choice((None, None, frozenset({1}), frozenset({2}))),
            is_public=draw.random() < 0.8,
        )

    def override(self, key: int) -> OverrideRules:
        return OverrideRules(
            override_id=key,
            day=self.day(),
            shifts=self.draw.choice(([], self.shifts())),
            provider_id=self.draw.choice((None, 1, 2)),
            location_id=self.draw.choice((None, 1, 2)),
        )

    def holiday(self, key: int) -> HolidayRules:
        day = self.day()
        place = self.draw.choice((None, 1))
        return HolidayRules(holiday_id=key, first=day, last=day + timedelta(days=1), location_id=place)

    def block(self, key: int) -> BlockRules:
        draw = self.draw
        day = self.day() - timedelta(days=draw.choice((0, 0, 5)))
        starts = datetime(day.year, day.month, day.day) + timedelta(minutes=self.minute(0, 1_439))
        length = timedelta(minutes=self.length(5, draw.choice((90, 2_000))))
        reaches = [
            Reach(
                provider_id=draw.choice((None, 1, 2)),
                service_id=draw.choice((None, None, 1, 2)),
                location_id=draw.choice((None, None, 1)),
            )
            for _ in range(draw.choice((1, 1, 2)))
        ]
        return BlockRules(
            block_id=key,
            starts=starts,
            ends=starts + length,
            reaches=tuple(reaches),
            time_zone=draw.choice((None, None, "Asia/Kolkata")),
            recurrence=self.maybe(0.5, self.recurrence),
            exceptions=draw.choice((frozenset(), frozenset({starts + timedelta(days=1)}))),
        )

    def taken(self, book: Rulebook, now: datetime, duration: int) -> list[Taken]:
        """Rows on everybody and everything; those of capacity one keep apart, external time need not."""
        found: list[Taken] = []
        for number in range(self.draw.choice((0, 4, 12))):
            provider = self.draw.choice(list(book.providers.values()))
            on_room = self.draw.random() < 0.3
            start = self.begin + self.minute(-1_500, 4_500)
            kind = self.draw.choice(("appointment", "appointment", "hold", "session", "external"))
            if on_room:
                kind = "appointment"
            begins = start + self.draw.choice((0, 0, self.unit * 2))
            found.append(
                Taken(
                    resource_id=self.draw.choice((201, 202, 203, 204)) if on_room else provider.resource_id,
                    start=start,
                    end=start + self.length(10, 200),
                    quantity=self.draw.choice((1, 2)) if on_room else 1,
                    kind=kind,
                    owner=f"{kind}:{number}",
                    begins=None if kind == "external" else begins,
                    service_id=self.draw.choice((1, 1, 2)) if kind == "session" else None,
                    seats_left=self.draw.choice((0, 1, 2, 3)) if kind == "session" else None,
                    length=self.draw.choice((duration, duration, duration + 5))
                    if kind == "session"
                    else None,
                    expires_at=now + timedelta(minutes=self.draw.choice((-9_001, 400)))
                    if kind == "hold"
                    else None,
                )
            )
        return found
