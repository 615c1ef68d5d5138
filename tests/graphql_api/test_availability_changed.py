"""Openings, watched: told at once, again when time is taken or a rule changes, and not otherwise."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.house import House
from core.availability.hours import every_day
from core.catalog.policies import Policies
from core.directory.update_provider import UpdateProvider, update_provider
from core.kernel.clock import FixedClock
from core.waitlist.decline import DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.join import JoinWaitlist, join_waitlist
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from tests.graphql_api.conftest import gid
from tests.graphql_api.sockets import connected, refused
from tests.kit.houses import NOW, Studio

WATCH = """
subscription($serviceId: ID, $providerIds: [ID!]) {
  availabilityChanged(from: "2027-03-02", to: "2027-03-02", serviceId: $serviceId, providerIds: $providerIds) {
    timeZone days { slots { startsAt providers { id } } }
  }
}
"""


async def test_openings_are_told_again_when_they_change(url: str, studio: Studio) -> None:
    """A booking takes a slot away, other hours bring other slots, and a new client changes nothing."""
    service = await studio.service(duration_minutes=240, step_minutes=240)
    client = await studio.client()
    async with connected(url, studio.token) as socket:
        id = await socket.ask(WATCH, serviceId=gid("service", service))
        (first,) = await socket.heard(id, 1)
        assert starts(first) == ["2027-03-02T10:00:00Z", "2027-03-02T14:00:00Z"]
        await studio.client("Ben Okafor")
        await studio.appointment(client, service_id=service, starts_at=NOW + timedelta(days=1, hours=1))
        (second,) = await socket.heard(id, 1)
        assert starts(second) == ["2027-03-02T14:00:00Z"]
        await update_provider(
            studio.ctx, UpdateProvider(provider_id=studio.provider_id, weekly_hours=every_day(600, 840))
        )
        (third,) = await socket.heard(id, 1)
        assert starts(third) == []


async def test_what_is_offered_to_somebody_who_waits_is_gone_until_they_decline(
    url: str, studio: Studio
) -> None:
    """An offer keeps its time by a hold that no event of its own reports."""
    service = await studio.service(duration_minutes=240, step_minutes=240)
    joined = await join_waitlist(
        studio.ctx, JoinWaitlist(client_id=await studio.client(), service_id=service)
    )
    async with connected(url, studio.token) as socket:
        id = await socket.ask(WATCH, serviceId=gid("service", service))
        (first,) = await socket.heard(id, 1)
        assert starts(first) == ["2027-03-02T10:00:00Z", "2027-03-02T14:00:00Z"]
        offer = OfferWaitlistSlot(
            waitlist_entry_id=joined.waitlist_entry_id, starts_at=NOW + timedelta(days=1, hours=1)
        )
        given = await offer_waitlist_slot(studio.ctx, offer)
        (second,) = await socket.heard(id, 1)
        assert starts(second) == ["2027-03-02T14:00:00Z"]
        assert given.claim_token is not None
        await decline_waitlist_offer(studio.ctx, DeclineWaitlistOffer(token=given.claim_token))
        (third,) = await socket.heard(id, 1)
        assert starts(third) == starts(first)


async def test_the_clock_alone_takes_and_brings_openings(
    url: str, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start that is nearer than the notice goes, long before it begins, and one that the horizon reaches comes.

    The clock stands, a third of a second before each change, until the change is due by the machine's.
    """
    service = await studio.service(
        duration_minutes=240, step_minutes=240, notice_minutes=11, policies=Policies(horizon_minutes=270)
    )
    ten, soon = NOW + timedelta(days=1, hours=1), timedelta(seconds=0.3)
    at_ten, at_two = "2027-03-02T10:00:00Z", "2027-03-02T14:00:00Z"
    changes = [
        (ten - timedelta(minutes=270), [], [at_ten]),
        (ten - timedelta(minutes=30), [at_ten], [at_ten, at_two]),
        (ten - timedelta(minutes=11), [at_ten, at_two], [at_two]),
    ]
    for at, before, after in changes:
        clock = FixedClock(at - soon)
        monkeypatch.setattr(house, "clock", clock)
        async with connected(url, studio.token) as socket:
            id = await socket.ask(WATCH, serviceId=gid("service", service))
            (first,) = await socket.heard(id, 1)
            assert starts(first) == before
            clock.advance(soon + timedelta(microseconds=1))
            (second,) = await socket.heard(id, 1)
            assert starts(second) == after


async def test_what_availability_refuses_is_refused(url: str, studio: Studio, other_studio: Studio) -> None:
    """Another business's provider and a missing length, before anything is told."""
    async with connected(url, studio.token) as socket:
        foreign = [gid("provider", other_studio.provider_id)]
        id = await socket.ask(WATCH, providerIds=foreign, serviceId=gid("service", await studio.service()))
        assert await refused(socket, id) == {"code": "NOT_FOUND"}
        refusal = await refused(socket, await socket.ask(WATCH))
        assert refusal["code"] == "VALIDATION_FAILED"


def starts(told: dict[str, Any]) -> list[str]:
    """When slots start."""
    return [slot["startsAt"] for day in told["availabilityChanged"]["days"] for slot in day["slots"]]
