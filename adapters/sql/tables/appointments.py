"""Appointments, what they take of whose time, and the deposits asked for them."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, ForeignKeyConstraint, Index, Integer, Text, text

from adapters.sql.tables.base import belongs, maybe, need, tenant_table
from adapters.sql.types import Instant, Key, Sealed

resources = tenant_table(
    "resources",
    need("kind", Text),
    need("name", Text),
    need("capacity", Integer),
    need("revision", Key),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    CheckConstraint("capacity >= 1", name="capacity"),
)

appointments = tenant_table(
    "appointments",
    need("location_id", Key),
    need("provider_id", Key),
    need("client_id", Key),
    maybe("service_id", Key),
    need("status", Text),
    need("starts_at", Instant),
    need("ends_at", Instant),
    need("duration_minutes", Integer),
    need("buffer_before_minutes", Integer),
    need("buffer_after_minutes", Integer),
    maybe("price_minor", Key),
    maybe("deposit_minor", Key),
    need("currency", Text),
    maybe("description", Text),
    maybe("style", Text),
    maybe("notes", Text),
    maybe("internal_notes", Sealed("appointments.internal_notes")),
    need("created_at", Instant),
    need("updated_at", Instant),
    maybe("confirmed_at", Instant),
    maybe("cancellation_reason", Text),
    belongs("location_id", "locations"),
    belongs("provider_id", "providers"),
    belongs("client_id", "clients"),
    belongs("service_id", "services"),
    CheckConstraint("ends_at > starts_at", name="length"),
    Index("ix_appointments_starts_at", "business_id", "starts_at", "id"),
    Index("ix_appointments_client_id", "business_id", "client_id", "starts_at"),
    Index("ix_appointments_provider_id", "business_id", "provider_id", "starts_at"),
)

allocations = tenant_table(
    "allocations",
    need("resource_id", Key),
    need("quantity", Integer),
    need("starts_minute", Key),
    need("ends_minute", Key),
    need("kind", Text),
    need("is_active", Boolean),
    need("is_exclusive", Boolean),
    maybe("appointment_id", Key),
    maybe("expires_at", Instant),
    belongs("resource_id", "resources"),
    belongs("appointment_id", "appointments"),
    CheckConstraint("ends_minute > starts_minute", name="length"),
    CheckConstraint("quantity >= 1", name="quantity"),
    Index(
        "ix_allocations_taken",
        "business_id",
        "resource_id",
        "starts_minute",
        "ends_minute",
        postgresql_where=text("is_active"),
        sqlite_where=text("is_active"),
    ),
    Index("ix_allocations_appointment_id", "business_id", "appointment_id"),
)

deposits = tenant_table(
    "deposits",
    need("appointment_id", Key),
    need("client_id", Key),
    need("amount_minor", Key),
    need("refunded_minor", Key),
    need("currency", Text),
    need("status", Text),
    need("is_current", Boolean),
    maybe("due_at", Instant),
    maybe("paid_at", Instant),
    maybe("refunded_at", Instant),
    need("created_at", Instant),
    belongs("appointment_id", "appointments"),
    belongs("client_id", "clients"),
    CheckConstraint("amount_minor >= 0 AND refunded_minor BETWEEN 0 AND amount_minor", name="amounts"),
    Index(
        "uq_deposits_current",
        "business_id",
        "appointment_id",
        unique=True,
        postgresql_where=text("is_current"),
        sqlite_where=text("is_current"),
    ),
)
