"""Where events are sent: endpoints, deliveries and their attempts."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0003"
down_revision = "0002"

TENANT_TABLES: list[str] = []


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
