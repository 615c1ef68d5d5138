"""The waitlist: who waits for a time, and what they were offered; how the provider of a hold was chosen."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0007"
down_revision = "0006"

TENANT_TABLES = ("waitlist_entries", "waitlist_offers")


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
