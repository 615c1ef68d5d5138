"""SQLite: one process owns the file, one connection writes, the others only read."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from adapters.sql.database import open_database
from adapters.sql.file_lock import FileInUse
from core.directory.business import Location
from tests.kit.houses import Studio

ROOT = Path(__file__).parents[3]
sqlite_only = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True, scope="session")

_HOLDER = """
import sys
from adapters.sql.database import open_database
database = open_database(sys.argv[1])
print("held", flush=True)
sys.stdin.read()
"""


def url_in(folder: Path) -> str:
    """The URL of a file in a folder."""
    return f"sqlite+aiosqlite:///{folder}/daybook.db"


def files_in(folder: Path) -> list[str]:
    """The names of the files in a folder."""
    return sorted(file.name for file in folder.iterdir())


def start_holder(url: str) -> subprocess.Popen[str]:
    """Another process that holds the file until its standard input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLDER, url],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGKILL])
async def test_a_second_process_is_refused_with_the_firsts_number(tmp_path: Path, ended_by: int) -> None:
    """It says which file, which process and what to do; however the first one ends, the file is free again."""
    holder = start_holder(url_in(tmp_path))
    with pytest.raises(FileInUse) as refused:
        open_database(url_in(tmp_path))
    assert str(refused.value) == (
        f"The database daybook.db is in use by process {holder.pid}: stop it first, or use PostgreSQL to "
        "share a database between processes."
    )
    holder.send_signal(ended_by)
    holder.communicate()
    await open_database(url_in(tmp_path)).close()


async def test_the_lock_is_given_up_on_closing(tmp_path: Path) -> None:
    """Opened twice in one process it is refused too; once closed it opens again, and names the new holder."""
    first = open_database(url_in(tmp_path))
    with pytest.raises(FileInUse, match=f"in use by process {os.getpid()}:"):
        open_database(url_in(tmp_path))
    await first.close()
    again = open_database(url_in(tmp_path))
    assert (tmp_path / "daybook.db.lock").read_text() == str(os.getpid())
    await again.close()


async def test_a_refused_opening_leaves_the_file_alone(tmp_path: Path) -> None:
    """Who is refused neither creates nor touches the database."""
    first = open_database(url_in(tmp_path))
    with pytest.raises(FileInUse):
        open_database(url_in(tmp_path))
    assert files_in(tmp_path) == ["daybook.db.lock"]
    await first.close()


async def test_the_folder_of_a_new_file_is_made(tmp_path: Path) -> None:
    """A path whose folders are not there yet is as good as any."""
    database = open_database(url_in(tmp_path / "a" / "b"))
    async with database.connect(None, write=True) as connection:
        await connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
        await connection.commit()
    await database.close()
    assert (tmp_path / "a" / "b" / "daybook.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "sqlite+aiosqlite://",
        "sqlite+aiosqlite:///:memory:",
        "sqlite:///daybook.db",
        "postgresql://localhost/daybook",
        "mysql+aiomysql://localhost/daybook",
    ],
)
def test_what_cannot_be_kept_by_the_rules_is_refused(url: str) -> None:
    """Memory is no file, and other drivers and databases are not spoken."""
    with pytest.raises(ValueError, match=r"SQLite needs a file|DAYBOOK_DATABASE_URL begins with"):
        open_database(url)


@sqlite_only
async def test_readers_cannot_write(studio: Studio) -> None:
    """A reading connection refuses every change, and the business is as before."""
    before = await studio.state()
    for statement in (
        "UPDATE businesses SET name = 'x'",
        "DELETE FROM providers",
        "INSERT INTO sequences VALUES (999999, 1, 0, 0)",
        "CREATE TABLE sneaked (id INTEGER)",
        "DROP TABLE clients",
    ):
        async with studio.house.database.connect(studio.business_id) as connection:
            with pytest.raises(OperationalError, match="readonly"):
                await connection.exec_driver_sql(statement)
    assert await studio.state() == before


@sqlite_only
async def test_there_is_one_writing_connection_and_the_next_waits(studio: Studio) -> None:
    """A second unit of work begins when the first has ended, and reading goes on meanwhile."""
    order: list[str] = []

    async def second() -> None:
        async with studio.ctx.unit_of_work() as uow:
            order.append("second begins")
            uow.add(Location(name="Second", time_zone="UTC", address=None, created_at=uow.now))

    async with studio.ctx.unit_of_work() as uow:
        uow.add(Location(name="First", time_zone="UTC", address=None, created_at=uow.now))
        await uow.flush()
        waiting = asyncio.create_task(second())
        await asyncio.sleep(0)
        assert len(await studio.table("locations")) == 1
        order.append("first ends")
    await waiting
    assert order == ["first ends", "second begins"]
    names = [row["name"] for row in await studio.table("locations")][1:]
    assert names == ["First", "Second"]
    assert studio.house.database.writer.pool.size() == 1  # type: ignore[attr-defined]


@sqlite_only
@pytest.mark.parametrize(
    ("write", "pragmas"),
    [
        (True, {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "query_only": 0}),
        (False, {"journal_mode": "wal", "query_only": 1, "wal_autocheckpoint": 0}),
    ],
)
async def test_connections_are_set_up_for_safety(
    studio: Studio, write: bool, pragmas: dict[str, object]
) -> None:
    """Every commit reaches the disk, foreign keys hold, and only the writer checkpoints."""
    async with studio.house.database.connect(None, write=write) as connection:
        there = {name: (await connection.exec_driver_sql(f"PRAGMA {name}")).scalar_one() for name in pragmas}
        await connection.rollback()
    assert there == pragmas


@sqlite_only
async def test_a_transaction_takes_the_write_lock_when_it_begins(studio: Studio) -> None:
    """Another connection of this test's own, which no program of ours opens, finds the file locked."""
    import aiosqlite  # only to stand beside the program, never to do its work

    file = str(studio.house.database.writer.url.database)
    async with studio.ctx.unit_of_work() as uow:
        assert await uow.get(Location, 2**53 - 1) is None
        async with aiosqlite.connect(file, isolation_level=None) as stranger:
            await stranger.execute("PRAGMA busy_timeout=0")
            with pytest.raises(aiosqlite.OperationalError, match="locked"):
                await stranger.execute("BEGIN IMMEDIATE")
