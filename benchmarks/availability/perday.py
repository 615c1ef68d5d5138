"""The way of schedulers that ask their database day by day, on the database that ours reads from.

Easy!Appointments asks seven questions for each provider and day (620 provider-days of this month make
4,340): settings, the service, the provider's plan and its exceptions, days off, blocked periods, and the
appointments. So does this, of the tables of Daybook, and lists the day's slots beside what was answered.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Date, Select, Text, bindparam, or_, select
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.sql import tables as t
from benchmarks.availability.kept import KeptSalon
from benchmarks.availability.salon import MONTH, NOW, ZONE_NAME
from core.availability.hours import WEEKDAYS
from core.kernel.clock import instant_of, minute_of
from core.kernel.text import zone_of

_BUSINESS, _PROVIDER, _RESOURCE, _SERVICE, _LOW, _HIGH = (
    bindparam(name, type_=BigInteger)
    for name in ("business", "provider", "resource", "service", "low", "high")
)
_DAY, _NEXT = bindparam("day", type_=Date), bindparam("next_day", type_=Text)
_OVERRIDES, _HOLIDAYS, _BLOCKS = t.date_overrides.c, t.holidays.c, t.blocks.c
STATEMENTS: dict[str, Select[Any]] = {
    "settings": select(t.businesses.c.time_zone).where(t.businesses.c.business_id == _BUSINESS),
    "service": select(
        t.services.c.duration_minutes, t.services.c.step_minutes, t.services.c.buffer_after_minutes
    ).where(t.services.c.business_id == _BUSINESS, t.services.c.id == _SERVICE),
    "plan": select(t.providers.c.weekly_hours).where(
        t.providers.c.business_id == _BUSINESS, t.providers.c.id == _PROVIDER
    ),
    "exceptions": select(_OVERRIDES.shifts).where(
        _OVERRIDES.business_id == _BUSINESS, _OVERRIDES.provider_id == _PROVIDER, _OVERRIDES.day == _DAY
    ),
    "off": select(_HOLIDAYS.id).where(
        _HOLIDAYS.business_id == _BUSINESS, _HOLIDAYS.first_day <= _DAY, _HOLIDAYS.last_day >= _DAY
    ),
    "blocked": select(_BLOCKS.starts, _BLOCKS.ends).where(
        _BLOCKS.business_id == _BUSINESS, or_(_BLOCKS.recurrence.is_not(None), _BLOCKS.starts < _NEXT)
    ),
    "taken": select(t.allocations.c.starts_minute, t.allocations.c.ends_minute).where(
        t.allocations.c.business_id == _BUSINESS,
        t.allocations.c.resource_id == _RESOURCE,
        t.allocations.c.is_active,
        t.allocations.c.starts_minute < _HIGH,
        t.allocations.c.starts_minute > _LOW - 4_320,
        t.allocations.c.ends_minute > _LOW,
    ),
}

Ask = Callable[[str, dict[str, Any]], Awaitable[Sequence[Any]]]
"""A statement by its name, and its parameters → its rows."""


@dataclass(kw_only=True)
class ByDay:
    """The answer, and how many statements it took."""

    starts: int = 0
    statements: int = 0


async def by_day(salon: KeptSalon, ask: Ask) -> ByDay:
    """The month's starts of every provider, seven statements a day."""
    answer, zone = ByDay(), zone_of(ZONE_NAME)
    for number, provider_id in salon.provider_ids.items():
        for later in range(31):
            day = (instant_of(MONTH[0]).astimezone(zone) + timedelta(days=later)).date()
            midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
            given = {
                "business": salon.ctx.business_id,
                "provider": provider_id,
                "resource": salon.resource_ids[number],
                "service": salon.service_id,
                "day": day,
                "next_day": (day + timedelta(days=1)).isoformat(),
                "low": minute_of(midnight),
                "high": minute_of(midnight + timedelta(days=1)),
            }
            rows = {name: await ask(name, given) for name in STATEMENTS}
            answer.statements += len(rows)
            answer.starts += _slots(day, rows)
    return answer


def _slots(day: date, rows: dict[str, Sequence[Any]]) -> int:
    """The slots of a day beside what was answered."""
    zone = zone_of(rows["settings"][0][0])
    ((length, step, after),) = rows["service"]
    hours = rows["plan"][0][0]
    hours = json.loads(hours) if isinstance(hours, str) else hours
    assert not rows["exceptions"]
    assert not rows["off"]
    assert not rows["blocked"]
    midnight = datetime(day.year, day.month, day.day, tzinfo=zone)
    taken = [(instant_of(start), instant_of(end)) for start, end in rows["taken"]]
    whole, count = timedelta(minutes=length + after), 0
    for opens, closes in hours.get(WEEKDAYS[day.weekday()], []):
        at, end = midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes)
        while at + timedelta(minutes=length) <= end:
            if at > NOW and all(until <= at or at + whole <= since for since, until in taken):
                count += 1
            at += timedelta(minutes=step)
    return count


def through_our_layer(connection: AsyncConnection) -> Ask:
    """Asked as the program asks: SQLAlchemy's statements, on a connection of the program's pool."""

    async def ask(name: str, given: dict[str, Any]) -> Sequence[Any]:
        rows: Sequence[Any] = (await connection.execute(STATEMENTS[name], given)).all()
        return rows

    return ask


async def through_the_driver(salon: KeptSalon, connection: AsyncConnection) -> Ask:
    """Asked with nothing in between: sqlite3 in this thread, or asyncpg's prepared statements."""
    told = {
        name: statement.compile(dialect=connection.dialect, compile_kwargs={"render_postcompile": True})
        for name, statement in STATEMENTS.items()
    }
    orders = {name: list(compiled.positiontup or ()) for name, compiled in told.items()}
    fixed = {name: dict(compiled.params) for name, compiled in told.items()}

    def values(name: str, given: dict[str, Any]) -> list[Any]:
        return [given.get(one, fixed[name].get(one)) for one in orders[name]]

    if not salon.house.database.is_postgresql:
        path = make_url(salon.house.database.url).database
        raw = sqlite3.connect(f"file:{path}?mode=ro", uri=True)

        async def ask_sqlite(name: str, given: dict[str, Any]) -> Sequence[Any]:
            day = {"day": given["day"].isoformat()}
            rows: Sequence[Any] = raw.execute(told[name].string, values(name, given | day)).fetchall()
            return rows

        return ask_sqlite
    driver: Any = (await connection.get_raw_connection()).driver_connection
    prepared = {name: await driver.prepare(compiled.string) for name, compiled in told.items()}

    async def ask_postgres(name: str, given: dict[str, Any]) -> Sequence[Any]:
        rows: Sequence[Any] = await prepared[name].fetch(*values(name, given))
        return rows

    return ask_postgres
