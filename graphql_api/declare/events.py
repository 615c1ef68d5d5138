"""Events, shown: one GraphQL type per type of event, each fact a field of its own.

    @event_type(core.AppointmentConfirmed)
    class AppointmentConfirmed(BookingEvent):
        deposit_id: strawberry.ID | None = told("The deposit, if there is one.", of="deposit")

Every fact of the event must be told, or the schema does not start.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any, TypeVar, dataclass_transform, get_args, get_type_hints

import strawberry
from strawberry.utils.str_converters import to_camel_case

from auth.allow import INHERITED
from core.kernel.events import Event
from core.kernel.log import LoggedEvent
from core.kernel.money import Money
from graphql_api.declare.ids import spell_id
from graphql_api.declare.places import spell_place
from graphql_api.declare.types import object_type

C = TypeVar("C", bound=type)

_TOLD = "told"
_APPOINTMENT = "appointment_id"


@dataclass(frozen=True, slots=True)
class _Told:
    facts: tuple[str, ...]
    through: Callable[..., Any]


@dataclass(frozen=True, slots=True)
class _Shown:
    kind: type
    instants: frozenset[str]
    told: dict[str, _Told]


SHOWN_EVENTS: dict[str, _Shown] = {}
"""Event type → how it is shown."""


def told(
    description: str,
    *,
    of: str | None = None,
    fact: str | None = None,
    through: Callable[[Any], Any] | None = None,
) -> Any:
    """A fact of the event, of the field's name unless said; `of` names the noun whose key it is."""

    def spelled(value: Any) -> Any:
        if through is not None and value is not None:
            return through(value)
        return value if of is None or value is None else spell_id(of, value)

    return strawberry.field(
        description=description, metadata={_TOLD: _Told((fact,) if fact else (), spelled)}
    )


def money_told(amount: str, currency: str, description: str) -> Any:
    """Two facts of the event that are an amount and its currency."""
    return strawberry.field(description=description, metadata={_TOLD: _Told((amount, currency), Money)})


@dataclass_transform(kw_only_default=True, field_specifiers=(strawberry.field,))
def event_type(shows: type[Event]) -> Callable[[C], C]:
    """The GraphQL type of a type of event. Raises TypeError where it leaves a fact out."""

    def declare(kind: C) -> C:
        made = object_type(allow=INHERITED)(kind)
        told_fields = {
            field.name: _Told(field.metadata[_TOLD].facts or (field.name,), field.metadata[_TOLD].through)
            for field in fields(made)
            if _TOLD in field.metadata
        }
        untold = {field.name for field in fields(shows)} - {
            name for one in told_fields.values() for name in one.facts
        }
        if untold:
            raise TypeError(f"{kind.__qualname__} does not tell {', '.join(sorted(untold))}")
        hints = get_type_hints(shows)
        instants = frozenset(
            field.name
            for field in fields(shows)
            if datetime in (hints[field.name], *get_args(hints[field.name]))
        )
        SHOWN_EVENTS[shows.type] = _Shown(made, instants, told_fields)
        return made

    return declare


def shown_event(event: LoggedEvent) -> Any:
    """The event as an object of its type; None for a type of event that this program does not know."""
    shown = SHOWN_EVENTS.get(event.type)
    if shown is None:
        return None
    facts = {
        name: datetime.fromisoformat(value) if name in shown.instants and value is not None else value
        for name, value in event.payload.items()
    }
    return shown.kind(
        cursor=spell_place(event.business_id, event.sequence),
        type=event.type,
        version=event.version,
        occurred_at=event.occurred_at,
        appointment=None,
        appointment_key=facts.get(_APPOINTMENT),
        **{name: one.through(*(facts.get(fact) for fact in one.facts)) for name, one in shown.told.items()},
    )


def told_facts(event: LoggedEvent) -> dict[str, Any]:
    """The event's facts as plain JSON values, under the names and in the spelling of its GraphQL type."""
    shown = SHOWN_EVENTS.get(event.type)
    if shown is None:
        return {}
    return {
        to_camel_case(name): _plain(one.through(*(event.payload.get(fact) for fact in one.facts)))
        for name, one in shown.told.items()
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return {"amountMinor": value.amount_minor, "currency": value.currency}
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | time):
        return value.isoformat()
    return value.value if isinstance(value, Enum) else value
