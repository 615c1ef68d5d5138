"""Conditions and figures of a Selection, as SQL on an alias of its table."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, FromClause, cast, false, func, or_, select, true

from adapters.sql import tables
from adapters.sql.among import among
from adapters.sql.folding import contains, contains_digits
from core.appointments.reads import APPOINTMENT, GROUP_SESSION, HOLD, PROVIDER_CHOICE, SERIES
from core.blocks.reads import BLOCK
from core.catalog.reads import SERVICE, SERVICE_PROVIDER
from core.deposits.reads import DEPOSIT
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.holidays.reads import HOLIDAY, HOLIDAY_CALENDAR
from core.kernel.reading import AnyOf, Figure, Where
from core.messaging.reads import MESSAGE
from core.resources.reads import RESOURCE
from core.schedules.reads import DATE_OVERRIDE, SCHEDULE
from core.waitlist.reads import WAITLIST_ENTRY, WAITLIST_OFFER
from core.webhooks.reads import WEBHOOK_ATTEMPT, WEBHOOK_DELIVERY, WEBHOOK_ENDPOINT

_BUSINESSES = (
    select(tables.businesses, tables.tenants.c.plan, tables.tenants.c.trial_ends_at)
    .join(tables.tenants, tables.tenants.c.id == tables.businesses.c.business_id)
    .subquery("businesses")
)

TABLES: dict[str, FromClause] = {
    APPOINTMENT.name: tables.appointments,
    BLOCK.name: tables.blocks,
    BUSINESS.name: _BUSINESSES,
    CLIENT.name: tables.clients,
    DATE_OVERRIDE.name: tables.date_overrides,
    DEPOSIT.name: tables.deposits,
    HOLIDAY.name: tables.holidays,
    HOLIDAY_CALENDAR.name: tables.holiday_calendars,
    GROUP_SESSION.name: tables.group_sessions,
    HOLD.name: tables.holds,
    PROVIDER_CHOICE.name: tables.provider_choices,
    SERIES.name: tables.series,
    LOCATION.name: tables.locations,
    MESSAGE.name: tables.messages,
    PROVIDER.name: tables.providers,
    RESOURCE.name: tables.resources,
    SCHEDULE.name: tables.schedules,
    SERVICE.name: tables.services,
    SERVICE_PROVIDER.name: tables.service_providers,
    WAITLIST_ENTRY.name: tables.waitlist_entries,
    WAITLIST_OFFER.name: tables.waitlist_offers,
    WEBHOOK_ATTEMPT.name: tables.webhook_attempts,
    WEBHOOK_DELIVERY.name: tables.webhook_deliveries,
    WEBHOOK_ENDPOINT.name: tables.webhook_endpoints,
}


_KEPT_NOWHERE = re.compile(r"[\x00\ud800-\udfff]")
"""NUL and lone surrogates: databases refuse to be asked for what no column can hold."""

_OPERATORS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "eq": lambda column, value: column.is_(None) if value is None else column == value,
    "ne": lambda column, value: column.is_not(None) if value is None else column != value,
    "in": among,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "contains": contains,
    "digits": contains_digits,
}


def condition(source: FromClause, where: Where | AnyOf) -> ColumnElement[bool]:
    """A condition on an alias."""
    if isinstance(where, AnyOf):
        return or_(*(condition(source, one) for one in where.conditions))
    value = where.value
    if where.operator == "in":
        value = [one for one in value if not _is_kept_nowhere(one)]
    elif _is_kept_nowhere(value):
        return true() if where.operator == "ne" else false()
    return _OPERATORS[where.operator](source.c[where.column], value)


def _is_kept_nowhere(value: Any) -> bool:
    return isinstance(value, str) and _KEPT_NOWHERE.search(value) is not None


def figure(source: FromClause, declared: Figure, business_id: int) -> ColumnElement[Any]:
    """A figure over related rows, as a scalar subquery beside the row."""
    other = TABLES[declared.noun].alias()
    related = [source.c[mine] == other.c[theirs] for mine, theirs in declared.on]
    column = other.c[declared.column]
    worked: ColumnElement[Any]
    match declared.function:
        case "count":
            worked = func.count()
        case "sum":
            worked = cast(func.coalesce(func.sum(column), 0), BigInteger)
        case "max":
            worked = func.max(column)
    return (
        select(worked)
        .where(
            other.c.business_id == business_id,
            *related,
            *(condition(other, where) for where in declared.where),
        )
        .correlate(source)
        .scalar_subquery()
    )
