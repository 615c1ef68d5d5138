"""Whose turn it is: leases of the sender, what its turns cost, and how it stops."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event
from standardwebhooks import Webhook, WebhookVerificationError

import app.webhooks
from adapters.sql.tables import webhook_turns
from adapters.sql.webhook_turns import LEASE, WebhookTurns
from app.webhooks import send_webhooks
from core.webhooks.questions import WebhookQuestions
from core.webhooks.rotate_secret import RotateWebhookSecret, rotate_webhook_secret
from core.webhooks.take_turn import IN_FLIGHT, REST
from tests.core.webhooks.conftest import Sending
from tests.core.webhooks.sending import until
from tests.kit.houses import counted
from tests.kit.receivers import hang, status

OK = status(204)


async def test_the_public_library_verifies_what_is_sent_now(sending: Sending) -> None:
    """And refuses another body, another secret, and what is six minutes old."""
    sending.clock.instant = datetime.now(UTC)
    _, secret, receiver = await sending.endpoint(event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    (one,) = receiver.received
    assert Webhook(secret).verify(one.body, one.headers)["type"] == "client.created"
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(one.body + b" ", one.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook("whsec_" + "A" * 44).verify(one.body, one.headers)


async def test_while_a_secret_is_rotated_the_public_library_takes_either(sending: Sending) -> None:
    """Both for an hour, the new one alone from then on; the old is forgotten with the next day's tidying."""
    sending.clock.instant = datetime.now(UTC)
    endpoint_id, old, receiver = await sending.endpoint(event_names=["client.created"])
    rotation = RotateWebhookSecret(webhook_endpoint_id=endpoint_id, overlap_hours=1)
    new = (await rotate_webhook_secret(sending.studio.ctx, rotation)).secret
    assert new is not None
    await sending.studio.client()
    await sending.send()
    for secret in (old, new):
        assert Webhook(secret).verify(receiver.received[0].body, receiver.received[0].headers)
    sending.clock.advance(timedelta(hours=1))
    await sending.studio.client("Bea")
    await sending.send()
    later = receiver.received[1]
    assert len(later.headers["webhook-signature"].split(" ")) == 1
    at = datetime.fromtimestamp(int(later.headers["webhook-timestamp"]), UTC)
    said = {
        name: Webhook(key).sign(later.headers["webhook-id"], at, later.body.decode())
        for name, key in (("new", new), ("old", old))
    }
    assert later.headers["webhook-signature"] == said["new"] != said["old"]
    await sending.send(timedelta(days=1))
    row = await sending.row(endpoint_id)
    assert (row["old_secret"], row["old_secret_ends_at"]) == (None, None)


async def test_a_turn_whose_worker_died_comes_back(sending: Sending) -> None:
    """Nobody else has it while the lease lasts; afterwards it is due again, and nothing was lost."""
    _, _, receiver = await sending.endpoint(event_names=["client.created"])
    await sending.studio.client()
    (dead,) = await sending.house.webhook_turns.lease(10, is_ailing=False)
    await sending.send(LEASE - timedelta(seconds=1))
    assert receiver.received == []
    await sending.send(timedelta(seconds=1))
    assert len(receiver.received) == 1
    # The dead worker was only slow: what it says now changes nothing.
    turns = sending.house.webhook_turns
    await turns.give_back(
        dead,
        taken_to=0,
        due_at=sending.clock.now() + timedelta(days=9),
        is_ailing=True,
        is_listening=False,
    )
    await sending.studio.client("Bea")
    await sending.send()
    assert len(receiver.received) == 2


