"""A dialect: how one documented API speaks, as a value.

Envelopes are shapes too. In those of lists the path `items` is the list of written objects, in that
of a single object the path `item` is the object; codecs ITEMS and ITEM stand there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from starlette.datastructures import Headers

from rest_compat.engine.codec import worked
from rest_compat.engine.pages import ByCursor, ByNumber
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import Route, Selector
from rest_compat.engine.shape import Shape

ITEM = worked(lambda item: item, {"$item": "one"})
ITEMS = worked(lambda items: items, {"$item": "many"})


@dataclass(frozen=True)
class Wording:
    """The status and the word by which a dialect tells a refusal."""

    status: int
    word: str = ""


@dataclass(frozen=True)
class Alias:
    """Another method and path that lead to the same operation."""

    method: str
    path: str


def no_aliases(method: str, path: str, is_public: bool) -> Iterable[Alias]:
    """None."""
    return ()


def bearer(headers: Headers) -> str | None:
    """The Authorization header as it came."""
    return headers.get("authorization")


@dataclass(frozen=True, kw_only=True, eq=False)
class Dialect:
    """How one documented API speaks.

    `refusals` gives each Kind, or one of the core's error codes, its status and word; `error` is the
    envelope they stand in, which is given `status`, `word`, `message` and `issues`. `bad_query` is the
    kind of a bad value outside the body. `nouns` are the dialect's words for the core's nouns, `missing`
    is what it says where one is not there. `wrapper` is the envelope of a single object, `whole` of an
    unpaged list (None: bare), `pages` how lists are paged. `credential` finds in a request's headers
    what is shown at the gate; `business` finds the business of public calls that come without one, where
    their route does not. `business_in_path` mounts the dialect by name with a business's slug behind the
    name, for an API that has no other way to name one.
    """

    name: str
    title: str
    version: str
    base_path: str
    contract: Path
    routes: tuple[Route, ...]
    refusals: Mapping[Kind | str, Wording]
    error: Shape
    pages: ByCursor | ByNumber
    security: Mapping[str, Mapping[str, Any]]
    wrapper: Shape | None = None
    whole: Shape | None = None
    bad_query: Kind = Kind.INVALID
    nouns: Mapping[str, str] = field(default_factory=dict)
    missing: str = "No such {noun}."
    credential: Callable[[Headers], str | None] = bearer
    aliases: Callable[[str, str, bool], Iterable[Alias]] = no_aliases
    unknown_fields: Literal["ignored", "refused"] = "ignored"
    null_is_absent: bool = False
    business_in_path: bool = False
    business: Selector | None = None
