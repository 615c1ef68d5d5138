"""The date override: one day that is otherwise than usual."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Protocol

from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned


@dataclass(kw_only=True, eq=False)
class DateOverride(Entity, TenantOwned):
    """The shifts of one day, in minutes after its midnight; none is closed. What it beats, and what
    beats it, is said at OverrideRules. There is one per day and provider, location or business."""

    provider_id: int | None
    location_id: int | None
    day: date
    shifts: list[list[int]]
    note: str | None
    created_at: datetime


class OverrideQuestions(Protocol):
    """What is asked of overrides; one statement each."""

    async def put(
        self,
        provider_id: int | None,
        location_id: int | None,
        day: date,
        shifts: list[list[int]],
        note: str | None,
        now: datetime,
    ) -> int:
        """Keep the override of a day, instead of the one that its subject has already; its key.

        The subject is the provider where one is named, else the location, else the business.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class DateOverrideSet(Event):
    """The hours of a day were set for a provider, a location or the business."""

    type: ClassVar[str] = "date_override.set"
    noun: ClassVar[str] = "date_override"
    key_field: ClassVar[str] = "date_override_id"
    changes_rules: ClassVar[bool] = True

    date_override_id: int
    provider_id: int | None
    location_id: int | None
    day: str


@dataclass(frozen=True, kw_only=True)
class DateOverrideCleared(Event):
    """A day is as usual again."""

    type: ClassVar[str] = "date_override.cleared"
    noun: ClassVar[str] = "date_override"
    key_field: ClassVar[str] = "date_override_id"
    changes_rules: ClassVar[bool] = True

    date_override_id: int
    provider_id: int | None
    location_id: int | None
    day: str
