"""Smaller questions about availability: which days, when next, and why not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED
from core.availability import explain
from core.availability.explain_availability import ExplainAvailability, explain_availability
from core.availability.next_opening import FindNextOpening, find_next_opening
from core.availability.open_days import MOST_DAYS, FindOpenDays, OpenDays, find_open_days
from core.kernel.errors import Invalid
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.errors import on_the_wire
from graphql_api.declare.fields import answered_by, fact, keyed
from graphql_api.declare.ids import PREFIXES, key_of, spell_id
from graphql_api.declare.scalars import TimeZone
from graphql_api.declare.types import enum_type, object_type
from graphql_api.types.availability import (
    READ,
    WHO_AND_WHAT,
    ZONE,
    AvailableSlot,
    SlotFacts,
    slot_facts,
    who_and_what,
)
from graphql_api.types.business import Location
from graphql_api.types.services import Service
from graphql_api.visit import Visit


@enum_type
class ReasonCode(Enum):
    """Why a time is not offered."""

    PAST = strawberry.enum_value("PAST", description="It has begun.")
    NOTICE = strawberry.enum_value(
        "NOTICE", description="It is too soon; `until` is the first minute allowed."
    )
    HORIZON = strawberry.enum_value(
        "HORIZON", description="It is too far ahead; `until` is the last time allowed."
    )
    NOT_ACCEPTING = strawberry.enum_value("NOT_ACCEPTING", description="The provider takes no bookings.")
    NOT_OFFERED = strawberry.enum_value("NOT_OFFERED", description="The service takes no bookings.")
    PROVIDER = strawberry.enum_value(
        "PROVIDER", description="The provider does not offer the service, or does not work there."
    )
    HOURS = strawberry.enum_value("HOURS", description="It does not lie within the hours.")
    OVERRIDE = strawberry.enum_value("OVERRIDE", description="The hours of that day are others.")
    HOLIDAY = strawberry.enum_value("HOLIDAY", description="That day is a holiday.")
    BLOCK = strawberry.enum_value("BLOCK", description="It is blocked.")
    APPOINTMENT = strawberry.enum_value("APPOINTMENT", description="Another appointment has the time.")
    HOLD = strawberry.enum_value("HOLD", description="The time is held for somebody.")
    SESSION = strawberry.enum_value("SESSION", description="A group session has the time.")
    EXTERNAL = strawberry.enum_value("EXTERNAL", description="The provider's own calendar is busy.")
    BUFFER = strawberry.enum_value(
        "BUFFER", description="Time that must be kept free before or after is taken."
    )
    RESOURCE = strawberry.enum_value("RESOURCE", description="A room or kit that it needs is taken.")
    CAPACITY = strawberry.enum_value("CAPACITY", description="The group has too few seats left.")
    DAILY_LIMIT = strawberry.enum_value(
        "DAILY_LIMIT", description="The provider has as many appointments that day as allowed."
    )
    NO_GAP = strawberry.enum_value("NO_GAP", description="It would leave free time too short to be of use.")
    GRID = strawberry.enum_value("GRID", description="Appointments do not begin at this time.")


@object_type(allow=INHERITED)
class Reason:
    """One reason why a time is not offered."""

    code: ReasonCode = fact("Which reason, for programs.")
    message: str = fact("In a sentence.")
    starts_at: datetime | None = fact("When what stands in the way begins, where that can be said.")
    until: datetime | None = fact("When it ends; of NOTICE and HORIZON the first or last time allowed.")
    subject_id: strawberry.ID | None = fact("What stands in the way: an appointment, hold, block…")


@object_type(allow=INHERITED)
class AvailableDays:
    """The days on which there is an opening."""

    time_zone: TimeZone = fact("The zone whose days these are.")
    duration_minutes: int = fact("How long an appointment would be.")
    rules_revision: int = fact("The number of the event that last changed a rule these follow.")
    service: Service | None = keyed("service_id", "Whose rules they follow, where a service was named.")
    days: list[date] = fact("The days, in order.")


@object_type(allow=INHERITED)
class NextAvailable:
    """The first opening, if there is one."""

    slot: AvailableSlot | None = fact("It; null where there is none up to the service's horizon.")
    time_zone: TimeZone = fact("The zone that was asked for, else the business's.")
    duration_minutes: int = fact("How long the appointment would be.")
    rules_revision: int = fact("The number of the event that last changed a rule it follows.")
    service: Service | None = keyed("service_id", "Whose rules it follows, where a service was named.")


@object_type(allow=INHERITED)
class AvailabilityExplanation:
    """Whether a time can be booked, why not if not, and what is near."""

    is_offered: bool = fact("Whether it could be booked now.")
    reasons: list[Reason] = fact("Everything that stands against it; nothing where it could be booked.")
    nearest: list[datetime] = fact(
        "Up to three starts of the same provider that can be booked, the nearest first, within a week."
    )
    location: Location | None = keyed("location_id", "Where: as asked, else where the provider works then.")
    time_zone: TimeZone = fact("The zone that was asked for, else the location's, in which its rules are.")
    duration_minutes: int = fact("How long the appointment would be.")
    rules_revision: int = fact("The number of the event that last changed a rule this follows.")
    service: Service | None = keyed("service_id", "Whose rules it follows, where a service was named.")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Next:
    slot: SlotFacts | None
    time_zone: str
    duration_minutes: int
    rules_revision: int
    service_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Explained:
    is_offered: bool
    reasons: list[_Reason]
    nearest: list[datetime]
    location_id: int
    time_zone: str
    duration_minutes: int
    rules_revision: int
    service_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reason:
    code: Any
    message: str
    starts_at: datetime | None
    until: datetime | None
    subject_id: strawberry.ID | None


async def _open_days(info: Any, **given: Any) -> OpenDays:
    visit: Visit = info.context
    command = FindOpenDays(first=given["first"], last=given["last"], **who_and_what(visit, given))
    try:
        return await find_open_days(visit.ctx, command)
    except Invalid as error:
        raise on_the_wire(error, {"first": "from", "last": "to"}) from None


async def _next(info: Any, **given: Any) -> _Next:
    visit: Visit = info.context
    command = FindNextOpening(after=given.get("after"), **who_and_what(visit, given))
    found = await find_next_opening(visit.ctx, command)
    return _Next(
        slot=None if found.slot is None else slot_facts(found.slot),
        time_zone=found.time_zone,
        duration_minutes=found.duration_minutes,
        rules_revision=found.rules_revision,
        service_id=found.service_id,
    )


async def _explain(info: Any, **given: Any) -> _Explained:
    visit: Visit = info.context
    command = ExplainAvailability(
        provider_id=key_of("provider", given["provider_id"]),
        starts_at=given["starts_at"],
        **who_and_what(visit, given),
    )
    explained = await explain_availability(visit.ctx, command)
    return _Explained(
        is_offered=explained.is_offered,
        reasons=[_shown(reason) for reason in explained.reasons],
        nearest=explained.nearest,
        location_id=explained.location_id,
        time_zone=explained.time_zone,
        duration_minutes=explained.duration_minutes,
        rules_revision=explained.rules_revision,
        service_id=explained.service_id,
    )


def _shown(reason: explain.Reason) -> _Reason:
    named = reason.noun in PREFIXES and reason.key is not None
    return _Reason(
        code=ReasonCode(reason.code),
        message=reason.message,
        starts_at=reason.from_at,
        until=reason.until,
        subject_id=spell_id(reason.noun, reason.key) if named else None,  # type: ignore[arg-type]
    )


def available_days() -> Any:
    """The root field of the month widget."""
    arguments = (
        Argument("first", date, "The first day.", optional=False, graphql_name="from"),
        Argument(
            "last", date, f"The last day; at most {MOST_DAYS} in all.", optional=False, graphql_name="to"
        ),
        *WHO_AND_WHAT,
        ZONE,
    )
    return answered_by(
        with_arguments(_open_days, arguments),
        "The days on which there is an opening, for calendars that grey out the others.",
        allow=READ,
        gives=AvailableDays,
        cost=10,
    )


def next_available() -> Any:
    """The root field that finds the first opening."""
    arguments = (
        Argument("after", datetime, "From when on to look; now where not given."),
        *WHO_AND_WHAT,
        ZONE,
    )
    return answered_by(
        with_arguments(_next, arguments),
        "The first opening, however far ahead.",
        allow=READ,
        gives=NextAvailable,
        cost=10,
    )


def explanation() -> Any:
    """The root field that says why not."""
    arguments = (
        Argument("provider_id", strawberry.ID, "With whom.", optional=False),
        Argument("starts_at", datetime, "When.", optional=False),
        *(one for one in WHO_AND_WHAT if one.name not in ("provider_ids", "collective")),
        ZONE,
    )
    return answered_by(
        with_arguments(_explain, arguments),
        "Why a time is not offered: everything that stands against it, and what is near.",
        allow=READ,
        gives=AvailabilityExplanation,
        cost=10,
    )
