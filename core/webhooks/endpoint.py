"""The webhook endpoint: an address of the business's own that its events are sent to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import ClassVar

from core.kernel.errors import Conflict
from core.kernel.events import Event
from core.kernel.unit_of_work import Entity, TenantOwned

MOST_ENDPOINTS = 50
"""How many a business may have."""

LONGEST_OVERLAP = timedelta(days=7)
"""How long an old secret may go on signing beside the new one."""

GONE = "GONE"
FAILING = "FAILING"
"""Why an endpoint was disabled by itself: it answered 410, or failed for days."""


@dataclass(kw_only=True, eq=False)
class WebhookEndpoint(Entity, TenantOwned):
    """An endpoint. `event_names` are words of its scheme, or None for all of them.

    `hears` are the permissions that it hears events by, as its owner or manager would: what is seen by
    none of them is never sent. They are those of whoever chose its events, and only ever grow.

    Events up to the number `taken_to` have become deliveries. Secrets are kept encrypted; the old one
    signs beside the new one until `old_secret_ends_at`. Nothing is sent before `quiet_until`, which the
    receiver asked for; it has failed without a success since `failing_since`.
    """

    url: str
    scheme: str
    scheme_version: str
    event_names: list[str] | None
    hears: list[str]
    description: str | None
    is_active: bool
    disabled_cause: str | None = None
    secret: str | None = field(repr=False)
    old_secret: str | None = field(default=None, repr=False)
    old_secret_ends_at: datetime | None = None
    taken_to: int
    failing_since: datetime | None = None
    last_success_at: datetime | None = None
    quiet_until: datetime | None = None
    pruned_at: datetime
    created_at: datetime
    archived_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointCreated(Event):
    """Events are to be sent to a new address."""

    type: ClassVar[str] = "webhook_endpoint.created"
    noun: ClassVar[str] = "webhook_endpoint"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointUpdated(Event):
    """Something about an endpoint changed: its address, its events, whether it is active, or its secret."""

    type: ClassVar[str] = "webhook_endpoint.updated"
    noun: ClassVar[str] = "webhook_endpoint"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointDeleted(Event):
    """Nothing is sent to an endpoint any more; its secrets are forgotten."""

    type: ClassVar[str] = "webhook_endpoint.deleted"
    noun: ClassVar[str] = "webhook_endpoint"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointTested(Event):
    """Somebody asked for a test: sent to this endpoint alone, whichever events it wants."""

    type: ClassVar[str] = "webhook_endpoint.tested"
    noun: ClassVar[str] = "webhook_endpoint"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: int


@dataclass(frozen=True, kw_only=True)
class WebhookEndpointDisabled(Event):
    """Nothing is sent to an endpoint until somebody activates it again; `cause` is GONE or FAILING."""

    type: ClassVar[str] = "webhook_endpoint.disabled"
    noun: ClassVar[str] = "webhook_endpoint"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: int
    cause: str


@dataclass(eq=False)
class TooManyEndpoints(Conflict):
    """The business has as many endpoints as it may have."""

    code: ClassVar[str] = "TOO_MANY_ENDPOINTS"

    most: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"There are {self.most} webhook endpoints already: delete one first."


@dataclass(eq=False)
class EndpointInactive(Conflict):
    """The endpoint is not active: nothing would be sent."""

    code: ClassVar[str] = "ENDPOINT_INACTIVE"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This webhook endpoint is not active: activate it first."
