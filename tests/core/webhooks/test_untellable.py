"""An event that cannot be put into words: its delivery fails with the reason, and nobody else waits for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from core.kernel.context import Context
from core.kernel.log import LoggedEvent
from core.webhooks import take_turn
from core.webhooks.bodies import Worded
from core.webhooks.replay_delivery import ReplayWebhookDelivery, replay_webhook_delivery
from core.webhooks.schedule import PATIENCE
from core.webhooks.scheme import Schemes
from tests.core.webhooks.conftest import Sending, instant
from tests.kit.receivers import status


def muddle(sending: Sending, is_muddled: Callable[[LoggedEvent], bool]) -> None:
    """Have the scheme's words fail for some events, as those of a faulty release would."""
    schemes = sending.house.outside[Schemes]
    good = schemes["standard"]

    async def body(ctx: Context, event: LoggedEvent) -> str:
        if is_muddled(event):
            raise KeyError("Ana Lima")
        words: str = await good.body(ctx, event)
        return words

    sending.house.outside[Schemes] = Schemes({**schemes.by_name, "standard": replace(good, body=body)})


async def three_clients(sending: Sending) -> list[int]:
    """Three clients; the numbers of their events."""
    for name in ("Ada", "Bea", "Cleo"):
        await sending.studio.client(name)
    return [
        row["sequence"] for row in await sending.studio.table("events") if row["type"] == "client.created"
    ]


async def test_the_others_arrive_at_once_and_the_reason_is_kept(sending: Sending) -> None:
    """The second of three cannot be told: one and three arrive, the endpoint is well, the log names no person."""
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    first, second, third = await three_clients(sending)
    muddle(sending, lambda event: event.sequence == second)
    with capture_logs() as lines:
        await sending.send()
    assert len(receiver.received) == 2
    states = {row["sequence"]: row["state"] for row in await sending.deliveries(endpoint_id)}
    assert states == {first: "DELIVERED", second: "WAITING", third: "DELIVERED"}
    (failed,) = [row for row in await sending.attempts() if row["error"] is not None]
    assert (failed["error"], failed["status"], failed["answer"]) == ("EVENT_UNTELLABLE", None, "")
    row = await sending.row(endpoint_id)
    assert (bool(row["is_active"]), row["failing_since"], row["taken_to"]) == (True, None, third)
    (line,) = [one for one in lines if one["event"] == "webhooks.untellable"]
    assert (line["endpoint"], line["sequence"], line["error"]) == (endpoint_id, second, "KeyError")
    assert "Ana" not in str(lines)


async def test_it_is_tried_like_any_other_and_then_has_failed(sending: Sending) -> None:
    """Ten times in three days; even after a week of it the endpoint is neither blamed nor switched off."""
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    muddle(sending, lambda event: True)
    await sending.studio.client()
    await sending.send()
    for _ in range(9):
        (delivery,) = await sending.deliveries(endpoint_id)
        due = instant(delivery["next_at"])
        assert due is not None
        sending.clock.instant = max(due, sending.clock.instant)
        await sending.send()
    (delivery,) = await sending.deliveries(endpoint_id)
    assert (delivery["state"], delivery["attempts"], delivery["next_at"]) == ("FAILED", 10, None)
    assert {row["error"] for row in await sending.attempts()} == {"EVENT_UNTELLABLE"}
    await sending.send(PATIENCE + timedelta(days=2))
    row = await sending.row(endpoint_id)
    assert (receiver.received, bool(row["is_active"]), row["disabled_cause"]) == ([], True, None)


async def test_once_it_can_be_told_it_arrives_by_itself(sending: Sending) -> None:
    """A release that is mended within those days needs nobody to replay anything."""
    muddled = True
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    muddle(sending, lambda event: muddled)
    await sending.studio.client()
    await sending.send()
    muddled = False
    await sending.send(timedelta(seconds=6))
    assert len(receiver.received) == 1
    assert [row["state"] for row in await sending.deliveries(endpoint_id)] == ["DELIVERED"]


async def test_what_the_log_forgot_is_no_fault_of_the_endpoint(sending: Sending) -> None:
    """Replayed after body and event are gone: failed at once with that reason, the endpoint well."""
    endpoint_id, _, receiver = await sending.endpoint(event_names=["client.created"])
    await sending.studio.client()
    await sending.send()
    (delivery,) = await sending.deliveries(endpoint_id)
    async with sending.house.database.connect(sending.studio.business_id, write=True) as connection:
        for table in ("webhook_bodies", "events"):
            await connection.exec_driver_sql(
                f"DELETE FROM {table} WHERE business_id = {sending.studio.business_id}"  # numbers
                f" AND sequence = {delivery['sequence']}"
            )
        await connection.commit()
    await replay_webhook_delivery(
        sending.studio.ctx, ReplayWebhookDelivery(webhook_delivery_id=delivery["id"])
    )
    await sending.send()
    (again,) = await sending.deliveries(endpoint_id)
    assert (again["state"], again["attempts"], len(receiver.received)) == ("FAILED", 2, 1)
    assert [row["error"] for row in await sending.attempts()] == [None, "EVENT_GONE"]
    assert (await sending.row(endpoint_id))["failing_since"] is None


async def test_an_endpoint_that_fails_is_still_blamed_beside_it(sending: Sending) -> None:
    """The control: its own failures count as ever, whatever else could not be told."""
    endpoint_id, _, _ = await sending.endpoint(status(500), event_names=["client.created"])
    _, second, _ = await three_clients(sending)
    muddle(sending, lambda event: event.sequence == second)
    await sending.send()
    assert (await sending.row(endpoint_id))["failing_since"] is not None


async def test_without_the_guard_the_endpoint_hangs(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: where the fault is let through nothing arrives, today or tomorrow."""

    async def word(ctx: Context, endpoint: Any, scheme: Any, events: Any) -> Worded:
        return Worded(bodies={event.sequence: await scheme.body(ctx, event) for event in events})

    monkeypatch.setattr(take_turn, "word", word)
    _, _, receiver = await sending.endpoint(event_names=["client.created"])
    _, second, _ = await three_clients(sending)
    muddle(sending, lambda event: event.sequence == second)
    await sending.send()
    await sending.send(timedelta(days=1))
    assert receiver.received == []
