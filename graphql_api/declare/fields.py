"""The fields of object types. Each is one line: what it is, where it comes from, who may see it.

    display_name: str = column("The name that is shown.")
    price: Money | None = money("price_minor", "What it costs.")
    allergies: str | None = column("Allergies.", allow=HEALTH)
    provider: Provider | None = relation("Who does it.")

A field without `allow` inherits its type's; one whose type has none does not start (see `binding`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry

from auth.allow import Allow
from core.kernel.money import Money
from graphql_api.declare.sources import Columns, KeyIn, Source, ToOne

ALLOW, SOURCE, COST, GUARDS_ITSELF = "allow", "source", "cost", "guards_itself"
"""The keys of a field's metadata."""


def column(description: str, *, of: str | None = None, allow: Allow | None = None) -> Any:
    """A value of the row: a column, a derived fact or a figure, named as the field unless said."""
    return _field(description, Columns((of,) if of else ()), allow)


def worked_out(
    description: str, *, of: tuple[str, ...], through: Callable[..., Any], allow: Allow | None = None
) -> Any:
    """A pure function of values of the row."""
    return _field(description, Columns(of, through), allow)


def money(amount: str, description: str, *, currency: str = "currency", allow: Allow | None = None) -> Any:
    """An amount in minor units, with its currency; null where there is no amount."""
    return _field(description, Columns((amount, currency), _money), allow)


def relation(description: str, *, allow: Allow | None = None) -> Any:
    """The to-one relation of the same name. Who may not see its type gets null and an error."""
    return _field(description, ToOne(), allow)


def keyed(attribute: str, description: str, *, many: bool = False, allow: Allow | None = None) -> Any:
    """The row, or rows, whose key an attribute of the source holds."""
    return _field(description, KeyIn(attribute, many), allow)


def fact(description: str, *, allow: Allow | None = None, cost: int | None = None) -> Any:
    """An attribute of the source as it is."""
    return strawberry.field(description=description, metadata=_metadata(allow, None, cost))


def answered_by(
    resolver: Callable[..., Any],
    description: str,
    *,
    allow: Allow | None = None,
    gives: Any = None,
    cost: int | None = None,
    guards_itself: bool = False,
) -> Any:
    """What a function answers; its parameters are the field's arguments.

    One that `guards_itself` checks `allow` on its own, to answer a refusal as a value.
    """
    metadata = {**_metadata(allow, None, cost), GUARDS_ITSELF: guards_itself}
    return strawberry.field(resolver, description=description, graphql_type=gives, metadata=metadata)


def streamed_by(
    resolver: Callable[..., Any],
    description: str,
    *,
    allow: Allow,
    gives: Any,
    row_of: str | None = None,
    cost: int | None = None,
) -> Any:
    """A root field of Subscription: a function that answers its topic (see `streaming.topics`).

    Where rows are told, `row_of` names the attribute of the topic's source that holds the row's key.
    """
    metadata = _metadata(allow, None if row_of is None else KeyIn(row_of), cost)
    return strawberry.field(
        resolver, description=description, graphql_type=gives, metadata=metadata, is_subscription=True
    )


def _field(description: str, source: Source, allow: Allow | None) -> Any:
    return strawberry.field(description=description, metadata=_metadata(allow, source, None))


def _metadata(allow: Allow | None, source: Source | None, cost: int | None) -> dict[str, Any]:
    given = {ALLOW: allow, SOURCE: source, COST: cost}
    return {key: value for key, value in given.items() if value is not None}


def _money(amount_minor: int | None, currency: str) -> Money | None:
    return None if amount_minor is None else Money(amount_minor, currency)
