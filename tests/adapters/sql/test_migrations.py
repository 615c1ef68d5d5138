"""Migrations: the database that they make is the one that the tables declare."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Dialect,
    ForeignKeyConstraint,
    Table,
    UniqueConstraint,
    inspect,
    text,
)

from adapters.sql import migrate as migrating
from adapters.sql.migrate import NotMigrated, head, migrate, require_migrated
from adapters.sql.tables import metadata
from app.house import House
from tests.kit.houses import house_on

ROOT = Path(__file__).parents[3]
VERSIONS = ROOT / "adapters" / "sql" / "migrations" / "versions"
_PROGRAM = """
import asyncio, sys
from adapters.sql.database import open_database
from adapters.sql.migrate import migrate
async def main():
    database = open_database(sys.argv[1])
    print(*await migrate(database))
    await database.close()
asyncio.run(main())
"""


def plain(predicate: Any) -> str | None:
    """A partial index's condition without what each database adds when it writes it down."""
    if predicate is None:
        return None
    return re.sub(r"::\w+|[()]", "", str(predicate)).strip().lower()


def declared(table: Table, dialect: Dialect) -> dict[str, Any]:
    """What the metadata says of a table, in the form that `found` answers."""
    name = dialect.name
    key = [column.name for column in table.primary_key.columns]
    uniques = {
        (str(one.name), tuple(column.name for column in one.columns))
        for one in table.constraints
        if isinstance(one, UniqueConstraint)
    }
    if name == "sqlite" and key == ["business_id", "id"]:
        # SQLite counts keys up only where the key is one column: the pair is a constraint there (ADR 2).
        key, uniques = ["id"], uniques | {(f"uq_{table.name}_business_id_id", ("business_id", "id"))}
    return {
        "columns": {
            column.name: (column.type.compile(dialect), bool(column.nullable)) for column in table.columns
        },
        "key": key,
        "uniques": uniques,
        "foreign keys": {
            (
                tuple(one.column_keys),
                one.referred_table.name,
                tuple(element.column.name for element in one.elements),
            )
            for one in table.constraints
            if isinstance(one, ForeignKeyConstraint)
        },
        "indexes": {
            (
                str(index.name),
                tuple(column.name for column in index.columns),
                bool(index.unique),
                plain(index.dialect_options[name].get("where")),
            )
            for index in table.indexes
        },
        "checks": {str(one.name) for one in table.constraints if isinstance(one, CheckConstraint)},
    }


def found(connection: Connection) -> dict[str, dict[str, Any]]:
    """What the database itself says of its tables."""
    looking = inspect(connection)
    dialect = connection.dialect
    tables: dict[str, dict[str, Any]] = {}
    for name in looking.get_table_names():
        unique_names = {one["name"] for one in looking.get_unique_constraints(name)}
        tables[name] = {
            "columns": {
                column["name"]: (
                    column["type"].compile(dialect),
                    # SQLite says of `INTEGER PRIMARY KEY` that it may be null; it cannot be.
                    column["nullable"] and not (dialect.name == "sqlite" and column["primary_key"]),
                )
                for column in _columns_of(looking, name)
            },
            "key": looking.get_pk_constraint(name)["constrained_columns"],
            "uniques": {
                (one["name"], tuple(one["column_names"])) for one in looking.get_unique_constraints(name)
            },
            "foreign keys": {
                (tuple(one["constrained_columns"]), one["referred_table"], tuple(one["referred_columns"]))
                for one in looking.get_foreign_keys(name)
            },
            "indexes": {
                (
                    one["name"],
                    tuple(one["column_names"]),
                    bool(one["unique"]),
                    plain(one.get("dialect_options", {}).get(f"{dialect.name}_where")),
                )
                for one in looking.get_indexes(name)
                if one["name"] not in unique_names and not str(one["name"]).startswith("ex_")
            },
            "checks": {one["name"] for one in looking.get_check_constraints(name)},
        }
    return tables


def _columns_of(looking: Any, name: str) -> list[dict[str, Any]]:
    """What is known of a table's columns; SQLite tells of the key too."""
    return list(looking.get_columns(name))


async def test_the_migrated_database_is_the_declared_one(house: House) -> None:
    """Tables, columns, types, nullability, keys, uniques, foreign keys, indexes and checks: all equal."""
    async with house.database.writer.connect() as connection:
        there = await connection.run_sync(found)
    assert list(there.pop("alembic_version")["columns"]) == ["version_num"]
    assert set(there) == set(metadata.tables)
    for name, table in metadata.tables.items():
        assert there[name] == declared(table, house.database.writer.dialect), name


async def test_every_identity_counts_up_by_itself(house: House) -> None:
    """A key is given by the database, and one that was given is never given again."""
    async with house.database.connect(None) as connection:
        if house.database.is_postgresql:
            rows = await connection.execute(
                text(
                    "SELECT table_name FROM information_schema.columns"
                    " WHERE table_schema = 'public' AND column_name = 'id' AND is_identity = 'YES'"
                )
            )
        else:
            rows = await connection.execute(
                text("SELECT name FROM sqlite_master WHERE sql LIKE '%id INTEGER PRIMARY KEY AUTOINCREMENT%'")
            )
        counting = set(rows.scalars())
    assert counting == {name for name, table in metadata.tables.items() if "id" in table.columns}


def test_there_is_one_head_and_every_step_has_its_two_files() -> None:
    """The steps are a line without branches, each written for both databases."""
    config = Config()
    config.set_main_option("script_location", str(VERSIONS.parent))
    scripts = ScriptDirectory.from_config(config)
    assert scripts.get_heads() == [head()]
    assert len(scripts.get_bases()) == 1
    for step in VERSIONS.glob("[0-9]*.py"):
        for kind in ("postgresql", "sqlite"):
            assert step.with_suffix(f".{kind}.sql").read_text().strip(), step.name


async def test_migrating_twice_changes_nothing(own_house: House) -> None:
    """The second time there is nothing to do, and the database is as it was."""
    async with own_house.database.writer.connect() as connection:
        before = await connection.run_sync(found)
    assert await migrate(own_house.database) == (head(), head())
    async with own_house.database.writer.connect() as connection:
        assert await connection.run_sync(found) == before
        steps = await connection.execute(text("SELECT version_num FROM alembic_version"))
        assert steps.scalars().all() == [head()]


async def test_a_program_newer_than_its_database_says_what_to_do(
    own_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the newest step it goes on; where a step is missing it names both and the command."""
    await require_migrated(own_house.database)
    monkeypatch.setattr(migrating, "head", lambda: "9999")
    with pytest.raises(
        NotMigrated, match=f"at step {head()} and this program needs 9999: run `daybook migrate`"
    ):
        await require_migrated(own_house.database)


async def test_an_empty_database_is_not_migrated(tmp_path: Path) -> None:
    """A fresh file is told from one that is merely old."""
    house = house_on(f"sqlite+aiosqlite:///{tmp_path}/fresh.db")
    with pytest.raises(NotMigrated, match="at step none"):
        await require_migrated(house.database)
    assert await migrate(house.database) == (None, head())
    await house.close()


async def test_several_processes_may_migrate_postgresql_at_once(empty_postgres: str) -> None:
    """One does it, the others wait and find it done; all end well."""
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", _PROGRAM, empty_postgres, cwd=ROOT, stdout=subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [(await process.communicate())[0].decode().split() for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert sorted(said) == sorted([["None", head()], [head(), head()], [head(), head()]])
    house = house_on(empty_postgres)
    await require_migrated(house.database)
    await house.close()
