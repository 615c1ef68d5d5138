"""Routes: one operation, one row.

    Route("POST", "/v1/clients", create_client, takes=NEW_CLIENT, gives=CLIENT, status=201,
          allow=may(Permission.CLIENTS_WRITE))

The third column says what is done: a use case of the core, which is given the command that `takes`
makes; a reading (`One`, `Every`, `Paged`); or a plain function of the Call. What a use case or function
comes to is written as `gives` says: a shape that reads a noun wants its key (a use case's result bears
it, as in `client_id`), any other shape wants the object to write.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, TypeVar

from auth.allow import Allow
from core.kernel.errors import DomainError
from core.kernel.reading import Noun, Order, Where
from core.kernel.use_case import Declared, declared
from rest_compat.engine.body import JSON, MAX_BYTES
from rest_compat.engine.codec import Schema
from rest_compat.engine.shape import NOTHING, Place, Shape

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass(frozen=True)
class One:
    """Read the row whose key is among the values, under the noun's name and `_id`; else the caller's own
    business. What `where` does not hold of is not there."""

    where: tuple[Where, ...] = ()


@dataclass(frozen=True)
class Every:
    """Read all rows that the values filter, and of which `where` holds, in order."""

    order: Order | None = None
    where: tuple[Where, ...] = ()


@dataclass(frozen=True)
class Paged:
    """Read a page of the rows that the values filter, and of which `where` holds, in order."""

    order: Order | None = None
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, eq=False)
class Listed:
    """Answer a whole list of objects that a function worked out."""

    item: Shape


@dataclass(frozen=True, eq=False)
class Json:
    """Answer a JSON value as a function made it, where no list of fields can say it; its JSON Schema."""

    schema: Schema


@dataclass(frozen=True, eq=False)
class Table:
    """Answer a list as CSV, a row a line, under the shape's names."""

    rows: Shape
    file_name: str


@dataclass(frozen=True)
class Content:
    """Answer bytes or text of a media type as they are: a PDF, a page; `file_name` offers them as a file."""

    media_type: str
    file_name: str | None = None


@dataclass(frozen=True)
class Redirect:
    """Answer with the address to go to."""


@dataclass(frozen=True)
class Stream:
    """Answer server-sent events: (event, data) pairs as they come."""


Gives = Shape | Listed | Json | Table | Content | Redirect | Stream | None
Selector = Callable[[Any], Awaitable[int | None]]
"""Finds the business of a call that brings no credential of one; may add to the call's values."""
Does = One | Every | Paged | Callable[..., Awaitable[Any]]


@dataclass(frozen=True, eq=False)
class Route:
    """One operation. `allow` has no default that would open a door: a route without it stops the start.

    `accepts` are the media types of its body, of at most `most_bytes`. `bare` answers without the
    dialect's wrapper. `business` finds the business of a public call.
    """

    method: Method
    path: str
    does: Does
    _: KW_ONLY
    takes: Shape = NOTHING
    gives: Gives = None
    status: int = 200
    allow: Allow | None = None
    accepts: tuple[str, ...] = (JSON,)
    most_bytes: int = MAX_BYTES
    bare: bool = False
    business: Selector | None = None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def changes(self) -> bool:
        """Whether it may change something, and so takes an idempotency key."""
        return self.method != "GET"

    def place_of(self, name: str, at: Place | None) -> Place:
        """Where a field of the request stands: as its row says, else by path and method."""
        if at is not None:
            return at
        if f"{{{name}}}" in self.path:
            return "path"
        return "body" if self.method in ("POST", "PUT", "PATCH") else "query"

    @property
    def is_use_case(self) -> bool:
        """Whether it names a use case, rather than a reading or a function."""
        return isinstance(getattr(self.does, "declared", None), Declared)

    @property
    def raises(self) -> tuple[type[DomainError], ...]:
        """What its use case, or the use cases that its function calls, may raise."""
        if isinstance(self.does, One | Every | Paged):
            return ()
        return declared(self.does).raises if self.is_use_case else getattr(self.does, "raises", ())


F = TypeVar("F", bound=Callable[..., Awaitable[Any]])


def calling(*use_cases: Callable[..., Any]) -> Callable[[F], F]:
    """Say which use cases a route's function calls: it raises what they raise."""

    def say(function: F) -> F:
        raised = [error for use_case in use_cases for error in declared(use_case).raises]
        function.raises = tuple(dict.fromkeys(raised))  # type: ignore[attr-defined]
        return function

    return say


def key_name(noun: Noun) -> str:
    """By which name commands, results and values bear a noun's key: `client_id`."""
    return f"{noun.name}_id"
