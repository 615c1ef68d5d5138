"""What happened and what is still to be done: the event log, audit, idempotency, jobs, kept mail."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Text, text

from adapters.sql.tables.base import free_table, maybe, need, tenant_keyed, tenant_table
from adapters.sql.types import Instant, Json, Key

sequences = tenant_keyed(
    "sequences", need("last", Key), need("rules_revision", Key), need("is_followed", Boolean)
)

events = tenant_keyed(
    "events",
    need("sequence", Key, autoincrement=False),
    need("type", Text),
    need("version", Integer),
    need("noun", Text),
    need("key", Key),
    need("payload", Json),
    need("actor", Text),
    need("occurred_at", Instant),
    key=("sequence",),
)

audit = tenant_table(
    "audit",
    need("action", Text),
    need("noun", Text),
    maybe("key", Key),
    need("facts", Json),
    need("actor", Text),
    need("request_id", Text),
    need("at", Instant),
)

idempotency = tenant_keyed(
    "idempotency",
    need("actor", Text),
    need("verb", Text),
    need("key", Text),
    need("fingerprint", Text),
    maybe("result", Json),
    need("created_at", Instant),
    key=("actor", "verb", "key"),
)

jobs = free_table(
    "jobs",
    Column("business_id", Key, ForeignKey("tenants.id"), nullable=True),
    need("kind", Text),
    need("lane", Text),
    need("facts", Json),
    need("dedupe_key", Text),
    need("state", Text),
    need("attempts", Integer),
    need("run_at", Instant),
    maybe("lease", Text),
    maybe("last_error", Text),
    need("created_at", Instant),
    maybe("finished_at", Instant),
    Index("uq_jobs_dedupe_key", "dedupe_key", unique=True),
    Index(
        "ix_jobs_due",
        "lane",
        "run_at",
        "id",
        postgresql_where=text("state = 'WAITING'"),
        sqlite_where=text("state = 'WAITING'"),
    ),
    Index(
        "ix_jobs_of_business",
        "lane",
        "business_id",
        "run_at",
        "id",
        postgresql_where=text("state = 'WAITING'"),
        sqlite_where=text("state = 'WAITING'"),
    ),
)

kept_mail = free_table(
    "kept_mail",
    need("message_id", Text),
    need("recipient", Text),
    need("subject", Text),
    need("text", Text),
    need("kept_at", Instant),
    Index("uq_kept_mail_message_id", "message_id", unique=True),
)
