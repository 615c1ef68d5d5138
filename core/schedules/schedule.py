"""The schedule: weekly hours that are in force from one day to another."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from core.availability.hours import WeeklyHours
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned


@dataclass(kw_only=True, eq=False)
class Schedule(Entity, TenantOwned):
    """Weekly hours of one provider, or of everybody; what it means is said at ScheduleRules."""

    provider_id: int | None
    location_id: int | None
    time_zone: str | None
    weekly_hours: WeeklyHours
    first_day: date | None
    last_day: date | None
    service_ids: list[int] | None
    is_public: bool
    created_at: datetime


@dataclass(frozen=True, kw_only=True)
class ScheduleSet(Event):
    """A schedule was added or replaced; without a provider it is everybody's."""

    type: ClassVar[str] = "schedule.set"
    noun: ClassVar[str] = "schedule"
    key_field: ClassVar[str] = "schedule_id"
    changes_rules: ClassVar[bool] = True

    schedule_id: int
    provider_id: int | None


@dataclass(frozen=True, kw_only=True)
class ScheduleDeleted(Event):
    """A schedule holds no longer."""

    type: ClassVar[str] = "schedule.deleted"
    noun: ClassVar[str] = "schedule"
    key_field: ClassVar[str] = "schedule_id"
    changes_rules: ClassVar[bool] = True

    schedule_id: int
    provider_id: int | None
