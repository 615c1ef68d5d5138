"""What is said to clients: how and when a business wants it, in which words, and what was said."""

from __future__ import annotations

from sqlalchemy import ForeignKeyConstraint, Index, Integer, Text

from adapters.sql.tables.base import belongs, maybe, need, tenant_keyed, tenant_table
from adapters.sql.types import Instant, Json, Key

message_settings = tenant_keyed(
    "message_settings",
    need("language", Text),
    need("changes_held_minutes", Integer),
    need("channels", Json),
    need("reminders", Json),
    need("updated_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
)

message_templates = tenant_keyed(
    "message_templates",
    need("name", Text),
    need("channel", Text),
    need("language", Text),
    maybe("subject", Text),
    need("text", Text),
    maybe("html", Text),
    need("updated_at", Instant),
    ForeignKeyConstraint(["business_id"], ["businesses.business_id"]),
    key=("name", "channel", "language"),
)

messages = tenant_table(
    "messages",
    need("message_key", Text),
    need("channel", Text),
    need("template", Text),
    need("language", Text),
    maybe("client_id", Key),
    maybe("appointment_id", Key),
    need("facts", Json),
    need("status", Text),
    maybe("segments", Integer),
    maybe("sid", Text),
    maybe("error_code", Integer),
    need("created_at", Instant),
    need("updated_at", Instant),
    belongs("client_id", "clients"),
    belongs("appointment_id", "appointments"),
    Index("uq_messages_message_key", "business_id", "message_key", unique=True),
    Index("ix_messages_appointment_id", "business_id", "appointment_id", "id"),
    Index("ix_messages_client_id", "business_id", "client_id", "id"),
)
