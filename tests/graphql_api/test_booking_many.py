"""Booking with more than one: a provider to be chosen, seats of a group, a series; and saying no."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Update, update

from adapters.sql.tables import locations, services
from core.kernel.unset import UNSET
from tests.graphql_api.conftest import Api, gid
from tests.kit.houses import Studio

BOOK = """
mutation Book($input: BookAppointmentInput!) {
  bookAppointment(input: $input) {
    __typename
    ... on BookAppointmentPayload {
      appointment { id startsAt status awaiting seats provider { id } groupSession { id capacity } series { timeZone } }
      appointments { startsAt }
    }
    ... on SlotTaken { providerId startsAt nextFree }
    ... on ValidationFailed { issues { path code } }
    ... on NotFound { noun }
  }
}
"""
CHOICES = """
{ providerChoices { edges { node { mode provider { id } candidates { provider { id } weight outcome } } } } }
"""
DECLINE = """
mutation($input: DeclineAppointmentInput!) {
  declineAppointment(input: $input) {
    __typename
    ... on DeclineAppointmentPayload { appointment { status cancellationReason } }
    ... on IllegalTransition { verb status }
  }
}
"""


async def set_rows(studio: Studio, statement: Update) -> None:
    """Change the business's rows of a table before anybody has read its rules."""
    table = statement.table
    async with studio.house.database.connect(studio.business_id, write=True) as connection:
        await connection.execute(statement.where(table.c.business_id == studio.business_id))
        await connection.commit()


async def booked(api: Api, studio: Studio, **more: Any) -> dict[str, Any]:
    """The result of a booking of the owner's hour on March 2, unless said otherwise."""
    given = {
        "clientId": gid("client", await studio.client()),
        "providerId": gid("provider", studio.provider_id),
        "startsAt": "2027-03-02T11:00:00Z",
        "durationMinutes": 60,
        **more,
    }
    given = {name: value for name, value in given.items() if value is not UNSET}
    result: dict[str, Any] = (await api.data(BOOK, input=given))["bookAppointment"]
    return result


async def test_a_provider_is_chosen_in_turn_and_the_log_says_why(api: Api, studio: Studio) -> None:
    """Two providers share one time; the third asker learns that nobody is left, and what is near."""
    mara = await studio.provider("Mara Voss")
    owner = gid("provider", studio.provider_id)
    chosen = {"providerId": UNSET, "providerSelection": {"mode": "ROUND_ROBIN"}}
    first = await booked(api, studio, **chosen)
    second = await booked(api, studio, **chosen)
    assert first["appointment"]["provider"]["id"] == owner
    assert second["appointment"]["provider"]["id"] == gid("provider", mara)
    third = await booked(api, studio, **chosen)
    assert (third["__typename"], third["nextFree"][0]) == ("SlotTaken", "2027-03-02T10:00:00Z")
    edges = (await api.data(CHOICES))["providerChoices"]["edges"]
    assert [edge["node"]["candidates"] for edge in edges] == [
        [{"provider": {"id": owner}, "weight": 1, "outcome": "CHOSEN"}],
        [{"provider": {"id": gid("provider", mara)}, "weight": 1, "outcome": "CHOSEN"}],
    ]
    assert len(await studio.table("appointments")) == 2


async def test_either_a_provider_or_a_choice_is_given(api: Api, studio: Studio) -> None:
    """Neither and both are refused alike, and nothing is kept."""
    for given in (
        {"providerId": UNSET},
        {"providerSelection": {"mode": "LEAST_BUSY"}},
    ):
        refused = await booked(api, studio, **given)
        assert refused["issues"] == [{"path": "providerId", "code": "ONE_OF_TWO"}]
    foreign = await booked(
        api, studio, providerId=UNSET, providerSelection={"providerIds": [gid("provider", 999_999)]}
    )
    assert foreign == {"__typename": "NotFound", "noun": "provider"}
    assert await studio.table("appointments") == []


async def test_a_series_keeps_its_wall_clock_time(api: Api, studio: Studio) -> None:
    """Three Tuesdays in New York, over the change of the clocks; a skipped date is left out, a taken one refuses all."""
    await set_rows(studio, update(locations).values(time_zone="America/New_York"))
    given = {
        "startsAt": "2027-03-02T16:00:00Z",
        "recurrence": {"recurrence": {"frequency": "WEEKLY", "count": 4}, "skip": ["2027-03-09"]},
    }
    done = await booked(api, studio, **given)
    assert [one["startsAt"] for one in done["appointments"]] == [
        "2027-03-02T16:00:00Z",
        "2027-03-16T15:00:00Z",
        "2027-03-23T15:00:00Z",
    ]
    assert done["appointment"]["series"] == {"timeZone": "America/New_York"}
    again = await booked(api, studio, **{**given, "startsAt": "2027-03-09T15:30:00Z"})
    assert (again["__typename"], again["startsAt"]) == ("SlotTaken", "2027-03-16T14:30:00Z")
    assert len(await studio.table("appointments")) == 3


async def test_who_waits_for_approval_can_be_told_no(api: Api, studio: Studio) -> None:
    """Pending first; declined once, and the time is free again; a second no is refused."""
    service = await studio.service()
    await set_rows(studio, update(services).values(policies={"needs_approval": True}))
    done = await booked(api, studio, serviceId=gid("service", service), durationMinutes=UNSET)
    assert (done["appointment"]["status"], done["appointment"]["awaiting"]) == ("PENDING", "BUSINESS")
    given = {"appointmentId": done["appointment"]["id"], "reason": "Away that week"}
    declined = (await api.data(DECLINE, input=given))["declineAppointment"]
    assert declined["appointment"] == {"status": "DECLINED", "cancellationReason": "Away that week"}
    again = (await api.data(DECLINE, input=given))["declineAppointment"]
    assert again == {"__typename": "IllegalTransition", "verb": "decline", "status": "DECLINED"}
    assert [row["is_active"] for row in await studio.table("allocations")] in ([False], [0])


async def test_seats_of_a_group_share_one_session(api: Api, studio: Studio) -> None:
    """Two of three seats, then one, then none is left."""
    service = await studio.service()
    await set_rows(studio, update(services).values(policies={"capacity": 3}))
    given = {"serviceId": gid("service", service), "durationMinutes": UNSET}
    first = await booked(api, studio, seats=2, **given)
    second = await booked(api, studio, seats=1, **given)
    assert first["appointment"]["groupSession"] == second["appointment"]["groupSession"]
    assert first["appointment"]["groupSession"]["capacity"] == 3
    third = await booked(api, studio, **given)
    assert third["__typename"] == "SlotTaken"
    too_many = await booked(api, studio, seats=4, **given)
    assert too_many["issues"] == [{"path": "seats", "code": "OUT_OF_RANGE"}]
    assert len(await studio.table("group_sessions")) == 1
