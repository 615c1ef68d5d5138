"""Who hears what: an endpoint is told what whoever chose its events may see, and is sent nowhere else by others."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from auth.permissions import MANAGER, OWNER, permissions_of
from core.directory.create_location import CreateLocation, create_location
from core.events.catalogue import BILLING, CATALOGUE, may_hear
from core.kernel.context import Context
from core.kernel.errors import Forbidden, Invalid
from core.webhooks.create_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from core.webhooks.replay_events import ReplayWebhookEvents, replay_webhook_events
from core.webhooks.rotate_secret import RotateWebhookSecret, rotate_webhook_secret
from core.webhooks.update_endpoint import UpdateWebhookEndpoint, update_webhook_endpoint
from tests.core.webhooks.conftest import Sending
from tests.kit.receivers import Receiver
from tests.kit.rules import refused

SECRET, OPEN = "location.created", "client.created"


@pytest.fixture
def owners_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of new locations owners alone hear, as of what the business pays for."""
    monkeypatch.setitem(CATALOGUE, SECRET, replace(CATALOGUE[SECRET], sees=BILLING))


@asynccontextmanager
async def by(sending: Sending, role: str) -> AsyncIterator[Context]:
    """A Context of somebody else with that role in the business."""
    owner = sending.studio.ctx.actor
    actor = replace(owner, name=f"user:{role}", role=role, permissions=frozenset(permissions_of(role)))
    async with sending.house.context(actor, "test-role") as ctx:
        yield ctx


async def made_by(sending: Sending, role: str, **more: Any) -> tuple[int, Receiver]:
    """An endpoint that somebody with the role made, and its receiver."""
    receiver = sending.outside.receiver()
    async with by(sending, role) as ctx:
        made = await create_webhook_endpoint(ctx, CreateWebhookEndpoint(url=receiver.url, **more))
    return made.webhook_endpoint_id, receiver


async def both_happen(sending: Sending) -> None:
    """A location and a client are added, and what is due is sent."""
    await create_location(sending.studio.ctx, CreateLocation(name="Annex", time_zone="UTC"))
    await sending.studio.client("Ana")
    await sending.send()


def heard(receiver: Receiver) -> list[str]:
    """Which of the two a receiver was told of, by name."""
    return sorted({json.loads(one.body)["type"] for one in receiver.received} & {SECRET, OPEN})


async def test_everything_is_all_that_the_maker_may_see(sending: Sending, owners_only: None) -> None:
    """The owner's endpoint hears of both, the manager's of one; what is sent anew is the same."""
    _, owners = await made_by(sending, OWNER)
    key, managers = await made_by(sending, MANAGER)
    await both_happen(sending)
    assert (heard(owners), heard(managers)) == ([OPEN, SECRET], [OPEN])
    before = len(managers.received)
    async with by(sending, OWNER) as ctx:
        again = await replay_webhook_events(
            ctx, ReplayWebhookEvents(webhook_endpoint_id=key, first_sequence=1)
        )
    await sending.send()
    assert (heard(managers), len(managers.received)) == ([OPEN], before + again.events)
    assert SECRET not in {row["event_type"] for row in await sending.deliveries(key)}


async def test_without_the_row_a_manager_hears_of_both(sending: Sending) -> None:
    """The negative control: nothing else keeps the one event back."""
    _, managers = await made_by(sending, MANAGER)
    await both_happen(sending)
    assert heard(managers) == [OPEN, SECRET]


async def test_nobody_chooses_by_name_what_they_may_not_see(sending: Sending, owners_only: None) -> None:
    """At making and at changing, alone and among others, with the permission; nothing is kept."""
    key, _ = await made_by(sending, MANAGER, event_names=[OPEN])
    async with by(sending, MANAGER) as ctx:
        for names in ([SECRET], [OPEN, SECRET]):
            create = CreateWebhookEndpoint(url="https://hooks.example/", event_names=names)
            update = UpdateWebhookEndpoint(webhook_endpoint_id=key, event_names=names)
            for act in (create_webhook_endpoint(ctx, create), update_webhook_endpoint(ctx, update)):
                assert (await refused(sending.studio, act, Forbidden)).permission == BILLING
        bad = CreateWebhookEndpoint(url="https://hooks.example/", event_names=[SECRET, "cat.fed"])
        await refused(sending.studio, create_webhook_endpoint(ctx, bad), Invalid)
    _, owners = await made_by(sending, OWNER, event_names=[SECRET])
    await both_happen(sending)
    assert heard(owners) == [SECRET]


