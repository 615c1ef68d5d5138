"""A business's rules and what changed, in one statement; what is taken, in another."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    literal,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

from adapters.sql.questions.openings import TAKEN, taken_values
from adapters.sql.questions.port import Answers
from adapters.sql.tables import (
    blocks,
    businesses,
    date_overrides,
    group_sessions,
    holidays,
    locations,
    providers,
    resources,
    schedules,
    sequences,
    service_providers,
    services,
)
from adapters.sql.types import Json
from core.appointments.ledger import KIT, ROOM, SEATS
from core.availability.kept import policies_of, reaches_of, recurrence_of, wall_of
from core.availability.questions import Changes
from core.availability.rulebook import (
    BlockRules,
    HolidayRules,
    LocationRules,
    OverrideRules,
    ProviderRules,
    ResourceRules,
    Rulebook,
    ScheduleRules,
    ServiceRules,
    Taken,
    taken_of,
)

_NEVER = -1
_ROOMS_AND_KIT = resources.c.kind.in_([literal_column(f"'{kind}'") for kind in (ROOM, KIT)])
"""Spelt out, as the index says it: neither database compares a bound value with the words of an index."""

_TOLD: tuple[tuple[Table, tuple[str, ...], ColumnElement[bool]], ...] = (
    (businesses, ("time_zone", "weekly_hours"), true()),
    (locations, ("id", "time_zone"), locations.c.archived_at.is_(None)),
    (
        providers,
        ("id", "resource_id", "location_id", "weekly_hours", "is_accepting_bookings"),
        providers.c.archived_at.is_(None),
    ),
    (
        services,
        (
            "id",
            "duration_minutes",
            "buffer_before_minutes",
            "buffer_after_minutes",
            "notice_minutes",
            "step_minutes",
            "policies",
        ),
        services.c.archived_at.is_(None),
    ),
    (service_providers, ("service_id", "provider_id", "weight"), true()),
    (
        resources,
        ("id", "capacity", "location_id"),
        and_(resources.c.archived_at.is_(None), _ROOMS_AND_KIT),
    ),
    (
        schedules,
        (
            "id",
            "weekly_hours",
            "provider_id",
            "location_id",
            "time_zone",
            "first_day",
            "last_day",
            "service_ids",
            "is_public",
        ),
        true(),
    ),
    (date_overrides, ("id", "day", "shifts", "provider_id", "location_id"), true()),
    (holidays, ("id", "first_day", "last_day", "location_id"), true()),
    (blocks, ("id", "starts", "ends", "reaches", "time_zone", "recurrence", "exceptions"), true()),
)
"""Every table of rules: the columns that are read, and which rows."""


class _Record(FunctionElement[Any]):
    """A row of some columns as one JSON array."""

    inherit_cache = True
    type = Json


@compiles(_Record)
def _on_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    return f"jsonb_build_array({compiler.process(element.clauses, **options)})"


@compiles(_Record, "sqlite")
def _on_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    parts = []
    for column in element.clauses:
        told = compiler.process(column, **options)
        parts.append(f"json({told})" if isinstance(column.type, type(Json)) else told)
    return f"json_array({', '.join(parts)})"


def _changes_statement() -> Any:
    """The statement, built once: what the log says, what was touched, and the rules where they changed."""
    own = bindparam("business_id", type_=BigInteger)
    s, r = sequences.c, resources.c
    # Asked for each resource that was touched, so that no plan begins with the sessions of all time.
    giver = (
        select(providers.c.resource_id)
        .select_from(group_sessions)
        .join(
            providers,
            and_(
                providers.c.business_id == group_sessions.c.business_id,
                providers.c.id == group_sessions.c.provider_id,
            ),
        )
        .where(group_sessions.c.business_id == r.business_id, group_sessions.c.seats_id == r.id)
        .scalar_subquery()
    )
    told: list[Select[Any, Any]] = [
        select(
            literal("sequences", Text).label("kind"), _Record(s.last, s.rules_revision).label("row")
        ).where(s.business_id == own),
        select(literal("touched", Text), _Record(r.id, r.revision)).where(
            r.business_id == own, r.revision > bindparam("known_last", type_=BigInteger)
        ),
        # Whoever takes a seat changes what can be had of the session's provider.
        select(literal("touched", Text), _Record(giver, r.revision)).where(
            r.business_id == own,
            r.kind == SEATS,
            r.revision > bindparam("known_last", type_=BigInteger),
        ),
    ]
    for table, columns, condition in _TOLD:
        newer = and_(s.business_id == own, s.rules_revision > bindparam("known_rules", type_=BigInteger))
        told.append(
            select(literal(table.name, Text), _Record(*(table.c[name] for name in columns)))
            .select_from(table.join(sequences, s.business_id == table.c.business_id))
            .where(table.c.business_id == own, newer, condition)
        )
    return union_all(*told)


_CHANGES = _changes_statement()
_EVERYTHING = (1 << 62) - 1


class SqlAvailabilityQuestions(Answers):
    """See core.availability.questions.AvailabilityQuestions."""

    async def changes(self, known_last: int | None, known_rules: int | None) -> Changes:
        """One statement, of which the rules are the greater part only where they changed."""
        answered = await self.executes.execute(
            _CHANGES,
            {
                "business_id": self.business_id,
                "known_last": _EVERYTHING if known_last is None else known_last,
                "known_rules": _NEVER if known_rules is None else known_rules,
            },
        )
        rows: dict[str, list[Any]] = {}
        for kind, row in answered:
            rows.setdefault(kind, []).append(row)
        ((last, rules_revision),) = rows.get("sequences", [(0, 0)])
        return Changes(
            last=last,
            rules_revision=rules_revision,
            rulebook=_rulebook(rules_revision, rows) if "businesses" in rows else None,
            touched=dict(sorted(rows.get("touched", ()), key=lambda row: row[1])),
        )

    async def taken(self, resource_ids: Sequence[int], start: int, end: int, now: datetime) -> list[Taken]:
        """See adapters.sql.questions.openings."""
        values = taken_values(self.business_id, resource_ids, start, end, now)
        return taken_of(await self.executes.execute(TAKEN, values))


def _rulebook(revision: int, rows: dict[str, list[Any]]) -> Rulebook:
    """The rulebook that the rows of every table come to."""
    ((time_zone, weekly_hours),) = rows["businesses"]
    offering: dict[int, dict[int, int]] = {}
    for service_id, provider_id, weight in rows.get("service_providers", ()):
        offering.setdefault(service_id, {})[provider_id] = weight
    return Rulebook(
        revision=revision,
        time_zone=time_zone,
        weekly_hours=weekly_hours,
        locations={
            key: LocationRules(location_id=key, time_zone=zone) for key, zone in rows.get("locations", ())
        },
        providers={
            key: ProviderRules(
                provider_id=key,
                resource_id=resource_id,
                location_id=location_id,
                weekly_hours=hours,
                is_accepting_bookings=bool(is_accepting),
            )
            for key, resource_id, location_id, hours, is_accepting in rows.get("providers", ())
        },
        services={row[0]: _service(offering.get(row[0]), *row) for row in rows.get("services", ())},
        resources={
            key: ResourceRules(resource_id=key, capacity=capacity, location_id=location_id)
            for key, capacity, location_id in rows.get("resources", ())
        },
        schedules=[_schedule(*row) for row in rows.get("schedules", ())],
        overrides=[
            OverrideRules(
                override_id=key,
                day=date.fromisoformat(day),
                shifts=shifts,
                provider_id=provider_id,
                location_id=location_id,
            )
            for key, day, shifts, provider_id, location_id in rows.get("date_overrides", ())
        ],
        holidays=[
            HolidayRules(
                holiday_id=key,
                first=date.fromisoformat(first),
                last=date.fromisoformat(last),
                location_id=location_id,
            )
            for key, first, last, location_id in rows.get("holidays", ())
        ],
        blocks=[_block(*row) for row in rows.get("blocks", ())],
    )


def _service(
    offering: dict[int, int] | None,
    key: int,
    duration: int,
    before: int,
    after: int,
    notice: int,
    step: int,
    policies: dict[str, Any],
) -> ServiceRules:
    return ServiceRules(
        service_id=key,
        duration_minutes=duration,
        buffer_before_minutes=before,
        buffer_after_minutes=after,
        notice_minutes=notice,
        step_minutes=step,
        provider_ids=None if offering is None else frozenset(offering),
        weights=offering or {},
        **policies_of(policies),
    )


def _schedule(
    key: int,
    weekly_hours: dict[str, list[list[int]]],
    provider_id: int | None,
    location_id: int | None,
    time_zone: str | None,
    first: str | None,
    last: str | None,
    service_ids: list[int] | None,
    is_public: bool,
) -> ScheduleRules:
    return ScheduleRules(
        schedule_id=key,
        weekly_hours=weekly_hours,
        provider_id=provider_id,
        location_id=location_id,
        time_zone=time_zone,
        first=None if first is None else date.fromisoformat(first),
        last=None if last is None else date.fromisoformat(last),
        service_ids=None if service_ids is None else frozenset(service_ids),
        is_public=bool(is_public),
    )


def _block(
    key: int,
    starts: str,
    ends: str,
    reaches: list[dict[str, int]],
    time_zone: str | None,
    recurrence: dict[str, Any] | None,
    exceptions: list[str],
) -> BlockRules:
    return BlockRules(
        block_id=key,
        starts=wall_of(starts),
        ends=wall_of(ends),
        reaches=reaches_of(reaches),
        time_zone=time_zone,
        recurrence=None if recurrence is None else recurrence_of(recurrence),
        exceptions=frozenset(wall_of(one) for one in exceptions),
    )
