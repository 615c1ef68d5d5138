"""The kinds of types. A class's docstring is its description in the schema."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar, dataclass_transform

import strawberry
from graphql import GraphQLError

from auth.allow import INHERITED, Allow
from core.kernel.reading import Noun
from graphql_api.declare.fields import SOURCE
from graphql_api.declare.sources import OwnId

C = TypeVar("C", bound=type)
E = TypeVar("E", bound=type[Enum])


@dataclass(frozen=True, slots=True)
class TypeFacts:
    """What a type says of itself: who may see it, and the noun whose rows it shows, if any."""

    allow: Allow
    noun: Noun | None = None


def facts_of(kind: type) -> TypeFacts | None:
    """What a class declared as an object type said, or None for any other class."""
    found = kind.__dict__.get("__daybook_type__")
    return found if isinstance(found, TypeFacts) else None


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def object_type(*, allow: Allow) -> Callable[[C], C]:
    """An object whose source is a plain object: attributes by the fields' names."""
    return lambda kind: _declared(kind, TypeFacts(allow))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def shown(noun: Noun, *, allow: Allow) -> Callable[[C], C]:
    """An object that shows rows of a noun; its id and cursors are spelled as `ids` says."""
    return lambda kind: _declared(kind, TypeFacts(allow, noun))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def payload(kind: C) -> C:
    """What a mutation answers when it has done its work; its source is the use case's result."""
    return _declared(kind, TypeFacts(INHERITED))


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def input_type(kind: C) -> C:
    """An input object."""
    return strawberry.input(kind, description=described(kind))


def enum_type(kind: E) -> E:
    """An enumeration; each value is a `strawberry.enum_value` with a description."""
    return strawberry.enum(kind, description=described(kind))


def described(kind: type) -> str:
    """A class's docstring, unwrapped. Raises TypeError where there is none."""
    if not kind.__doc__:
        raise TypeError(f"{kind.__qualname__} needs a docstring: it is the type's description")
    paragraphs = inspect.cleandoc(kind.__doc__).split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def _declared(kind: C, facts: TypeFacts) -> C:
    made = strawberry.type(kind, description=described(kind))
    made.__daybook_type__ = facts  # type: ignore[attr-defined]
    return made


@strawberry.interface(description="Anything with a global id; `node(id:)` finds it again.")
class Node:
    """Anything with a global id."""

    id: strawberry.ID = strawberry.field(
        description="The global id. Opaque; it stays the same for the object's whole life.",
        metadata={SOURCE: OwnId()},
    )

    @classmethod
    def resolve_type(cls, value: Any, *_: Any) -> str:
        """The type's name, which `node` and `nodes` put into the row."""
        name = value.get("__typename")
        if name is None:
            raise GraphQLError("the type of a node is not known")
        return str(name)
