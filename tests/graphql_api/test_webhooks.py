"""Webhooks through GraphQL: made, changed, read, tested, replayed; and what is refused."""

from __future__ import annotations

import base64
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.house import House
from app.webhooks import send_off
from core.events.catalogue import BILLING, CATALOGUE
from core.webhooks.endpoint import MOST_ENDPOINTS
from graphql_api.webhook_scheme import TYPES
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import NOW, Studio, counted
from tests.kit.receivers import receivers, status

ENDPOINT = (
    "webhookEndpoint { id url scheme schemeVersion eventTypes description isActive disabledCause createdAt }"
)
CREATE = mutation("createWebhookEndpoint", f"{ENDPOINT} secret")
UPDATE = mutation("updateWebhookEndpoint", ENDPOINT)
DELETE = mutation("deleteWebhookEndpoint", "webhookEndpointId")
ROTATE = mutation("rotateWebhookSecret", "webhookEndpoint { id oldSecretEndsAt } secret")
TEST = mutation("sendWebhookTest", "webhookEndpoint { id }")
REPLAY = mutation("replayWebhookDelivery", "webhookDelivery { id state attemptCount }")
REPLAY_EVENTS = mutation("replayWebhookEvents", "webhookEndpoint { id } events")
URL = "https://hooks.example/daybook"


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def nothing_else_due(house: House) -> None:
    """Take the turns of other tests' endpoints away."""
    async with house.database.connect(None, write=True) as connection:
        await connection.exec_driver_sql("DELETE FROM webhook_turns")
        await connection.commit()


async def endpoints(studio: Studio) -> list[dict[str, Any]]:
    """The endpoints as they are kept, with the events and answers that bear on them."""
    return [*await studio.table("webhook_endpoints"), *await studio.table("events")]


async def test_making_one(api: Api, studio: Studio) -> None:
    """The secret is shown once; a repeat answers the same endpoint without it, and nothing is made twice."""
    made = await run(api, CREATE, url=URL, description="Till", idempotencyKey="one")
    endpoint = made["webhookEndpoint"]
    assert endpoint == {
        "id": endpoint["id"],
        "url": URL,
        "scheme": "STANDARD",
        "schemeVersion": "1",
        "eventTypes": None,
        "description": "Till",
        "isActive": True,
        "disabledCause": None,
        "createdAt": "2027-03-01T09:00:00Z",
    }
    assert len(base64.b64decode(made["secret"].removeprefix("whsec_"))) == 32
    before = await endpoints(studio)
    again = await run(api, CREATE, url=URL, description="Till", idempotencyKey="one")
    assert (again["webhookEndpoint"], again["secret"]) == (endpoint, None)
    assert await endpoints(studio) == before
    (row,) = await studio.table("webhook_endpoints")
    assert made["secret"].encode() not in bytes(row["secret"])
    kept = [*await studio.table("idempotency"), *await studio.table("audit"), *await studio.table("events")]
    assert made["secret"] not in str(kept)


async def test_every_inward_address_is_refused(api: Api, studio: Studio) -> None:
    """By number, by name, by scheme, by port; nothing is made."""
    before = await endpoints(studio)
    for url in (
        "http://hooks.example/",
        "https://10.0.0.1/",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://localhost/",
        "https://metadata.google.internal/",
        "https://hooks.example:8443/",
        "https://user:pass@hooks.example/",
        "https://0x7f000001/",
        "https://xn--a.example/",
        "ftp://hooks.example/",
        "https://" + "a" * 3_000 + ".example/",
        "",
    ):
        answer = await run(api, CREATE, url=url)
        assert answer["__typename"] == "ValidationFailed", url
        assert [issue["path"] for issue in answer["issues"]] == ["url"], url
        assert "secret" not in answer
    assert await endpoints(studio) == before


@pytest.mark.parametrize(
    ("given", "path", "code"),
    [
        ({"eventTypes": []}, "eventTypes", "REQUIRED"),
        ({"eventTypes": ["appointment.booked", "cat.fed"]}, "eventTypes.1", "UNKNOWN_EVENT"),
        ({"eventTypes": ["webhook_endpoint.tested"]}, "eventTypes.0", "UNKNOWN_EVENT"),
        ({"eventTypes": ["deposit.refunded"], "scheme": "STANDARD"}, "eventTypes.0", "UNKNOWN_EVENT"),
        ({"description": "x" * 501}, "description", "TOO_LONG"),
    ],
)
async def test_bad_descriptions_are_refused(
    api: Api, studio: Studio, given: dict[str, Any], path: str, code: str
) -> None:
    """With the place and the rule; nothing is made."""
    before = await endpoints(studio)
    answer = await run(api, CREATE, url=URL, **given)
    assert [(issue["path"], issue["code"]) for issue in answer["issues"]] == [(path, code)]
    assert await endpoints(studio) == before


