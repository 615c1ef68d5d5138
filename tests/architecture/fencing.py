"""Whether a Core statement is fenced: every tenant table in it is tied to one business."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CompoundSelect, Join, Select, Table
from sqlalchemy.sql import operators
from sqlalchemy.sql.dml import Insert
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, BooleanClauseList, ColumnClause, False_

from adapters.sql.tables import TENANT_TABLES

BUSINESS = "the business"
NAMED_APART = ("business_id", "of_business")
"""The parameters of statements that are built once; an update takes the first for a column to be set."""


def unfenced(statement: Any, business_id: int) -> set[str]:
    """The tenant tables (or their aliases) of a statement whose rows are not tied to the business.

    A source is tied by `business_id = <that number>`, or by `business_id = other.business_id` where the
    other is tied; a condition that stands under an OR ties nothing.
    """
    if isinstance(statement, Insert):
        return _unstamped(statement, business_id)
    if isinstance(statement, CompoundSelect):
        return {name for part in statement.selects for name in unfenced(part, business_id)}
    sources: dict[Any, str] = {}
    ties: list[tuple[Any, Any]] = []
    for node, under_or in _walk(statement, under_or=False, seen={}):
        if isinstance(node, Table):
            _note(sources, node)
        elif isinstance(node, ColumnClause) and node.table is not None:
            _note(sources, node.table)
            if node.name == "business_id":  # a subquery's business is that of the table it comes from
                ties += [(node.table, base.table) for base in node.base_columns if base.table is not None]
        if isinstance(node, Join) and isinstance(getattr(node.onclause, "element", None), False_):
            ties.append((node.right, BUSINESS))  # joined never: no row of it is seen
        if isinstance(node, BinaryExpression) and node.operator is operators.eq and not under_or:
            tie = (_side(node.left, business_id), _side(node.right, business_id))
            if None not in tie:
                ties.append(tie)
    tied = {BUSINESS}
    for _ in ties:
        for one, other in ties:
            if one in tied or other in tied:
                tied |= {one, other}
    used = {source for node, _ in _walk(statement, under_or=False, seen={}) for source in _used(node)}
    return {name for source, name in sources.items() if source in used and source not in tied}


def _walk(node: Any, *, under_or: bool, seen: dict[int, Any]) -> Iterator[tuple[Any, bool]]:
    """Every part of a statement, and whether it stands under an OR."""
    if id(node) in seen:
        return
    seen[id(node)] = node  # kept, so that its number is not given to another meanwhile
    under_or = under_or and not isinstance(node, Select)  # a subquery's own conditions all hold
    yield node, under_or
    below = under_or or (isinstance(node, BooleanClauseList) and node.operator is operators.or_)
    for child in node.get_children():
        yield from _walk(child, under_or=below, seen=seen)
    if isinstance(node, ColumnClause) and node.table is not None:
        yield from _walk(node.table, under_or=under_or, seen=seen)


def _used(node: Any) -> Iterator[Any]:
    """The sources that a part of a statement takes columns or rows from; an alias stands for its table."""
    if isinstance(node, ColumnClause) and node.table is not None:
        yield node.table
    if isinstance(node, Select):
        yield from node.get_final_froms()
    table = getattr(node, "table", None)
    if getattr(node, "is_dml", False) and table is not None:
        yield table


def _note(sources: dict[Any, str], source: Any) -> None:
    table = source if isinstance(source, Table) else getattr(source, "element", None)
    if isinstance(table, Table) and table.name in TENANT_TABLES:
        sources[source] = table.name if source is table else f"{table.name} AS {source.name}"


def _side(side: Any, business_id: int) -> Any:
    """What one side of `=` stands for: the business, a source by its business_id, or neither."""
    if isinstance(side, BindParameter):
        named_apart = side.required and side.key in NAMED_APART
        return BUSINESS if named_apart or side.value == business_id else None
    if isinstance(side, ColumnClause) and side.name == "business_id":
        return side.table
    return None


def _unstamped(statement: Insert, business_id: int) -> set[str]:
    """The table of an insert whose row is not stamped with the business."""
    if not isinstance(statement.table, Table) or statement.table.name not in TENANT_TABLES:
        return set()
    values = {getattr(column, "name", column): value for column, value in (statement._values or {}).items()}
    given = values.get("business_id")
    return set() if getattr(given, "value", given) == business_id else {statement.table.name}
