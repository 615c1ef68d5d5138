"""Inputs made from the schema: everything that is required, filled with something that has its type."""

from __future__ import annotations

from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)

from graphql_api.schema import core_schema, schema

_SCALARS: dict[str, Any] = {
    "Boolean": True,
    "Date": "2027-03-02",
    "DateTime": "2027-03-02T10:00:00Z",
    "EmailAddress": "nobody@example.com",
    "Float": 1.5,
    "ID": "xxx_nothing",
    "Int": 1,
    "JSON": {},
    "LocalTime": "10:00",
    "MinorUnits": 100,
    "String": "x",
    "Time": "10:00:00",
    "TimeZone": "UTC",
    "URL": "https://example.com/",
}


def made_input(mutation: str) -> dict[str, Any]:
    """The input of a mutation with all that it requires."""
    field = core_schema(schema).mutation_type.fields[mutation]  # type: ignore[union-attr]
    made: dict[str, Any] = made_value(field.args["input"].type)
    return made


def made_value(kind: Any) -> Any:
    """Something that a type takes."""
    if isinstance(kind, GraphQLNonNull):
        return made_value(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [made_value(kind.of_type)]
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: made_value(field.type)
            for name, field in kind.fields.items()
            if is_required_input_field(field)
        }
    return _SCALARS[kind.name]
