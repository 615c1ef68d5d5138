"""From the log to the receiver: what is sent, how often, and what becomes of endpoints that do not take it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from app.worker import work_off
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.messaging.configure_messages import ConfigureMessages, configure_messages
from core.webhooks.send_test import SendWebhookTest, send_webhook_test
from core.webhooks.take_turn import KEPT_FOR
from core.webhooks.update_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from tests.core.webhooks.conftest import Sending, instant
from tests.kit.houses import NOW
from tests.kit.posts import Posts
from tests.kit.receivers import Way, garbage, huge, redirect, reset, status


async def test_an_event_is_sent_once_with_its_facts(sending: Sending) -> None:
    """What happened before the endpoint was made is not sent; what happens after is, and never again."""
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    client_id = await sending.studio.client("Ana Lima", email="ana@example.com")
    await sending.send()
    (request,) = receiver.received
    body = json.loads(request.body)
    (event,) = [row for row in await sending.studio.table("events") if row["type"] == "client.created"]
    assert list(body) == ["id", "type", "version", "timestamp", "sequence", "data"]
    assert (body["type"], body["version"]) == ("client.created", 1)
    assert body["sequence"] == event["sequence"]
    assert body["timestamp"] == "2027-03-01T09:00:00Z"
    assert list(body["data"]) == ["clientId"]
    assert body["data"]["clientId"].startswith("cli_")
    assert body["id"].startswith("evt_")
    assert b"ana" not in request.body.lower()
    assert request.method == "POST"
    assert request.headers["content-type"] == "application/json"
    assert client_id
    await sending.send(timedelta(days=3))
    assert len(receiver.received) == 1
    (delivery,) = await sending.deliveries(endpoint_id)
    assert (delivery["state"], delivery["attempts"], delivery["next_at"]) == ("DELIVERED", 1, None)


async def test_an_endpoint_without_a_choice_hears_of_everything(sending: Sending) -> None:
    """Its own birth first, in the order of the log."""
    _, _, receiver = await sending.endpoint()
    for number in range(5):
        await sending.studio.client(f"Client {number}")
    await sending.send()
    bodies = [json.loads(one.body) for one in receiver.received]
    assert [body["type"] for body in sorted(bodies, key=lambda body: body["sequence"])] == [
        "webhook_endpoint.created",
        *["client.created"] * 5,
    ]
    assert len(set(receiver.ids)) == 6


async def test_the_schedule(sending: Sending) -> None:
    """0, 5 s, 5 m, 30 m, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h, each up to a fifth longer; then it has failed."""
    endpoint_id, _, receiver = await sending.endpoint(status(500, b"no"), event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    pauses = []
    for _ in range(9):
        (delivery,) = await sending.deliveries(endpoint_id)
        due = instant(delivery["next_at"])
        assert due is not None
        assert delivery["state"] == "WAITING"
        pauses.append((due - sending.clock.now()).total_seconds())
        sending.clock.instant = due - timedelta(milliseconds=1)
        count = len(receiver.received)
        await sending.send()
        assert len(receiver.received) == count
        sending.clock.instant = due
        await sending.send()
        assert len(receiver.received) == count + 1
    planned = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400]
    assert all(plan <= pause <= 1.2 * plan for plan, pause in zip(planned, pauses, strict=True))
    assert any(pause > plan for plan, pause in zip(planned, pauses, strict=True))
    (delivery,) = await sending.deliveries(endpoint_id)
    assert (delivery["state"], delivery["attempts"], delivery["next_at"]) == ("FAILED", 10, None)
    assert len({one.body for one in receiver.received}) == 1
    assert len(set(receiver.ids)) == 1
    assert len({one.headers["webhook-timestamp"] for one in receiver.received}) == 10
    tries = await sending.attempts()
    assert [(one["number"], one["status"], one["error"], one["answer"]) for one in tries] == [
        (number, 500, "STATUS", "no") for number in range(1, 11)
    ]
    await sending.send(timedelta(days=2))
    assert len(receiver.received) == 10


@pytest.mark.parametrize(
    ("way", "code", "error"),
    [
        (status(404), 404, "STATUS"),
        (status(503), 503, "STATUS"),
        (reset, None, "UNREACHABLE"),
        (garbage, None, "UNREACHABLE"),
        (redirect("http://127.0.0.1/"), 302, "REDIRECT"),
    ],
)
async def test_what_fails_is_tried_again(sending: Sending, way: Way, code: int | None, error: str) -> None:
    """And then goes well, under the same id; the log of tries says both."""
    _, _, receiver = await sending.endpoint(way, status(200, b"ok\x00\xff"), event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    await sending.send(timedelta(seconds=6))
    tries = await sending.attempts()
    assert [(one["status"], one["error"]) for one in tries] == [(code, error), (200, None)]
    assert tries[1]["answer"] == "ok\ufffd\ufffd"
    assert all(one["milliseconds"] >= 0 for one in tries)
    assert len(set(receiver.ids)) == 1


async def test_a_huge_answer_is_cut(sending: Sending) -> None:
    """Its status counts; 500 characters of it are kept."""
    endpoint_id, _, _ = await sending.endpoint(huge(), event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    (one,) = await sending.attempts()
    assert (one["status"], one["error"], one["answer"]) == (200, None, "x" * 500)
    assert [row["state"] for row in await sending.deliveries(endpoint_id)] == ["DELIVERED"]


async def test_retry_after_is_heeded_for_the_whole_endpoint(sending: Sending) -> None:
    """429 with 600 seconds: nothing is sent before, not even what happens meanwhile; then everything."""
    endpoint_id, _, receiver = await sending.endpoint(
        status(429, Retry_After="600"), status(204), event_names=["client.created"]
    )
    await sending.studio.client()
    await sending.send()
    await sending.studio.client("Bea")
    await sending.send(timedelta(seconds=599))
    assert len(receiver.received) == 1
    assert instant((await sending.row(endpoint_id))["quiet_until"]) == NOW + timedelta(seconds=600)
    await sending.send(timedelta(seconds=1))
    assert len(receiver.received) == 3
    assert (await sending.row(endpoint_id))["quiet_until"] is None


async def test_410_disables_an_endpoint(sending: Sending) -> None:
    """One event; nothing is sent from then on."""
    endpoint_id, _, receiver = await sending.endpoint(status(410), event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    row = await sending.row(endpoint_id)
    assert (bool(row["is_active"]), row["disabled_cause"]) == (False, "GONE")
    assert await sending.studio.payloads("webhook_endpoint.disabled") == [
        {"endpoint_id": endpoint_id, "cause": "GONE"}
    ]
    await sending.studio.client("Bea")
    await sending.send(timedelta(days=1))
    assert len(receiver.received) == 1


async def test_owners_and_managers_are_told_that_an_endpoint_is_off(sending: Sending) -> None:
    """Each once, in the business's language; nobody who left, who does not look after it, or has no address."""
    studio, posts = sending.studio, Posts()
    await work_off(sending.house)
    sending.house.mailer = posts.mailer()
    await configure_messages(studio.ctx, ConfigureMessages(language="de"))
    mara = await studio.provider("Mara Voss", role="manager", email="mara@example.com")
    left = await studio.provider("Left Long", role="manager", email="left@example.com")
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=left))
    await studio.provider("Nils", role="provider", email="nils@example.com")
    await studio.provider("Silent", role="owner")
    endpoint_id, _, receiver = await sending.endpoint(status(410), event_names=["client.created"])
    await studio.client()
    await sending.send()
    await work_off(sending.house)
    assert [(one.to, one.language, one.facts["cause"]) for one in posts.letters] == [
        (studio.email, "de", "GONE"),
        ("mara@example.com", "de", "GONE"),
    ]
    assert {one.facts["url"] for one in posts.letters} == {receiver.url}
    assert len({one.message_id for one in posts.letters}) == 2
    assert posts.letters[1].message_id.startswith(f"{studio.business_id}.")
    assert f".mail_webhook_disabled.{mara}@" in posts.letters[1].message_id
    assert not bool((await sending.row(endpoint_id))["is_active"])


