"""The figures of the business."""

from __future__ import annotations

from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.insights import stats as core
from core.kernel.money import Money as CoreMoney
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.types import enum_type, object_type
from graphql_api.types.money import Money
from graphql_api.visit import Visit


@enum_type
class StatsPeriod(Enum):
    """A stretch of the calendar that holds today, in the business's zone."""

    WEEK = strawberry.enum_value(core.Period.WEEK.value, description="From Monday to Sunday.")
    MONTH = strawberry.enum_value(core.Period.MONTH.value, description="The calendar month.")
    YEAR = strawberry.enum_value(core.Period.YEAR.value, description="The calendar year.")


def _money(root: core.Stats, amount_minor: int) -> Money:
    return CoreMoney(amount_minor, root.currency)  # type: ignore[return-value]  # a source, shown as Money


def _revenue_this_month(root: core.Stats) -> Money:
    return _money(root, root.revenue_this_month_minor)


def _revenue_last_month(root: core.Stats) -> Money:
    return _money(root, root.revenue_last_month_minor)


def _deposits_pending(root: core.Stats) -> Money:
    return _money(root, root.deposits_pending_minor)


def _no_show_rate(root: core.Stats) -> float:
    return float(root.no_show_rate)


@object_type(allow=INHERITED)
class Stats:
    """Figures as of now. Those of appointments count what starts within the period."""

    starts_at: datetime = fact("When the period begins.")
    ends_at: datetime = fact("When the next one begins.")
    total: int = fact("How many appointments, in whatever state.")
    confirmed: int = fact("How many are confirmed.")
    pending: int = fact("How many wait for somebody to agree.")
    completed: int = fact("How many took place.")
    no_show: int = fact("To how many nobody came.")
    no_show_rate: float = answered_by(_no_show_rate, "No-shows out of all of them: 0 to 1, two decimals.")
    revenue_this_month: Money = answered_by(
        _revenue_this_month, "The prices of what was completed this calendar month."
    )
    revenue_last_month: Money = answered_by(
        _revenue_last_month, "The prices of what was completed last calendar month."
    )
    deposits_pending: Money = answered_by(_deposits_pending, "All deposits that are asked for and not paid.")
    clients_total: int = fact("How many clients there are.")
    clients_new_this_month: int = fact("How many of them were added this calendar month.")


async def _stats(info: Any, **given: Any) -> core.Stats:
    visit: Visit = info.context
    return await core.stats(visit.ctx, core.Period(given["period"].value))


def stats() -> Any:
    """The root field that tells the figures."""
    arguments = (Argument("period", StatsPeriod, "Which stretch of the calendar.", optional=False),)
    return answered_by(
        with_arguments(_stats, arguments),
        "The figures of the business.",
        allow=may(Permission.STATS_READ),
        gives=Stats,
        cost=10,
    )
