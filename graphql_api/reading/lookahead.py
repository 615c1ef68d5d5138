"""The lookahead: what an operation asks for below a field, as Selections.

Fields are collected by graphql-core itself, so that fragments, aliases, directives and types count
exactly as they do in the execution. What the caller may not see is not read at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import FieldNode, GraphQLObjectType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetails, FragmentDetails, collect_subfields
from graphql.type import get_named_type

from auth.allow import Allow
from core.kernel.reading import Selection
from graphql_api.declare.sources import Columns, OwnCursor, OwnId, ToOne
from graphql_api.reading.plan import ReadPlan, ShownField, ShownType, need, related

Info: TypeAlias = GraphQLResolveInfo[Any]
"""What graphql-core hands to resolvers."""


@dataclass(frozen=True, slots=True)
class PageAsked:
    """What is asked of a connection: the rows' Selection, and whether the total is wanted."""

    selection: Selection
    with_total: bool


class Lookahead:
    """The lookahead of one operation for one caller."""

    def __init__(self, plan: ReadPlan, info: Info, lets: Callable[[Allow], bool]) -> None:
        self._plan = plan
        self._schema = info.schema
        self._operation = info.operation
        self._variables = info.variable_values
        self._fragments = {name: FragmentDetails(node) for name, node in info.fragments.items()}
        self._lets = lets
        self._pages: dict[tuple[int, ...], PageAsked] = {}

    def row(self, type_name: str, nodes: Iterable[FieldNode]) -> Selection:
        """The Selection of the rows that these fields show as the type."""
        selection = Selection(noun=self._plan[type_name].noun)
        self._fill(selection, type_name, [FieldDetails(node, None) for node in nodes])
        return selection

    def page(self, info: Info) -> PageAsked:
        """What is asked of the connection that the field returns; worked out once for all its parents."""
        place = tuple(map(id, info.field_nodes))
        if place not in self._pages:
            self._pages[place] = self._page(info)
        return self._pages[place]

    def _page(self, info: Info) -> PageAsked:
        connection = _object_type(info.return_type)
        asked = self._collected(connection, [FieldDetails(node, None) for node in info.field_nodes])
        edge = _object_type(connection.fields["edges"].type)
        below = self._collected(edge, asked.get("edges", []))
        row_type = _object_type(edge.fields["node"].type).name
        selection = Selection(noun=self._plan[row_type].noun)
        selection.fields.add(selection.noun.key)
        self._fill(selection, row_type, below.get("node", []))
        return PageAsked(selection, "totalCount" in asked)

    def _fill(self, selection: Selection, type_name: str, details: list[FieldDetails]) -> None:
        shown = self._plan[type_name]
        kind = self._schema.type_map[type_name]
        assert isinstance(kind, GraphQLObjectType)
        for name, asked in self._collected(kind, details).items():
            field = shown.fields.get(name)
            if field is not None and all(map(self._lets, field.allows)):
                self._add(selection, shown, field, asked)

    def _add(
        self, selection: Selection, shown: ShownType, field: ShownField, asked: list[FieldDetails]
    ) -> None:
        match field.source:
            case Columns(paths):
                for path in paths:
                    need(selection, path)
            case ToOne():
                assert field.target is not None
                self._fill(related(selection, field.name), field.target, asked)
            case OwnId() | OwnCursor() | None:
                selection.fields.add(shown.noun.key)

    def _collected(
        self, kind: GraphQLObjectType, details: list[FieldDetails]
    ) -> dict[str, list[FieldDetails]]:
        """The fields asked for below some fields, by field name: aliases of one field together."""
        grouped = collect_subfields(
            self._schema, self._fragments, self._variables, self._operation, kind, details
        ).grouped_field_set
        found: dict[str, list[FieldDetails]] = {}
        for asked in grouped.values():
            found.setdefault(asked[0].node.name.value, []).extend(asked)
        return found


def _object_type(kind: object) -> GraphQLObjectType:
    named = get_named_type(kind)  # type: ignore[call-overload]
    assert isinstance(named, GraphQLObjectType)
    return named
