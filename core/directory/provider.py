"""The provider: the person (or chair) whose time is booked."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import ClassVar

from core.availability.hours import WeeklyHours
from core.kernel.context import Actor
from core.kernel.errors import Conflict, Forbidden
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned

ROLES = ("owner", "manager", "provider", "staff")


@dataclass(kw_only=True, eq=False)
class Provider(Entity, TenantOwned):
    """Somebody who can be booked. Hours are written in the location's zone; None is the business's."""

    location_id: int
    resource_id: int
    display_name: str
    slug: str
    role: str
    email: str | None
    is_accepting_bookings: bool
    weekly_hours: WeeklyHours | None
    deposit_percent: Decimal | None
    styles: list[str] = field(default_factory=list)
    instagram_handle: str | None = None
    availability_note: str | None = None
    portfolio_images: list[str] = field(default_factory=list)
    created_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class ProviderCreated(Event):
    """A provider was added."""

    type: ClassVar[str] = "provider.created"
    noun: ClassVar[str] = "provider"
    key_field: ClassVar[str] = "provider_id"
    changes_rules: ClassVar[bool] = True

    provider_id: int
    location_id: int


@dataclass(frozen=True, kw_only=True)
class ProviderUpdated(Event):
    """Something about a provider changed."""

    type: ClassVar[str] = "provider.updated"
    noun: ClassVar[str] = "provider"
    key_field: ClassVar[str] = "provider_id"
    changes_rules: ClassVar[bool] = True

    provider_id: int


@dataclass(frozen=True, kw_only=True)
class ProviderArchived(Event):
    """A provider left; their past appointments stay."""

    type: ClassVar[str] = "provider.archived"
    noun: ClassVar[str] = "provider"
    key_field: ClassVar[str] = "provider_id"
    changes_rules: ClassVar[bool] = True

    provider_id: int


def require_may_name(actor: Actor, role: str) -> None:
    """Raise Forbidden where a member of the business who is no owner would make an owner."""
    if role == "owner" and actor.role in ROLES and actor.role != "owner":
        raise Forbidden("owner")


@dataclass(eq=False)
class ProviderStillNeeded(Conflict):
    """The provider has appointments ahead, or is the last owner."""

    code: ClassVar[str] = "PROVIDER_STILL_NEEDED"

    reason: str

    @property
    def message(self) -> str:
        """One sentence for people."""
        if self.reason == "LAST_OWNER":
            return "This is the last owner: make somebody else an owner first."
        return "This provider has appointments ahead: move or cancel them first."
