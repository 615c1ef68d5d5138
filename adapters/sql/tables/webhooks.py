"""Where events are sent: endpoints, deliveries, their tries and bodies; and whose turn it is."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, ForeignKeyConstraint, Index, Integer, Text, text

from adapters.sql.tables.base import belongs, free_table, maybe, need, tenant_keyed, tenant_table
from adapters.sql.types import Instant, Json, Key, Sealed

webhook_endpoints = tenant_table(
    "webhook_endpoints",
    need("url", Text),
    need("scheme", Text),
    need("scheme_version", Text),
    maybe("event_names", Json),
    need("hears", Json),
    maybe("description", Text),
    need("is_active", Boolean),
    maybe("disabled_cause", Text),
    maybe("secret", Sealed("webhook_endpoints.secret")),
    maybe("old_secret", Sealed("webhook_endpoints.old_secret")),
    maybe("old_secret_ends_at", Instant),
    need("taken_to", Key),
    maybe("failing_since", Instant),
    maybe("last_success_at", Instant),
    maybe("quiet_until", Instant),
    need("pruned_at", Instant),
    need("created_at", Instant),
    maybe("archived_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
)

webhook_bodies = tenant_keyed(
    "webhook_bodies",
    need("sequence", Key, autoincrement=False),
    need("scheme", Text),
    need("version", Text),
    need("body", Text),
    need("created_at", Instant),
    key=("sequence", "scheme", "version"),
)

webhook_deliveries = tenant_table(
    "webhook_deliveries",
    need("endpoint_id", Key),
    need("sequence", Key),
    need("event_type", Text),
    need("state", Text),
    need("attempts", Integer),
    need("tries", Integer),
    maybe("next_at", Instant),
    need("created_at", Instant),
    maybe("settled_at", Instant),
    belongs("endpoint_id", "webhook_endpoints"),
    Index("uq_webhook_deliveries_event", "business_id", "endpoint_id", "sequence", unique=True),
    Index("ix_webhook_deliveries_sequence", "business_id", "sequence"),
    Index(
        "ix_webhook_deliveries_due",
        "business_id",
        "endpoint_id",
        "next_at",
        postgresql_where=text("state = 'WAITING'"),
        sqlite_where=text("state = 'WAITING'"),
    ),
)

webhook_attempts = tenant_table(
    "webhook_attempts",
    need("delivery_id", Key),
    need("number", Integer),
    need("at", Instant),
    maybe("status", Integer),
    maybe("error", Text),
    need("milliseconds", Integer),
    need("answer", Text),
    belongs("delivery_id", "webhook_deliveries"),
    Index("ix_webhook_attempts_delivery_id", "business_id", "delivery_id"),
)

webhook_turns = free_table(
    "webhook_turns",
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=False),
    need("endpoint_id", Key),
    need("newest", Key),
    need("due_at", Instant),
    need("is_listening", Boolean),
    need("is_ailing", Boolean),
    maybe("lease", Text),
    maybe("lease_ends_at", Instant),
    Index("uq_webhook_turns_endpoint_id", "business_id", "endpoint_id", unique=True),
    Index("ix_webhook_turns_due", "is_ailing", "due_at", "id"),
)
