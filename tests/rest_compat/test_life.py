"""The life of an appointment, and changes to people and studio, as ServaloDesk speaks of them."""

from __future__ import annotations

from itertools import count
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from core.kernel.ids import spell
from tests.core.appointments.shop import offered, sold
from tests.kit.houses import NOW, Studio
from tests.rest_compat.conftest import Rest

BOOKING = {"start_time": "2027-06-28T14:00:00Z", "duration_minutes": 180, "quoted_price": 400}

_numbers = count(1)


async def booked(rest: Rest, **more: Any) -> dict[str, Any]:
    """A new appointment, as it is answered."""
    client = spell("cli", await rest.studio.client(email=f"c{next(_numbers)}@example.com"))
    body = {**BOOKING, "client_id": client, "artist_id": rest.artist, **more}
    answer = await rest("POST", "/v1/appointments", json=body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_confirming(rest: Rest) -> None:
    """The first call makes the deposit, due in 48 hours, and asks for it; the second changes nothing."""
    appointment = await booked(rest)
    path = f"/v1/appointments/{appointment['id']}/confirm"
    first = await rest("POST", path)
    (deposit,) = await rest.studio.table("deposits")
    assert (first.status_code, first.json()) == (
        200,
        {
            "appointment": {"id": appointment["id"], "status": "confirmed"},
            "deposit": {
                "id": spell("dep", deposit["id"]),
                "amount": 120,
                "status": "pending",
                "due_date": "2027-03-03T09:00:00Z",
            },
            "notification_sent": True,
        },
    )
    before = await rest.studio.state()
    again = await rest("POST", path, json={})
    assert again.json() == {**first.json(), "notification_sent": False}
    assert await rest.studio.state() == before


async def test_confirming_in_silence_and_without_a_deposit(rest: Rest) -> None:
    """The whole body is optional; without an amount there is no deposit."""
    appointment = await booked(rest)
    body = {"send_deposit_request": False, "deposit_due_date": "2027-03-10T00:00:00Z"}
    answer = (await rest("POST", f"/v1/appointments/{appointment['id']}/confirm", json=body)).json()
    assert (answer["deposit"]["due_date"], answer["notification_sent"]) == ("2027-03-10T00:00:00Z", False)
    free = await booked(rest, quoted_price=None, start_time="2027-06-29T14:00:00Z")
    answer = (await rest("POST", f"/v1/appointments/{free['id']}/confirm")).json()
    assert (answer["deposit"], answer["notification_sent"]) == (None, False)
    late = {"deposit_due_date": "2027-02-28T00:00:00Z"}
    other = await booked(rest, start_time="2027-06-30T14:00:00Z")
    refused = await rest("POST", f"/v1/appointments/{other['id']}/confirm", json=late)
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "deposit_due_date")


async def test_a_confirmation_without_a_deposit_is_told_and_not_called_a_notification(rest: Rest) -> None:
    """The contract's word is of the deposit's letter; what was pending is told all the same."""
    asked = await offered(rest.studio, 60, needs_approval=True)
    client_id = await rest.studio.client("Ana", email="ana@example.com")
    key = (await sold(rest.studio, client_id, NOW.replace(hour=15), service_id=asked)).appointment_id
    answer = (await rest("POST", f"/v1/appointments/{spell('apt', key)}/confirm")).json()
    assert answer["appointment"] == {"id": spell("apt", key), "status": "confirmed"}
    assert (answer["deposit"], answer["notification_sent"]) == (None, False)
    (facts,) = await rest.studio.payloads("appointment.confirmed")
    assert facts["client_is_told"] is True


