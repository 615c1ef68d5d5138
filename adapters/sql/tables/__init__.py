"""All tables. Tenant tables have a primary key that begins with `business_id`, and composite foreign
keys, so that a business can be moved; on PostgreSQL row-level security guards each of them."""

from adapters.sql.tables.appointments import (
    allocations,
    appointment_providers,
    appointments,
    deposits,
    group_sessions,
    holds,
    provider_choices,
    resources,
    series,
)
from adapters.sql.tables.base import TENANT_TABLES, metadata
from adapters.sql.tables.calendars import calendar_feeds, calendar_sources
from adapters.sql.tables.directory import (
    businesses,
    clients,
    locations,
    providers,
    service_providers,
    services,
)
from adapters.sql.tables.identity import (
    api_keys,
    display_credentials,
    identities,
    memberships,
    public_slugs,
    sessions,
    stream_tickets,
    tenants,
)
from adapters.sql.tables.log import audit, events, idempotency, jobs, kept_mail, sequences
from adapters.sql.tables.messaging import message_settings, message_templates, messages
from adapters.sql.tables.rules import blocks, date_overrides, holiday_calendars, holidays, schedules
from adapters.sql.tables.waitlist import waitlist_entries, waitlist_offers
from adapters.sql.tables.webhooks import (
    webhook_attempts,
    webhook_bodies,
    webhook_deliveries,
    webhook_endpoints,
    webhook_turns,
)

__all__ = [
    "TENANT_TABLES",
    "allocations",
    "api_keys",
    "appointment_providers",
    "appointments",
    "audit",
    "blocks",
    "businesses",
    "calendar_feeds",
    "calendar_sources",
    "clients",
    "date_overrides",
    "deposits",
    "display_credentials",
    "events",
    "group_sessions",
    "holds",
    "holiday_calendars",
    "holidays",
    "idempotency",
    "identities",
    "jobs",
    "kept_mail",
    "locations",
    "memberships",
    "message_settings",
    "message_templates",
    "messages",
    "metadata",
    "provider_choices",
    "providers",
    "public_slugs",
    "resources",
    "schedules",
    "sequences",
    "series",
    "service_providers",
    "services",
    "sessions",
    "stream_tickets",
    "tenants",
    "waitlist_entries",
    "waitlist_offers",
    "webhook_attempts",
    "webhook_bodies",
    "webhook_deliveries",
    "webhook_endpoints",
    "webhook_turns",
]
