"""ServaloDesk's webhooks: endpoints, and deliveries as its document describes them."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from datetime import timedelta
from typing import Any

from app.house import House
from app.webhooks import send_off
from core.appointments.cancel import CancelAppointment, cancel
from core.appointments.confirm import ConfirmAppointment, confirm
from core.deposits.deposit import settle_deposit
from core.kernel.ids import spell
from core.kernel.money import Money
from core.webhooks.create_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from core.webhooks.endpoint import WebhookEndpoint
from core.webhooks.rotate_secret import RotateWebhookSecret, rotate_webhook_secret
from rest_compat.servalodesk.webhooks import EVENTS
from tests.kit.houses import NOW, Studio
from tests.kit.receivers import Received, receivers
from tests.rest_compat.conftest import Rest

URL = "https://hooks.example/servalodesk"
PATH = "/v1/webhook-endpoints"


def verify(raw_body: bytes, header: str, secret: str) -> bool:
    """`HMAC-SHA256(rawBody, webhookSecret)`, as the document says, in lower-case hex."""
    return hmac.compare_digest(hmac.new(secret.encode(), raw_body, hashlib.sha256).hexdigest(), header)


async def clear(house: House) -> None:
    """Take the turns of other tests' endpoints away."""
    async with house.database.connect(None, write=True) as connection:
        await connection.exec_driver_sql("DELETE FROM webhook_turns")
        await connection.commit()


async def test_making_changing_and_deleting(rest: Rest) -> None:
    """The secret is shown when it is made, in no list, and anew when it is rotated."""
    answer = await rest("POST", PATH, json={"url": URL})
    made = answer.json()
    assert (answer.status_code, {**made, "id": "", "secret": ""}) == (
        201,
        {"id": "", "url": URL, "events": list(EVENTS), "secret": ""},
    )
    assert re.fullmatch(r"whk_[a-z0-9]{12}", made["id"])
    assert re.fullmatch(r"whsec_[0-9a-f]{64}", made["secret"])
    listed = (await rest("GET", PATH)).json()
    assert listed == {"data": [{**made, "secret": None}], "total": 1}
    path = f"{PATH}/{made['id']}"
    changed = (await rest("PATCH", path, json={"events": ["deposit.paid", "appointment.cancelled"]})).json()
    assert changed == {**made, "events": ["appointment.cancelled", "deposit.paid"], "secret": None}
    rotated = (await rest("PATCH", path, json={"rotate_secret": True, "url": f"{URL}/2"})).json()
    assert rotated["url"] == f"{URL}/2"
    assert rotated["secret"] not in (None, made["secret"])
    assert (await rest("DELETE", path)).status_code == 204
    assert (await rest("GET", PATH)).json() == {"data": [], "total": 0}
    for method in ("PATCH", "DELETE"):
        assert (await rest(method, path, json={} if method == "PATCH" else None)).status_code == 404


async def test_a_change_is_reported_once_and_only_where_something_changed(rest: Rest) -> None:
    """New address and secret together are one event; what stays as it is, or is not known, is none."""

    async def reported() -> list[str]:
        return [
            row["type"]
            for row in await rest.studio.table("events")
            if row["type"].startswith("webhook_endpoint.")
        ]

    path = f"{PATH}/{(await rest('POST', PATH, json={'url': URL})).json()['id']}"
    before = [await rest.studio.table("webhook_endpoints"), await reported()]
    for body in ({"active": False}, {}, {"url": URL}, {"events": None}, {"rotate_secret": False}):
        answer = await rest("PATCH", path, json=body)
        assert (answer.status_code, answer.json()["secret"]) == (200, None), body
        assert [await rest.studio.table("webhook_endpoints"), await reported()] == before, body
    await rest("PATCH", path, json={"rotate_secret": True, "url": f"{URL}/2", "events": ["deposit.paid"]})
    assert await reported() == ["webhook_endpoint.created", "webhook_endpoint.updated"]
    after = [await rest.studio.table("webhook_endpoints"), await reported()]
    refused = await rest("PATCH", path, json={"rotate_secret": True, "url": "https://10.0.0.1/"})
    assert refused.status_code == 422
    assert [await rest.studio.table("webhook_endpoints"), await reported()] == after


async def test_an_old_secret_signs_for_a_day_more(rest: Rest) -> None:
    """Until a second rotation, which ends it at once; a repeat of one rotates nothing and tells no secret."""
    made = (await rest("POST", PATH, json={"url": URL})).json()
    path = f"{PATH}/{made['id']}"
    key = {"Idempotency-Key": "r"}
    rotated = (await rest("PATCH", path, json={"rotate_secret": True}, headers=key)).json()
    (first,) = await rest.studio.table("webhook_endpoints")
    repeated = (await rest("PATCH", path, json={"rotate_secret": True}, headers=key)).json()
    assert repeated == {**rotated, "secret": None}
    assert await rest.studio.table("webhook_endpoints") == [first]
    async with rest.studio.ctx.unit_of_work() as uow:
        endpoint = await uow.get(WebhookEndpoint, first["id"])
        assert endpoint is not None
        assert (endpoint.secret, endpoint.old_secret) == (rotated["secret"], made["secret"])
        assert endpoint.old_secret_ends_at == NOW + timedelta(hours=24)
    again = (await rest("PATCH", path, json={"rotate_secret": True})).json()
    async with rest.studio.ctx.unit_of_work() as uow:
        endpoint = await uow.get(WebhookEndpoint, first["id"])
        assert endpoint is not None
        assert (endpoint.secret, endpoint.old_secret) == (again["secret"], rotated["secret"])
    kept = [*await rest.studio.table("idempotency"), *await rest.studio.table("audit")]
    assert not any(secret in str(kept) for secret in (made["secret"], rotated["secret"], again["secret"]))


