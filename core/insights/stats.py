"""The figures of a business: appointments in a period, revenue by month, clients, no-shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import Enum
from typing import Protocol

from core.appointments.life import COMPLETED, CONFIRMED, NO_SHOW, PENDING
from core.availability.hours import wall_minute
from core.directory.reads import BUSINESS
from core.kernel.clock import instant_of
from core.kernel.context import Context
from core.kernel.reading import Selection
from core.kernel.text import zone_of


class Period(Enum):
    """The week (from Monday), month or year that holds today, in the business's zone."""

    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """Figures; money in minor units of `currency`, `no_show_rate` from 0 to 1 with two decimals.

    The appointment figures and the rate are those that start within the period; months are calendar
    months in the business's zone; clients and pending deposits are all there are.
    """

    currency: str
    starts_at: datetime
    ends_at: datetime
    total: int
    confirmed: int
    pending: int
    completed: int
    no_show: int
    revenue_this_month_minor: int
    revenue_last_month_minor: int
    deposits_pending_minor: int
    clients_total: int
    clients_new_this_month: int

    @property
    def no_show_rate(self) -> Decimal:
        """No-shows out of all appointments of the period."""
        if self.total == 0:
            return Decimal(0)
        return (Decimal(self.no_show) / self.total).quantize(Decimal("0.01"), ROUND_HALF_UP)


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """The sums behind the figures."""

    by_status: dict[str, int]
    revenue_this_month_minor: int
    revenue_last_month_minor: int
    deposits_pending_minor: int
    clients_total: int
    clients_new_this_month: int


Span = tuple[datetime, datetime]


class StatsQuestions(Protocol):
    """What the figures ask; one statement."""

    async def counted(self, period: Span, this_month: Span, last_month: Span) -> Counted:
        """Appointments by status that start within the period; the price of those completed per month."""
        ...


async def stats(ctx: Context, period: Period) -> Stats:
    """The figures as of now, in two statements."""
    business = await ctx.read.one(Selection(noun=BUSINESS, fields={"time_zone", "currency"}), ctx.business_id)
    assert business is not None
    zone = business["time_zone"]
    today = ctx.clock.now().astimezone(zone_of(zone)).date()
    span = _span(*_days(period, today), zone)
    this_month = _days(Period.MONTH, today)
    last_month = _days(Period.MONTH, this_month[0] - timedelta(days=1))
    counted = await ctx.ask(StatsQuestions).counted(span, _span(*this_month, zone), _span(*last_month, zone))
    return Stats(
        currency=business["currency"],
        starts_at=span[0],
        ends_at=span[1],
        total=sum(counted.by_status.values()),
        confirmed=counted.by_status.get(CONFIRMED, 0),
        pending=counted.by_status.get(PENDING, 0),
        completed=counted.by_status.get(COMPLETED, 0),
        no_show=counted.by_status.get(NO_SHOW, 0),
        revenue_this_month_minor=counted.revenue_this_month_minor,
        revenue_last_month_minor=counted.revenue_last_month_minor,
        deposits_pending_minor=counted.deposits_pending_minor,
        clients_total=counted.clients_total,
        clients_new_this_month=counted.clients_new_this_month,
    )


def _days(period: Period, today: date) -> tuple[date, date]:
    """The first day of the period, and the first after it."""
    if period is Period.WEEK:
        monday = today - timedelta(days=today.weekday())
        return monday, monday + timedelta(days=7)
    if period is Period.MONTH:
        first = today.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    first = today.replace(month=1, day=1)
    return first, first.replace(year=first.year + 1)


def _span(first: date, after: date, zone_name: str) -> Span:
    zone = zone_of(zone_name)
    return instant_of(wall_minute(first, 0, zone)), instant_of(wall_minute(after, 0, zone))
