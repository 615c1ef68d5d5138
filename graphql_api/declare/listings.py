"""Fields that find rows: a page of a noun's rows, a page of a parent's related rows, one row by its id.

    appointments = listing(Appointment, "…", filter=AppointmentFilter, order=AppointmentOrder, allow=may(…))

A filter is an input whose fields are conditions; an order is an input of `field` and `direction`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from enum import Enum
from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from auth.allow import Allow
from core.kernel.errors import NotFound, invalid
from core.kernel.reading import AnyOf, Noun, Operator, Order, Row, Selection, Where
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.connections import PAGE_ARGUMENTS, Connection, PageOf, page_asked, page_of
from graphql_api.declare.fields import answered_by
from graphql_api.declare.ids import NO_KEY, bad_cursor, key_of
from graphql_api.declare.types import enum_type, facts_of
from graphql_api.visit import asked

Search = Callable[[str], AnyOf]

LONGEST_SEARCH = 200
_CONDITION = "condition"
_ARCHIVED = "archived_at"


@enum_type
class OrderDirection(Enum):
    """Which way a list is sorted."""

    ASC = strawberry.enum_value("asc", description="Smallest, earliest or first in the alphabet first.")
    DESC = strawberry.enum_value("desc", description="Greatest, latest or last in the alphabet first.")


@dataclass(frozen=True, slots=True)
class _Condition:
    column: str
    operator: Operator
    of: str | None


def condition(column: str, operator: Operator, description: str, *, of: str | None = None) -> Any:
    """A field of a filter: a condition on a column; `of` names the noun whose ids are given."""
    return strawberry.field(
        description=description, default=UNSET, metadata={_CONDITION: _Condition(column, operator, of)}
    )


def direction() -> Any:
    """The `direction` of an order."""
    return strawberry.field(description="Which way.", default=OrderDirection.ASC)


def listing(
    of: Any, description: str, *, allow: Allow, filter: Any, order: Any, search: Search | None = None
) -> Any:
    """A page of the noun's rows; `search` makes a condition of what somebody typed."""
    noun = _noun_of(of)

    async def resolve(info: Any, **given: Any) -> PageOf:
        visit, raw = asked(info)
        wanted = visit.lookahead(raw).page(raw)
        page = page_asked(noun, given, with_total=wanted.with_total)
        _narrow(wanted.selection, given, search)
        try:
            return page_of(noun, await visit.ctx.read.page(wanted.selection, page))
        except NotFound:
            raise bad_cursor("after" if page.after is not None else "before") from None

    arguments = _arguments(filter, order)
    if search is not None:
        arguments += (Argument("search", str, "Only those in which this text is found."),)
    return answered_by(with_arguments(resolve, arguments), description, allow=allow, gives=Connection[of])


def listing_below(relation: str, description: str, *, of: str) -> Any:
    """A page of a parent's related rows, read for all parents together.

    `of` is the type's module below `graphql_api.types` and its name; the module has its Filter and
    Order, too. They are looked up late, since types refer to each other.
    """
    module, _, name = of.partition(".")

    async def resolve(root: Row, info: Any, **given: Any) -> PageOf:
        visit, raw = asked(info)
        parent, noun = visit.plan[raw.parent_type.name].noun, visit.plan[name].noun
        wanted = visit.lookahead(raw).page(raw)
        page = page_asked(noun, given, with_total=wanted.with_total)
        _narrow(wanted.selection, given, None)
        ((mine, theirs),) = parent.relations[relation].on
        try:
            return page_of(noun, await visit.loaders.page(raw, wanted.selection, theirs, root[mine], page))
        except NotFound:
            raise bad_cursor("after" if page.after is not None else "before") from None

    def late(suffix: str) -> Any:
        return Annotated[f"{name}{suffix}", strawberry.lazy(f"graphql_api.types.{module}")]

    resolver = with_arguments(resolve, _arguments(late("Filter"), late("Order")), with_root=True)
    return answered_by(resolver, description, gives=Connection[late("")])  # type: ignore[misc]  # a type made at start


def single(of: Any, description: str, *, allow: Allow) -> Any:
    """One row by its id; null for an id that is not there, in this business or at all."""
    noun = _noun_of(of)

    async def resolve(info: Any, **given: Any) -> Row | None:
        visit, raw = asked(info)
        key = key_of(noun.name, given["id"])
        if key == NO_KEY:
            return None
        selection = visit.lookahead(raw).row(of.__name__, raw.field_nodes)
        return await visit.ctx.read.one(selection, key)

    arguments = (Argument("id", strawberry.ID, "Its global id.", optional=False),)
    return answered_by(with_arguments(resolve, arguments), description, allow=allow, gives=of | None)


def _noun_of(kind: type) -> Noun:
    facts = facts_of(kind)
    if facts is None or facts.noun is None:
        raise TypeError(f"{kind.__qualname__} shows no noun: declare it with @shown")
    return facts.noun


def _arguments(filter: Any, order: Any) -> tuple[Argument, ...]:
    return (
        *PAGE_ARGUMENTS,
        Argument("filter", filter, "Only those for which every given condition holds."),
        Argument("order_by", order, "How they are sorted; in the order they were added where not given."),
    )


def _narrow(selection: Selection, given: Mapping[str, Any], search: Search | None) -> None:
    """Have a Selection find only the rows that the arguments ask for, in their order.

    What was archived is in no list; by its id, and where something leads to it, it is still found.
    """
    wheres: list[Where | AnyOf] = []
    if _ARCHIVED in selection.noun.columns:
        wheres.append(Where(_ARCHIVED, "eq", None))
    if (filter := given.get("filter")) is not None:
        wheres += _conditions(selection.noun, filter)
    text = (given.get("search") or "").strip()
    if len(text) > LONGEST_SEARCH:
        raise invalid("search", "TOO_LONG", f"must not be longer than {LONGEST_SEARCH} characters")
    if search is not None and text:
        wheres.append(search(text))
    selection.where = tuple(wheres)
    if (order := given.get("order_by")) is not None:
        selection.order = Order(order.field.value, descending=order.direction is OrderDirection.DESC)


def _conditions(noun: Noun, filter: Any) -> list[Where]:
    found = []
    for field in fields(filter):
        value, meant = getattr(filter, field.name), field.metadata[_CONDITION]
        if value is UNSET or value is None:
            continue
        if meant.operator == "in" and not value:
            return [Where(noun.key, "eq", NO_KEY)]
        found.append(Where(meant.column, meant.operator, _plain(value, meant.of)))
    return found


def _plain(value: Any, of: str | None) -> Any:
    if isinstance(value, list):
        return [_plain(one, of) for one in value]
    if isinstance(value, Enum):
        return value.value
    return key_of(of, value) if of is not None else value