async def test_days_of_failure_disable_an_endpoint(sending: Sending) -> None:
    """Not before five days without a success, and only when a delivery ran out of tries."""
    endpoint_id, _, _ = await sending.endpoint(status(500), event_names=["client.created"])
    await sending.studio.client()
    await run_out(sending, endpoint_id)
    assert [row["state"] for row in await sending.deliveries(endpoint_id)] == ["FAILED"]
    assert bool((await sending.row(endpoint_id))["is_active"])
    await sending.studio.client("Bea")
    await run_out(sending, endpoint_id)
    row = await sending.row(endpoint_id)
    assert (bool(row["is_active"]), row["disabled_cause"]) == (False, "FAILING")
    assert await sending.studio.payloads("webhook_endpoint.disabled") == [
        {"endpoint_id": endpoint_id, "cause": "FAILING"}
    ]


async def test_one_success_keeps_an_endpoint(sending: Sending) -> None:
    """The days are counted anew from the next failure on (the control of the test above)."""
    endpoint_id, _, receiver = await sending.endpoint(status(500), event_names=["client.created"])
    await sending.studio.client()
    await run_out(sending, endpoint_id)
    receiver.ways = [status(204)]
    receiver.received.clear()
    await sending.studio.client("Bea")
    await sending.send()
    receiver.ways = [status(500)]
    await sending.studio.client("Cleo")
    await run_out(sending, endpoint_id)
    assert bool((await sending.row(endpoint_id))["is_active"])


