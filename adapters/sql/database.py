"""The database: opened once, asked for connections by whoever has a business.

PostgreSQL is spoken to as the role `daybook_app`, which owns nothing and bypasses nothing; the
business is set on the session, and set anew only when it differs from the connection's last.
SQLite has one connection that writes, in the one process that holds the file's lock, and a few that
only read: SQLite before 3.51.3 can corrupt a write-ahead log when two connections write to it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg  # type: ignore[import-untyped]
import structlog
from sqlalchemy import event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool

from adapters.sql.file_lock import FileLock
from adapters.sql.folding import add_functions
from adapters.sql.line import Line
from adapters.sql.refusals import is_lost, unavailable
from core.kernel.errors import OutcomeUnknown, Unavailable
from core.kernel.unit_of_work import NO_BUSINESS

APP_ROLE = "daybook_app"
TENANT_SETTING = "daybook.business_id"
_TENANT = "daybook_business_id"
_READERS = 4
_PATIENCE_SECONDS, _ONE_WRITERS_PATIENCE_SECONDS = 10, 30

log = structlog.get_logger("daybook.sql")


@dataclass(kw_only=True)
class Database:
    """An open database. `writer` opens transactions, `reader` answers single statements."""

    url: str
    writer: AsyncEngine
    reader: AsyncEngine
    lock: FileLock | None
    writers: Line
    readers: Line
    pool_size: int = 1

    @property
    def is_postgresql(self) -> bool:
        """Whether PostgreSQL is behind it; otherwise SQLite is."""
        return self.writer.dialect.name == "postgresql"

    @property
    def mode(self) -> str:
        """What is behind it, in words for the log."""
        if self.is_postgresql:
            return "PostgreSQL, row-level security by role daybook_app"
        return f"SQLite {sqlite3.sqlite_version}, one writer connection"

    @asynccontextmanager
    async def connect(
        self, business_id: int | None, *, write: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        """A connection standing in a business, or in none; on PostgreSQL it sees only that business.

        A reading connection is in autocommit; a writing one is begun by its first statement. Raises
        Unavailable where none is to be had, or it is lost.
        """
        engine, line = (self.writer, self.writers) if write else (self.reader, self.readers)
        async with AsyncExitStack() as held:
            try:
                await held.enter_async_context(line.place())
            except TimeoutError as error:
                log.warning("sql.no_connection", error=type(error).__name__)
                raise Unavailable() from error
            connection = await self._standing(engine, business_id)
            held.push_async_callback(connection.close)
            async with unless_lost(connection):
                yield connection

    async def _standing(self, engine: AsyncEngine, business_id: int | None) -> AsyncConnection:
        """A connection that stands in the business; those that the database ended are thrown away."""
        for _ in range(self.pool_size + 1):
            try:
                connection = await engine.connect()
            except (DBAPIError, PoolTimeout, OSError) as error:
                log.warning("sql.no_connection", error=type(error).__name__)
                raise Unavailable() from error
            try:
                await self.stand_in(connection, business_id)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
                log.warning("sql.lost_connection", error=type(error).__name__)
                await connection.invalidate()
                await connection.close()
                continue
            except BaseException:
                await connection.close()
                raise
            return connection
        raise Unavailable()

    async def stand_in(self, connection: AsyncConnection, business_id: int | None) -> None:
        """Set the business of a PostgreSQL session outside any transaction, where it differs."""
        if not self.is_postgresql:
            return
        wanted = NO_BUSINESS if business_id is None else business_id
        raw = await connection.get_raw_connection()
        info = raw.info  # that of the driver's connection: a replaced one must be told anew
        if info.get(_TENANT) == wanted:
            return
        info[_TENANT] = None
        driver: Any = raw.driver_connection
        await driver.execute(f"SELECT set_config('{TENANT_SETTING}', '{wanted:d}', false)")
        info[_TENANT] = wanted

    async def close(self) -> None:
        """Close every connection and give up the file's lock."""
        await self.reader.dispose()
        if self.writer is not self.reader:
            await self.writer.dispose()
        if self.lock is not None:
            self.lock.release()


