"""Availability: the openings by day, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from core.directory.create_location import CreateLocation, create_location
from graphql_api.types import availability
from tests.graphql_api.conftest import Api, gid
from tests.kit.houses import Studio

OPENINGS = """
query(
  $from: Date!, $to: Date!, $serviceId: ID, $providerIds: [ID!], $locationId: ID, $timeZone: TimeZone,
  $durationMinutes: Int
) {
  availability(
    from: $from, to: $to, serviceId: $serviceId, providerIds: $providerIds, locationId: $locationId,
    timeZone: $timeZone, durationMinutes: $durationMinutes
  ) { timeZone durationMinutes days { date slots { startsAt endsAt providers { id } } } }
}
"""
TUESDAY = {"from": "2027-03-02", "to": "2027-03-02"}


async def starts(api: Api, **given: Any) -> list[str]:
    """When slots start, within the days asked for."""
    data = await api.data(OPENINGS, **{**TUESDAY, **given})
    return [slot["startsAt"] for day in data["availability"]["days"] for slot in day["slots"]]


async def test_what_is_booked_is_no_longer_offered(api: Api, studio: Studio) -> None:
    """A slot of one provider goes, and stays with the other."""
    mara = await studio.provider("Mara Voss")
    client = await studio.client()
    service = await studio.service("Sleeve", 240, step_minutes=240)
    given = {"serviceId": gid("service", service)}
    assert await starts(api, **given) == ["2027-03-02T10:00:00Z", "2027-03-02T14:00:00Z"]
    (first, _) = (await api.data(OPENINGS, **TUESDAY, **given))["availability"]["days"][0]["slots"]
    booked = await api.data(
        "mutation($input: BookAppointmentInput!) { bookAppointment(input: $input) { __typename } }",
        input={
            "clientId": gid("client", client),
            "providerId": gid("provider", mara),
            "serviceId": gid("service", service),
            "startsAt": first["startsAt"],
        },
    )
    assert booked == {"bookAppointment": {"__typename": "BookAppointmentPayload"}}
    (first, second) = (await api.data(OPENINGS, **TUESDAY, **given))["availability"]["days"][0]["slots"]
    owner = {"id": gid("provider", studio.provider_id)}
    assert first["providers"] == [owner]
    assert second["providers"] == [owner, {"id": gid("provider", mara)}]
    assert await starts(api, **given, providerIds=[gid("provider", mara)]) == ["2027-03-02T14:00:00Z"]
    assert await starts(api, **given, providerIds=[]) == []


async def test_a_location_narrows_the_openings(api: Api, studio: Studio, other_studio: Studio) -> None:
    """To those who work there; another business's place is one that is not there."""
    annex = (await create_location(studio.ctx, CreateLocation(name="Annex"))).location_id
    nyx = await studio.provider("Nyx", location_id=annex)
    data = await api.data(OPENINGS, **TUESDAY, durationMinutes=240, locationId=gid("location", annex))
    slots = data["availability"]["days"][0]["slots"]
    assert [slot["providers"] for slot in slots] == [[{"id": gid("provider", nyx)}]] * 2
    (theirs,) = await other_studio.table("locations")
    for id in (gid("location", theirs["id"]), gid("location", 2**53 - 1), "garbage"):
        error = await api.refused(OPENINGS, **TUESDAY, durationMinutes=240, locationId=id)
        assert (error["message"], error["extensions"]) == ("No such location.", {"code": "NOT_FOUND"})


async def test_days_are_those_of_the_zone_asked_for(api: Api, studio: Studio) -> None:
    """In Auckland, Tuesday's openings of a studio in UTC fall on Tuesday night and Wednesday morning."""
    data = await api.data(OPENINGS, **TUESDAY, durationMinutes=240, timeZone="Pacific/Auckland")
    assert data["availability"]["timeZone"] == "Pacific/Auckland"
    assert [
        (day["date"], [slot["startsAt"] for slot in day["slots"]]) for day in data["availability"]["days"]
    ] == [("2027-03-02", ["2027-03-01T14:00:00Z", "2027-03-02T10:00:00Z"])]