async def test_no_show(rest: Rest) -> None:
    """A paid deposit is forfeited and still counts as paid; a pending one is cancelled; once."""
    paid, pending = await booked(rest), await booked(rest, start_time="2027-06-29T14:00:00Z")
    for appointment in (paid, pending):
        await rest("POST", f"/v1/appointments/{appointment['id']}/confirm")
    async with rest.studio.house.database.connect(rest.studio.business_id, write=True) as connection:
        statement = "UPDATE deposits SET status = 'PAID' WHERE business_id = :business AND id = :key"
        first = min(row["id"] for row in await rest.studio.table("deposits"))
        await connection.execute(text(statement), {"business": rest.studio.business_id, "key": first})
        await connection.commit()
    for appointment, status, is_paid in ((paid, "forfeited", True), (pending, "cancelled", False)):
        answer = (await rest("POST", f"/v1/appointments/{appointment['id']}/no-show")).json()
        assert answer["appointment"] == {"id": appointment["id"], "status": "no_show"}
        assert (answer["deposit"]["status"], answer["notification_sent"]) == (status, False)  # still ahead
        shown = (await rest("GET", f"/v1/appointments/{appointment['id']}")).json()
        assert (shown["status"], shown["deposit_paid"]) == ("no_show", is_paid)
    again = await rest("POST", f"/v1/appointments/{paid['id']}/no_show")
    assert (again.status_code, again.json()["error"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("DELETE", "", None, 204),
        ("POST", "/cancel", {}, 200),
        ("PATCH", "", {"status": "cancelled"}, 200),
    ],
)
async def test_staff_cancel_what_clients_may_not(
    rest: Rest, method: str, path: str, body: Any, status: int
) -> None:
    """A service whose clients may never cancel: each of the three ways is a staff door, and cancels."""
    service_id = await offered(rest.studio, 60, cancellation_notice_minutes=None)
    key = await rest.studio.appointment(await rest.studio.client(), service_id=service_id)
    answer = await rest(method, f"/v1/appointments/{spell('apt', key)}{path}", json=body)
    assert answer.status_code == status
    (row,) = await rest.studio.table("appointments")
    assert row["status"] == "CANCELLED"


async def test_three_ways_to_cancel(rest: Rest) -> None:
    """DELETE, POST …/cancel and PATCH status are one verb: the row stays readable, the time is free."""
    for method, path, body, status in (
        ("DELETE", "", None, 204),
        ("POST", "/cancel", {"reason": "flu"}, 200),
        ("PATCH", "", {"status": "cancelled"}, 200),
    ):
        appointment = await booked(rest)
        answer = await rest(method, f"/v1/appointments/{appointment['id']}{path}", json=body)
        assert answer.status_code == status
        if path:
            assert answer.json() == {
                "appointment": {"id": appointment["id"], "status": "cancelled"},
                "notification_sent": True,
            }
        shown = (await rest("GET", f"/v1/appointments/{appointment['id']}")).json()
        assert shown == {**appointment, "status": "cancelled"}
        before = await rest.studio.state()
        for verb, tail in (("DELETE", ""), ("POST", "/cancel"), ("POST", "/confirm"), ("POST", "/no-show")):
            refused = await rest(verb, f"/v1/appointments/{appointment['id']}{tail}")
            assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
        assert await rest.studio.state() == before
    told = {row["type"] for row in await rest.studio.table("events")}
    assert "appointment.cancelled" in told