async def test_types_are_kept_once_and_in_order(api: Api) -> None:
    """Whatever the caller repeats."""
    wanted = ["client.created", "appointment.booked", "client.created"]
    made = await run(api, CREATE, url=URL, eventTypes=wanted)
    assert made["webhookEndpoint"]["eventTypes"] == ["appointment.booked", "client.created"]
    everything = await run(api, CREATE, url=URL, eventTypes=list(TYPES))
    assert everything["webhookEndpoint"]["eventTypes"] == list(TYPES)


async def test_a_manager_names_nothing_that_owners_alone_see(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused as data with the permission, for one that is made and one that is changed; nothing is kept."""
    hidden = replace(CATALOGUE["location.created"], sees=BILLING)
    monkeypatch.setitem(CATALOGUE, hidden.type, hidden)
    made = (await ask_as(studio, "manager", CREATE, input={"url": URL}))["data"]["createWebhookEndpoint"]
    before = await endpoints(studio)
    for query, given in (
        (CREATE, {"url": URL}),
        (UPDATE, {"webhookEndpointId": made["webhookEndpoint"]["id"]}),
    ):
        answer = await ask_as(studio, "manager", query, input={**given, "eventTypes": [hidden.type]})
        (refusal,) = answer["data"].values()
        assert (refusal["__typename"], refusal["code"]) == ("PermissionDenied", "PERMISSION_DENIED")
    assert await endpoints(studio) == before


async def test_there_may_be_fifty(api: Api, studio: Studio) -> None:
    """And no more, until one is deleted."""
    made = [await run(api, CREATE, url=URL) for _ in range(MOST_ENDPOINTS)]
    before = await endpoints(studio)
    refused = await run(api, CREATE, url=URL)
    assert (refused["__typename"], refused["code"]) == ("TooManyEndpoints", "TOO_MANY_ENDPOINTS")
    assert await endpoints(studio) == before
    await run(api, DELETE, webhookEndpointId=made[0]["webhookEndpoint"]["id"])
    assert (await run(api, CREATE, url=URL))["webhookEndpoint"]["isActive"] is True


async def test_changing_one(api: Api) -> None:
    """What is left out stays; null means all events; off and on again."""
    made = await run(api, CREATE, url=URL, eventTypes=["client.created"], description="Till")
    id = made["webhookEndpoint"]["id"]
    changed = await run(api, UPDATE, webhookEndpointId=id, url="https://other.example/")
    assert changed["webhookEndpoint"] == {**made["webhookEndpoint"], "url": "https://other.example/"}
    changed = await run(api, UPDATE, webhookEndpointId=id, eventTypes=None, description=None, isActive=False)
    shown = changed["webhookEndpoint"]
    assert (shown["eventTypes"], shown["description"], shown["isActive"]) == (None, None, False)
    refused = await run(api, UPDATE, webhookEndpointId=id, url="https://10.1.1.1/", eventTypes=["x"])
    assert [issue["path"] for issue in refused["issues"]] == ["url", "eventTypes.0"]
    assert (await run(api, TEST, webhookEndpointId=id))["__typename"] == "EndpointInactive"
    on = await run(api, UPDATE, webhookEndpointId=id, isActive=True)
    assert on["webhookEndpoint"]["isActive"] is True


async def test_a_change_that_changes_nothing_is_not_reported(api: Api, studio: Studio) -> None:
    """The same address, events, words and state: answered as a change, and nothing is written."""
    made = await run(api, CREATE, url=URL, eventTypes=["client.created"], description="Till")
    id = made["webhookEndpoint"]["id"]
    before = await endpoints(studio)
    same = {"url": URL, "eventTypes": ["client.created"], "description": "Till", "isActive": True}
    for given in ({}, same):
        assert (await run(api, UPDATE, webhookEndpointId=id, **given))["webhookEndpoint"] == made[
            "webhookEndpoint"
        ]
        assert await endpoints(studio) == before
    await run(api, UPDATE, webhookEndpointId=id, isActive=False, description="Bar")
    types = [row["type"] for row in await studio.table("events")]
    assert types.count("webhook_endpoint.updated") == 1


async def test_rotating(api: Api, studio: Studio) -> None:
    """A new secret, shown once; the old one ends after the hours that were given."""
    made = await run(api, CREATE, url=URL)
    id = made["webhookEndpoint"]["id"]
    rotated = await run(api, ROTATE, webhookEndpointId=id, overlapHours=48, idempotencyKey="r")
    assert rotated["webhookEndpoint"]["oldSecretEndsAt"] == "2027-03-03T09:00:00Z"
    assert rotated["secret"] not in (None, made["secret"])
    again = await run(api, ROTATE, webhookEndpointId=id, overlapHours=48, idempotencyKey="r")
    assert again == {**rotated, "secret": None}
    at_once = await run(api, ROTATE, webhookEndpointId=id, overlapHours=0)
    assert at_once["webhookEndpoint"]["oldSecretEndsAt"] is None
    (row,) = await studio.table("webhook_endpoints")
    assert row["old_secret"] is None
    for hours in (-1, 169):
        refused = await run(api, ROTATE, webhookEndpointId=id, overlapHours=hours)
        assert refused["issues"][0]["path"] == "overlapHours"


async def test_deleting_one(api: Api, studio: Studio) -> None:
    """It is in no list and cannot be changed; its secrets are gone; a second time it is not there."""
    id = (await run(api, CREATE, url=URL))["webhookEndpoint"]["id"]
    assert await run(api, DELETE, webhookEndpointId=id) == {
        "__typename": "DeleteWebhookEndpointPayload",
        "webhookEndpointId": id,
    }
    assert (await api.data("{ webhookEndpoints { totalCount } }"))["webhookEndpoints"]["totalCount"] == 0
    (row,) = await studio.table("webhook_endpoints")
    assert (row["secret"], row["old_secret"]) == (None, None)
    for query in (DELETE, UPDATE, ROTATE, TEST):
        assert (await run(api, query, webhookEndpointId=id))["__typename"] == "NotFound"


async def test_another_business_finds_nothing(
    api: Api, other_api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Its ids answer like unknown ones, and nothing changes."""
    id = (await run(api, CREATE, url=URL))["webhookEndpoint"]["id"]
    before = await endpoints(studio)
    for query in (DELETE, UPDATE, ROTATE, TEST):
        theirs = await run(other_api, query, webhookEndpointId=id)
        unknown = await run(other_api, query, webhookEndpointId=gid("webhook_endpoint", 2**50))
        assert theirs == unknown
        assert theirs["__typename"] == "NotFound"
    replay = await run(other_api, REPLAY_EVENTS, webhookEndpointId=id, firstSequence=1)
    assert replay["__typename"] == "NotFound"
    shown = await other_api.data(
        "query($id: ID!) { webhookEndpoint(id: $id) { id } node(id: $id) { id } }", id=id
    )
    assert shown == {"webhookEndpoint": None, "node": None}
    assert await endpoints(studio) == before


@pytest.mark.parametrize("role", ["provider", "staff", "display"])
async def test_only_owners_and_managers_see_them(studio: Studio, role: str) -> None:
    """Everybody else is refused, at the list and at each verb."""
    answer = await ask_as(studio, role, "{ webhookEndpoints { totalCount } }")
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "PERMISSION_DENIED", "permission": "webhooks:read"}
    answer = await ask_as(studio, role, CREATE, input={"url": URL})
    assert answer["data"]["createWebhookEndpoint"]["code"] == "PERMISSION_DENIED"


