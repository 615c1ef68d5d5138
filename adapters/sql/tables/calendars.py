"""Calendars out and in: feeds that others read, and the calendars that busy time is read from."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Text

from adapters.sql.tables.base import belongs, maybe, need, tenant_table
from adapters.sql.types import Instant, Key

calendar_feeds = tenant_table(
    "calendar_feeds",
    maybe("provider_id", Key),
    maybe("client_id", Key),
    need("token_hash", Text),
    need("created_at", Instant),
    maybe("revoked_at", Instant),
    belongs("provider_id", "providers"),
    belongs("client_id", "clients"),
    CheckConstraint("(provider_id IS NULL) <> (client_id IS NULL)", name="owner"),
    Index("uq_calendar_feeds_token_hash", "business_id", "token_hash", unique=True),
    Index("ix_calendar_feeds_provider_id", "business_id", "provider_id"),
    Index("ix_calendar_feeds_client_id", "business_id", "client_id"),
)