async def test_a_test_goes_to_one_endpoint_alone(sending: Sending) -> None:
    """Whichever events it wants; others that want everything do not hear of it."""
    tested, _, receiver = await sending.endpoint(event_names=["client.created"])
    _, _, other = await sending.endpoint()
    await send_webhook_test(sending.studio.ctx, SendWebhookTest(webhook_endpoint_id=tested))
    await sending.send()
    (request,) = receiver.received
    assert json.loads(request.body)["type"] == "webhook_endpoint.tested"
    assert "webhook_endpoint.tested" not in [json.loads(one.body)["type"] for one in other.received]


async def test_what_is_old_is_forgotten(sending: Sending) -> None:
    """Deliveries, tries and bodies go 30 days after they were settled; what still waits stays."""
    endpoint_id, _, _ = await sending.endpoint(event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    await sending.send(KEPT_FOR - timedelta(seconds=1))
    assert len(await sending.deliveries(endpoint_id)) == 1
    await sending.send(timedelta(days=1, seconds=2))
    for table in ("webhook_deliveries", "webhook_attempts", "webhook_bodies"):
        assert await sending.studio.table(table) == []


async def test_what_waits_in_vain_is_forgotten_too(sending: Sending) -> None:
    """An endpoint that was switched off with a delivery under way keeps no body of it for longer than 30 days."""
    endpoint_id, _, _ = await sending.endpoint(status(500), event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    command = UpdateWebhookEndpoint(webhook_endpoint_id=endpoint_id, is_active=False)
    await update_webhook_endpoint(sending.studio.ctx, command)
    await sending.send(KEPT_FOR - timedelta(seconds=1))
    assert [row["state"] for row in await sending.deliveries(endpoint_id)] == ["WAITING"]
    await sending.send(timedelta(days=1, seconds=2))
    for table in ("webhook_deliveries", "webhook_attempts", "webhook_bodies"):
        assert await sending.studio.table(table) == []


async def test_many_events_are_taken_in_a_few_at_a_time(sending: Sending) -> None:
    """120 of them: 50 at once into deliveries, 32 at once out, all in the end, each once."""
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    for number in range(120):
        await sending.studio.client(f"Client {number}")
    turns = await sending.send()
    assert turns >= 4
    assert len(receiver.received) == len(set(receiver.ids)) == 120
    assert receiver.most_open <= 4
    assert {row["state"] for row in await sending.deliveries(endpoint_id)} == {"DELIVERED"}


async def run_out(sending: Sending, endpoint_id: int) -> None:
    """Send what is new, and let time pass from try to try until no delivery of the endpoint waits."""
    await sending.send()
    while dues := [
        row["next_at"] for row in await sending.deliveries(endpoint_id) if row["state"] == "WAITING"
    ]:
        due = instant(min(dues))
        assert due is not None
        sending.clock.instant = max(due, sending.clock.instant)
        await sending.send()