async def test_deliveries_are_read_with_their_tries(api: Api, studio: Studio, house: House) -> None:
    """A failure and a success in order, three statements for any number of them; then sent anew."""
    await nothing_else_due(house)
    async with receivers() as outside:
        receiver = outside.receiver(status(500, b"later"), status(200, b"thanks"))
        made = await run(api, CREATE, url=receiver.url, eventTypes=["client.created"])
        id = made["webhookEndpoint"]["id"]
        await studio.client("Ada Quinn")
        await send_off(house)
        query = """query($id: ID!) { webhookEndpoint(id: $id) { failingSince deliveries { edges { node {
            id messageId sequence eventType state attemptCount nextAttemptAt settledAt
            attempts { edges { node { number status error answer at } } }
        } } } } }"""
        with counted(house) as statements:
            shown = (await api.data(query, id=id))["webhookEndpoint"]
        assert len([one for one in statements if "webhook_" in one]) == 3
        assert shown["failingSince"] == "2027-03-01T09:00:00Z"
        (delivery,) = [edge["node"] for edge in shown["deliveries"]["edges"]]
        assert delivery["messageId"] == receiver.ids[0]
        assert (delivery["eventType"], delivery["state"], delivery["attemptCount"]) == (
            "client.created",
            "WAITING",
            1,
        )
        assert delivery["nextAttemptAt"].startswith("2027-03-01T09:00:0")
        assert [edge["node"] for edge in delivery["attempts"]["edges"]] == [
            {"number": 1, "status": 500, "error": "STATUS", "answer": "later", "at": "2027-03-01T09:00:00Z"}
        ]
        replayed = await run(api, REPLAY, webhookDeliveryId=delivery["id"])
        assert replayed["webhookDelivery"] == {"id": delivery["id"], "state": "WAITING", "attemptCount": 1}
        await send_off(house)
        waiting = "{ webhookDeliveries(filter: {states: [DELIVERED]}) { edges { node { attemptCount } } } }"
        assert (await api.data(waiting))["webhookDeliveries"]["edges"] == [{"node": {"attemptCount": 2}}]
        assert receiver.ids[0] == receiver.ids[1]
        assert receiver.received[0].body == receiver.received[1].body
        unknown = await run(api, REPLAY, webhookDeliveryId="whd_garbage")
        assert unknown["__typename"] == "NotFound"


