"""Calendars out and in: feeds that others read, and the calendars that busy time is read from."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Index, Integer, Text

from adapters.sql.tables.base import belongs, maybe, need, tenant_table
from adapters.sql.types import Instant, Key, Sealed

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

calendar_sources = tenant_table(
    "calendar_sources",
    need("provider_id", Key),
    need("url", Sealed("calendar_sources.url")),
    need("host", Text),
    need("state", Text),
    need("created_at", Instant),
    maybe("etag", Text),
    maybe("modified", Text),
    maybe("read_at", Instant),
    maybe("fetched_at", Instant),
    maybe("tried_at", Instant),
    maybe("error", Text),
    need("failures", Integer),
    belongs("provider_id", "providers"),
    Index("ix_calendar_sources_provider_id", "business_id", "provider_id"),
)
