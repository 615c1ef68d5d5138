"""Which days, when next, and why not: the smaller questions about availability."""

from __future__ import annotations

from typing import Any

import pytest

from auth.permissions import Permission
from core.availability.explain import POLICY_CODES, TAKEN_CODES
from core.catalog.policies import Policies
from core.catalog.update_service import UpdateService, update_service
from core.directory.create_location import CreateLocation, create_location
from core.kernel.context import Actor
from graphql_api.execution.engine import Engine, GraphQLRequest
from graphql_api.types.availability_questions import ReasonCode
from tests.graphql_api.conftest import OPEN, Api, gid
from tests.kit.houses import NOW, Studio, counted

DAYS = """
query($from: Date!, $to: Date!, $serviceId: ID, $timeZone: TimeZone) {
  availableDays(from: $from, to: $to, serviceId: $serviceId, timeZone: $timeZone) {
    days timeZone durationMinutes rulesRevision service { id }
  }
}
"""
NEXT = """
query($after: DateTime, $serviceId: ID) {
  nextAvailable(after: $after, serviceId: $serviceId) {
    slot { startsAt remaining providers { id } location { id } }
    timeZone durationMinutes rulesRevision service { id }
  }
}
"""
WHY = """
query($providerId: ID!, $startsAt: DateTime!, $serviceId: ID, $durationMinutes: Int) {
  explainAvailability(
    providerId: $providerId, startsAt: $startsAt, serviceId: $serviceId, durationMinutes: $durationMinutes
  ) {
    isOffered nearest timeZone durationMinutes rulesRevision service { id } location { id }
    reasons { code message startsAt until subjectId }
  }
}
"""
SCORED = """
query($serviceId: ID!) {
  availability(from: "2027-03-02", to: "2027-03-02", serviceId: $serviceId) {
    rulesRevision service { id }
    days { slots { startsAt score ...why } }
  }
}
fragment why on AvailableSlot { reasons }
"""


async def why(api: Api, studio: Studio, **given: Any) -> list[dict[str, Any]]:
    """The reasons against a time of the owner."""
    asked = {"providerId": gid("provider", studio.provider_id), **given}
    explained = (await api.data(WHY, **asked))["explainAvailability"]
    reasons: list[dict[str, Any]] = explained["reasons"]
    assert explained["isOffered"] is (reasons == [])
    return reasons


def test_every_reason_has_a_code_in_the_schema() -> None:
    """The enum and the engine name the same."""
    assert set(ReasonCode.__members__) == POLICY_CODES | TAKEN_CODES


async def test_the_month_widget_lists_days_with_openings(api: Api, studio: Studio) -> None:
    """Every day of the standing hours, and only as far as the service's horizon reaches."""
    service = await studio.service(duration_minutes=480)
    client = await studio.client()
    await studio.appointment(client, service_id=service, starts_at=None)
    data = await api.data(
        DAYS, **{"from": "2027-03-06", "to": "2027-03-10", "serviceId": gid("service", service)}
    )
    answer = data["availableDays"]
    assert answer.pop("rulesRevision") > 0
    assert answer == {
        "days": ["2027-03-06", "2027-03-07", "2027-03-09", "2027-03-10"],
        "timeZone": "UTC",
        "durationMinutes": 480,
        "service": {"id": gid("service", service)},
    }


async def test_the_next_opening_is_found_with_all_who_could_take_it(api: Api, studio: Studio) -> None:
    """From an instant on, else from now."""
    service = await studio.service(step_minutes=60)
    given = {"serviceId": gid("service", service)}
    found = (await api.data(NEXT, **given))["nextAvailable"]
    assert found["slot"]["startsAt"] == "2027-03-01T10:00:00Z"
    assert found["slot"]["providers"] == [{"id": gid("provider", studio.provider_id)}]
    assert found["rulesRevision"] > 0
    assert (found["timeZone"], found["durationMinutes"]) == ("UTC", 60)
    assert found["service"] == {"id": gid("service", service)}
    later = (await api.data(NEXT, after="2027-03-01T17:30:00Z", **given))["nextAvailable"]
    assert later["slot"]["startsAt"] == "2027-03-02T10:00:00Z"
    await update_service(
        studio.ctx, UpdateService(service_id=service, policies=Policies(allow_booking=False))
    )
    assert (await api.data(NEXT, **given))["nextAvailable"]["slot"] is None