async def test_bad_endpoints_are_refused(rest: Rest) -> None:
    """422 with the field, and nothing is made."""
    before = await rest.studio.table("webhook_endpoints")
    bad: list[tuple[dict[str, Any], str]] = [
        ({}, "url"),
        ({"url": "http://hooks.example/"}, "url"),
        ({"url": "https://169.254.169.254/"}, "url"),
        ({"url": "https://localhost/"}, "url"),
        ({"url": 7}, "url"),
        ({"url": URL, "events": ["appointment.created"]}, "events.0"),
        ({"url": URL, "events": []}, "events"),
        ({"url": URL, "events": "deposit.paid"}, "events"),
    ]
    for body, field in bad:
        answer = await rest("POST", PATH, json=body)
        assert (answer.status_code, answer.json()["error"]) == (422, "validation_failed"), body
        assert answer.json()["details"][0]["field"] == field, body
    assert await rest.studio.table("webhook_endpoints") == before


async def test_endpoints_of_others_are_not_there(rest: Rest, other_studio: Studio) -> None:
    """Another studio's, and one of another scheme, answer like an unknown id; neither is changed."""
    theirs = await create_webhook_endpoint(
        other_studio.ctx, CreateWebhookEndpoint(url=URL, scheme="servalodesk")
    )
    native = await create_webhook_endpoint(rest.studio.ctx, CreateWebhookEndpoint(url=URL))
    before = [await other_studio.table("webhook_endpoints"), await rest.studio.table("webhook_endpoints")]
    unknown = await rest("PATCH", f"{PATH}/whk_zzzzzzzzzzzz", json={"url": URL})
    assert unknown.status_code == 404
    for key in (theirs.webhook_endpoint_id, native.webhook_endpoint_id):
        path = f"{PATH}/{spell('whk', key)}"
        assert (await rest("PATCH", path, json={"url": URL})).content == unknown.content
        assert (await rest("DELETE", path)).content == unknown.content
    assert (await rest("GET", PATH)).json()["total"] == 0
    assert before == [
        await other_studio.table("webhook_endpoints"),
        await rest.studio.table("webhook_endpoints"),
    ]


async def test_what_is_sent(rest: Rest, house: House) -> None:
    """Confirmed, paid and cancelled: the documented names, shapes and header; nothing else is sent."""
    studio = rest.studio
    await clear(house)
    async with receivers() as outside:
        receiver = outside.receiver()
        command = CreateWebhookEndpoint(url=receiver.url, scheme="servalodesk")
        made = await create_webhook_endpoint(studio.ctx, command)
        client_id = await studio.client("Jasmine Torres", email="jas@example.com")
        key = await studio.appointment(client_id, price=Money(40_000, "USD"))
        await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
        (deposit,) = await studio.table("deposits")
        async with studio.ctx.unit_of_work() as uow:
            await settle_deposit(uow, deposit["id"])
        await cancel(studio.ctx, CancelAppointment(appointment_id=key))
        await send_off(house)
        bodies = {body["event"]: body for body in (json.loads(one.body) for one in receiver.received)}
        assert set(bodies) == {"appointment.confirmed", "deposit.paid", "appointment.cancelled"}
        assert made.secret is not None
        for one in receiver.received:
            assert verify(one.body, one.headers["x-servalodesk-signature"], made.secret)
            assert not verify(one.body + b" ", one.headers["x-servalodesk-signature"], made.secret)
    for body in bodies.values():
        assert list(body) == ["id", "event", "created_at", "tenant_id", "data"]
        assert re.fullmatch(r"evt_[a-z0-9]{24}", body["id"])
        assert (body["created_at"], body["tenant_id"]) == (
            "2027-03-01T09:00:00Z",
            spell("ten", studio.business_id),
        )
    confirmed = bodies["appointment.confirmed"]["data"]
    assert list(confirmed) == ["appointment", "deposit"]
    assert confirmed["appointment"]["id"] == spell("apt", key)
    # The appointment was cancelled before anything was sent: what the event says of it counts.
    assert confirmed["appointment"]["status"] == "confirmed"
    assert (confirmed["deposit"]["id"], confirmed["deposit"]["amount"]) == (spell("dep", deposit["id"]), 120)
    paid = bodies["deposit.paid"]["data"]
    assert list(paid) == ["deposit", "appointment"]
    assert paid["deposit"]["status"] == "paid"
    assert list(bodies["appointment.cancelled"]["data"]) == ["appointment"]
    assert bodies["appointment.cancelled"]["data"]["appointment"]["status"] == "cancelled"


async def test_while_a_secret_is_rotated_both_sign(rest: Rest, house: House) -> None:
    """The new one in the documented header, the old one in a header beside it."""
    await clear(house)
    async with receivers() as outside:
        receiver = outside.receiver()
        command = CreateWebhookEndpoint(url=receiver.url, scheme="servalodesk")
        made = await create_webhook_endpoint(rest.studio.ctx, command)
        rotation = RotateWebhookSecret(webhook_endpoint_id=made.webhook_endpoint_id, overlap_hours=1)
        rotated = await rotate_webhook_secret(rest.studio.ctx, rotation)
        key = await rest.studio.appointment(await rest.studio.client())
        await cancel(rest.studio.ctx, CancelAppointment(appointment_id=key))
        await send_off(house)
        one: Received = receiver.received[0]
    assert rotated.secret is not None
    assert made.secret is not None
    assert verify(one.body, one.headers["x-servalodesk-signature"], rotated.secret)
    assert verify(one.body, one.headers["x-servalodesk-signature-previous"], made.secret)
