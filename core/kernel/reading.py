"""One way to read, for every voice: what can be shown of a noun, and a neutral request for it.

`core/<noun>/reads.py` declares a Noun as data: columns, facts worked out from columns, figures over
related rows, relations. Names and meaning only: no SQL. Every voice turns its own request into a
Selection over those declarations; the adapter behind Reader turns that into fenced statements.
A row comes back as a dict by declared name; a to-one relation is a dict within it, or None.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

Row = dict[str, Any]
Operator = Literal["eq", "ne", "in", "lt", "le", "gt", "ge", "contains", "digits"]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition on one column. `contains` ignores case; `digits` compares digits alone."""

    column: str
    operator: Operator
    value: Any


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of the conditions holds."""

    conditions: tuple[Where, ...]


@dataclass(frozen=True, slots=True)
class Derived:
    """A fact worked out from columns of the same row by a pure function of their values."""

    needs: tuple[str, ...]
    work_out: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number over the related rows of another noun: how many, the sum, or the greatest."""

    noun: str
    on: tuple[tuple[str, str], ...]
    function: Literal["count", "sum", "max"]
    column: str = "id"
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Relation:
    """Related rows of another noun: `on` pairs this noun's columns with the other's."""

    noun: str
    on: tuple[tuple[str, str], ...]
    many: bool = False
    where: tuple[Where, ...] = ()


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by a column that is never null; the key settles ties in the same direction."""

    column: str
    descending: bool = False


@dataclass(frozen=True, kw_only=True)
class Noun:
    """What can be shown of one noun.

    `key` names its key column. `always` holds in every reading (rows that were archived stay out of
    lists but not out of relations).
    """

    name: str
    key: str = "id"
    columns: tuple[str, ...]
    derived: Mapping[str, Derived] = field(default_factory=dict)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    relations: Mapping[str, Relation] = field(default_factory=dict)
    always: tuple[Where, ...] = ()

    def __post_init__(self) -> None:
        NOUNS[self.name] = self

    def shows(self, name: str) -> bool:
        """Whether a plain value of that name can be shown."""
        return name in self.columns or name in self.derived or name in self.figures


NOUNS: dict[str, Noun] = {}


@dataclass(kw_only=True)
class Selection:
    """A reading request: which values of a noun, which to-one relations with it, which rows."""

    noun: Noun
    fields: set[str] = field(default_factory=set)
    relations: dict[str, Selection] = field(default_factory=dict)
    where: tuple[Where | AnyOf, ...] = ()
    order: Order | None = None


@dataclass(frozen=True, kw_only=True)
class PageRequest:
    """A stretch of a sorted list: before or after the row with a key, or past so many rows; at most
    `size` rows."""

    size: int
    skip: int = 0
    after: int | None = None
    before: int | None = None
    from_end: bool = False
    with_total: bool = False


@dataclass(frozen=True, kw_only=True)
class Page:
    """A stretch of a sorted list. `total` counts all matching rows, where it was asked for."""

    rows: list[Row]
    has_next: bool
    has_previous: bool
    total: int | None = None


class Reader(Protocol):
    """Answers Selections for one caller, within the caller's business and nothing else."""

    async def one(self, selection: Selection, key: int) -> Row | None:
        """The row with that key, or None."""
        ...

    async def rows(self, selection: Selection) -> list[Row]:
        """All rows, sorted by the selection's order, else by key."""
        ...

    async def page(self, selection: Selection, page: PageRequest) -> Page:
        """A page of the rows. Raises NotFound where the row to start from is not there."""
        ...

    async def pages(
        self, selection: Selection, column: str, keys: Sequence[int], page: PageRequest
    ) -> dict[int, Page]:
        """For each key a page of the rows whose column is that key, all in one statement.

        Every key has its page, an empty one where it has no rows. Raises NotFound where the row to
        start from is not there.
        """
        ...

    async def grouped(self, selection: Selection, column: str, keys: Sequence[int]) -> dict[int, list[Row]]:
        """The rows whose column is one of the keys, by that key, in one statement."""
        ...
