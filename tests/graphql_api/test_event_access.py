"""Who hears of events: asked at the start, again while a stream runs, and for every field it shows."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.house import House
from auth.create_api_key import CreateApiKey, create_api_key
from auth.revoke_api_key import RevokeApiKey, revoke_api_key
from core.directory.close_business import CloseBusiness, close_business
from core.kernel.clock import FixedClock
from graphql_api.declare.places import spell_place
from tests.graphql_api.conftest import Api
from tests.graphql_api.sockets import EVENTS, connected, latest, refused
from tests.kit.houses import NOW, Studio


async def test_strangers_are_refused(url: str, studio: Studio) -> None:
    """They may connect and ask what strangers may; listening to a business takes a credential."""
    async with connected(url) as socket:
        await socket.say("connection_init")
        assert await socket.hear() == {"type": "connection_ack"}
        id = await socket.ask("{ viewer { permissions } }")
        assert await socket.heard(id, 1) == [{"viewer": {"permissions": []}}]
        assert await socket.hear() == {"type": "complete", "id": id}
        assert await refused(socket, await socket.ask(EVENTS)) == {"code": "UNAUTHENTICATED"}


async def test_health_notes_stay_behind_their_own_door(
    url: str, house: House, api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A wall display hears of appointments without notes and people: null and an error, event by event."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="wall"))
    monkeypatch.setattr("auth.gate.permissions_of_key", lambda _: {"events:read", "appointments:read"})
    cursor = await latest(api)
    query = """
    subscription($after: Cursor) {
      bookingEvents(after: $after, filter: {types: [APPOINTMENT_BOOKED]}) {
        appointment { startsAt internalNotes client { displayName } }
      }
    }
    """
    await studio.appointment(await studio.client("Ada Quinn"), internal_notes="allergic")
    async with connected(url, made.secret) as socket:
        id = await socket.ask(query, after=cursor)
        message = await socket.hear()
        assert (message["type"], message["id"]) == ("next", id)
        assert message["payload"]["data"] == {
            "bookingEvents": {
                "appointment": {"startsAt": "2027-03-08T15:00:00Z", "internalNotes": None, "client": None}
            }
        }
        assert [error["extensions"]["permission"] for error in message["payload"]["errors"]] == [
            "clients:health",
            "clients:read",
        ]


async def test_without_the_permission_nothing_is_heard(
    url: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """events:read is asked before the stream begins."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="till"))
    monkeypatch.setattr("auth.gate.permissions_of_key", lambda _: {"appointments:read"})
    async with connected(url, made.secret) as socket:
        extensions = await refused(socket, await socket.ask(EVENTS))
        assert extensions == {"code": "PERMISSION_DENIED", "permission": "events:read"}


@pytest.fixture
def forgetful(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate's memory of five seconds, made a tenth of a second."""
    for memory in ("_claims", "_standings", "_keys"):
        monkeypatch.setattr(getattr(house.gate, memory), "_seconds", 0.1)


async def test_a_revoked_key_ends_its_streams(
    url: str, house: House, studio: Studio, forgetful: None
) -> None:
    """As soon as the gate's memory is over, though nothing happens; what happens then is not heard."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="wall"))
    async with connected(url, made.secret) as socket:
        await socket.ask(EVENTS)
        await revoke_api_key(studio.ctx, RevokeApiKey(key_id=made.key_id))
        async with asyncio.timeout(2):
            code, reason = await socket.closed()
    assert (code, reason) == (4403, "Forbidden: the credential is wrong, expired or revoked")


async def test_an_expired_token_ends_its_streams(
    url: str, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its last second on."""
    clock = FixedClock(NOW)
    monkeypatch.setattr(house.gate.tokens, "_clock", clock)
    async with connected(url, studio.token) as socket:
        id = await socket.ask(EVENTS, after=spell_place(studio.business_id, 1))
        assert len(await socket.events(id, 1)) == 1
        clock.advance(timedelta(hours=1, seconds=-1))
        assert await socket.silent()
        clock.advance(timedelta(seconds=1))
        async with asyncio.timeout(2):
            assert (await socket.closed())[0] == 4403


async def test_a_closed_business_falls_silent(
    url: str, house: House, studio: Studio, forgetful: None
) -> None:
    """Closing it ends its own streams, too."""
    async with connected(url, studio.token) as socket:
        await socket.ask(EVENTS)
        await close_business(studio.ctx, CloseBusiness())
        async with asyncio.timeout(2):
            assert (await socket.closed())[0] == 4403
