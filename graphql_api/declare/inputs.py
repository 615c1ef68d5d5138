"""Inputs: how what a caller gives becomes a command of the core.

client_id: strawberry.ID = required("Who comes.", of="client")
quoted_price: MoneyInput | None = optional("What was agreed.", to="price")
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import Enum
from functools import cache
from typing import Any, TypeVar, get_args, get_type_hints

import strawberry
from strawberry import UNSET

from core.kernel.errors import invalid
from graphql_api.declare.ids import key_of
from graphql_api.declare.types import input_type

D = TypeVar("D")

GIVEN = "given"
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Given:
    """How an input field reaches the command: under which name, and through which function."""

    to: str | None = None
    through: Callable[[Any], Any] | None = None


def required(description: str, *, of: str | None = None, to: str | None = None, through: Any = None) -> Any:
    """A field that must be given; `of` names the noun whose id it is."""
    return strawberry.field(description=description, metadata={GIVEN: _given(of, to, through)})


def optional(description: str, *, of: str | None = None, to: str | None = None, through: Any = None) -> Any:
    """A field that may be left out; the command's own default holds then."""
    return strawberry.field(description=description, default=UNSET, metadata={GIVEN: _given(of, to, through)})


def command_from(given: Any, kind: Callable[..., D]) -> D:
    """The command that an input describes; what the command does not know, it is not told.

    Null counts as left out where the command's field admits no None. Raises Invalid for an
    idempotency key that cannot be kept.
    """
    _check_key(given.idempotency_key)
    return made_from(given, kind)


def made_from(given: Any, kind: Callable[..., D]) -> D:
    """What an input within another describes; see `command_from`."""
    takes = _takes(kind)
    values = {}
    for field in fields(given):
        how: Given = field.metadata[GIVEN]
        name, value = how.to or field.name, getattr(given, field.name)
        if name not in takes or value is UNSET or (value is None and not takes[name]):
            continue
        if isinstance(value, Enum):
            value = value.value
        values[name] = how.through(value) if how.through and value is not None else value
    return kind(**values)


@cache
def renamed(kind: type) -> dict[str, str]:
    """Command field → input field, where an input type gives it another name."""
    found = {}
    for field in fields(kind):
        how = field.metadata.get(GIVEN)
        if how is not None and how.to is not None:
            found[how.to] = field.name
    return found


@cache
def _takes(kind: Any) -> dict[str, bool]:
    """The command's fields, and whether each admits None."""
    hints = get_type_hints(kind)
    return {field.name: type(None) in get_args(hints[field.name]) for field in fields(kind)}


def _given(of: str | None, to: str | None, through: Any) -> Given:
    if of is not None:
        return Given(to, lambda value: _keys(of, value))
    return Given(to, through)


def _keys(noun: str, value: Any) -> Any:
    return [key_of(noun, one) for one in value] if isinstance(value, list) else key_of(noun, value)


def _check_key(key: Any) -> None:
    if key is not UNSET and key is not None and not 0 < len(key) <= LONGEST_KEY:
        raise invalid("idempotency_key", "OUT_OF_RANGE", f"must have 1 to {LONGEST_KEY} characters")


@input_type
class MutationInput:
    """What every mutation takes."""

    idempotency_key: str | None = optional(
        f"A text of your own, at most {LONGEST_KEY} characters. The same key with the same input within 24 "
        "hours is answered like the first time, and nothing is done twice; with other input it is refused."
    )
