"""Who signs in, and how strangers find a business: tables outside every business."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Integer, PrimaryKeyConstraint, Table, Text, UniqueConstraint

from adapters.sql.tables.base import free_table, maybe, metadata, need
from adapters.sql.types import Instant, Key

tenants = free_table(
    "tenants",
    need("plan", Text),
    maybe("trial_ends_at", Instant),
    need("created_at", Instant),
    maybe("closed_at", Instant),
)

identities = free_table(
    "identities",
    need("email", Text),
    need("email_key", Text),
    need("full_name", Text),
    need("password_hash", Text),
    need("epoch", Integer),
    need("created_at", Instant),
    UniqueConstraint("email_key"),
)

memberships = free_table(
    "memberships",
    Column("identity_id", Key, ForeignKey("identities.id"), nullable=False),
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=False),
    need("role", Text),
    maybe("provider_id", Key),
    need("epoch", Integer),
    need("created_at", Instant),
    maybe("ended_at", Instant),
    UniqueConstraint("identity_id", "business_id"),
    Index("ix_memberships_business_id", "business_id"),
)

sessions = free_table(
    "sessions",
    Column("identity_id", Key, ForeignKey("identities.id"), nullable=False),
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=True),
    need("identity_epoch", Integer),
    need("family", Text),
    need("token_hash", Text),
    need("created_at", Instant),
    need("expires_at", Instant),
    maybe("used_at", Instant),
    maybe("revoked_at", Instant),
    UniqueConstraint("token_hash"),
    Index("ix_sessions_family", "family"),
    Index("ix_sessions_expires_at", "expires_at"),
)

api_keys = free_table(
    "api_keys",
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=False),
    need("name", Text),
    need("prefix", Text),
    need("key_hash", Text),
    need("role", Text),
    need("created_by", Key),
    need("created_at", Instant),
    maybe("revoked_at", Instant),
    UniqueConstraint("key_hash"),
    Index("ix_api_keys_business_id", "business_id"),
)

display_credentials = free_table(
    "display_credentials",
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=False),
    need("name", Text),
    need("prefix", Text),
    need("token_hash", Text),
    need("created_by", Key),
    need("created_at", Instant),
    maybe("revoked_at", Instant),
    UniqueConstraint("token_hash"),
    Index("ix_display_credentials_business_id", "business_id"),
)

stream_tickets = free_table(
    "stream_tickets",
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=False),
    need("ticket_hash", Text),
    need("actor", Text),
    maybe("identity_epoch", Integer),
    maybe("membership_epoch", Integer),
    maybe("credential_expires_at", Instant),
    need("created_at", Instant),
    need("expires_at", Instant),
    need("uses", Integer),
    UniqueConstraint("ticket_hash"),
    maybe("session_id", Key),
    Index("ix_stream_tickets_expires_at", "expires_at"),
)

public_slugs = Table(
    "public_slugs",
    metadata,
    need("noun", Text),
    need("slug", Text),
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=False),
    need("key", Key),
    PrimaryKeyConstraint("noun", "slug"),
)
