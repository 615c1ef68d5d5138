"""ServaloDesk's waitlist: the whole of it, exact values, and refusals that change nothing."""

from __future__ import annotations

from typing import Any

import httpx

from core.kernel.ids import spell
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from rest_compat.servalodesk.webhooks import SERVALODESK_WEBHOOKS
from tests.core.waitlist.waiting import THREE
from tests.kit.houses import Studio
from tests.rest_compat.conftest import Rest

START = "2027-03-08T15:00:00Z"


async def joined(rest: Rest, name: str = "Jasmine Torres", **more: Any) -> dict[str, Any]:
    """A new entry, as answered."""
    client = await rest.studio.client(name, email=f"{name.split()[0].lower()}@example.com")
    return await entered(rest, client, **more)


async def entered(rest: Rest, client_id: int, **more: Any) -> dict[str, Any]:
    """A new entry of somebody who is there, as answered."""
    body = {"client_id": spell("cli", client_id), **more}
    answer = await rest.http.post("/v1/waitlist", json=body, headers=rest.studio.headers)
    assert answer.status_code == 201, answer.text
    entry: dict[str, Any] = answer.json()
    return entry


async def test_from_joining_to_leaving(rest: Rest) -> None:
    """120 minutes unless given; oldest first; PATCH keeps what is not given; DELETE shows as cancelled."""
    headers = rest.studio.headers
    first = await joined(rest, preferred_dates=["2027-03-09", "2027-03-08"], notes="mornings")
    second = await joined(rest, "Ada Quinn", artist_id=rest.artist, duration_minutes=60)
    assert first == {
        "id": first["id"],
        "status": "waiting",
        "client": {"id": first["client"]["id"], "full_name": "Jasmine Torres"},
        "artist": None,
        "duration_minutes": 120,
        "preferred_dates": ["2027-03-08", "2027-03-09"],
        "notes": "mornings",
        "offer": None,
        "created_at": "2027-03-01T09:00:00Z",
    }
    listed = (await rest.http.get("/v1/waitlist", headers=headers)).json()
    assert ([one["id"] for one in listed["data"]], listed["total"]) == ([first["id"], second["id"]], 2)
    only = await rest.http.get(f"/v1/waitlist?artist_id={rest.artist}&status=waiting", headers=headers)
    assert [one["id"] for one in only.json()["data"]] == [second["id"]]
    path = f"/v1/waitlist/{first['id']}"
    changed = await rest.http.patch(path, json={"notes": None, "artist_id": rest.artist}, headers=headers)
    assert changed.json() == {
        **first,
        "notes": None,
        "artist": {"id": rest.artist, "full_name": "Kai Rodriguez"},
    }
    for _ in range(2):
        assert (await rest.http.delete(path, headers=headers)).status_code == 204
    assert (await rest.http.get(path, headers=headers)).json()["status"] == "cancelled"


async def test_an_offer_and_its_claim(rest: Rest) -> None:
    """A day unless given; a second offer is refused; the token books once, pending, and answers alike."""
    entry = await joined(rest, artist_id=rest.artist)
    headers = rest.studio.headers
    path = f"/v1/waitlist/{entry['id']}/offer"
    answer = await rest.http.post(path, json={"available_date": START, "message": "Yours"}, headers=headers)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "waitlist_entry": {"id": entry["id"], "status": "offered"},
            "available_date": START,
            "expires_at": "2027-03-02T09:00:00Z",
            "notification_sent": True,
        },
    )
    shown = (await rest.http.get(f"/v1/waitlist/{entry['id']}", headers=headers)).json()
    assert shown["offer"] == {
        "available_date": START,
        "message": "Yours",
        "expires_at": "2027-03-02T09:00:00Z",
    }
    before = await rest.studio.state()
    for body, status in (
        ({"available_date": "2027-03-09T15:00:00Z"}, 409),
        ({}, 422),
        ({"available_date": START, "expires_in_hours": 0}, 422),
    ):
        assert (await rest.http.post(path, json=body, headers=headers)).status_code == status, body
    assert await rest.studio.state() == before