async def test_an_explanation_says_where_by_which_clock_and_what_is_near(api: Api, studio: Studio) -> None:
    """The place, its zone or the one asked for, the length, the rules, and the nearest starts."""
    made = await create_location(studio.ctx, CreateLocation(name="Annexe", time_zone="America/New_York"))
    mara = await studio.provider("Mara", location_id=made.location_id)
    service = await studio.service(step_minutes=60)
    asked = {
        "providerId": gid("provider", mara),
        "startsAt": "2027-03-09T14:00:00Z",
        "serviceId": gid("service", service),
    }
    explained = (await api.data(WHY, **asked))["explainAvailability"]
    assert explained.pop("rulesRevision") > 0
    assert [reason["code"] for reason in explained.pop("reasons")] == ["HOURS"]
    assert explained == {
        "isOffered": False,
        "nearest": ["2027-03-09T15:00:00Z", "2027-03-09T16:00:00Z", "2027-03-09T17:00:00Z"],
        "timeZone": "America/New_York",
        "durationMinutes": 60,
        "service": {"id": gid("service", service)},
        "location": {"id": gid("location", made.location_id)},
    }


async def test_a_support_desk_learns_why(api: Api, studio: Studio) -> None:
    """Each thing that stands in the way is named, and what it is."""
    appointment = await studio.appointment(await studio.client())
    assert await why(api, studio, startsAt="2027-03-09T15:00:00Z", durationMinutes=60) == []
    (taken,) = await why(api, studio, startsAt="2027-03-08T15:00:00Z", durationMinutes=60)
    assert taken == {
        "code": "APPOINTMENT",
        "message": "The time is taken by another appointment.",
        "startsAt": "2027-03-08T15:00:00Z",
        "until": "2027-03-08T16:00:00Z",
        "subjectId": gid("appointment", appointment),
    }
    codes = [
        one["code"] for one in await why(api, studio, startsAt="2027-03-09T05:00:00Z", durationMinutes=60)
    ]
    assert "HOURS" in codes
    (past, *_) = await why(api, studio, startsAt="2027-02-26T15:00:00Z", durationMinutes=60)
    assert past["code"] == "PAST"


async def test_explaining_costs_two_statements_at_most(api: Api, studio: Studio) -> None:
    """Cold two, warm no more."""
    await api.data("{ __typename }")
    for _ in range(2):
        with counted(studio.house) as statements:
            await why(api, studio, startsAt="2027-03-09T15:00:00Z", durationMinutes=60)
        assert len(statements) <= 2


async def test_scores_are_told_where_they_are_asked_for(api: Api, studio: Studio) -> None:
    """A slot beside an appointment is better than one in the open; the answer says whose rules it follows."""
    service = await studio.service(step_minutes=60)
    client = await studio.client()
    await studio.appointment(client, service_id=service, starts_at=NOW.replace(day=2, hour=13))
    data = (await api.data(SCORED, serviceId=gid("service", service)))["availability"]
    slots = {slot["startsAt"]: slot for slot in data["days"][0]["slots"]}
    assert slots["2027-03-02T12:00:00Z"] == {
        "startsAt": "2027-03-02T12:00:00Z",
        "score": 80,
        "reasons": ["ADJACENT"],
    }
    assert slots["2027-03-02T16:00:00Z"]["score"] == 50
    assert data["service"] == {"id": gid("service", service)}
    assert data["rulesRevision"] > 0


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"startsAt": "2027-03-09T15:00:30Z", "durationMinutes": 60}, "startsAt", "NOT_A_WHOLE_MINUTE"),
        ({"startsAt": "2027-03-09T15:00:00Z"}, "durationMinutes", "REQUIRED"),
        ({"startsAt": "2027-03-09T15:00:00Z", "durationMinutes": 0}, "durationMinutes", "OUT_OF_RANGE"),
    ],
)
async def test_bad_questions_are_refused(
    api: Api, studio: Studio, given: dict[str, Any], path: str, code: str
) -> None:
    """With the argument's own name and a code."""
    refused = await api.refused(WHY, providerId=gid("provider", studio.provider_id), **given)
    facts = refused["extensions"]
    assert facts["code"] == "VALIDATION_FAILED"
    assert [(issue["path"], issue["code"]) for issue in facts["issues"]] == [(path, code)]


