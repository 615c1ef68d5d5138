"""The figures in GraphQL."""

from __future__ import annotations

from datetime import timedelta

import pytest

from app.house import House
from core.appointments.complete import CompleteAppointment, complete
from core.appointments.confirm import ConfirmAppointment, confirm
from core.appointments.mark_no_show import MarkNoShow, mark_no_show
from core.kernel.money import Money
from tests.graphql_api.conftest import Api, ask_as
from tests.kit.houses import NOW, Studio, counted

QUERY = """
query($period: StatsPeriod!) {
  stats(period: $period) {
    startsAt endsAt total confirmed pending completed noShow noShowRate
    revenueThisMonth { amountMinor currency } revenueLastMonth { amountMinor currency }
    depositsPending { amountMinor currency } clientsTotal clientsNewThisMonth
  }
}
"""


async def test_the_figures_are_two_statements(house: House, api: Api, studio: Studio) -> None:
    """Three appointments this month: one done, one missed, one confirmed with its deposit asked for."""
    client = await studio.client("Ada Quinn", email="ada@quinn.example")
    keys = [
        await studio.appointment(client, starts_at=NOW + timedelta(days=day), price=Money(40_000, "USD"))
        for day in (1, 2, 10)
    ]
    await complete(studio.ctx, CompleteAppointment(appointment_id=keys[0]))
    await mark_no_show(studio.ctx, MarkNoShow(appointment_id=keys[1]))
    await confirm(studio.ctx, ConfirmAppointment(appointment_id=keys[2]))
    await api.data("{ __typename }")
    with counted(house) as statements:
        data = await api.data(QUERY, period="MONTH")
    assert len(statements) == 2
    month = {
        "startsAt": "2027-03-01T00:00:00Z",
        "endsAt": "2027-04-01T00:00:00Z",
        "total": 3,
        "confirmed": 1,
        "pending": 0,
        "completed": 1,
        "noShow": 1,
        "noShowRate": 0.33,
        "revenueThisMonth": {"amountMinor": 40_000, "currency": "USD"},
        "revenueLastMonth": {"amountMinor": 0, "currency": "USD"},
        "depositsPending": {"amountMinor": 12_000, "currency": "USD"},
        "clientsTotal": 1,
        "clientsNewThisMonth": 1,
    }
    assert data["stats"] == month
    week = {"endsAt": "2027-03-08T00:00:00Z", "total": 2, "confirmed": 0, "noShowRate": 0.5}
    assert (await api.data(QUERY, period="WEEK"))["stats"] == {**month, **week}
    year = {"startsAt": "2027-01-01T00:00:00Z", "endsAt": "2028-01-01T00:00:00Z"}
    assert (await api.data(QUERY, period="YEAR"))["stats"] == {**month, **year}


@pytest.mark.parametrize("period", ["DAY", "month", "", 1, None])
async def test_other_periods_do_not_exist(api: Api, studio: Studio, period: object) -> None:
    """A protocol fault, told before anything is read."""
    error = await api.refused(QUERY, period=period)
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}


async def test_the_figures_are_for_who_may_see_them(studio: Studio, stranger: Api) -> None:
    """Owners and managers; staff get null and an error."""
    answer = await ask_as(studio, "staff", QUERY, period="MONTH")
    assert answer["errors"][0]["extensions"] == {"code": "PERMISSION_DENIED", "permission": "stats:read"}
    assert (await stranger.refused(QUERY, period="MONTH"))["extensions"] == {"code": "UNAUTHENTICATED"}