async def test_an_offer_says_whether_the_client_hears_of_it(rest: Rest) -> None:
    """A client with a phone alone: not by mail, which is the default, and by SMS where the studio wants it."""
    headers = rest.studio.headers
    for channels, is_told in ((["mail"], False), (["mail", "sms"], True), ([], False)):
        await configure_messages(rest.studio.ctx, ConfigureMessages(channels=channels))
        entry = await entered(rest, await rest.studio.client("Bo", phone="+15125550177"))
        path = f"/v1/waitlist/{entry['id']}/offer"
        answer = await rest.http.post(path, json={"available_date": START}, headers=headers)
        assert answer.json()["notification_sent"] is is_told, channels
        assert (await rest.http.delete(f"/v1/waitlist/{entry['id']}", headers=headers)).status_code == 204


async def test_a_claim_needs_the_token_alone(rest: Rest, http: httpx.AsyncClient) -> None:
    """No credential; twice is once; a declined or wrong one is refused."""
    studio = rest.studio
    entry = await joined(rest)
    key = (await studio.table("waitlist_entries"))[0]["id"]
    command = OfferWaitlistSlot(waitlist_entry_id=key, starts_at=THREE, provider_id=studio.provider_id)
    token = (await offer_waitlist_slot(studio.ctx, command)).claim_token
    assert token is not None
    answers = [await http.post(f"/v1/waitlist/offers/{token}/claim") for _ in range(2)]
    (appointment,) = await studio.table("appointments")
    assert [(one.status_code, one.json()) for one in answers] == [
        (
            200,
            {
                "waitlist_entry": {"id": entry["id"], "status": "booked"},
                "appointment": {"id": spell("apt", appointment["id"]), "status": "pending"},
            },
        )
    ] * 2
    before = await studio.state()
    for bad in ("x", token[:-4] + "aaaa", "wlo_"):
        assert (await http.post(f"/v1/waitlist/offers/{bad}/claim")).status_code == 404
    gone = await rest.http.delete(f"/v1/waitlist/{entry['id']}", headers=studio.headers)
    assert gone.status_code == 409
    assert await studio.state() == before


async def test_other_studios_entries_are_not_there(rest: Rest, other_studio: Studio) -> None:
    """Nor are those that never were; to the byte."""
    entry = await joined(rest)
    before = await rest.studio.state()
    headers = other_studio.headers
    for id in (entry["id"], "wl_000000000000", "x"):
        path = f"/v1/waitlist/{id}"
        answers = [
            await rest.http.get(path, headers=headers),
            await rest.http.patch(path, json={"notes": "x"}, headers=headers),
            await rest.http.delete(path, headers=headers),
            await rest.http.post(f"{path}/offer", json={"available_date": START}, headers=headers),
        ]
        assert {(one.status_code, one.content) for one in answers} == {
            (404, b'{"error":"not_found","message":"No such waitlist entry."}')
        }
    assert await rest.studio.state() == before


async def test_the_webhook_tells_the_offer(rest: Rest) -> None:
    """The documented name, the entry, the start and until when."""
    entry = await joined(rest)
    key = (await rest.studio.table("waitlist_entries"))[0]["id"]
    command = OfferWaitlistSlot(waitlist_entry_id=key, starts_at=THREE, provider_id=rest.studio.provider_id)
    await offer_waitlist_slot(rest.studio.ctx, command)
    rows = await rest.studio.table("events")
    sequence = next(row["sequence"] for row in rows if row["type"] == "waitlist.slot_offered")
    event = await rest.studio.house.log.at(rest.studio.business_id, sequence)
    assert event is not None
    assert SERVALODESK_WEBHOOKS.names(event.type) == ("waitlist.slot_offered",)
    body = await SERVALODESK_WEBHOOKS.body(rest.studio.ctx, event)
    assert body.endswith(
        f'"data":{{"waitlist_entry":{{"id":"{entry["id"]}","status":"offered"}},'
        f'"available_date":"{START}","expires_at":"2027-03-02T09:00:00Z"}}}}'
    )
