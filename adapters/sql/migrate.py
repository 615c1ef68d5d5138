"""Bring a database to the newest shape: on start for SQLite, by `daybook migrate` for PostgreSQL."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from adapters.sql.database import Database

_HOME = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x6461_7962_6F6F_6B


class NotMigrated(RuntimeError):
    """The database is not in the shape that this program needs."""


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_HOME))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The newest step."""
    newest = ScriptDirectory.from_config(_config()).get_current_head()
    assert newest is not None
    return newest


async def migrate(database: Database) -> tuple[str | None, str]:
    """Run the steps that are missing; answers the step before and after.

    On PostgreSQL it works as the user of the URL, who must own the tables, one process at a time.
    """
    if not database.is_postgresql:
        async with database.writer.connect() as connection, _tables_may_be_rebuilt(connection):
            before = await connection.run_sync(_current)
            await connection.run_sync(_upgrade)
            broken = (await connection.exec_driver_sql("PRAGMA foreign_key_check")).all()
            if broken:
                raise RuntimeError(f"a migration left {len(broken)} rows that refer to nothing")
            await connection.commit()
        return before, head()
    owner = create_async_engine(database.url)
    try:
        async with owner.begin() as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
            before = await connection.run_sync(_current)
            await connection.run_sync(_upgrade)
    finally:
        await owner.dispose()
    return before, head()


@asynccontextmanager
async def _tables_may_be_rebuilt(connection: AsyncConnection) -> AsyncIterator[None]:
    """SQLite adds a foreign key by building a table anew, for which it must not watch foreign keys
    (SQLite: ALTER TABLE, section 7); the switch works outside a transaction only."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    await driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        await connection.rollback()
        await driver.execute("PRAGMA foreign_keys=ON")


async def require_migrated(database: Database) -> None:
    """Raise NotMigrated, saying what to do, where steps are missing."""
    engine = create_async_engine(database.url) if database.is_postgresql else database.writer
    try:
        async with engine.connect() as connection:
            current = await connection.run_sync(_current)
    finally:
        if database.is_postgresql:
            await engine.dispose()
    if current != head():
        raise NotMigrated(
            f"The database is at step {current or 'none'} and this program needs {head()}: "
            "run `daybook migrate` first."
        )


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    command.upgrade(_config(connection), "head")