async def test_another_businesss_provider_is_not_there(
    api: Api, studio: Studio, other_studio: Studio
) -> None:
    """As one that does not exist."""
    for key in (other_studio.provider_id, 999_999):
        refused = await api.refused(
            WHY, providerId=gid("provider", key), startsAt="2027-03-09T15:00:00Z", durationMinutes=60
        )
        assert refused["extensions"]["code"] == "NOT_FOUND"


MOVED = """
query($id: ID, $serviceId: ID!, $providerId: ID!, $startsAt: DateTime!) {
  availability(from: "2027-03-02", to: "2027-03-02", serviceId: $serviceId, movingAppointmentId: $id) {
    days { slots { startsAt } }
  }
  availableDays(from: "2027-03-02", to: "2027-03-02", serviceId: $serviceId, movingAppointmentId: $id) { days }
  nextAvailable(after: $startsAt, serviceId: $serviceId, movingAppointmentId: $id) { slot { startsAt } }
  explainAvailability(
    providerId: $providerId, startsAt: $startsAt, serviceId: $serviceId, movingAppointmentId: $id
  ) { isOffered }
}
"""


async def test_an_appointment_that_is_to_be_moved_is_left_out(
    api: Api, studio: Studio, other_studio: Studio
) -> None:
    """By whoever may read appointments; one that is not there, or not theirs, is not found."""
    service, client = await studio.service(duration_minutes=480), await studio.client()
    ten = NOW.replace(day=2, hour=10)
    key = await studio.appointment(client, starts_at=ten, duration_minutes=60)
    given = {
        "serviceId": gid("service", service),
        "providerId": gid("provider", studio.provider_id),
        "startsAt": "2027-03-02T10:00:00Z",
    }
    assert await api.data(MOVED, **given) == {
        "availability": {"days": []},
        "availableDays": {"days": []},
        "nextAvailable": {"slot": {"startsAt": "2027-03-03T10:00:00Z"}},
        "explainAvailability": {"isOffered": False},
    }
    mine = gid("appointment", key)
    assert await api.data(MOVED, **given, id=mine) == {
        "availability": {"days": [{"slots": [{"startsAt": "2027-03-02T10:00:00Z"}]}]},
        "availableDays": {"days": ["2027-03-02"]},
        "nextAvailable": {"slot": {"startsAt": "2027-03-02T10:00:00Z"}},
        "explainAvailability": {"isOffered": True},
    }
    theirs = await other_studio.appointment(await other_studio.client(), starts_at=ten)
    for there in (gid("appointment", theirs), gid("appointment", 2**53 - 1), "garbage"):
        told = (await api.ask(MOVED, **given, id=there))["errors"]
        assert {(one["message"], one["extensions"]["code"]) for one in told} == {
            ("No such appointment.", "NOT_FOUND")
        }
    reader = Actor(
        name="key:1", business_id=studio.business_id, permissions=frozenset({Permission.PROVIDERS_READ})
    )
    async with studio.house.context(reader, "test-reader") as ctx:
        request = GraphQLRequest(query=MOVED, variables={**given, "id": mine})
        answer = await Engine(OPEN).answer(request, ctx, studio.house, client_ip="127.0.0.1")
    assert {error["extensions"]["code"] for error in answer.body["errors"]} == {"PERMISSION_DENIED"}
