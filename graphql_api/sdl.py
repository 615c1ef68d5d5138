"""The schema as text: `schema.graphql` holds it, and a check compares the two byte for byte."""

from __future__ import annotations

from functools import cache

from graphql_api.schema import schema


@cache
def sdl() -> str:
    """The schema in SDL: types by name, their fields in the order in which they are declared."""
    return schema.as_str() + "\n"