async def test_a_stretch_is_sent_anew(api: Api, studio: Studio, house: House) -> None:
    """By number or by time, also what happened before the endpoint was made; too much and nothing are refused."""
    await studio.client("Ada Quinn")
    await nothing_else_due(house)
    async with receivers() as outside:
        receiver = outside.receiver()
        made = await run(api, CREATE, url=receiver.url, eventTypes=["client.created", "business.founded"])
        id = made["webhookEndpoint"]["id"]
        await send_off(house)
        assert receiver.received == []
        assert (await run(api, REPLAY_EVENTS, webhookEndpointId=id, firstSequence=1))["events"] == 2
        await send_off(house)
        assert len(set(receiver.ids)) == len(receiver.received) == 2
        since = NOW.isoformat()
        assert (await run(api, REPLAY_EVENTS, webhookEndpointId=id, since=since, lastSequence=1))[
            "events"
        ] == 1
        await send_off(house)
        assert (len(set(receiver.ids)), len(receiver.received)) == (2, 3)
        before = (NOW - timedelta(days=1)).isoformat()
        nothing = await run(api, REPLAY_EVENTS, webhookEndpointId=id, since=before, before=since)
        assert nothing["events"] == 0
        deliveries = await studio.table("webhook_deliveries")
        for upside_down, path, code in (
            ({"firstSequence": 5, "lastSequence": 4}, "lastSequence", "BEFORE_FIRST"),
            ({"firstSequence": 1, "lastSequence": 0}, "lastSequence", "BEFORE_FIRST"),
            ({"firstSequence": 1, "since": since, "before": since}, "before", "BEFORE_SINCE"),
            ({"since": since, "before": before}, "before", "BEFORE_SINCE"),
            ({"firstSequence": 0}, "firstSequence", "OUT_OF_RANGE"),
            ({"firstSequence": -5, "lastSequence": 5}, "firstSequence", "OUT_OF_RANGE"),
        ):
            refused = await run(api, REPLAY_EVENTS, webhookEndpointId=id, **upside_down)
            assert [(one["path"], one["code"]) for one in refused["issues"]] == [(path, code)]
        assert await studio.table("webhook_deliveries") == deliveries
        refused = await run(api, REPLAY_EVENTS, webhookEndpointId=id, lastSequence=5)
        assert refused["issues"][0]["path"] == "firstSequence"
        await run(api, UPDATE, webhookEndpointId=id, isActive=False)
        idle = await run(api, REPLAY_EVENTS, webhookEndpointId=id, firstSequence=1)
        assert idle["__typename"] == "EndpointInactive"
