"""`GET /events`: the log as it grows, resumed by Last-Event-ID, refused by status."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from app.house import House
from auth.create_api_key import CreateApiKey, create_api_key
from auth.revoke_api_key import RevokeApiKey, revoke_api_key
from core.appointments.cancel import CancelAppointment, cancel
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.kernel.clock import FixedClock
from graphql_api.declare.places import spell_place
from graphql_api.settings import SocketLimits
from tests.graphql_api.conftest import OPEN, Api, gid
from tests.graphql_api.event_source import listening, refusal
from tests.graphql_api.serving import served
from tests.graphql_api.sockets import EVENTS, connected, latest, refused
from tests.kit.houses import NOW, Studio


@pytest.fixture
def events(url: str) -> str:
    """The address of the log."""
    return url.replace("/graphql", "/events")


async def test_what_happens_is_heard_with_its_facts(events: str, api: Api, studio: Studio) -> None:
    """The id is the cursor, the event its type, the data JSON with global ids; headers forbid buffering."""
    client = await studio.client("Ada Quinn")
    cursor = await latest(api)
    async with listening(events, headers=studio.headers) as source:
        key = await studio.appointment(client, deposit=None)
        booked = await source.next()
        assert booked is not None
        (row,) = await studio.table("appointments")
        assert (booked.event, booked.id) == ("appointment.booked", await latest(api))
        assert booked.data == {
            "cursor": booked.id,
            "type": "appointment.booked",
            "version": 1,
            "occurredAt": "2027-03-01T09:00:00Z",
            "appointmentId": gid("appointment", key),
            "providerId": gid("provider", studio.provider_id),
            "clientId": gid("client", client),
            "locationId": gid("location", row["location_id"]),
            "serviceId": None,
            "startsAt": "2027-03-08T15:00:00Z",
            "endsAt": "2027-03-08T16:00:00Z",
            "status": "CONFIRMED",
            "clientIsTold": True,
        }
        response = source.response
        assert (response.status_code, source.retry) == (200, 2_000)
        assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert response.headers["x-accel-buffering"] == "no"
        assert "no-store" in response.headers["cache-control"]
    assert cursor != booked.id


async def test_it_goes_on_after_the_last_event_id(events: str, api: Api, studio: Studio) -> None:
    """Which goes before `after`; a stream that heard nothing has a place to come back to as well."""
    async with listening(events, headers=studio.headers) as source:
        await asyncio.sleep(0.1)
        await studio.client("Client 0")
        first = await source.next()
        assert first is not None
    for number in range(1, 4):
        await studio.client(f"Client {number}")
    newest = await latest(api)
    resume = {**studio.headers, "Last-Event-ID": str(first.id)}
    async with listening(events, headers=resume, after=newest) as source:
        heard = await source.some(3)
        assert [one.event for one in heard] == ["client.created"] * 3
        assert heard[-1].id == newest
    async with listening(events, headers=studio.headers, after=str(first.id)) as source:
        assert [one.id for one in await source.some(3)] == [one.id for one in heard]
        assert await source.silent()
    async with listening(events, headers=studio.headers) as source:
        assert await source.silent()
        assert source.last_id == newest


async def test_filters_narrow_what_is_heard(events: str, api: Api, studio: Studio) -> None:
    """By type and provider, as lists or given several times."""
    client, mara = await studio.client(), await studio.provider("Mara Voss")
    cursor = await latest(api)
    mine = await studio.appointment(client, deposit=None)
    await studio.appointment(client, provider_id=mara, deposit=None)
    await cancel(studio.ctx, CancelAppointment(appointment_id=mine))
    me = gid("provider", studio.provider_id)
    cases = [
        ({}, ["appointment.booked", "appointment.booked", "appointment.cancelled"]),
        ({"types": "appointment.cancelled, client.created"}, ["appointment.cancelled"]),
        ({"providerId": me}, ["appointment.booked", "appointment.cancelled"]),
        ({"providerId": me, "types": "appointment.booked"}, ["appointment.booked"]),
    ]
    for params, expected in cases:
        async with listening(events, headers=studio.headers, after=cursor, **params) as source:
            assert [one.event for one in await source.some(len(expected))] == expected
            assert await source.silent(0.2)


async def test_wrong_requests_are_refused_by_status(
    events: str, house: House, api: Api, studio: Studio, other_studio: Studio
) -> None:
    """EventSource then gives up; the body says why."""
    head = studio.headers
    await studio.client()
    await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=2)
    expired, foreign = spell_place(studio.business_id, 1), spell_place(other_studio.business_id, 1)
    future = spell_place(studio.business_id, 9_999)
    cases = [
        (head, {"after": str(expired)}, 410, "CURSOR_EXPIRED"),
        (head, {"after": str(foreign)}, 400, "CURSOR_INVALID"),
        (head, {"after": str(future)}, 400, "CURSOR_INVALID"),
        (head, {"after": "garbage\x00"}, 400, "CURSOR_INVALID"),
        ({**head, "Last-Event-ID": "garbage"}, {}, 400, "CURSOR_INVALID"),
        (head, {"types": "nothing.happened"}, 400, "BAD_USER_INPUT"),
        (head, {"types": "plan.paid"}, 400, "BAD_USER_INPUT"),  # it comes later: nobody would ever hear of it
        (head, {"type": "appointment.booked"}, 400, "BAD_USER_INPUT"),
        (head, {"types": " ,"}, 400, "BAD_USER_INPUT"),
        (head, {"providerId": ""}, 400, "BAD_USER_INPUT"),
        (head, {"providerId": ",".join(f"p{n}" for n in range(101))}, 400, "BAD_USER_INPUT"),
        (head, {"after": "x" * 9_000}, 414, "BAD_REQUEST"),
        ({}, {}, 401, "UNAUTHENTICATED"),
        ({"Authorization": "Bearer nonsense"}, {}, 401, "UNAUTHENTICATED"),
        ({}, {"ticket": "tkt_nonsense"}, 401, "TICKET_SPENT"),
        ({**head, "Origin": "https://evil.example"}, {}, 403, "BAD_REQUEST"),
    ]
    for headers, params, status, code in cases:
        async with listening(events, headers=headers, **params) as source:
            found = await refusal(source)
            assert (found[0], found[1]["code"]) == (status, code), (headers, params)
    for headers, params, path in (
        ({**head, "Last-Event-ID": str(foreign)}, {"after": str(future)}, "Last-Event-ID"),
        ({**head, "Last-Event-ID": str(expired)}, {}, "Last-Event-ID"),
        (head, {"after": str(foreign)}, "after"),
    ):
        async with listening(events, headers=headers, **params) as source:
            ((issue,),) = [(await refusal(source))[1]["issues"]]
            assert issue["path"] == path
    async with listening(events, headers=head, json={}) as source:
        assert (await refusal(source))[0] == 405
    async with listening(events + "?after=a&after=b", headers=head) as source:
        assert (await refusal(source))[0] == 400


async def test_whom_nobody_knows_is_not_waited_for(
    events: str, url: str, api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Garbage, an unknown id, another noun's and another business's: one answer, over every transport; a
    provider who was archived is still known."""
    gone = await studio.provider("Mara Voss")
    await archive_provider(studio.ctx, ArchiveProvider(provider_id=gone))
    mine, foreign = gid("provider", studio.provider_id), gid("provider", other_studio.provider_id)
    nobody = gid("provider", 2**53 - 1)
    for spelled in ("prv_garbage", "\x00", nobody, gid("client", 1), foreign, f"{mine},{foreign}"):
        async with listening(events, headers=studio.headers, providerId=spelled) as source:
            assert await refusal(source) == (
                404,
                {"message": "No such provider.", "code": "NOT_FOUND"},
            )
    async with connected(url, studio.token) as socket:
        for noun in ("provider", "location"):
            for spelled in ("garbage", gid(noun, 2**53 - 1), gid(noun, other_studio.provider_id)):
                id = await socket.ask(EVENTS, filter={f"{noun}Ids": [spelled]})
                assert (await refused(socket, id))["code"] == "NOT_FOUND"
    async with listening(events, headers=studio.headers, providerId=gid("provider", gone)) as source:
        assert source.response.status_code == 200


