"""External time belongs to its source; what is looked up by client, by number and by co-provider has its index."""

from adapters.sql.migrations.steps import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql(__file__)