async def test_moving_and_editing(rest: Rest) -> None:
    """PATCH and PUT change what is given, and null clears; overlap is proved anew; the id stays."""
    appointment = await booked(rest)
    blocker = await booked(rest, start_time="2027-06-29T14:00:00Z")
    path = f"/v1/appointments/{appointment['id']}"
    mara = spell("art", await rest.studio.provider("Mara"))
    changes = {"start_time": "2027-06-29T05:00:00Z", "duration_minutes": 60, "style": "blackwork"}
    moved = (await rest("PATCH", path, json=changes)).json()
    assert moved == {
        **appointment,
        **changes,
        "end_time": "2027-06-29T06:00:00Z",
    }
    assert (await rest("PUT", path, json={"style": None, "quoted_price": None})).json() == {
        **moved,
        "style": None,
        "quoted_price": None,
    }
    before = await rest.studio.state()
    refused = await rest("PATCH", path, json={"style": "x", "start_time": blocker["start_time"]})
    assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
    for body, field in (
        ({"status": "confirmed"}, "status"),
        ({"status": "completed", "style": "x"}, "status"),
        ({"duration_minutes": None}, "duration_minutes"),
        ({"start_time": "2027-02-01T00:00:00Z"}, "start_time"),
    ):
        refused = await rest("PATCH", path, json=body)
        assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, field), body
    for artist in (spell("art", 2**50), "nonsense"):
        unknown = await rest("PATCH", path, json={"artist_id": artist})
        assert (unknown.status_code, unknown.json()["message"]) == (404, "No such artist.")
    assert await rest.studio.state() == before
    other = (await rest("PATCH", path, json={"artist_id": mara, "start_time": blocker["start_time"]})).json()
    assert other["artist"] == {"id": mara, "full_name": "Mara"}
    done = (await rest("PATCH", path, json={"status": "completed"})).json()
    assert done["status"] == "completed"


async def test_changes_to_clients(rest: Rest) -> None:
    """PATCH changes what is given; DELETE takes a client out of lists and away from later reads."""
    key = await rest.studio.client("Jasmine Torres", email="jas@example.com", phone="+15125550142")
    path = f"/v1/clients/{spell('cli', key)}"
    shown = (await rest("GET", path)).json()
    changed = (await rest("PATCH", path, json={"last_name": "Okafor", "phone": None})).json()
    assert changed == {**shown, "last_name": "Okafor", "phone": None}
    appointment = await rest.studio.appointment(key)
    assert (await rest("DELETE", path)).status_code == 204
    for method in ("GET", "PATCH", "DELETE"):
        answer = await rest(method, path, json={} if method == "PATCH" else None)
        assert (answer.status_code, answer.json()["message"]) == (404, "No such client."), method
    assert (await rest("GET", "/v1/clients")).json()["total"] == 0
    kept = (await rest("GET", f"/v1/appointments/{spell('apt', appointment)}")).json()
    assert kept["client"]["full_name"] == "Jasmine Okafor"


async def test_changes_to_artists(rest: Rest) -> None:
    """PATCH changes what is given; an artist with appointments ahead, and the last owner, stay."""
    key = await rest.studio.provider("Mara Voss", styles=["blackwork"])
    path = f"/v1/artists/{spell('art', key)}"
    shown = (await rest("GET", path)).json()
    slug = f"mara-{rest.studio.business_id}"
    changes = {"booking_link_slug": slug, "is_accepting_bookings": False, "working_hours": {"friday": []}}
    assert (await rest("PATCH", path, json=changes)).json() == {**shown, **changes}
    await rest.studio.appointment(await rest.studio.client(), provider_id=key)
    for artist in (path, f"/v1/artists/{rest.artist}"):
        refused = await rest("DELETE", artist)
        assert (refused.status_code, refused.json()["error"]) == (409, "conflict")
    other = f"/v1/artists/{spell('art', await rest.studio.provider('Guest', slug=f'guest-{slug}'))}"
    assert (await rest("DELETE", other)).status_code == 204
    assert (await rest("GET", other)).status_code == 404
    assert (await rest("GET", f"/v1/artists/guest-{slug}/profile")).status_code == 404
    assert (await rest("GET", "/v1/artists")).json()["total"] == 2


async def test_changes_to_the_studio(rest: Rest, http: httpx.AsyncClient) -> None:
    """Name, slug and zone change; a closed studio's credentials stop working."""
    slug = f"needle-{rest.studio.business_id}"
    changes = {"name": "Needle", "slug": slug, "timezone": "Europe/Berlin"}
    shown = (await rest("PATCH", "/v1/studios/me", json=changes)).json()
    assert {name: shown[name] for name in changes} == changes
    refused = await rest("PATCH", "/v1/studio", json={"timezone": "Mars"})
    assert (refused.status_code, refused.json()["details"][0]["field"]) == (422, "timezone")
    assert (await rest("DELETE", "/v1/studio")).status_code == 204
    login = {"email": rest.studio.email, "password": "correct horse battery"}
    answer = await http.post("/v1/auth/login", json=login)
    token = answer.json()["token"]
    headers = {"Authorization": f"Bearer {token}"}
    assert (await http.get("/v1/studio", headers=headers)).status_code == 403


