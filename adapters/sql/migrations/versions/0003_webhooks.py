"""Where events are sent: endpoints, deliveries, their tries and bodies; and whose turn it is."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0003"
down_revision = "0002"

TENANT_TABLES = "webhook_attempts webhook_bodies webhook_deliveries webhook_endpoints".split()


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
