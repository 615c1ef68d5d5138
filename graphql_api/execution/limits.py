"""Limits on documents, judged before anything expensive is done, in time linear in the document.

Every fragment is measured once, whatever the number of places that spread it. What passes is small
enough for graphql-core's validation, some of whose rules are quadratic.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValueNode,
)

from graphql_api.execution.refusals import (
    BAD_USER_INPUT,
    INTROSPECTION_DISABLED,
    LIMIT_EXCEEDED,
    VALIDATION_FAILED,
    refuse,
)

CHARACTERS = 65_536
TOKENS = 2_000
DEPTH = 12
ALIASES = 50
DIRECTIVES_PER_FIELD = 4
LIST_ITEMS = 250
FIELDS = 500
"""How many fields a document may select, its fragments unfolded."""
FRAGMENTS = 50
OPERATIONS = 20
OVERLAPS = 2_000
"""How many pairs of fields may want the same place in the answer."""

_DEEPEST = 100
_INTROSPECTION = ("__schema", "__type")


class Measure(NamedTuple):
    """The size of a selection set, its fragments unfolded."""

    depth: int = 0
    aliases: int = 0
    fields: int = 0


class Ruler:
    """Measures one document. `visits` counts the selections it has looked at, each of them once."""

    def __init__(self, document: DocumentNode, *, introspection: bool = True) -> None:
        self.visits = 0
        self._introspection = introspection
        self._operations = [
            node for node in document.definitions if isinstance(node, OperationDefinitionNode)
        ]
        self._fragments = {
            node.name.value: node for node in document.definitions if isinstance(node, FragmentDefinitionNode)
        }
        self._measured: dict[str, Measure | None] = {}

    def check(self) -> None:
        """Raise Refused where the document is beyond a limit."""
        _at_most(OPERATIONS, len(self._operations), "operations")
        _at_most(FRAGMENTS, len(self._fragments), "fragments")
        in_all = 0
        for operation in self._operations:
            self._check_around(operation.directives or ())
            for variable in operation.variable_definitions or ():
                if variable.default_value is not None:
                    check_literal(variable.default_value)
            in_all += self._check_root(operation, in_all)
        unused = [fragment for name, fragment in self._fragments.items() if name not in self._measured]
        for fragment in unused:
            in_all += self._check_root(fragment, in_all)
        self._check_overlaps([*self._operations, *unused])

    def _check_root(self, root: OperationDefinitionNode | FragmentDefinitionNode, fields_before: int) -> int:
        """Check what is below an operation, or a fragment that none uses; tells its fields."""
        measure = self._of(root.selection_set, 0)
        _at_most(DEPTH, measure.depth, "levels of fields", root)
        _at_most(ALIASES, measure.aliases, "aliases", root)
        _at_most(FIELDS, fields_before + measure.fields, "fields", root)
        return measure.fields

    def _of(self, selected: SelectionSetNode, level: int) -> Measure:
        if level > _DEEPEST:
            raise refuse(LIMIT_EXCEEDED, "The document is nested too deeply.", selected)
        depth = aliases = fields = 0
        for node in selected.selections:
            self.visits += 1
            self._check_around(node.directives or ())
            match node:
                case FieldNode():
                    below = self._below(node, level)
                    here = Measure(
                        below.depth + 1, below.aliases + (node.alias is not None), below.fields + 1
                    )
                case InlineFragmentNode():
                    here = self._of(node.selection_set, level + 1)
                case FragmentSpreadNode():
                    here = self._of_fragment(node, level + 1)
            depth = max(depth, here.depth)
            aliases += here.aliases
            fields += here.fields
        return Measure(depth, aliases, fields)

    def _below(self, field: FieldNode, level: int) -> Measure:
        for argument in field.arguments or ():
            check_literal(argument.value)
        if not self._introspection and field.name.value in _INTROSPECTION:
            raise refuse(INTROSPECTION_DISABLED, "This server does not tell its schema.", field)
        if field.selection_set is None:
            return Measure()
        below = self._of(field.selection_set, level + 1)
        # graphql-core has a rule of its own for how deep introspection may go.
        return below._replace(depth=0) if field.name.value in _INTROSPECTION else below

    def _of_fragment(self, spread: FragmentSpreadNode, level: int) -> Measure:
        name = spread.name.value
        if name not in self._measured:
            self._measured[name] = None
            fragment = self._fragments.get(name)
            if fragment is None:
                self._measured[name] = Measure()
            else:
                self._check_around(fragment.directives or ())
                self._measured[name] = self._of(fragment.selection_set, level)
        measured = self._measured[name]
        if measured is None:
            raise refuse(VALIDATION_FAILED, f"Fragment '{name}' is spread within itself.", spread)
        return measured

    def _check_around(self, directives: Iterable[Node]) -> None:
        listed = list(directives)
        if len(listed) > DIRECTIVES_PER_FIELD:
            _at_most(DIRECTIVES_PER_FIELD, len(listed), "directives in one place", listed[0])
        for directive in listed:
            for argument in getattr(directive, "arguments", None) or ():
                check_literal(argument.value)

    def _check_overlaps(self, roots: Iterable[OperationDefinitionNode | FragmentDefinitionNode]) -> None:
        """Merge what has the same response name, level by level; FIELDS bounds how much there is."""
        pairs = 0
        for root in roots:
            waiting = [[root.selection_set]]
            while waiting:
                groups = self._by_response_name(waiting.pop())
                for group in groups.values():
                    pairs += len(group) * (len(group) - 1) // 2
                    if pairs > OVERLAPS:
                        raise refuse(
                            LIMIT_EXCEEDED, "Too many fields are selected more than once.", group[-1]
                        )
                    below = [node.selection_set for node in group if node.selection_set is not None]
                    if below:
                        waiting.append(below)

    def _by_response_name(self, sets: list[SelectionSetNode]) -> dict[str, list[FieldNode]]:
        """The fields of selection sets that are merged into one object, fragments unfolded."""
        groups: dict[str, list[FieldNode]] = {}
        spread: set[str] = set()
        waiting = list(sets)
        while waiting:
            for node in waiting.pop().selections:
                match node:
                    case FieldNode():
                        groups.setdefault((node.alias or node.name).value, []).append(node)
                    case InlineFragmentNode():
                        waiting.append(node.selection_set)
                    case FragmentSpreadNode() if node.name.value not in spread:
                        spread.add(node.name.value)
                        if (fragment := self._fragments.get(node.name.value)) is not None:
                            waiting.append(fragment.selection_set)
        return groups


def check_literal(value: ValueNode) -> None:
    """Raise Refused for a list that is too long, or text with NUL, anywhere in a literal."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        match node:
            case ListValueNode():
                _at_most(LIST_ITEMS, len(node.values), "values in a list", node)
                waiting += node.values
            case ObjectValueNode():
                waiting += [field.value for field in node.fields]
            case StringValueNode() if "\x00" in node.value:
                raise refuse(BAD_USER_INPUT, "Text must not hold NUL characters.", node)


def check_values(value: object) -> None:
    """The same for the values of variables."""
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list):
            _at_most(LIST_ITEMS, len(one), "values in a list")
            waiting += one
        elif isinstance(one, dict):
            waiting += one.values()
        elif isinstance(one, str) and "\x00" in one:
            raise refuse(BAD_USER_INPUT, "Text must not hold NUL characters.")


def _at_most(limit: int, found: int, what: str, node: Node | None = None) -> None:
    if found > limit:
        counted = str(found) if found <= 1_000_000 else "very many"
        raise refuse(LIMIT_EXCEEDED, f"At most {limit} {what} are allowed: found {counted}.", node)