@asynccontextmanager
async def unless_lost(connection: AsyncConnection) -> AsyncIterator[None]:
    """A block whose errors are raised as Unavailable where they are no fault of its statements."""
    try:
        yield
    except (DBAPIError, ConnectionError) as error:
        if isinstance(error, ConnectionError):  # the driver's own word, which the pool does not know
            await connection.invalidate()
        if refusal := unavailable(error):
            raise refusal from None
        raise


@asynccontextmanager
async def committing() -> AsyncIterator[None]:
    """A block that commits. Raises OutcomeUnknown where the connection is lost before the answer comes."""
    try:
        yield
    except (DBAPIError, ConnectionError) as error:
        if is_lost(error):
            raise OutcomeUnknown() from error
        raise


def open_database(url: str, *, pool_size: int = 10, lock: bool = True) -> Database:
    """Open a database by its SQLAlchemy URL (`sqlite+aiosqlite:///…` or `postgresql+asyncpg://…`).

    Raises FileInUse where another process holds the SQLite file, ValueError for any other driver.
    """
    name = make_url(url).drivername
    if name == "postgresql+asyncpg":
        return _open_postgresql(url, pool_size)
    if name == "sqlite+aiosqlite":
        return _open_sqlite(url, lock=lock)
    raise ValueError(
        f"DAYBOOK_DATABASE_URL begins with {name!r}: use sqlite+aiosqlite:///FILE or "
        "postgresql+asyncpg://USER:PASSWORD@HOST/DATABASE"
    )


def _open_postgresql(url: str, pool_size: int) -> Database:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_PATIENCE_SECONDS,
        pool_reset_on_return="rollback",
        connect_args={
            "server_settings": {
                "role": APP_ROLE,
                "application_name": "daybook",
                "timezone": "UTC",
                "default_transaction_isolation": "read committed",
                "lock_timeout": "10s",
                "idle_in_transaction_session_timeout": "60s",
            }
        },
    )
    reader = create_async_engine(
        url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=_PATIENCE_SECONDS,
        pool_reset_on_return=None,
        connect_args={
            "server_settings": {"role": APP_ROLE, "application_name": "daybook", "timezone": "UTC"}
        },
    )
    return Database(
        url=url,
        writer=engine,
        reader=reader,
        lock=None,
        writers=Line(pool_size, patience_seconds=_PATIENCE_SECONDS),
        readers=Line(pool_size, patience_seconds=_PATIENCE_SECONDS),
        pool_size=pool_size,
    )


def _open_sqlite(url: str, *, lock: bool) -> Database:
    file = make_url(url).database
    if not file or file == ":memory:":
        raise ValueError("SQLite needs a file: sqlite+aiosqlite:///FILE")
    path = Path(file)
    path.parent.mkdir(parents=True, exist_ok=True)
    held = FileLock(path.with_name(path.name + ".lock")) if lock else None
    if held is not None:
        held.acquire()
    writer = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=1,
        max_overflow=0,
        pool_timeout=_ONE_WRITERS_PATIENCE_SECONDS,
    )
    reader = create_async_engine(
        url,
        hide_parameters=True,
        poolclass=AsyncAdaptedQueuePool,
        pool_size=_READERS,
        max_overflow=0,
        pool_timeout=_ONE_WRITERS_PATIENCE_SECONDS,
        pool_reset_on_return=None,
    )
    event.listen(writer.sync_engine, "connect", _prepare_writer)
    event.listen(writer.sync_engine, "begin", _begin_immediate)
    event.listen(reader.sync_engine, "connect", _prepare_reader)
    return Database(
        url=url,
        writer=writer,
        reader=reader,
        lock=held,
        writers=Line(1, patience_seconds=_ONE_WRITERS_PATIENCE_SECONDS),
        readers=Line(_READERS, patience_seconds=_ONE_WRITERS_PATIENCE_SECONDS),
    )


def _prepare_writer(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by us, IMMEDIATE
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _prepare_reader(connection: Any, _: Any) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    for pragma in ("query_only=ON", "wal_autocheckpoint=0", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
    add_functions(connection)


def _begin_immediate(connection: Any) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
