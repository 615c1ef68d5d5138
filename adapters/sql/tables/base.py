"""How a table is declared: tenant tables by `tenant_table`, the few others by `free_table`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKeyConstraint, Identity, MetaData, PrimaryKeyConstraint, Table
from sqlalchemy.schema import SchemaItem

from adapters.sql.types import Key

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)
TENANT_TABLES: list[str] = []


def tenant_table(name: str, *items: SchemaItem) -> Table:
    """A table of things that belong to a business: (business_id, id) is its key, `id` an identity."""
    identity = Column("id", Key, Identity(), nullable=False, autoincrement=True)
    return _tenant(name, identity, *items, PrimaryKeyConstraint("business_id", "id"))


def tenant_keyed(name: str, *items: SchemaItem, key: tuple[str, ...] = ()) -> Table:
    """A tenant table without an identity: its key is the business and the columns named."""
    return _tenant(name, *items, PrimaryKeyConstraint("business_id", *key))


def _tenant(name: str, *items: SchemaItem) -> Table:
    TENANT_TABLES.append(name)
    return Table(name, metadata, Column("business_id", Key, nullable=False, autoincrement=False), *items)


def free_table(name: str, *items: SchemaItem) -> Table:
    """A table outside every business, keyed by an identity."""
    return Table(name, metadata, Column("id", Key, Identity(), primary_key=True), *items)


def belongs(column: str, table: str) -> ForeignKeyConstraint:
    """A composite foreign key within the business: (business_id, column) → (business_id, id)."""
    return ForeignKeyConstraint(["business_id", column], [f"{table}.business_id", f"{table}.id"])


def need(name: str, kind: Any, **options: Any) -> Column[Any]:
    """A column that is never null."""
    return Column(name, kind, nullable=False, **options)


def maybe(name: str, kind: Any, **options: Any) -> Column[Any]:
    """A column that may be null."""
    return Column(name, kind, nullable=True, **options)