async def test_whoever_sees_less_sends_an_endpoint_nowhere_else(sending: Sending, owners_only: None) -> None:
    """Neither address nor events, even where they were narrowed since: older deliveries could be sent anew."""
    everything, _ = await made_by(sending, OWNER)
    narrowed, _ = await made_by(sending, OWNER, event_names=[OPEN, SECRET])
    async with by(sending, OWNER) as ctx:
        less = UpdateWebhookEndpoint(webhook_endpoint_id=narrowed, event_names=[OPEN])
        await update_webhook_endpoint(ctx, less)
    async with by(sending, MANAGER) as ctx:
        for key in (everything, narrowed):
            changes: list[dict[str, Any]] = [
                {"url": "https://mine.example/"},
                {"event_names": [OPEN]},
                {"event_names": None, "is_active": False},
            ]
            for more in changes:
                command = UpdateWebhookEndpoint(webhook_endpoint_id=key, **more)
                refusal = await refused(sending.studio, update_webhook_endpoint(ctx, command), Forbidden)
                assert refusal.permission == BILLING
            for is_active in (False, True):
                switch = UpdateWebhookEndpoint(webhook_endpoint_id=key, is_active=is_active, description="x")
                await update_webhook_endpoint(ctx, switch)
                assert bool((await sending.row(key))["is_active"]) is is_active
            rotated = await rotate_webhook_secret(ctx, RotateWebhookSecret(webhook_endpoint_id=key))
            assert rotated.secret is not None


async def test_a_manager_changes_what_hears_nothing_more_than_they_do(
    sending: Sending, owners_only: None
) -> None:
    """One of an owner that was chosen by name, too; once an owner chooses all for it, it hears all."""
    key, old = await made_by(sending, OWNER, event_names=[OPEN])
    new = sending.outside.receiver()
    async with by(sending, MANAGER) as ctx:
        command = UpdateWebhookEndpoint(webhook_endpoint_id=key, url=new.url, event_names=None)
        await update_webhook_endpoint(ctx, command)
    await both_happen(sending)
    assert (heard(old), heard(new)) == ([], [OPEN])
    async with by(sending, OWNER) as ctx:
        await update_webhook_endpoint(ctx, UpdateWebhookEndpoint(webhook_endpoint_id=key, event_names=None))
    await both_happen(sending)
    assert heard(new) == [OPEN, SECRET]


async def test_dialects_words_are_judged_by_what_they_stand_for(
    sending: Sending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ServaloDesk's word for an event that owners alone see is refused to a manager like its own name."""
    row = CATALOGUE["deposit.paid"]
    monkeypatch.setitem(CATALOGUE, row.type, replace(row, sees=BILLING))
    words: dict[str, Any] = {
        "url": "https://hooks.example/",
        "scheme": "servalodesk",
        "event_names": ["deposit.paid"],
    }
    async with by(sending, MANAGER) as ctx:
        act = create_webhook_endpoint(ctx, CreateWebhookEndpoint(**words))
        assert (await refused(sending.studio, act, Forbidden)).permission == BILLING
    async with by(sending, OWNER) as ctx:
        await create_webhook_endpoint(ctx, CreateWebhookEndpoint(**words))


def test_what_the_business_pays_for_is_heard_by_no_manager() -> None:
    """Every row of the plan, and of no other room; an owner hears of each."""
    plans = [row.type for row in CATALOGUE.values() if row.sees == BILLING]
    assert [name.partition(".")[0] for name in plans] == ["plan"] * 9 + ["payment_card"]
    managers, owners = permissions_of(MANAGER), permissions_of(OWNER)
    assert [(may_hear(name, managers), may_hear(name, owners)) for name in plans] == [(False, True)] * 10
