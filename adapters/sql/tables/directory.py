"""Businesses, their places, providers, clients and services."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from adapters.sql.tables.base import TENANT_TABLES, belongs, maybe, metadata, need, tenant_keyed, tenant_table
from adapters.sql.types import Instant, Json, Key, Percentage, Sealed

TENANT_TABLES.append("businesses")
businesses = Table(
    "businesses",
    metadata,
    Column("business_id", Key, ForeignKey("tenants.id"), primary_key=True, autoincrement=False),
    need("name", Text),
    need("slug", Text),
    need("time_zone", Text),
    need("currency", Text),
    need("weekly_hours", Json),
    need("deposit_percent", Percentage),
    need("created_at", Instant),
    need("waitlist_mode", Text),
)

locations = tenant_table(
    "locations",
    need("name", Text),
    need("time_zone", Text),
    maybe("address", Text),
    need("created_at", Instant),
    maybe("archived_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
)

providers = tenant_table(
    "providers",
    need("location_id", Key),
    need("resource_id", Key),
    need("display_name", Text),
    need("slug", Text),
    need("role", Text),
    maybe("email", Text),
    need("is_accepting_bookings", Boolean),
    maybe("weekly_hours", Json),
    maybe("deposit_percent", Percentage),
    need("styles", Json),
    maybe("instagram_handle", Text),
    maybe("availability_note", Text),
    need("portfolio_images", Json),
    need("created_at", Instant),
    maybe("archived_at", Instant),
    belongs("location_id", "locations"),
    belongs("resource_id", "resources"),
    Index("ix_providers_resource_id", "business_id", "resource_id", unique=True),
)

clients = tenant_table(
    "clients",
    need("display_name", Text),
    maybe("given_name", Text),
    maybe("family_name", Text),
    maybe("email", Text),
    maybe("email_key", Text),
    maybe("phone", Text),
    maybe("phone_e164", Text),
    maybe("allergies", Sealed("clients.allergies")),
    maybe("medical_notes", Sealed("clients.medical_notes")),
    maybe("internal_notes", Sealed("clients.internal_notes")),
    maybe("preferred_provider_id", Key),
    need("created_at", Instant),
    maybe("archived_at", Instant),
    maybe("language", Text),
    maybe("sms_opted_out_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    belongs("preferred_provider_id", "providers"),
    Index(
        "uq_clients_email_key",
        "business_id",
        "email_key",
        unique=True,
        postgresql_where=text("archived_at IS NULL"),
        sqlite_where=text("archived_at IS NULL"),
    ),
    Index("ix_clients_created_at", "business_id", "created_at", "id"),
    Index(
        "ix_clients_phone_e164",
        "business_id",
        "phone_e164",
        postgresql_where=text("phone_e164 IS NOT NULL"),
        sqlite_where=text("phone_e164 IS NOT NULL"),
    ),
)

services = tenant_table(
    "services",
    need("name", Text),
    maybe("description", Text),
    need("duration_minutes", Integer),
    maybe("price_minor", Key),
    need("currency", Text),
    need("buffer_before_minutes", Integer),
    need("buffer_after_minutes", Integer),
    maybe("deposit_percent", Percentage),
    need("notice_minutes", Integer),
    need("step_minutes", Integer),
    need("policies", Json),
    need("created_at", Instant),
    maybe("archived_at", Instant),
    maybe("turns_since", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
)

service_providers = tenant_keyed(
    "service_providers",
    need("service_id", Key),
    need("provider_id", Key),
    need("weight", Integer),
    belongs("service_id", "services"),
    belongs("provider_id", "providers"),
    CheckConstraint("weight >= 1", name="weight"),
    key=("service_id", "provider_id"),
)
