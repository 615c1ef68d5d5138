"""Who may see and do what: one field refused is one error, and what may not be seen is not read."""

from __future__ import annotations

from typing import Any

import pytest

from app.house import House
from auth.create_api_key import CreateApiKey, create_api_key
from graphql_api.declare.binding import policy
from graphql_api.schema import core_schema, schema
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.made_inputs import made_input
from tests.kit.houses import Studio, counted

UNAUTHENTICATED = {
    "message": "Sign in first: the credential is missing, wrong, expired or revoked.",
    "extensions": {"code": "UNAUTHENTICATED"},
}
ROOTS = {
    "business": "{ business { name } }",
    "locations": "{ locations { totalCount } }",
    "providers": "{ providers { totalCount } }",
    "services": "{ services { totalCount } }",
    "clients": "{ clients { totalCount } }",
    "appointments": "{ appointments { totalCount } }",
    "deposits": "{ deposits { totalCount } }",
    "apiKeys": "{ apiKeys { id } }",
    "dashboard": "{ dashboard { cursor } }",
    "displayCredentials": "{ displayCredentials { id } }",
    "calendarFeeds": '{ calendarFeeds(providerId: "prv_nobody") { id } }',
    "calendarSources": '{ calendarSources(providerId: "prv_nobody") { id } }',
    "stats": "{ stats(period: MONTH) { total } }",
    "events": "{ events { latestCursor } }",
    "webhookEndpoints": "{ webhookEndpoints { totalCount } }",
    "webhookEndpoint": '{ webhookEndpoint(id: "whk_nothing") { id } }',
    "webhookDeliveries": "{ webhookDeliveries { totalCount } }",
    "webhookDelivery": '{ webhookDelivery(id: "whd_nothing") { id } }',
    "availability": '{ availability(from: "2027-03-02", to: "2027-03-02", durationMinutes: 60) { timeZone } }',
}


@pytest.mark.parametrize("field", ROOTS)
async def test_strangers_see_nothing_of_a_business(stranger: Api, field: str) -> None:
    """Every root field that shows a business's data answers UNAUTHENTICATED, and nothing else."""
    answer = await stranger.ask(ROOTS[field])
    assert answer["data"] is None or answer["data"] == {field: None}
    (error,) = answer["errors"]
    assert {key: error[key] for key in ("message", "extensions")} == UNAUTHENTICATED
    assert error["path"] == [field]


async def test_strangers_see_no_node(stranger: Api, studio: Studio) -> None:
    """An id is never authority; garbage is null, since there is no type whose door could be asked."""
    error = await stranger.refused("query($id: ID!) { node(id: $id) { id } }", id=gid("client", 1))
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert await stranger.data('{ node(id: "garbage") { id } }') == {"node": None}


async def test_one_refused_field_is_one_error_and_the_rest_is_answered(studio: Studio) -> None:
    """Without clients:health the notes are null, each with its error, and nothing else is."""
    key = await studio.client("Ada Quinn", allergies="latex", medical_notes="none", internal_notes="kind")
    query = """
    query($id: ID!) { client(id: $id) { displayName allergies medicalNotes internalNotes } }
    """
    answer = await ask_as(studio, "staff", query, id=gid("client", key))
    assert answer["data"] == {
        "client": {
            "displayName": "Ada Quinn",
            "allergies": None,
            "medicalNotes": None,
            "internalNotes": None,
        }
    }
    assert [(error["path"], error["message"], error["extensions"]) for error in answer["errors"]] == [
        (
            ["client", field],
            "You may not do this.",
            {"code": "PERMISSION_DENIED", "permission": "clients:health"},
        )
        for field in ("allergies", "medicalNotes", "internalNotes")
    ]
    allowed = await ask_as(studio, "provider", query, id=gid("client", key))
    assert allowed["data"]["client"]["allergies"] == "latex"
    assert "errors" not in allowed


async def test_what_may_not_be_seen_is_not_read(house: House, studio: Studio) -> None:
    """The statement of somebody without clients:health does not name the columns."""
    await studio.client("Ada Quinn", allergies="latex")
    query = "{ clients { edges { node { displayName allergies } } } }"
    with counted(house) as statements:
        await ask_as(studio, "staff", query)
    assert "allergies" not in statements[-1]
    with counted(house) as statements:
        await ask_as(studio, "provider", query)
    assert "allergies" in statements[-1]


async def test_a_wall_display_sees_appointments_and_no_people(studio: Studio) -> None:
    """A relation that leads to what the caller may not see is null, with an error; the list stays."""
    key = await studio.appointment(await studio.client("Ada Quinn", email="ada@quinn.example"))
    answer = await ask_as(
        studio,
        "display",
        "{ appointments { edges { node { id client { email } provider { displayName } } } } }",
    )
    assert answer["data"]["appointments"]["edges"] == [
        {"node": {"id": gid("appointment", key), "client": None, "provider": None}}
    ]
    assert [(error["path"], error["extensions"]["permission"]) for error in answer["errors"]] == [
        (["appointments", "edges", 0, "node", "client"], "clients:read"),
        (["appointments", "edges", 0, "node", "provider"], "providers:read"),
    ]


async def test_a_door_stands_before_a_type_however_it_is_reached(studio: Studio) -> None:
    """`node` and `nodes` ask the same doors, item by item."""
    client = gid("client", await studio.client("Ada Quinn"))
    appointment = gid("appointment", await studio.appointment(await studio.client("Ben Okafor")))
    answer = await ask_as(
        studio, "display", "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[client, appointment]
    )
    assert answer["data"] == {"nodes": [None, {"id": appointment}]}
    (error,) = answer["errors"]
    assert (error["path"], error["extensions"]["permission"]) == (["nodes", 0], "clients:read")
    unknown = await ask_as(
        studio, "display", "query($id: ID!) { node(id: $id) { id } }", id=gid("client", 2**53 - 1)
    )
    known = await ask_as(studio, "display", "query($id: ID!) { node(id: $id) { id } }", id=client)
    assert unknown["errors"] == known["errors"]


