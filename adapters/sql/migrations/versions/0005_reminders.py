"""Jobs that wait, and what is said to whom in which words."""

from adapters.sql.migrations.steps import guard, run_sql

revision = "0005"
down_revision = "0004"

TENANT_TABLES = "message_settings message_templates messages".split()


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
