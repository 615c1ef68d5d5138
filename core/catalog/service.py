"""The service: what is booked, for how long, at what price and under which rules."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned


@dataclass(kw_only=True, eq=False)
class Service(Entity, TenantOwned):
    """Something a business offers. All lengths in minutes; the price in minor units of `currency`.

    `policies` are the rules that have no column of their own: see core.availability.kept. `turns_since`
    is when who does it, or with which weight, last changed; None is never.
    """

    name: str
    description: str | None
    duration_minutes: int
    price_minor: int | None
    currency: str
    buffer_before_minutes: int
    buffer_after_minutes: int
    deposit_percent: Decimal | None
    notice_minutes: int
    step_minutes: int
    created_at: datetime
    archived_at: datetime | None = None
    policies: dict[str, Any] = field(default_factory=dict)
    turns_since: datetime | None = None


@dataclass(kw_only=True, eq=False)
class ServiceProvider(TenantOwned):
    """Somebody who does a service; a service that has none of these is done by everybody."""

    service_id: int
    provider_id: int
    weight: int


@dataclass(frozen=True, kw_only=True)
class ServiceCreated(Event):
    """A service was added to the catalogue."""

    type: ClassVar[str] = "service.created"
    noun: ClassVar[str] = "service"
    key_field: ClassVar[str] = "service_id"
    changes_rules: ClassVar[bool] = True

    service_id: int


@dataclass(frozen=True, kw_only=True)
class ServiceUpdated(Event):
    """Something about a service changed."""

    type: ClassVar[str] = "service.updated"
    noun: ClassVar[str] = "service"
    key_field: ClassVar[str] = "service_id"
    changes_rules: ClassVar[bool] = True

    service_id: int


@dataclass(frozen=True, kw_only=True)
class ServiceArchived(Event):
    """A service is offered no longer; appointments stay."""

    type: ClassVar[str] = "service.archived"
    noun: ClassVar[str] = "service"
    key_field: ClassVar[str] = "service_id"
    changes_rules: ClassVar[bool] = True

    service_id: int
