"""The figures of a business: which appointments count, in which period, in whose month."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.directory.update_business import UpdateBusiness, update_business
from core.insights.stats import Period, stats
from core.kernel.money import Money
from tests.kit.houses import NOW, Studio, counted


async def test_a_fresh_business_counts_nothing(studio: Studio) -> None:
    """All zeros, and a rate of zero rather than a division by it; two statements."""
    with counted(studio.house) as statements:
        figures = await stats(studio.ctx, Period.MONTH)
    assert len(statements) == 2
    assert (figures.total, figures.no_show_rate, figures.clients_total) == (0, Decimal(0), 0)
    assert (figures.revenue_this_month_minor, figures.deposits_pending_minor) == (0, 0)


async def test_every_figure_counts_what_it_says(studio: Studio) -> None:
    """Six appointments this month: completed, no-show, cancelled, confirmed with deposit, two plain."""
    client_id = await studio.client()
    await studio.client("Second Client")
    keys = [
        await studio.appointment(
            client_id, starts_at=NOW + timedelta(days=1, hours=number), price=Money(10_000, "USD")
        )
        for number in range(6)
    ]
    await complete(studio.ctx, CompleteAppointment(appointment_id=keys[0]))
    await mark_no_show(studio.ctx, MarkNoShow(appointment_id=keys[1]))
    await cancel(studio.ctx, CancelAppointment(appointment_id=keys[2]))
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=keys[3]))
    figures = await stats(studio.ctx, Period.MONTH)
    assert (figures.total, figures.confirmed, figures.completed) == (6, 3, 1)
    assert (figures.pending, figures.no_show, figures.no_show_rate) == (0, 1, Decimal("0.17"))
    assert (figures.revenue_this_month_minor, figures.revenue_last_month_minor) == (10_000, 0)
    assert figures.deposits_pending_minor == 3_000
    assert (figures.clients_total, figures.clients_new_this_month) == (2, 2)


@pytest.mark.parametrize(("period", "total"), [(Period.WEEK, 1), (Period.MONTH, 2), (Period.YEAR, 3)])
async def test_the_period_holds_today_and_scopes_appointments_only(
    studio: Studio, period: Period, total: int
) -> None:
    """Tomorrow is in week, month and year; next week in month and year; May in the year alone."""
    client_id = await studio.client()
    for days in (1, 8, 70, 320):
        await studio.appointment(client_id, starts_at=NOW + timedelta(days=days))
    assert (await stats(studio.ctx, period)).total == total


async def test_months_are_those_of_the_business_zone(studio: Studio) -> None:
    """An hour before midnight on 31 March in New York is March there, though it is April in UTC."""
    await update_business(studio.ctx, UpdateBusiness(time_zone="America/New_York"))
    late = datetime(2027, 3, 31, 23, 0, tzinfo=ZoneInfo("America/New_York"))
    await studio.appointment(await studio.client(), starts_at=late)
    figures = await stats(studio.ctx, Period.MONTH)
    assert figures.total == 1
    assert figures.ends_at == datetime(2027, 4, 1, 0, 0, tzinfo=ZoneInfo("America/New_York"))


async def test_another_business_is_not_counted(studio: Studio, other_studio: Studio) -> None:
    """What the neighbours do shows in nobody else's figures."""
    await other_studio.appointment(await other_studio.client())
    figures = await stats(studio.ctx, Period.YEAR)
    assert (figures.total, figures.clients_total) == (0, 0)