async def test_without_the_permission_nothing_is_heard(
    events: str, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """events:read is asked at the door."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="till"))
    monkeypatch.setattr("auth.gate.permissions_of_key", lambda _: {"appointments:read"})
    async with listening(events, headers={"Authorization": f"Bearer {made.secret}"}) as source:
        status, error = await refusal(source)
    assert (status, error["code"], error["permission"]) == (403, "PERMISSION_DENIED", "events:read")


async def test_no_other_business_is_heard(events: str, studio: Studio, other_studio: Studio) -> None:
    """Each hears its own."""
    async with listening(events, headers=other_studio.headers) as source:
        await asyncio.sleep(0.2)
        await studio.client("Ada Quinn")
        assert await source.silent()


async def test_a_revoked_key_ends_its_stream_within_five_seconds(house: House, studio: Studio) -> None:
    """By the real clock and the intervals that are served; a key that is not revoked goes on."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="wall"))
    other = await create_api_key(studio.ctx, CreateApiKey(name="till"))
    async with served(house) as url:
        events = url.replace("/graphql", "/events")
        head = {"Authorization": f"Bearer {made.secret}"}
        async with (
            listening(events, headers=head) as source,
            listening(events, headers={"Authorization": f"Bearer {other.secret}"}) as kept,
        ):
            await asyncio.sleep(1)
            await revoke_api_key(studio.ctx, RevokeApiKey(key_id=made.key_id))
            last = await source.next(5.0)
            assert last is not None
            assert (last.event, last.data["code"]) == ("refused", "UNAUTHENTICATED")
            assert await source.next() is None
            await studio.client("Ada Quinn")
            assert (await kept.some(1))[0].event == "client.created"
        async with listening(events, headers=head) as source:
            assert (await refusal(source))[0] == 401


async def test_an_expired_token_ends_its_stream(
    events: str, house: House, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From its last second on, with a typed last word."""
    clock = FixedClock(NOW)
    monkeypatch.setattr(house.gate.tokens, "_clock", clock)
    async with listening(events, headers=studio.headers) as source:
        clock.advance(timedelta(hours=1, seconds=-1))
        await asyncio.sleep(0.5)
        await studio.client("Ada Quinn")
        assert (await source.some(1))[0].event == "client.created"
        clock.advance(timedelta(seconds=1))
        last = await source.next(2)
        assert last is not None
        assert (last.event, last.data["code"]) == ("refused", "UNAUTHENTICATED")
        assert await source.next() is None


async def test_a_credential_has_so_many_streams(house: House, studio: Studio) -> None:
    """The next is refused, over every transport; one that ends makes room."""
    limits = SocketLimits(streams_per_credential=2)
    async with served(house, replace(OPEN, sockets=limits)) as url:
        events = url.replace("/graphql", "/events")
        async with listening(events, headers=studio.headers):
            async with (
                listening(events, headers=studio.headers),
                listening(events, headers=studio.headers) as third,
            ):
                refused = await third.next()
                assert refused is not None
                assert (refused.event, refused.data["code"]) == ("refused", "LIMIT_EXCEEDED")
            await asyncio.sleep(0.3)
            async with listening(events, headers=studio.headers) as again:
                await asyncio.sleep(0.1)
                await studio.client()
                assert (await again.some(1))[0].event == "client.created"


async def test_heartbeats_keep_the_place(house: House, studio: Studio) -> None:
    """A reader who hears nothing of what they asked for is told how far the log has come."""
    async with served(house, replace(OPEN, sockets=SocketLimits(ping_seconds=0.1))) as url:
        events = url.replace("/graphql", "/events")
        async with listening(events, headers=studio.headers, types="appointment.cancelled") as source:
            await asyncio.sleep(0.1)
            await studio.client()
            assert await source.silent(1)
            assert source.last_id == spell_place(studio.business_id, len(await studio.table("events")))
