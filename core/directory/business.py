"""The business: the tenant that owns everything else, and its places."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from core.availability.hours import WeeklyHours
from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned

NOTIFY_FIRST, HOLD_AND_OFFER = "NOTIFY_FIRST", "HOLD_AND_OFFER"
WAITLIST_MODES = (NOTIFY_FIRST, HOLD_AND_OFFER)
"""What a freed slot means to those who wait: they are told and the first to book has it, or it is held
for the first of them."""


@dataclass(kw_only=True, eq=False)
class Tenant(Entity):
    """That a business exists, on which plan, and until when: outside every business, because whoever
    comes with a credential is asked about it before standing in one."""

    plan: str
    trial_ends_at: datetime | None
    created_at: datetime
    closed_at: datetime | None = None


@dataclass(kw_only=True, eq=False)
class Business(TenantOwned):
    """A business. `weekly_hours` and `deposit_percent` hold where a provider or service says nothing."""

    name: str
    slug: str
    time_zone: str
    currency: str
    weekly_hours: WeeklyHours
    deposit_percent: Decimal
    created_at: datetime
    waitlist_mode: str = HOLD_AND_OFFER


@dataclass(kw_only=True, eq=False)
class Location(Entity, TenantOwned):
    """A place where appointments happen; its zone is the one hours are written in."""

    name: str
    time_zone: str
    address: str | None
    created_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class BusinessFounded(Event):
    """A business signed up."""

    type: ClassVar[str] = "business.founded"
    noun: ClassVar[str] = "business"
    key_field: ClassVar[str] = "founded_id"
    changes_rules: ClassVar[bool] = True

    founded_id: int
    owner_identity_id: int


@dataclass(frozen=True, kw_only=True)
class BusinessUpdated(Event):
    """Something about the business changed."""

    type: ClassVar[str] = "business.updated"
    noun: ClassVar[str] = "business"
    key_field: ClassVar[str] = "updated_id"
    changes_rules: ClassVar[bool] = True

    updated_id: int


@dataclass(frozen=True, kw_only=True)
class BusinessClosed(Event):
    """The business was closed: its credentials stop working, its data stays."""

    type: ClassVar[str] = "business.closed"
    noun: ClassVar[str] = "business"
    key_field: ClassVar[str] = "closed_id"

    closed_id: int


@dataclass(frozen=True, kw_only=True)
class LocationCreated(Event):
    """A place was added."""

    type: ClassVar[str] = "location.created"
    noun: ClassVar[str] = "location"
    key_field: ClassVar[str] = "location_id"
    changes_rules: ClassVar[bool] = True

    location_id: int


@dataclass(frozen=True, kw_only=True)
class LocationUpdated(Event):
    """Something about a place changed."""

    type: ClassVar[str] = "location.updated"
    noun: ClassVar[str] = "location"
    key_field: ClassVar[str] = "location_id"
    changes_rules: ClassVar[bool] = True

    location_id: int


@dataclass(frozen=True, kw_only=True)
class LocationArchived(Event):
    """A place was given up."""

    type: ClassVar[str] = "location.archived"
    noun: ClassVar[str] = "location"
    key_field: ClassVar[str] = "location_id"
    changes_rules: ClassVar[bool] = True

    location_id: int


@dataclass(eq=False)
class SlugTaken(Conflict):
    """A public address is in use already."""

    code: ClassVar[str] = "SLUG_TAKEN"

    slug: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This public address is taken: choose another."


@dataclass(eq=False)
class LocationStillNeeded(Conflict):
    """The place is the last one, or something at it is still in use."""

    code: ClassVar[str] = "LOCATION_STILL_NEEDED"

    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        return {
            "LAST_LOCATION": "This is the last place: add another first.",
            "PROVIDERS": "Providers work here: move them first.",
            "RESOURCES": "Rooms or kit serve this place: move or archive them first.",
        }.get(self.reason, "Appointments lie ahead here: move or cancel them first.")
