"""Refusals as data: each domain error is one GraphQL type, and mutations find theirs by what they raise."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from typing import Any, TypeVar, dataclass_transform

import strawberry
from strawberry.utils.str_converters import to_camel_case

from auth.allow import INHERITED
from core.kernel.errors import DomainError, Invalid, Issue
from graphql_api.declare.ids import spell_id
from graphql_api.declare.types import TypeFacts, described

C = TypeVar("C", bound=type)

_TYPES: dict[type[DomainError], type] = {}
_THROUGH = "through"


@strawberry.interface(description="Why a mutation did not do what was asked. Nothing was changed.")
class Error:
    """What every refusal says."""

    code: str = strawberry.field(description="Stable, for programs, such as SLOT_TAKEN.")
    message: str = strawberry.field(description="One sentence for people.")


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def error_type(shows: type[DomainError], *, name: str | None = None) -> Callable[[C], C]:
    """The GraphQL type of a domain error, named like it; facts are the error's own attributes."""

    def declare(kind: C) -> C:
        made = strawberry.type(kind, name=name or shows.__name__, description=described(kind))
        made.__daybook_type__ = TypeFacts(INHERITED)  # type: ignore[attr-defined]
        _TYPES[shows] = made
        return made

    return declare


def about(noun: str, description: str) -> Any:
    """A fact of an error that is a noun's key: shown as its global id."""
    return strawberry.field(
        description=description, metadata={_THROUGH: lambda key: None if key is None else spell_id(noun, key)}
    )


def error_types(raised: Iterable[type[DomainError]]) -> dict[type[DomainError], type]:
    """The types of what is raised, in that order. Raises TypeError for an error that has no type."""
    found: dict[type[DomainError], type] = {}
    for error in raised:
        kind = _type_of(error)
        if kind is None:
            raise TypeError(f"{error.__name__} has no GraphQL type: add one to graphql_api/types/errors.py")
        found[error] = kind
    return found


def shown_error(error: DomainError, among: Iterable[type]) -> Any:
    """The refusal as an object of its type, or of a wider one that is expected, or None."""
    expected = set(among)
    kind = next((_TYPES[base] for base in type(error).__mro__ if _TYPES.get(base) in expected), None)
    if kind is None:
        return None
    facts = {}
    for field in fields(kind):
        value = getattr(error, field.name)
        through = field.metadata.get(_THROUGH)
        facts[field.name] = through(value) if through else value
    return kind(**facts)


def on_the_wire(error: DomainError, renamed: Mapping[str, str]) -> DomainError:
    """The refusal with the paths of its issues as the caller spelled them: `startsAt`, not `starts_at`."""
    if not isinstance(error, Invalid):
        return error
    return type(error)([Issue(_path(one.path, renamed), one.code, one.message) for one in error.issues])


def _path(path: str, renamed: Mapping[str, str]) -> str:
    head, *tail = path.split(".")
    return ".".join(to_camel_case(part) for part in (renamed.get(head, head), *tail))


def _type_of(error: type[DomainError]) -> type | None:
    return next((_TYPES[kind] for kind in error.__mro__ if kind in _TYPES), None)
