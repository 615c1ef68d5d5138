"""The walls: every table of the first release, fenced per business."""

from adapters.sql.migrations.steps import guard, let_the_application_in, run_sql

revision = "0001"
down_revision = None

TENANT_TABLES = (
    "allocations appointments audit businesses clients deposits events idempotency locations "
    "providers resources sequences services"
).split()


def upgrade() -> None:
    run_sql(__file__)
    guard(TENANT_TABLES)
    let_the_application_in()
