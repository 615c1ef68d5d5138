"""Binding: the built schema is checked and its resolvers are put in place, once, at start.

Every field of every object type must say who may see it, by itself or through its type; otherwise
nothing starts. Whoever leads to a type passes that type's door, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    GraphQLUnionType,
    get_named_type,
    is_abstract_type,
)
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from auth.allow import INHERITED, Allow
from core.kernel.reading import Row
from graphql_api.declare.fields import ALLOW, GUARDS_ITSELF, SOURCE
from graphql_api.declare.ids import spell_cursor, spell_id
from graphql_api.declare.mutations import RESULTS
from graphql_api.declare.sources import Columns, Itself, KeyIn, OwnCursor, OwnId, Source, ToOne
from graphql_api.declare.types import Node, TypeFacts, facts_of
from graphql_api.reading.lookahead import Info
from graphql_api.reading.plan import ReadPlan, ShownField, ShownType
from graphql_api.visit import Visit

DEFINITION = "strawberry-definition"
OPEN = ("public", "inherited")

Resolve = Callable[..., Any]


class Undeclared(TypeError):
    """The schema has fields that do not say who may see them, or what they show."""


def bind(schema: GraphQLSchema) -> ReadPlan:
    """Check the schema, put its resolvers in place, and tell how its types are read. Raises Undeclared."""
    _check_declared(schema)
    plan = {
        kind.name: ShownType(noun=facts.noun, allow=facts.allow)
        for kind, facts in _object_types(schema)
        if facts.noun is not None
    }
    for kind, _ in _object_types(schema):
        if kind.name in plan:
            kind.is_type_of = None  # rows are dicts: `Node.resolve_type` tells which type they are
        for name, field in kind.fields.items():
            shown = _shown_field(schema, field, plan)
            if kind.name in plan:
                plan[kind.name].fields[name] = shown
            _put_resolver(kind, field, shown, plan)
    misread = [f"{name}.{field}" for name, shown_type in plan.items() for field in shown_type.misread()]
    if misread:
        raise Undeclared(f"These fields name something that their noun does not show: {', '.join(misread)}")
    for union in schema.type_map.values():
        if isinstance(union, GraphQLUnionType):
            union.resolve_type = _member_of(union)
    return plan


def policy(schema: GraphQLSchema) -> dict[str, Allow]:
    """`Type.field` → who may see it, for every field that clients can ask for."""
    return {
        f"{kind.name}.{name}": _allow_of(field) or facts.allow
        for kind, facts in _object_types(schema)
        for name, field in kind.fields.items()
    }


def _check_declared(schema: GraphQLSchema) -> None:
    undeclared = []
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            facts = _facts(kind)
            undeclared += [
                f"{kind.name}.{name}"
                for name, field in kind.fields.items()
                if facts is None and _allow_of(field) is None
            ]
        elif is_abstract_type(kind) and kind.name != Node.__name__:
            # What leads to an abstract type cannot know which door to ask: only open types may be members.
            for member in schema.get_possible_types(kind):
                facts = _facts(member)
                if facts is not None and facts.allow.kind not in OPEN:
                    undeclared.append(f"{kind.name} (its member {member.name} has a door of its own)")
    if undeclared:
        raise Undeclared(
            f"These say nothing of who may see them; give them `allow=…`: {', '.join(undeclared)}"
        )


def _shown_field(schema: GraphQLSchema, field: GraphQLField, plan: ReadPlan) -> ShownField:
    target = get_named_type(field.type)
    declared = _definition_of(field)
    facts = _facts(target)
    doors = [_allow_of(field), facts.allow if facts is not None else None]
    return ShownField(
        name=declared.python_name,
        source=_source_of(declared),
        allows=()
        if declared.metadata.get(GUARDS_ITSELF)
        else tuple(dict.fromkeys(door for door in doors if door is not None and door.kind not in OPEN)),
        target=target.name if target.name in plan else None,
    )


def _put_resolver(kind: GraphQLObjectType, field: GraphQLField, shown: ShownField, plan: ReadPlan) -> None:
    resolve: Resolve | None = field.resolve
    match shown.source:
        case Columns(paths, through):
            resolve = _columns(paths, through)
        case ToOne():
            resolve = _columns((shown.name,), None)
        case Itself():
            resolve = _itself
        case OwnId():
            noun = plan[kind.name].noun
            resolve = _spelled(noun.key, lambda key: spell_id(noun.name, key))
        case OwnCursor():
            target = get_named_type(kind.fields["node"].type).name
            listed = plan[target].noun
            resolve = _spelled(listed.key, lambda key: spell_cursor(listed.name, key))
        case KeyIn(attribute, many):
            field.resolve = _keyed(attribute, shown, many)
            _guard_subscribe(field, shown)
            return
    assert resolve is not None
    field.resolve = _guarded(resolve, shown.allows) if shown.allows else resolve
    _guard_subscribe(field, shown)


def _guard_subscribe(field: GraphQLField, shown: ShownField) -> None:
    if field.subscribe is not None and shown.allows:
        field.subscribe = _guarded(field.subscribe, shown.allows)


def _columns(paths: tuple[str, ...], through: Callable[..., Any] | None) -> Resolve:
    if through is None and "." not in paths[0]:
        (name,) = paths
        return lambda row, _info: row[name]
    steps = [path.split(".") for path in paths]
    made: Callable[..., Any] = through or (lambda value: value)

    def resolve(row: Row, _info: Info) -> Any:
        return made(*(_reached(row, names) for names in steps))

    return resolve


def _reached(row: Row | None, names: list[str]) -> Any:
    found: Any = row
    for name in names:
        found = None if found is None else found[name]
    return found


def _itself(row: Row, _info: Info) -> Row:
    return row


def _spelled(key: str, spell: Callable[[int], str]) -> Resolve:
    return lambda row, _info: spell(row[key])


def _keyed(attribute: str, shown: ShownField, many: bool) -> Resolve:
    target = shown.target
    assert target is not None

    def resolve(source: Any, info: Info, **_: Any) -> Any:
        visit: Visit = info.context
        found = getattr(source, attribute)
        if found is None:
            return None
        for allow in shown.allows:
            visit.require(allow)

        def row(key: int) -> Any:
            return visit.loaders.row(info, lambda: visit.lookahead(info).row(target, info.field_nodes), key)

        return [row(key) for key in found] if many else row(found)

    return resolve


def _guarded(resolve: Resolve, allows: tuple[Allow, ...]) -> Resolve:
    def checked(source: Any, info: Info, **given: Any) -> Any:
        for allow in allows:
            info.context.require(allow)
        return resolve(source, info, **given)

    return checked


def _member_of(union: GraphQLUnionType) -> Callable[..., str]:
    result, payload = RESULTS[union.name]

    def resolve_type(value: Any, *_: Any) -> str:
        return payload if isinstance(value, result) else str(value.__strawberry_definition__.name)

    return resolve_type


def _object_types(schema: GraphQLSchema) -> Iterator[tuple[GraphQLObjectType, TypeFacts]]:
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            yield kind, _facts(kind) or TypeFacts(INHERITED)


def _facts(kind: GraphQLNamedType) -> TypeFacts | None:
    definition = kind.extensions.get(DEFINITION)
    if not isinstance(definition, StrawberryObjectDefinition):
        return None
    generic = definition.concrete_of
    return facts_of(definition.origin) or (facts_of(generic.origin) if generic else None)


def _definition_of(field: GraphQLField) -> StrawberryField:
    definition = field.extensions[DEFINITION]
    assert isinstance(definition, StrawberryField)
    return definition


def _allow_of(field: GraphQLField) -> Allow | None:
    allow = _definition_of(field).metadata.get(ALLOW)
    assert allow is None or isinstance(allow, Allow)
    return allow


def _source_of(declared: StrawberryField) -> Source | None:
    """The declared source; columns without a name are those named as the field."""
    source: Source | None = declared.metadata.get(SOURCE)
    if isinstance(source, Columns) and not source.paths:
        return replace(source, paths=(declared.python_name,))
    return source
