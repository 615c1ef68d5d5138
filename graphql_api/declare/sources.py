"""Where a field's value comes from: the data that both the lookahead and the resolvers are made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Columns:
    """Values of the row by declared name, given to a pure function where there is one.

    No path means the field's own name; a path with a dot goes through a to-one relation.
    """

    paths: tuple[str, ...] = ()
    through: Callable[..., Any] | None = None


@dataclass(frozen=True, slots=True)
class OwnId:
    """The row's key, spelled as a global id."""


@dataclass(frozen=True, slots=True)
class ToOne:
    """A to-one relation of the same name, joined into the row's statement."""


@dataclass(frozen=True, slots=True)
class KeyIn:
    """The row whose key stands in an attribute of the source: read on its own, batched per request."""

    attribute: str
    many: bool = False


@dataclass(frozen=True, slots=True)
class Itself:
    """The source once more: an edge and its node are one row."""


@dataclass(frozen=True, slots=True)
class OwnCursor:
    """The row's key, spelled as a cursor."""


Source = Columns | OwnId | ToOne | KeyIn | Itself | OwnCursor
