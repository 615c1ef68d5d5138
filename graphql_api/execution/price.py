"""The price of an operation: about how many objects it can come to, known before anything is read.

A field that returns an object costs 1, whatever is below a connection as many times as its page is
long, and below a range of days once for each; some fields name a price of their own (`cost=` where
they are declared). Directives do not make a field cheaper.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_leaf_type,
)

from core.availability.find_openings import MAX_DAYS
from graphql_api.declare.binding import DEFINITION
from graphql_api.declare.connections import MOST, page_size
from graphql_api.declare.fields import COST
from graphql_api.declare.scalars import read_date

LIMIT = 1_000
INTROSPECTION = 10


class Price:
    """Works out one operation's price with the values of its variables."""

    def __init__(
        self,
        schema: GraphQLSchema,
        operation: OperationDefinitionNode,
        fragments: Mapping[str, FragmentDefinitionNode],
        variables: Mapping[str, Any],
    ) -> None:
        self._schema = schema
        self._operation = operation
        self._fragments = fragments
        defaults = {
            definition.variable.name.value: definition.default_value
            for definition in operation.variable_definitions or ()
        }
        self._values: dict[str, Any] = {**defaults, **variables}

    def of_all(self) -> int:
        """The price of the whole operation."""
        root = self._schema.get_root_type(self._operation.operation)
        assert root is not None
        return self._of(self._operation.selection_set, root)

    def _of(self, selected: SelectionSetNode, kind: GraphQLNamedType) -> int:
        price = 0
        for node in selected.selections:
            match node:
                case FieldNode():
                    price += self._of_field(node, kind)
                case FragmentSpreadNode():
                    fragment = self._fragments[node.name.value]
                    price += self._of(fragment.selection_set, self._named(fragment.type_condition.name.value))
                case InlineFragmentNode():
                    condition = node.type_condition
                    inner = kind if condition is None else self._named(condition.name.value)
                    price += self._of(node.selection_set, inner)
        return price

    def _of_field(self, node: FieldNode, kind: GraphQLNamedType) -> int:
        name = node.name.value
        if name.startswith("__"):
            return 0 if name == "__typename" else INTROSPECTION
        assert isinstance(kind, GraphQLObjectType | GraphQLInterfaceType)
        field = kind.fields[name]
        target = get_named_type(field.type)
        own = field.extensions[DEFINITION].metadata.get(COST)
        if own is None:
            own = 0 if is_leaf_type(target) else 1
        if node.selection_set is None:
            return int(own)
        return int(own) + self._times(node, field) * self._of(node.selection_set, target)

    def _times(self, node: FieldNode, field: GraphQLField) -> int:
        """How many objects a field can come to, as far as its arguments tell."""
        given = {argument.name.value: argument.value for argument in node.arguments or ()}
        if "first" in field.args:
            asked = page_size(self._whole(given.get("first")), self._whole(given.get("last")))
            return min(max(asked, 1), MOST)
        if "ids" in field.args:
            return max(1, self._length(given.get("ids")))
        if "from" in field.args:
            first, last = self._date(given.get("from")), self._date(given.get("to"))
            return min(max((last - first).days + 1, 1), MAX_DAYS) if first and last else 1
        return 1

    def _whole(self, value: ValueNode | None) -> int | None:
        if isinstance(value, VariableNode):
            value = self._values.get(value.name.value)
        if isinstance(value, IntValueNode):
            return int(value.value)
        return value if isinstance(value, int) else None

    def _length(self, value: ValueNode | None) -> int:
        if isinstance(value, VariableNode):
            value = self._values.get(value.name.value)
        if isinstance(value, ListValueNode):
            return len(value.values)
        return len(value) if isinstance(value, list) else 1

    def _date(self, value: ValueNode | None) -> date | None:
        if isinstance(value, VariableNode):
            value = self._values.get(value.name.value)
        try:
            return read_date(value.value if isinstance(value, StringValueNode) else value)
        except ValueError:
            return None

    def _named(self, name: str) -> GraphQLNamedType:
        return self._schema.type_map[name]
