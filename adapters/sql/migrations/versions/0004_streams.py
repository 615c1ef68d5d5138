"""Who may watch: display credentials and one-time tickets."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0004"
down_revision = "0003"

TENANT_TABLES: list[str] = []


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
