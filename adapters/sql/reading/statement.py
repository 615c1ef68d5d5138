"""A Selection compiled: the statement, and how its columns become rows as dicts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, func, literal, select, tuple_
from sqlalchemy.sql.selectable import NamedFromClause

from adapters.sql.among import among
from adapters.sql.reading.conditions import TABLES, condition, figure
from core.kernel.reading import NOUNS, Noun, PageRequest, Relation, Row, Selection


@dataclass(kw_only=True)
class Plan:
    """How a level's columns become a dict: values by position, derived facts, nested relations."""

    values: list[tuple[str, int]] = field(default_factory=list)
    derived: list[tuple[str, tuple[int, ...], Callable[..., Any]]] = field(default_factory=list)
    nested: list[tuple[str, int, Plan]] = field(default_factory=list)

    def row(self, record: Sequence[Any]) -> Row:
        """The dict of one record."""
        made: Row = {name: record[at] for name, at in self.values}
        for name, places, work_out in self.derived:
            made[name] = work_out(*(record[at] for at in places))
        for name, marker, plan in self.nested:
            made[name] = None if record[marker] is None else plan.row(record)
        return made


class Compiled:
    """The parts of a Selection's statement; business and conditions are in every one of them."""

    def __init__(self, selection: Selection, business_id: int) -> None:
        self.selection = selection
        self.business_id = business_id
        self.columns: list[ColumnElement[Any]] = []
        self.root: NamedFromClause = TABLES[selection.noun.name].alias()
        self.source: FromClause = self.root
        self.plan = self._level(self.root, selection)

    def all_rows(self) -> Select[Any]:
        """Every row, in order."""
        statement = self._selected()
        return statement.order_by(
            *(column.desc() if descending else column.asc() for column, descending in self._order())
        )

    def by_key(self, key: int) -> Select[Any]:
        """The row with that key."""
        return self._selected().where(self.root.c[self.selection.noun.key] == key)

    def page(self, page: PageRequest) -> Select[Any]:
        """One row more than the page holds, from its starting row on; the total in the last column."""
        if page.with_total:
            self.columns.append(self._total().label("total"))
        statement = self._selected().where(*self._stretch(page))
        statement = statement.order_by(*self._sorted(page)).limit(page.size + 1)
        return statement.offset(page.skip) if page.skip else statement

    def pages(self, column: str, keys: Sequence[int], page: PageRequest) -> Select[Any]:
        """For each key one row more than the page holds; then the key, the total, and the rank.

        Rows are ranked within their key by the page's order, from its starting row on.
        """
        mine = self.root.c[column]
        self.columns += [mine.label("parent"), self._total_of(column).label("total")]
        rank = func.row_number().over(partition_by=mine, order_by=self._sorted(page)).label("rank")
        inner = (
            self._selected()
            .add_columns(rank)
            .where(among(mine, sorted(set(keys))), *self._stretch(page))
            .subquery()
        )
        return select(inner).where(inner.c.rank <= page.size + 1).order_by(inner.c.parent, inner.c.rank)

    def total(self) -> Select[Any]:
        """How many rows match, whatever the page."""
        return select(self._total())

    def totals(self, column: str, keys: Sequence[int]) -> Select[Any]:
        """The keys that have rows, and how many, whatever the page."""
        mine = self.root.c[column]
        counted = select(mine, func.count()).where(*self._fence(self.root), among(mine, sorted(set(keys))))
        return counted.group_by(mine)

    def _selected(self) -> Select[Any]:
        # SQLite knows no SELECT without a column, which is what is left where nothing may be seen.
        columns = self.columns or [literal(1)]
        return select(*columns).select_from(self.source).where(*self._fence(self.root))

    def _fence(self, source: FromClause) -> list[ColumnElement[bool]]:
        wheres = (*self.selection.noun.always, *self.selection.where)
        return [
            source.c.business_id == self.business_id,
            *(condition(source, where) for where in wheres),
        ]

    def _total(self) -> ColumnElement[int]:
        other = TABLES[self.selection.noun.name].alias()
        return select(func.count()).select_from(other).where(*self._fence(other)).scalar_subquery()

    def _total_of(self, column: str) -> ColumnElement[int]:
        """How many rows there are with the same value in a column as the row at hand."""
        other = TABLES[self.selection.noun.name].alias()
        counted = select(func.count()).select_from(other).where(*self._fence(other))
        return counted.where(other.c[column] == self.root.c[column]).correlate(self.root).scalar_subquery()

    def _stretch(self, page: PageRequest) -> list[ColumnElement[bool]]:
        """After the one row and before the other, where the page names them."""
        found = []
        if page.after is not None:
            found.append(self._beyond(page.after, backwards=False))
        if page.before is not None:
            found.append(self._beyond(page.before, backwards=True))
        return found

    def _sorted(self, page: PageRequest) -> list[ColumnElement[Any]]:
        """The order of the page: reversed where it is taken from the end."""
        return [
            column.desc() if descending != page.from_end else column.asc()
            for column, descending in self._order()
        ]

    def _order(self) -> list[tuple[ColumnElement[Any], bool]]:
        key = self.root.c[self.selection.noun.key]
        order = self.selection.order
        if order is None:
            return [(key, False)]
        return [(self.root.c[order.column], order.descending), (key, order.descending)]

    def _beyond(self, key: int, *, backwards: bool) -> ColumnElement[bool]:
        """Past the row with that key in the order asked for, or before it."""
        noun = self.selection.noun
        start = TABLES[noun.name].alias()
        names = [noun.key] if self.selection.order is None else [self.selection.order.column, noun.key]
        descending = self.selection.order is not None and self.selection.order.descending
        where = and_(start.c.business_id == self.business_id, start.c[noun.key] == key)
        here = tuple_(*(self.root.c[name] for name in names))
        there = select(*(start.c[name] for name in names)).where(where).scalar_subquery()
        return here < there if descending != backwards else here > there

    def _level(self, source: NamedFromClause, selection: Selection) -> Plan:
        noun, plan = selection.noun, Plan()
        for name in sorted(selection.fields):
            if name in noun.columns:
                plan.values.append((name, self._column(source.c[name])))
            elif name in noun.figures:
                figured = figure(source, noun.figures[name], self.business_id)
                plan.values.append((name, self._column(figured)))
            else:
                derived = noun.derived[name]
                places = tuple(self._column(source.c[needed]) for needed in derived.needs)
                plan.derived.append((name, places, derived.work_out))
        for name, wanted in selection.relations.items():
            relation = noun.relations[name]
            other = self._join(source, relation)
            marker = self._column(other.c[NOUNS[relation.noun].key])
            plan.nested.append((name, marker, self._level(other, wanted)))
        return plan

    def _join(self, source: FromClause, relation: Relation) -> NamedFromClause:
        if relation.many:
            raise ValueError("a to-many relation is read by its own Selection")
        other = TABLES[relation.noun].alias()
        on = [other.c.business_id == self.business_id]
        on += [source.c[mine] == other.c[theirs] for mine, theirs in relation.on]
        on += [condition(other, where) for where in relation.where]
        self.source = self.source.outerjoin(other, and_(*on))
        return other

    def _column(self, column: ColumnElement[Any]) -> int:
        self.columns.append(column.label(f"c{len(self.columns)}"))
        return len(self.columns) - 1


def with_column(selection: Selection, column: str) -> Selection:
    """The same Selection with one more column read."""
    noun: Noun = selection.noun
    return Selection(
        noun=noun,
        fields=selection.fields | {column},
        relations=selection.relations,
        where=selection.where,
        order=selection.order,
    )
