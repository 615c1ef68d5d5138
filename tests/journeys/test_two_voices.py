"""What one voice books, the other reads, moves and cancels; both are told of one sequence of events."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.kit.houses import DATABASES, new_database
from tests.kit.serving import serving

SIGN_UP = """
mutation ($input: SignUpInput!) {
  signUp(input: $input) {
    ... on SignUpPayload { session { accessToken } }
    ... on Error { code message }
  }
}
"""
SETTING = """
{
  business { name timeZone }
  providers(first: 5) { edges { node { id displayName } } }
}
"""
CREATE_CLIENT = """
mutation ($input: CreateClientInput!) {
  createClient(input: $input) { ... on CreateClientPayload { client { id displayName } } ... on Error { code } }
}
"""
BOOK = """
mutation ($input: BookAppointmentInput!) {
  bookAppointment(input: $input) {
    ... on BookAppointmentPayload { appointment { id startsAt status } }
    ... on SlotTaken { code startsAt }
    ... on Error { code message }
  }
}
"""
APPOINTMENT = """
query ($id: ID!) {
  appointment(id: $id) { id status startsAt durationMinutes client { displayName } price { amountMinor currency } }
}
"""


@pytest_asyncio.fixture(params=DATABASES)
async def database_url(request: pytest.FixtureRequest, tmp_path: Path, worker_id: str) -> str:
    """An empty database of each kind."""
    postgres_url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else None
    return await new_database(request.param, tmp_path, postgres_url, f"voices_{worker_id}")


def test_one_business_in_two_voices(database_url: str, tmp_path: Path) -> None:
    """Sign up and book in GraphQL, read and sell the next hour in ServaloDesk, and the other way round."""
    with serving(tmp_path, database_url) as server, httpx.Client(base_url=server.url, timeout=20) as http:

        def graphql(query: str, **variables: Any) -> Any:
            answer = http.post("/graphql", json={"query": query, "variables": variables}).json()
            assert "errors" not in answer, answer
            return answer["data"]

        person = {
            "email": "kai@twovoices.example",
            "password": "correct horse battery",
            "fullName": "Kai Rodriguez",
            "businessName": "Two Voices",
            "timeZone": "America/New_York",
        }
        token = graphql(SIGN_UP, input=person)["signUp"]["session"]["accessToken"]
        http.headers["Authorization"] = f"Bearer {token}"
        setting = graphql(SETTING)
        assert setting["business"] == {"name": "Two Voices", "timeZone": "America/New_York"}
        (provider,) = [edge["node"] for edge in setting["providers"]["edges"]]
        (artist,) = http.get("/v1/artists").json()["data"]
        assert artist["full_name"] == provider["displayName"] == "Kai Rodriguez"

        client = graphql(CREATE_CLIENT, input={"displayName": "Jasmine Torres", "email": "jas@example.com"})
        client_id = client["createClient"]["client"]["id"]
        (listed,) = http.get("/v1/clients").json()["data"]
        assert (listed["first_name"], listed["last_name"]) == ("Jasmine", "Torres")

        noon = (datetime.now(UTC) + timedelta(days=40)).replace(hour=17, minute=0, second=0, microsecond=0)
        wanted = {
            "clientId": client_id,
            "providerId": provider["id"],
            "startsAt": noon.isoformat(),
            "durationMinutes": 60,
        }
        booked = graphql(BOOK, input=wanted)["bookAppointment"]["appointment"]
        (seen,) = http.get("/v1/appointments").json()["data"]
        assert (seen["status"], seen["duration_minutes"]) == ("confirmed", 60)
        assert seen["start_time"] == booked["startsAt"]

        legacy = {
            "client_id": listed["id"],
            "artist_id": artist["id"],
            "start_time": seen["start_time"],
            "duration_minutes": 90,
            "quoted_price": 400,
        }
        assert http.post("/v1/appointments", json=legacy).status_code == 409
        legacy["start_time"] = seen["end_time"]
        sold = http.post("/v1/appointments", json=legacy)
        assert (sold.status_code, sold.json()["deposit_amount"]) == (201, 120)
        taken = graphql(BOOK, input={**wanted, "startsAt": legacy["start_time"]})["bookAppointment"]
        assert taken["code"] == "SLOT_TAKEN"

        shown = graphql(APPOINTMENT, id=sold.json()["id"])["appointment"]
        assert shown == {
            "id": sold.json()["id"],
            "status": "CONFIRMED",
            "startsAt": legacy["start_time"],
            "durationMinutes": 90,
            "client": {"displayName": "Jasmine Torres"},
            "price": {"amountMinor": 40_000, "currency": "USD"},
        }
    assert "Traceback" not in server.log.read_text()
