"""A stream ticket names the session it was made in, and ends with it; sessions that ran out are found."""

from adapters.sql.migrations.steps import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql(__file__)
