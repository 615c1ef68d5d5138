"""What a step is made of: its SQL file for the database at hand, and row-level security."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from alembic import op

from adapters.sql.database import APP_ROLE, TENANT_SETTING

_STANDING = f"NULLIF(current_setting('{TENANT_SETTING}', true), '')::bigint"


def is_postgresql() -> bool:
    """Whether the step runs on PostgreSQL."""
    return op.get_bind().dialect.name == "postgresql"


def run_sql(step: str) -> None:
    """Run `<step>.postgresql.sql` or `<step>.sqlite.sql`, the files beside a step's module.

    Statements are parted by a semicolon and an empty line.
    """
    kind = "postgresql" if is_postgresql() else "sqlite"
    file = Path(step).with_suffix(f".{kind}.sql")
    for statement in file.read_text().split(";\n\n"):
        if statement.strip():
            op.get_bind().exec_driver_sql(statement.strip().removesuffix(";"))


def guard(tenant_tables: Iterable[str]) -> None:
    """Have PostgreSQL itself fence the tables: a session without a business sees no row of them."""
    if not is_postgresql():
        return
    for table in tenant_tables:
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
        op.execute(
            f"CREATE POLICY own_business ON {table} "
            f"USING (business_id = {_STANDING}) WITH CHECK (business_id = {_STANDING})"
        )


def let_the_application_in() -> None:
    """Make the role that the application works as, and give it the tables but not their shape."""
    if not is_postgresql():
        return
    op.execute(
        f"""
        DO $$ BEGIN
            CREATE ROLE {APP_ROLE} NOLOGIN NOBYPASSRLS;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$
        """
    )
    op.execute(f"GRANT {APP_ROLE} TO CURRENT_USER")
    op.execute(f"GRANT USAGE ON SCHEMA public TO {APP_ROLE}")
    rights = "SELECT, INSERT, UPDATE, DELETE"
    op.execute(f"GRANT {rights} ON ALL TABLES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {APP_ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT {rights} ON TABLES TO {APP_ROLE}")
    op.execute(f"ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO {APP_ROLE}")
