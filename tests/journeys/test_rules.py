"""A studio in New York sets all its rules through GraphQL, and is offered exactly what they leave.

The clocks go forward on Sunday, 14 March 2027, at two in the morning.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest_asyncio
from starlette.applications import Starlette

from app.house import House
from graphql_api.declare.ids import key_of, spell_id
from graphql_api.endpoint import PATH, graphql_endpoint
from graphql_api.settings import GraphQLSettings
from tests.kit.houses import Studio

OPENINGS = """
query($service: ID!, $providers: [ID!], $from: Date!, $to: Date!) {
  availability(serviceId: $service, providerIds: $providers, from: $from, to: $to) {
    timeZone days { date slots { startsAt } } }
}
"""
LATE = {"opensAt": "22:00", "closesAt": "04:00"}


@pytest_asyncio.fixture
async def http(house: House) -> AsyncIterator[httpx.AsyncClient]:
    """An HTTP client of the endpoint."""
    routes = graphql_endpoint(house, GraphQLSettings(introspection=True, ide=False, suggestions=True)).routes
    transport = httpx.ASGITransport(Starlette(routes=routes))
    async with httpx.AsyncClient(transport=transport, base_url="http://daybook.test") as client:
        yield client


class Desk:
    """The owner's desk."""

    def __init__(self, http: httpx.AsyncClient, studio: Studio) -> None:
        self.http, self.studio = http, studio

    async def ask(self, text: str, **variables: Any) -> dict[str, Any]:
        """The data of an answer without errors."""
        sent = {"query": text, "variables": variables}
        answer = (await self.http.post(PATH, json=sent, headers=self.studio.headers)).json()
        assert "errors" not in answer, answer
        data: dict[str, Any] = answer["data"]
        return data

    async def do(self, verb: str, shows: str, **given: Any) -> dict[str, Any]:
        """The payload of a mutation that is not refused."""
        kind = verb[0].upper() + verb[1:]
        text = f"""mutation($input: {kind}Input!) {{ {verb}(input: $input) {{ __typename
            ... on {kind}Payload {{ {shows} }} ... on ValidationFailed {{ issues {{ path code }} }} }} }}"""
        answer: dict[str, Any] = (await self.ask(text, input=given))[verb]
        assert answer["__typename"] == f"{kind}Payload", answer
        return answer

    async def openings(self, service: str, provider: str, first: str, last: str) -> dict[str, list[str]]:
        """The starts by day, as hours and minutes in UTC."""
        found = (
            await self.ask(OPENINGS, service=service, providers=[provider], **{"from": first, "to": last})
        )["availability"]
        assert found["timeZone"] == "America/New_York"
        return {day["date"]: [slot["startsAt"][11:16] for slot in day["slots"]] for day in found["days"]}


def every_half_hour(first: str, last: str) -> list[str]:
    """The half hours from one to another, both included."""
    begin, end = (int(wall[:2]) * 60 + int(wall[3:]) for wall in (first, last))
    return [f"{minute // 60:02}:{minute % 60:02}" for minute in range(begin, end + 1, 30)]


async def test_what_the_rules_leave_is_what_is_offered(http: httpx.AsyncClient, studio: Studio) -> None:
    """Effective dates, a night over the change of clocks, a day of its own, a holiday, lunch, a room, segments."""
    desk = Desk(http, studio)
    kai = str(spell_id("provider", studio.provider_id))
    await desk.do("updateBusiness", "business { timeZone }", timeZone="America/New_York")
    await desk.do(
        "setSchedule",
        "schedule { id }",
        providerId=kai,
        firstDay="2027-03-12",
        lastDay="2027-03-15",
        weeklyHours=[
            {"weekday": "FRIDAY", "shifts": [{"opensAt": "10:00", "closesAt": "14:00"}]},
            {"weekday": "SATURDAY", "shifts": [LATE]},
            {
                "weekday": "MONDAY",
                "shifts": [
                    {"opensAt": "09:00", "closesAt": "13:00"},
                    {"opensAt": "14:00", "closesAt": "17:00"},
                ],
            },
        ],
    )
    await desk.do(
        "setDateOverride",
        "dateOverride { id }",
        providerId=kai,
        day="2027-03-14",
        shifts=[{"opensAt": "12:00", "closesAt": "15:00"}],
    )
    await desk.do("createHoliday", "holiday { id }", name="Retreat", firstDay="2027-03-16")
    await desk.do(
        "createBlock",
        "block { id }",
        span={"firstDay": "2027-03-12", "startsAt": "12:00", "endsAt": "12:30"},
        recurrence={"frequency": "WEEKLY", "weekdays": ["MONDAY", "FRIDAY"]},
        exceptions=["2027-03-15"],
        reaches=[{"providerId": kai}],
    )
    room = (await desk.do("createResource", "resource { id }", name="Chair"))["resource"]["id"]
    colour = (
        await desk.do(
            "createService",
            "service { id }",
            name="Colour",
            durationMinutes=90,
            stepMinutes=30,
            policies={
                "segments": [
                    {"minutes": 30, "needs": [{"resourceIds": [room]}]},
                    {"minutes": 30, "providerIsBusy": False},
                    {"minutes": 30},
                ]
            },
        )
    )["service"]["id"]
    cut = (
        await desk.do(
            "createService",
            "service { id }",
            name="Cut",
            durationMinutes=30,
            stepMinutes=30,
            policies={"needs": [{"resourceIds": [room]}]},
        )
    )["service"]["id"]

    offered = {
        "2027-03-12": ["15:00", "15:30", "17:30"],
        "2027-03-13": ["03:00", "03:30", "04:00", "04:30"],
        "2027-03-14": ["05:00", "05:30", "06:00", "06:30", "16:00", "16:30", "17:00", "17:30"],
        "2027-03-15": every_half_hour("13:00", "15:30") + every_half_hour("18:00", "19:30"),
        "2027-03-17": every_half_hour("14:00", "20:30"),
    }
    assert await desk.openings(colour, kai, "2027-03-12", "2027-03-17") == offered

    mara = await studio.provider("Mara Voss")
    client = await studio.client()
    friday = datetime(2027, 3, 12, 15, 30, tzinfo=UTC)
    await studio.appointment(client, provider_id=mara, service_id=key_of("service", cut), starts_at=friday)
    left = await desk.openings(colour, kai, "2027-03-12", "2027-03-12")
    assert left == {"2027-03-12": ["15:00", "17:30"]}

    monday = datetime(2027, 3, 15, 13, 0, tzinfo=UTC)
    await studio.appointment(client, service_id=key_of("service", colour), starts_at=monday)
    cuts = await desk.openings(cut, kai, "2027-03-15", "2027-03-15")
    assert cuts == {
        "2027-03-15": ["13:30", *every_half_hour("14:30", "16:30"), *every_half_hour("18:00", "20:30")]
    }
