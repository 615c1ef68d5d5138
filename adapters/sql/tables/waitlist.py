"""Who waits for a time, and what they were offered."""

from __future__ import annotations

from sqlalchemy import Boolean, CheckConstraint, Date, Index, Integer, Text, text

from adapters.sql.tables.base import belongs, maybe, need, tenant_table
from adapters.sql.types import Instant, Json, Key

waitlist_entries = tenant_table(
    "waitlist_entries",
    need("client_id", Key),
    maybe("service_id", Key),
    maybe("provider_id", Key),
    maybe("location_id", Key),
    maybe("first_day", Date),
    maybe("last_day", Date),
    maybe("days", Json),
    maybe("weekdays", Json),
    maybe("times", Json),
    maybe("duration_minutes", Integer),
    need("seats", Integer),
    maybe("description", Text),
    maybe("style", Text),
    maybe("notes", Text),
    need("status", Text),
    need("joined_at", Instant),
    need("updated_at", Instant),
    maybe("lapses_at", Instant),
    need("expired_offers", Integer),
    belongs("client_id", "clients"),
    belongs("service_id", "services"),
    belongs("provider_id", "providers"),
    belongs("location_id", "locations"),
    CheckConstraint("seats >= 1", name="seats"),
    Index(
        "ix_waitlist_entries_waiting",
        "business_id",
        "id",
        postgresql_where=text("status = 'WAITING'"),
        sqlite_where=text("status = 'WAITING'"),
    ),
    Index("ix_waitlist_entries_client_id", "business_id", "client_id"),
)

waitlist_offers = tenant_table(
    "waitlist_offers",
    need("entry_id", Key),
    maybe("hold_id", Key),
    need("provider_id", Key),
    maybe("service_id", Key),
    need("location_id", Key),
    need("starts_at", Instant),
    need("ends_at", Instant),
    need("status", Text),
    need("opening", Text),
    need("by_staff", Boolean),
    maybe("message", Text),
    need("nonce", Text),
    need("token_hash", Text),
    need("created_at", Instant),
    need("expires_at", Instant),
    maybe("given_up_by", Key),
    maybe("ended_at", Instant),
    maybe("appointment_id", Key),
    belongs("entry_id", "waitlist_entries"),
    belongs("hold_id", "holds"),
    belongs("provider_id", "providers"),
    belongs("service_id", "services"),
    belongs("location_id", "locations"),
    belongs("given_up_by", "clients"),
    belongs("appointment_id", "appointments"),
    Index("uq_waitlist_offers_token_hash", "business_id", "token_hash", unique=True),
    Index("uq_waitlist_offers_opening", "business_id", "entry_id", "opening", unique=True),
    Index(
        "uq_waitlist_offers_open",
        "business_id",
        "entry_id",
        unique=True,
        postgresql_where=text("status = 'OPEN'"),
        sqlite_where=text("status = 'OPEN'"),
    ),
    Index("ix_waitlist_offers_hold_id", "business_id", "hold_id"),
)
