"""R9: many events, many endpoints that fail in every way; whoever lives gets each event, and nobody waits for them.

`SOAK_WEBHOOK_EVENTS` says how many events there are; without it a hundred.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

import app.webhooks
from adapters.sql.tables import webhook_turns
from adapters.sql.webhook_turns import LEASE, WebhookTurns
from app.webhooks import send_webhooks
from core.webhooks import take_turn
from tests.core.webhooks.conftest import Sending, instant
from tests.kit.houses import counted
from tests.kit.receivers import (
    Receiver,
    Way,
    drip,
    garbage,
    hang,
    huge,
    redirect,
    reset,
    status,
)

EVENTS = int(os.environ.get("SOAK_WEBHOOK_EVENTS", "100"))
OK = status(204)

LIVING: dict[str, tuple[Way, ...]] = {
    **{f"healthy {number}": (OK,) for number in range(6)},
    "500 at first": (status(500), status(500), OK),
    "502 now and then": (OK, status(502), OK, OK, status(502), OK),
    "reset at first": (reset, reset, OK),
    "garbage at first": (garbage, OK),
    "429 with seconds": (status(429, Retry_After="30"), OK),
    "503 with a date": (status(503, Retry_After="Mon, 01 Mar 2027 09:10:00 GMT"), OK),
    "silent at first": (hang, OK),
    "dripping at first": (drip, OK),
    "a huge answer": (huge(), OK),
    "elsewhere at first": (redirect("http://127.0.0.1:1/"), OK),
}
DEAD: dict[str, tuple[Way, ...]] = {
    "always 500": (status(500),),
    "always reset": (reset,),
    "always elsewhere": (redirect("http://10.0.0.1/"),),
    "gone": (status(410),),
}


async def test_whoever_lives_gets_each_event(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """Under one id and with one body at every try; the dead are tried to the end, or told off at once."""
    monkeypatch.setattr(take_turn, "TRY_SECONDS", 0.5)
    endpoints = {
        name: await sending.endpoint(*ways, event_names=["client.created"])
        for name, ways in {**LIVING, **DEAD}.items()
    }
    assert len(endpoints) == 20
    for number in range(EVENTS):
        await sending.studio.client(f"Client {number}")
        if number % 20 == 0:
            await sending.send()
    await settle(sending, [endpoints[name][0] for name in LIVING])
    expected = {
        row["sequence"] for row in await sending.studio.table("events") if row["type"] == "client.created"
    }
    assert len(expected) == EVENTS
    for name in LIVING:
        endpoint_id, secret, receiver = endpoints[name]
        deliveries = await sending.deliveries(endpoint_id)
        assert {row["sequence"] for row in deliveries} == expected, name
        assert {row["state"] for row in deliveries} == {"DELIVERED"}, name
        told: dict[str, set[bytes]] = {}
        for one in receiver.received:
            told.setdefault(one.headers["webhook-id"], set()).add(one.body)
            signed_by(secret, one.headers, one.body)
        assert len(told) == EVENTS, name
        assert {len(bodies) for bodies in told.values()} == {1}, name
        assert {json.loads(body)["sequence"] for (body,) in told.values()} == expected, name
    for name in ("healthy 0", "healthy 5"):
        assert EVENTS <= len(endpoints[name][2].received) <= EVENTS * 1.2, "a slow machine tries again"
    assert max(receiver.most_open for _, _, receiver in endpoints.values()) <= take_turn.IN_FLIGHT
    gone = await sending.row(endpoints["gone"][0])
    assert gone["disabled_cause"] == "GONE"
    assert len(endpoints["gone"][2].received) <= take_turn.IN_FLIGHT
    all_bodies = [row for row in await sending.studio.table("webhook_bodies") if row["sequence"] in expected]
    assert len(all_bodies) == EVENTS


async def settle(sending: Sending, endpoint_ids: list[int]) -> None:
    """Let time pass from try to try until these endpoints have nothing waiting."""
    for _ in range(400):
        await sending.send()
        waiting = [
            row["next_at"]
            for row in await sending.studio.table("webhook_deliveries")
            if row["endpoint_id"] in endpoint_ids and row["state"] == "WAITING"
        ]
        if not waiting:
            return
        due = instant(min(waiting))
        quiet = [
            instant(row["quiet_until"])
            for row in await sending.studio.table("webhook_endpoints")
            if row["id"] in endpoint_ids and row["quiet_until"] is not None
        ]
        assert due is not None
        later = due if due > sending.clock.instant else sending.clock.instant + timedelta(seconds=5)
        sending.clock.instant = min([later, *(one for one in quiet if one and one > sending.clock.instant)])
    raise AssertionError("deliveries still wait")


def signed_by(secret: str, headers: dict[str, str], body: bytes) -> None:
    """The signature is the one that the public library makes of the same id, second and body."""
    at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
    ours = headers["webhook-signature"].split(" ")
    assert Webhook(secret).sign(headers["webhook-id"], at, body.decode()) in ours


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


@asynccontextmanager
async def sender(sending: Sending) -> AsyncIterator[None]:
    """The sender at work beside the test."""
    stop = asyncio.Event()
    working = asyncio.create_task(send_webhooks(sending.house, stop))
    try:
        yield
    finally:
        stop.set()
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)


async def among_the_silent(sending: Sending) -> tuple[Receiver, list[Receiver]]:
    """A healthy endpoint beside four that never answer; all are sent twenty events."""
    silent = [(await sending.endpoint(hang, event_names=["client.created"]))[2] for _ in range(4)]
    _, _, healthy = await sending.endpoint(event_names=["client.created"])
    for number in range(20):
        await sending.studio.client(f"Client {number}")
    return healthy, silent


async def until(done: Any, seconds: float) -> bool:
    """Whether something comes true in time."""
    for _ in range(round(seconds / 0.02)):
        if done():
            return True
        await asyncio.sleep(0.02)
    return bool(done())


async def test_the_silent_do_not_delay_the_healthy(sending: Sending) -> None:
    """All its twenty arrive while the first tries of the others are still under way."""
    healthy, silent = await among_the_silent(sending)
    async with sender(sending):
        assert await until(lambda: len(healthy.received) == 20, 9)
        assert await until(lambda: all(one.received for one in silent), 9)
        assert await sending.attempts() == [] or {row["status"] for row in await sending.attempts()} == {204}
    assert all(len(one.received) <= take_turn.IN_FLIGHT for one in silent)


async def test_without_places_of_their_own_they_do(sending: Sending, monkeypatch: pytest.MonkeyPatch) -> None:
    """The negative control: with as many places as there are silent endpoints, the healthy one gets nothing."""
    monkeypatch.setattr(app.webhooks, "PLACES", {False: 4, True: 0})
    healthy, silent = await among_the_silent(sending)
    async with sender(sending):
        assert await until(lambda: all(one.received for one in silent), 9)
        assert not await until(lambda: bool(healthy.received), 2)


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
    assert len([one for one in verbs if one.startswith("INSERT INTO webhook_bodies")]) == 10
    rest = [one for one in verbs if not one.startswith("INSERT INTO webhook_bodies")]
    assert len(rest) == 13, rest


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
