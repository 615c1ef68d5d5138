"""Relay connections: edges with cursors, page information, and a total that is counted when asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import strawberry

from auth.allow import INHERITED
from core.kernel.reading import Noun, Page, PageRequest, Row
from core.kernel.text import Check
from graphql_api.declare.arguments import Argument
from graphql_api.declare.fields import COST, SOURCE, fact
from graphql_api.declare.ids import row_at, spell_cursor
from graphql_api.declare.scalars import Cursor
from graphql_api.declare.sources import Itself, OwnCursor
from graphql_api.declare.types import object_type

T = TypeVar("T")

MOST = 100
USUAL = 20

PAGE_ARGUMENTS = (
    Argument(
        "first", int, f"How many from the start: 1 to {MOST}; {USUAL} where neither first nor last is given."
    ),
    Argument("after", Cursor, "Only what comes after this place."),
    Argument("last", int, f"How many from the end: 1 to {MOST}."),
    Argument("before", Cursor, "Only what comes before this place."),
)


@object_type(allow=INHERITED)
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool = fact("Whether more follow.")
    has_previous_page: bool = fact("Whether there are earlier ones.")
    start_cursor: Cursor | None = fact("The place of the first edge.")
    end_cursor: Cursor | None = fact("The place of the last edge.")


@object_type(allow=INHERITED)
class Edge(Generic[T]):
    """One place in a list, and what stands there."""

    cursor: Cursor = strawberry.field(
        description="This place: give it as `after` or `before`.", metadata={SOURCE: OwnCursor()}
    )
    node: T = strawberry.field(description="What stands here.", metadata={SOURCE: Itself()})


@object_type(allow=INHERITED)
class Connection(Generic[T]):
    """A page of a list."""

    edges: list[Edge[T]] = strawberry.field(description="The page, in order.", metadata={COST: 0})
    page_info: PageInfo = fact("Where the page stands in its list.", cost=0)
    total_count: int = fact("How many match in all, whatever the page.")


@dataclass(frozen=True, kw_only=True)
class PageOf:
    """The source of a Connection."""

    edges: list[Row]
    page_info: PageInfo
    total_count: int | None


def page_of(noun: Noun, page: Page) -> PageOf:
    """A page of rows as a Connection's source."""
    cursors = [spell_cursor(noun.name, row[noun.key]) for row in (page.rows[:1] + page.rows[-1:])]
    return PageOf(
        edges=page.rows,
        page_info=PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=cursors[0] if cursors else None,
            end_cursor=cursors[-1] if cursors else None,
        ),
        total_count=page.total,
    )


def page_asked(noun: Noun, given: Mapping[str, Any], *, with_total: bool) -> PageRequest:
    """The page that the arguments ask for. Raises Invalid for sizes, BadCursor for places."""
    check = Check()
    first, last = given.get("first"), given.get("last")
    if first is not None and last is not None:
        check.refuse("last", "NOT_WITH_FIRST", "must not be given together with first")
    for name, size in (("first", first), ("last", last)):
        if size is not None:
            check.whole(name, size, least=1, most=MOST, unit="rows")
    check.done()
    after, before = given.get("after"), given.get("before")
    return PageRequest(
        size=page_size(first, last),
        after=None if after is None else row_at(noun.name, "after", after),
        before=None if before is None else row_at(noun.name, "before", before),
        from_end=last is not None,
        with_total=with_total,
    )


def page_size(first: int | None, last: int | None) -> int:
    """How many rows a page holds at most."""
    if first is not None:
        return first
    return USUAL if last is None else last
