"""Calendars in and out: feeds, and busy times from elsewhere."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0006"
down_revision = "0005"

TENANT_TABLES = ("calendar_feeds", "calendar_sources")


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