async def test_without_an_end_to_leases_it_is_lost(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: a lease that never ends keeps the event from everybody."""
    _, _, receiver = await sending.endpoint(event_names=["client.created"])
    await sending.studio.client()
    await sending.house.webhook_turns.lease(10, is_ailing=False)
    due = WebhookTurns._due
    monkeypatch.setattr(
        WebhookTurns, "_due", lambda self, ailing: (*due(self, ailing)[:2], webhook_turns.c.lease.is_(None))
    )
    await sending.send(timedelta(days=1))
    assert receiver.received == []


async def test_what_happens_during_a_turn_is_not_overlooked(sending: Sending) -> None:
    """An event between reading the log and giving the turn back makes the turn due at once."""
    turns = sending.house.webhook_turns
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    await sending.send()
    (row,) = [await sending.row(endpoint_id)]
    await sending.studio.client()
    (turn,) = await turns.lease(10, is_ailing=False)
    far = sending.clock.now() + timedelta(days=1)
    await turns.give_back(turn, taken_to=row["taken_to"], due_at=far, is_ailing=False, is_listening=True)
    await sending.send()
    assert len(receiver.received) == 1


async def test_what_it_costs(sending: Sending) -> None:
    """Statements of one turn that takes in and sends ten events; and of an event, with webhooks and without."""
    await sending.studio.client("before")
    with counted(sending.house) as without:
        await sending.studio.client("Without")
    assert not [one for one in without if "webhook" in one]
    await sending.endpoint(event_names=["client.created"])
    await sending.send()
    with counted(sending.house) as with_webhooks:
        await sending.studio.client("With")
    assert len(with_webhooks) == len(without) + 1
    for number in range(9):
        await sending.studio.client(f"Client {number}")
    with counted(sending.house) as turn:
        assert await sending.send() == 1
    verbs = [" ".join(one.split()[:3]) for one in turn if "SELECT webhook_turns.id" not in one[:30]]
    assert len([one for one in verbs if one.startswith("INSERT INTO webhook_bodies")]) == 1
    assert len(verbs) == 14, verbs


async def test_a_silent_receiver_does_not_hold_up_stopping(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The turn is broken off; its lease ends, and the event is sent again under the same id."""
    monkeypatch.setattr(app.webhooks, "STOPPING_SECONDS", 0.1)
    _, _, receiver = await sending.endpoint(hang, OK, event_names=["client.created"])
    await sending.studio.client()
    stop = asyncio.Event()
    working = asyncio.create_task(send_webhooks(sending.house, stop))
    assert await until(lambda: bool(receiver.received), 9)
    stop.set()
    await asyncio.wait_for(working, 5)
    await sending.send(LEASE)
    assert len(receiver.received) == 2
    assert len(set(receiver.ids)) == 1


async def test_an_endpoint_that_only_fails_rests_for_a_second(sending: Sending) -> None:
    """Of forty events four are tried at once, none within the second, and the next four after it."""
    _, _, receiver = await sending.endpoint(status(500), event_names=["client.created"])
    for number in range(40):
        await sending.studio.client(f"Client {number}")
    await sending.send()
    assert len(receiver.received) == IN_FLIGHT
    await sending.send(REST - timedelta(milliseconds=1))
    assert len(receiver.received) == IN_FLIGHT
    await sending.send(timedelta(milliseconds=1))
    assert len(receiver.received) == 2 * IN_FLIGHT
    assert len(set(receiver.ids)) == 2 * IN_FLIGHT


async def test_what_is_due_is_found_by_its_index(sending: Sending) -> None:
    """However many deliveries an endpoint has behind it: SQLite names the partial index, twice."""
    if sending.house.database.is_postgresql:
        return
    endpoint_id, _, _ = await sending.endpoint(event_names=["client.created"])
    seen: list[tuple[str, Any]] = []

    def note(_c: Any, _k: Any, statement: str, values: Any, *_: Any) -> None:
        seen.append((statement, values))

    engine = sending.house.database.reader.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    asked = sending.studio.ctx.ask(WebhookQuestions)
    await asked.due(endpoint_id, "daybook", "1", sending.clock.now(), 32)
    await asked.next_due(endpoint_id)
    event.remove(engine, "before_cursor_execute", note)
    await sending.studio.ctx.release()
    assert len(seen) == 2
    async with sending.house.database.connect(sending.studio.business_id) as connection:
        for statement, values in seen:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
            plan = [str(row._mapping["detail"]) for row in rows]
            assert [step for step in plan if "ix_webhook_deliveries_due" in step], plan


async def test_what_a_turn_takes_in_it_sends(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also by a clock that goes on meanwhile: one turn for an event, not a second one to send it."""
    _, _, receiver = await sending.endpoint(event_names=["client.created"])
    await sending.send()
    await sending.studio.client()

    def later() -> datetime:
        sending.clock.advance(timedelta(microseconds=1))
        return sending.clock.instant

    monkeypatch.setattr(sending.clock, "now", later)
    assert await sending.send() == 1
    assert len(receiver.received) == 1
