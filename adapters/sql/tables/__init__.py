"""All tables. Tenant tables have a primary key that begins with `business_id`, and composite foreign
keys, so that a business can be moved; on PostgreSQL row-level security guards each of them."""

from adapters.sql.tables.appointments import allocations, appointments, deposits, resources
from adapters.sql.tables.base import TENANT_TABLES, metadata
from adapters.sql.tables.directory import businesses, clients, locations, providers, services
from adapters.sql.tables.identity import api_keys, identities, memberships, public_slugs, sessions, tenants
from adapters.sql.tables.log import audit, events, idempotency, jobs, kept_mail, sequences

__all__ = [
    "TENANT_TABLES",
    "allocations",
    "api_keys",
    "appointments",
    "audit",
    "businesses",
    "clients",
    "deposits",
    "events",
    "idempotency",
    "identities",
    "jobs",
    "kept_mail",
    "locations",
    "memberships",
    "metadata",
    "providers",
    "public_slugs",
    "resources",
    "sequences",
    "services",
    "sessions",
    "tenants",
]