@pytest.mark.parametrize("period", ["week", "month", "year", None])
async def test_stats(period: str | None, rest: Rest) -> None:
    """Counts and money by the contract's names."""
    for day in ("02", "03", "04"):
        await booked(rest, start_time=f"2027-03-{day}T14:00:00Z")
    answer = await rest("GET", "/v1/studio/stats", params={"period": period} if period else {})
    assert answer.json() == {
        "appointments": {"total": 3, "confirmed": 3, "pending": 0, "completed": 0},
        "revenue": {"this_month": 0, "last_month": 0, "deposits_pending": 0},
        "clients": {"total": 3, "new_this_month": 3},
        "no_show_rate": 0,
    }
    refused = await rest("GET", "/v1/studio/stats?period=decade")
    assert refused.json() == {
        "error": "bad_request",
        "message": "period: must be one of week, month, year.",
    }


async def test_api_keys(rest: Rest, http: httpx.AsyncClient, other_studio: Studio) -> None:
    """The secret is shown once; a key cannot make keys; a revoked one is gone, another studio's never there."""
    made = await rest("POST", "/v1/api-keys", json={"name": "till"})
    told = made.json()
    assert (made.status_code, list(told)) == (201, ["id", "name", "key", "created_at"])
    listed = (await rest("GET", "/v1/api-keys")).json()
    assert listed == {
        "data": [
            {
                "id": told["id"],
                "name": "till",
                "prefix": told["key"][:13],
                "created_at": "2027-03-01T09:00:00Z",
                "last_used_at": None,
            }
        ],
        "total": 1,
    }
    key = {"Authorization": f"Bearer {told['key']}"}
    assert (await http.post("/v1/api-keys", json={"name": "more"}, headers=key)).status_code == 403
    foreign = await http.delete(f"/v1/api-keys/{told['id']}", headers=other_studio.headers)
    unknown = await http.delete("/v1/api-keys/key_x", headers=other_studio.headers)
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    assert (await rest("DELETE", f"/v1/api-keys/{told['id']}")).status_code == 204
    assert (await rest("DELETE", f"/v1/api-keys/{told['id']}")).status_code == 404


async def test_unknown_and_foreign_ids_at_every_door(rest: Rest, other_studio: Studio) -> None:
    """Each verb answers another studio's id as it answers one that nothing has, and changes nothing."""
    client = await other_studio.client()
    foreign = {
        "appointments": spell("apt", await other_studio.appointment(client)),
        "clients": spell("cli", client),
        "artists": spell("art", await other_studio.provider("Guest")),
    }
    before = await other_studio.state()
    for method, noun, tail in (
        ("PATCH", "appointments", ""),
        ("DELETE", "appointments", ""),
        ("POST", "appointments", "/confirm"),
        ("POST", "appointments", "/no-show"),
        ("POST", "appointments", "/cancel"),
        ("PATCH", "clients", ""),
        ("DELETE", "clients", ""),
        ("PATCH", "artists", ""),
        ("DELETE", "artists", ""),
    ):
        answers = {
            (answer.status_code, answer.content)
            for one in (foreign[noun], spell(foreign[noun][:3], 2**50), "nonsense", "%00")
            for answer in [await rest(method, f"/v1/{noun}/{one}{tail}", json={})]
        }
        word = {"appointments": b"appointment", "clients": b"client", "artists": b"artist"}[noun]
        assert answers == {(404, b'{"error":"not_found","message":"No such %s."}' % word)}, (method, noun)
    assert await other_studio.state() == before
