"""A row in every tenant table of a business, made from what the tables declare."""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy import Boolean, Column, Date, ForeignKeyConstraint, LargeBinary, Table, Text, insert, select
from sqlalchemy.sql.sqltypes import JSON, Integer

from adapters.sql.tables import TENANT_TABLES, metadata
from adapters.sql.types import Instant, Percentage, Sealed
from tests.kit.houses import NOW, Studio


async def fill(studio: Studio) -> None:
    """Give each tenant table that has no row of this business one; references are to its own rows."""
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        for table in metadata.sorted_tables:
            if table.name not in TENANT_TABLES:
                continue
            mine = select(table).where(table.c.business_id == studio.business_id).limit(1)
            if (await connection.execute(mine)).first() is not None:
                continue
            row: dict[str, Any] = {"business_id": studio.business_id}
            for constraint in table.constraints:
                if isinstance(constraint, ForeignKeyConstraint) and len(constraint.columns) == 2:
                    (column,) = [one for one in constraint.columns if one.name != "business_id"]
                    other = constraint.referred_table
                    key = select(other.c.id).where(other.c.business_id == studio.business_id).limit(1)
                    row[column.name] = (await connection.execute(key)).scalar_one()
            row.update({column.name: _value(table, column) for column in _open_columns(table, row)})
            await connection.execute(insert(table).values(**row))
        await connection.commit()


def _open_columns(table: Table, row: dict[str, Any]) -> list[Column[Any]]:
    return [
        column
        for column in table.columns
        if column.name not in row and not column.nullable and column.identity is None
    ]


def _value(table: Table, column: Column[Any]) -> Any:
    kind = column.type
    if isinstance(kind, Instant):
        return NOW
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Date):
        return date(2027, 3, 1)
    if isinstance(kind, JSON):
        return {}
    if isinstance(kind, (Integer, Percentage)):
        return 1
    if isinstance(kind, LargeBinary):
        return b"x"
    if isinstance(kind, (Text, Sealed)):
        return "x"
    raise AssertionError(f"{table.name}.{column.name}: say here what a value of {kind!r} looks like")