@pytest.mark.parametrize(
    ("given", "issues"),
    [
        ({"to": "2027-03-01"}, [("to", "BEFORE_FIRST"), ("durationMinutes", "REQUIRED")]),
        ({"to": "2027-06-02", "durationMinutes": 60}, [("to", "RANGE_TOO_LONG")]),
        (
            {"from": "0001-01-01", "to": "0001-01-01", "durationMinutes": 60},
            [("from", "OUT_OF_RANGE"), ("to", "OUT_OF_RANGE")],
        ),
        ({"durationMinutes": 0}, [("durationMinutes", "OUT_OF_RANGE")]),
        ({"durationMinutes": 60, "timeZone": "Mars/Base"}, [("timeZone", "UNKNOWN_TIME_ZONE")]),
    ],
)
async def test_ranges_that_make_no_sense_are_refused(
    api: Api, given: dict[str, Any], issues: list[tuple[str, str]]
) -> None:
    """By the names of the arguments, every issue found."""
    error = await api.refused(OPENINGS, **{**TUESDAY, **given})
    assert error["extensions"]["code"] == "VALIDATION_FAILED"
    assert [(issue["path"], issue["code"]) for issue in error["extensions"]["issues"]] == issues


async def test_unknown_and_foreign_names_are_refused_alike(api: Api, other_studio: Studio) -> None:
    """A service and a provider that are not there, of another business, or no ids at all."""
    foreign = gid("service", await other_studio.service())
    for field, noun, ids in (
        ("serviceId", "service", [foreign, gid("service", 2**53 - 1), "garbage"]),
        ("providerIds", "provider", [[gid("provider", other_studio.provider_id)], [gid("provider", 1)[:-1]]]),
    ):
        errors = [
            await api.refused(OPENINGS, **TUESDAY, durationMinutes=60, **{field: value}) for value in ids
        ]
        assert {error["message"] for error in errors} == {f"No such {noun}."}
        assert all(error["extensions"] == {"code": "NOT_FOUND"} for error in errors)


PLAIN = """
query($to: Date!, $length: Int!) {
  availability(from: "2027-03-02", to: $to, durationMinutes: $length) { days { slots { startsAt } } }
}
"""
NAMED = PLAIN.replace("startsAt }", "startsAt providers { id } }")
TOO_MANY = [{"path": "to", "code": "TOO_MANY", "message": "must be nearer: there are too many openings"}]


async def test_an_answer_is_bounded(api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """Starts by themselves, whoever shares them; starts of single providers only where they are named."""
    await studio.provider("Mara Voss")
    monkeypatch.setattr(availability, "MOST_STARTS", 8)
    monkeypatch.setattr(availability, "MOST_OFFERS", 15)
    asked = {"to": "2027-03-02"}
    (day,) = (await api.data(PLAIN, **asked, length=60))["availability"]["days"]
    assert len(day["slots"]) == 8
    for query, length in ((PLAIN, 53), (NAMED, 60)):
        error = await api.refused(query, **asked, length=length)
        assert error["extensions"]["issues"] == TOO_MANY
    (day,) = (await api.data(NAMED, **asked, length=65))["availability"]["days"]
    assert [len(slot["providers"]) for slot in day["slots"]] == [2] * 7


async def test_a_quarter_of_a_year_of_twenty_providers_is_one_answer(api: Api, studio: Studio) -> None:
    """Every quarter of an hour of 92 days, in one object each; one of them with its name; a day more is refused."""
    for number in range(19):
        await studio.provider(f"Provider {number}")
    service = await studio.service(duration_minutes=60, step_minutes=15)
    query = """
      query($to: Date!, $serviceId: ID!, $providerIds: [ID!]) {
        availability(from: "2027-03-02", to: $to, serviceId: $serviceId, providerIds: $providerIds) {
          days { date slots { startsAt endsAt remaining location { id } } }
        }
      }
    """
    given: dict[str, Any] = {"serviceId": gid("service", service)}
    days = (await api.data(query, **given, to="2027-06-01"))["availability"]["days"]
    assert [len(day["slots"]) for day in days] == [29] * 92
    named = query.replace("remaining", "remaining score reasons providers { id displayName location { id } }")
    mine = [gid("provider", studio.provider_id)]
    days = (await api.data(named, **given, to="2027-06-01", providerIds=mine))["availability"]["days"]
    assert {len(slot["providers"]) for day in days for slot in day["slots"]} == {1}
    error = await api.refused(query, **given, to="2027-06-02")
    assert [issue["code"] for issue in error["extensions"]["issues"]] == ["RANGE_TOO_LONG"]
