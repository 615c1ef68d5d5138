"""What was said, in GraphQL: to whom, on which occasion, with which outcome; for owners and managers alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from auth.permissions import DISPLAY, PROVIDER, STAFF
from core.messaging.message import Message
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.kit.houses import NOW, Studio, counted

ROW = """id occasion channel language status segments errorCode createdAt updatedAt
    client { id displayName } appointment { id }"""
LIST = f"query($filter: MessageFilter) {{ messages(filter: $filter) {{ totalCount edges {{ node {{ {ROW} }} }} }} }}"
ONE = "query($id: ID!) { message(id: $id) { id } node(id: $id) { id } }"


async def said(studio: Studio, client_id: int, appointment_id: int | None = None, **more: Any) -> int:
    """A message as the worker would have noted it: its key."""
    given: dict[str, Any] = {
        "channel": "mail",
        "template": "reminder",
        "language": "en",
        "status": "SENT",
        "created_at": NOW,
        **more,
    }
    async with studio.ctx.unit_of_work() as uow:
        message = Message(
            message_key=f"{client_id}.{sorted(given.items())}",
            client_id=client_id,
            appointment_id=appointment_id,
            facts={},
            updated_at=given["created_at"],
            **given,
        )
        uow.add(message)
        await uow.flush()
        return message.id


async def listed(api: Api, **conditions: Any) -> list[dict[str, Any]]:
    """The messages that a filter finds."""
    found = (await api.data(LIST, filter=conditions))["messages"]
    assert found["totalCount"] == len(found["edges"])
    return [edge["node"] for edge in found["edges"]]


async def test_a_message_is_shown_without_its_words(api: Api, studio: Studio) -> None:
    """With its client, appointment and outcome, all in one statement however many there are."""
    ana = await studio.client("Ana Lima", email="ana@example.com", phone="+15125550100")
    key = await studio.appointment(ana)
    one = await said(studio, ana, key, channel="sms", status="FAILED", segments=2, error_code=30003)
    for number in range(5):
        await said(studio, ana, created_at=NOW + timedelta(minutes=number + 1))
    with counted(studio.house) as statements:
        rows = await listed(api)
    assert len([line for line in statements if "messages" in line]) == 1
    assert len(rows) == 6
    assert rows[0] == {
        "id": gid("message", one),
        "occasion": "REMINDER",
        "channel": "SMS",
        "language": "EN",
        "status": "FAILED",
        "segments": 2,
        "errorCode": 30003,
        "createdAt": "2027-03-01T09:00:00Z",
        "updatedAt": "2027-03-01T09:00:00Z",
        "client": {"id": gid("client", ana), "displayName": "Ana Lima"},
        "appointment": {"id": gid("appointment", key)},
    }
    assert rows[1]["appointment"] is None


async def test_messages_are_found_by_what_they_are(api: Api, studio: Studio) -> None:
    """By client, appointment, outcome, occasion, way and time; nothing else comes along."""
    ana, bo = await studio.client("Ana"), await studio.client("Bo")
    key = await studio.appointment(ana)
    first = gid("message", await said(studio, ana, key))
    second = gid("message", await said(studio, bo, status="REFUSED", template="waitlist_offer"))
    third = gid("message", await said(studio, bo, channel="sms", created_at=NOW + timedelta(days=1)))
    later = (NOW + timedelta(hours=1)).isoformat()
    for conditions, expected in (
        ({"clientId": gid("client", bo)}, [second, third]),
        ({"appointmentId": gid("appointment", key)}, [first]),
        ({"statuses": ["REFUSED", "FAILED"]}, [second]),
        ({"occasions": ["WAITLIST_OFFER"]}, [second]),
        ({"channels": ["SMS"]}, [third]),
        ({"createdFrom": later}, [third]),
        ({"createdBefore": later}, [first, second]),
        ({"clientId": gid("client", ana), "channels": ["SMS"]}, []),
        ({"clientId": gid("client", 2**50)}, []),
        ({"clientId": "cli_garbage"}, []),
    ):
        assert [one["id"] for one in await listed(api, **conditions)] == expected, conditions
    newest = "{ messages(first: 1, orderBy: {field: CREATED_AT, direction: DESC}) { edges { node { id } } } }"
    assert (await api.data(newest))["messages"]["edges"] == [{"node": {"id": third}}]
    assert datetime.fromisoformat(later) > NOW


async def test_another_businesses_messages_are_not_there(
    api: Api, other_api: Api, studio: Studio, other_studio: Studio
) -> None:
    """By id, by node and by its client's id, as unknown ones."""
    ana = await studio.client("Ana")
    key = gid("message", await said(studio, ana))
    assert (await api.data(ONE, id=key)) == {"message": {"id": key}, "node": {"id": key}}
    for nothing in (key, gid("message", 2**50), "mes_garbage"):
        assert await other_api.data(ONE, id=nothing) == {"message": None, "node": None}
    assert await listed(other_api, clientId=gid("client", ana)) == []


@pytest.mark.parametrize("role", [PROVIDER, STAFF, DISPLAY])
async def test_the_front_desk_does_not_see_them(studio: Studio, role: str) -> None:
    """Neither the list nor one of them."""
    key = gid("message", await said(studio, await studio.client("Ana")))
    answer = await ask_as(studio, role, LIST)
    assert answer["errors"][0]["extensions"] == {"code": "PERMISSION_DENIED", "permission": "messages:read"}
    answer = await ask_as(studio, role, "query($id: ID!) { message(id: $id) { id } }", id=key)
    assert answer["errors"][0]["extensions"]["code"] == "PERMISSION_DENIED"