MUTATIONS: dict[str, dict[str, Any]] = {
    "createLocation": {"name": "Annex"},
    "updateBusiness": {"name": "Mine"},
    "closeBusiness": {},
    "createProvider": {"displayName": "Mara Voss"},
    "updateProvider": {"providerId": "prv_nobody", "displayName": "Mara Voss"},
    "archiveProvider": {"providerId": "prv_nobody"},
    "createService": {"name": "Touch-up", "durationMinutes": 30},
    "createClient": {"displayName": "Ada Quinn"},
    "updateClient": {"clientId": "cli_nobody", "displayName": "Ada Quinn"},
    "archiveClient": {"clientId": "cli_nobody"},
    "connectCalendar": {"providerId": "prv_nobody", "url": "https://calendar.example/a.ics"},
    "refreshCalendar": {"calendarSourceId": "cal_nothing"},
    "disconnectCalendar": {"calendarSourceId": "cal_nothing"},
    "createCalendarFeed": {"providerId": "prv_nobody"},
    "revokeCalendarFeed": {"calendarFeedId": "fed_nothing"},
    "createApiKey": {"name": "till"},
    "revokeApiKey": {"apiKeyId": "key_nothing"},
    "bookAppointment": {
        "clientId": "cli_nobody",
        "providerId": "prv_nobody",
        "startsAt": "2027-03-02T10:00:00Z",
    },
    "confirmAppointment": {"appointmentId": "apt_nothing"},
    "rescheduleAppointment": {"appointmentId": "apt_nothing"},
    "editAppointment": {"appointmentId": "apt_nothing"},
    "cancelAppointment": {"appointmentId": "apt_nothing"},
    "completeAppointment": {"appointmentId": "apt_nothing"},
    "markNoShow": {"appointmentId": "apt_nothing"},
    "holdSlot": {"providerId": "prv_nobody", "startsAt": "2027-03-02T10:00:00Z"},
    "releaseHold": {"holdId": "hld_nothing"},
    "createDisplayCredential": {"name": "Front window"},
    "revokeDisplayCredential": {"displayCredentialId": "dsp_nothing"},
    "joinWaitlist": {"clientId": "cli_nobody"},
    "changeWaitlistEntry": {"entryId": "wle_nothing"},
    "leaveWaitlist": {"entryId": "wle_nothing"},
    "offerWaitlistSlot": {"entryId": "wle_nothing", "startsAt": "2027-03-02T10:00:00Z"},
    "createWebhookEndpoint": {"url": "https://hooks.example/"},
    "updateWebhookEndpoint": {"webhookEndpointId": "whk_nothing"},
    "deleteWebhookEndpoint": {"webhookEndpointId": "whk_nothing"},
    "rotateWebhookSecret": {"webhookEndpointId": "whk_nothing"},
    "sendWebhookTest": {"webhookEndpointId": "whk_nothing"},
    "replayWebhookDelivery": {"webhookDeliveryId": "whd_nothing"},
    "replayWebhookEvents": {"webhookEndpointId": "whk_nothing"},
}


GUARDED = sorted(
    {
        name.removeprefix("Mutation.")
        for name, allow in policy(core_schema(schema)).items()
        if name.startswith("Mutation.") and allow.kind == "may"
    }
    - {"createStreamTicket"}  # which a display may do: see test_watching.py
)
"""Every mutation that needs a permission; those without an input above are tried with a made one."""


def test_what_is_tried_is_there() -> None:
    """No input above is of a mutation that is gone."""
    assert MUTATIONS.keys() <= set(GUARDED)


@pytest.mark.parametrize("name", GUARDED)
async def test_mutations_answer_who_may_not_as_data(stranger: Api, studio: Studio, name: str) -> None:
    """Strangers get Unauthenticated and displays PermissionDenied, as union members; nothing changes."""
    given = MUTATIONS[name] if name in MUTATIONS else made_input(name)
    kind = name[0].upper() + name[1:]
    query = f"""
    mutation($input: {kind}Input!) {{
      {name}(input: $input) {{ __typename ... on Error {{ code message }} ... on PermissionDenied {{ permission }} }}
    }}
    """
    before = await studio.state()
    assert (await stranger.data(query, input=given))[name] == {
        "__typename": "Unauthenticated",
        "code": "UNAUTHENTICATED",
        "message": "Sign in first: the credential is missing, wrong, expired or revoked.",
    }
    denied = await ask_as(studio, "display", query, input=given)
    assert "errors" not in denied
    assert denied["data"][name]["__typename"] == "PermissionDenied"
    assert denied["data"][name]["permission"].endswith((":write", ":erase"))
    assert await studio.state() == before


async def test_an_api_key_is_no_person(http: Any, studio: Studio) -> None:
    """A key acts for the business, has no user, and makes no keys."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="till"))
    program = Api(http=http, headers={"Authorization": f"Bearer {made.secret}"})
    data = await program.data("{ viewer { user { id } business { id } role permissions } }")
    assert data["viewer"]["user"] is None
    assert data["viewer"]["business"] == {"id": gid("business", studio.business_id)}
    assert data["viewer"]["role"] == "OWNER"
    assert "api_keys:write" not in data["viewer"]["permissions"]
    refused = await program.data('mutation { createApiKey(input: {name: "more"}) { __typename } }')
    assert refused == {"createApiKey": {"__typename": "PermissionDenied"}}
