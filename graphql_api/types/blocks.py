"""Blocks: time in which nothing is booked."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.availability.kept import reaches_of, wall_of
from core.availability.rulebook import Reach
from core.blocks.block import Span
from core.blocks.reads import BLOCK
from core.kernel.errors import invalid
from graphql_api.declare.fields import column, fact, keyed, worked_out
from graphql_api.declare.ids import key_of
from graphql_api.declare.inputs import optional, required
from graphql_api.declare.listings import OrderDirection, condition, direction
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import Node, enum_type, input_type, object_type, shown
from graphql_api.types.business import Location
from graphql_api.types.providers import Provider
from graphql_api.types.recurrence import Recurrence, shown_recurrence
from graphql_api.types.services import Service

_DAY = timedelta(days=1)


@object_type(allow=INHERITED)
class BlockSpan:
    """From when to when, by the wall clock: whole days, or from a time to a time."""

    first_day: date = fact("The day it starts.")
    starts_at: time | None = fact("When it starts; null for whole days.")
    last_day: date = fact("The day it ends; of whole days the last one that is blocked.")
    ends_at: time | None = fact("When it ends; null for whole days.")
    is_all_day: bool = fact("Whether whole days are blocked.")


@object_type(allow=INHERITED)
class BlockReach:
    """Whom a block stops: all that is named must match; nothing named is the whole business."""

    provider: Provider | None = keyed("provider_id", "Whose time.")
    service: Service | None = keyed("service_id", "Which service.")
    location: Location | None = keyed("location_id", "At which location.")


def shown_span(starts: str, ends: str) -> BlockSpan:
    """A kept span."""
    span = Span(starts=wall_of(starts), ends=wall_of(ends))
    whole = span.is_all_day
    return BlockSpan(
        first_day=span.starts.date(),
        starts_at=None if whole else span.starts.time(),
        last_day=(span.ends - _DAY if whole else span.ends).date(),
        ends_at=None if whole else span.ends.time(),
        is_all_day=whole,
    )


def _exceptions(kept: list[str]) -> list[date]:
    return [wall_of(one).date() for one in kept]


def _reaches(kept: list[dict[str, int]]) -> list[Any]:
    return list(reaches_of(kept))


@shown(BLOCK, allow=may(Permission.SCHEDULES_READ))
class Block(Node):
    """Time in which nothing is booked, once or again and again. What is booked in it already stays."""

    title: str | None = column("Why, for staff.")
    span: BlockSpan = worked_out(
        "When; the first time, where it recurs.", of=("starts", "ends"), through=shown_span
    )
    time_zone: TimeZone | None = column(
        "The zone of its wall clock; null is that of the location of whoever it stops."
    )
    recurrence: Recurrence | None = worked_out(
        "How it recurs, counted from its first day; null is once.",
        of=("recurrence",),
        through=shown_recurrence,
    )
    exceptions: list[date] = worked_out(
        "The days on which an occurrence starts that is left out.", of=("exceptions",), through=_exceptions
    )
    reaches: list[BlockReach] = worked_out("Whom it stops: any of these.", of=("reaches",), through=_reaches)
    created_at: datetime = column("When it was added.")


@input_type
class BlockSpanInput:
    """From when to when, by the wall clock. Without times whole days are blocked, the last one included."""

    first_day: date = required("The day it starts.")
    starts_at: time | None = optional("When it starts; with endsAt or not at all.")
    last_day: date | None = optional("The day it ends; the first day where not given.")
    ends_at: time | None = optional("When it ends; with startsAt or not at all.")


@input_type
class BlockReachInput:
    """Whom a block stops: all that is named must match; nothing named is the whole business."""

    provider_id: strawberry.ID | None = optional("Whose time.")
    service_id: strawberry.ID | None = optional("Which service.")
    location_id: strawberry.ID | None = optional("At which location.")


def span_of(given: BlockSpanInput) -> Span:
    """The span that an input describes. Raises Invalid where only one of its times is given."""
    starts = given.starts_at if isinstance(given.starts_at, time) else None
    ends = given.ends_at if isinstance(given.ends_at, time) else None
    last_day = given.last_day if isinstance(given.last_day, date) else given.first_day
    if (starts is None) != (ends is None):
        raise invalid("span", "ONE_TIME_ONLY", "must have both times or none")
    if ends is None and last_day == date.max:
        raise invalid("span", "OUT_OF_RANGE", "must end before the year 10000")
    return Span(
        starts=datetime.combine(given.first_day, starts or time()),
        ends=datetime.combine(last_day, ends)
        if ends is not None
        else datetime.combine(last_day + _DAY, time()),
    )


def reaches_given(given: list[BlockReachInput]) -> tuple[Reach, ...]:
    """The reaches that inputs describe."""

    def key(noun: str, spelling: Any) -> int | None:
        return key_of(noun, spelling) if isinstance(spelling, str) else None

    return tuple(
        Reach(
            provider_id=key("provider", one.provider_id),
            service_id=key("service", one.service_id),
            location_id=key("location", one.location_id),
        )
        for one in given
    )


@input_type
class BlockFilter:
    """Which blocks: every condition that is given must hold."""

    title_contains: str | None = condition("title", "contains", "The title holds this text, in any case.")


@enum_type
class BlockOrderField(Enum):
    """What blocks can be sorted by."""

    STARTS = strawberry.enum_value("starts", description="By the wall clock of their first start.")
    CREATED_AT = strawberry.enum_value("created_at", description="By when they were added.")


@input_type
class BlockOrder:
    """How blocks are sorted."""

    field: BlockOrderField = required("By what.")
    direction: OrderDirection = direction()
