"""The board: today's appointments in the location's zone, names as one may see them, told again on change."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from app.house import House
from auth.create_display_credential import CreateDisplayCredential, create_display_credential
from core.appointments.cancel import CancelAppointment, cancel
from core.directory.create_location import CreateLocation, create_location
from core.directory.update_client import UpdateClient, update_client
from core.insights.board import short_name
from core.kernel.clock import FixedClock
from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.event_source import listening
from tests.graphql_api.sockets import connected, latest, refused
from tests.kit.houses import NOW, Studio, counted

FIELDS = """
  cursor date timeZone counts { status count }
  appointments { appointmentId clientName serviceName providerName status startsAt endsAt }
  providers { providerName now { appointmentId } next { appointmentId } }
"""
BOARD = f"query($at: ID) {{ dashboard(locationId: $at) {{ {FIELDS} }} }}"
WATCH = f"subscription($at: ID) {{ dashboard(locationId: $at) {{ {FIELDS} }} }}"
CHANGED = "subscription($which: ID!) { appointmentChanged(id: $which) { id status client { displayName } } }"


async def test_today_is_shown_with_now_and_next(
    house: House, api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tomorrow is not; cancelled ones are counted and are nobody's next. Three statements."""
    client = await studio.client("Ada Quinn")
    hour = timedelta(hours=1)
    under_way = await studio.appointment(client, starts_at=NOW + hour)
    off = await studio.appointment(client, starts_at=NOW + 2 * hour)
    later = await studio.appointment(client, starts_at=NOW + 3 * hour)
    await studio.appointment(client, starts_at=NOW + timedelta(days=1))
    await cancel(studio.ctx, CancelAppointment(appointment_id=off))
    cursor = await latest(api)
    monkeypatch.setattr(house, "clock", FixedClock(NOW + hour * 1.5))
    with counted(house) as statements:
        shown = (await api.data(BOARD))["dashboard"]
    assert len([one for one in statements if "identities" not in one]) == 3
    keys = [gid("appointment", key) for key in (under_way, off, later)]
    assert [one["appointmentId"] for one in shown["appointments"]] == keys
    assert shown["appointments"][0] == {
        "appointmentId": keys[0],
        "clientName": "Ada Quinn",
        "serviceName": None,
        "providerName": "Kai Rodriguez",
        "status": "CONFIRMED",
        "startsAt": "2027-03-01T10:00:00Z",
        "endsAt": "2027-03-01T11:00:00Z",
    }
    assert (shown["cursor"], shown["date"], shown["timeZone"]) == (cursor, "2027-03-01", "UTC")
    assert shown["counts"] == [{"status": "CANCELLED", "count": 1}, {"status": "CONFIRMED", "count": 2}]
    assert shown["providers"] == [
        {
            "providerName": "Kai Rodriguez",
            "now": {"appointmentId": keys[0]},
            "next": {"appointmentId": keys[2]},
        }
    ]


async def test_a_location_has_its_own_day(api: Api, studio: Studio, other_studio: Studio) -> None:
    """In its zone; another business's location is one that is not there."""
    made = CreateLocation(name="Annex", time_zone="Pacific/Kiritimati")
    annex = (await create_location(studio.ctx, made)).location_id
    nyx = await studio.provider("Nyx", location_id=annex)
    client = await studio.client("Ada Quinn")
    there = await studio.appointment(client, provider_id=nyx, starts_at=NOW + timedelta(minutes=30))
    await studio.appointment(client, provider_id=nyx, starts_at=NOW + timedelta(hours=2))
    await studio.appointment(client, starts_at=NOW + timedelta(hours=2))
    shown = (await api.data(BOARD, at=gid("location", annex)))["dashboard"]
    assert [one["appointmentId"] for one in shown["appointments"]] == [gid("appointment", there)]
    assert (shown["date"], shown["timeZone"]) == ("2027-03-01", "Pacific/Kiritimati")
    foreign = (await other_studio.table("locations"))[0]["id"]
    for at in (gid("location", foreign), "loc_garbage", "a\u0001b"):
        assert (await api.data(BOARD, at=at))["dashboard"] is None


async def test_a_display_sees_short_names(url: str, api: Api, studio: Studio) -> None:
    """The given name where it is known, over the query, WebSocket and SSE; and nothing more of a person, nor
    the service, whose name may tell of their health. Staff are shown both."""
    made = await create_display_credential(studio.ctx, CreateDisplayCredential(name="wall"))
    client = await studio.client("Jasmine Torres", email="jasmine@example.com", phone="+1 555 0100")
    service = await studio.service("Scar camouflage")
    await studio.appointment(
        client, starts_at=NOW + timedelta(hours=1), notes="ring twice", service_id=service
    )
    head = {"Authorization": f"Bearer {made.secret}"}
    shown = await Api(http=api.http, headers=head).data(BOARD)
    async with connected(url, str(made.secret)) as socket:
        (watched,) = await socket.heard(await socket.ask(WATCH), 1)
    async with listening(url, headers=head, json={"query": WATCH}) as source:
        (streamed,) = await source.some(1)
    (entry,) = shown["dashboard"]["appointments"]
    assert (entry["clientName"], entry["serviceName"]) == ("Jasmine", None)
    (entry,) = (await api.data(BOARD))["dashboard"]["appointments"]
    assert (entry["clientName"], entry["serviceName"]) == ("Jasmine Torres", "Scar camouflage")
    assert shown == watched == streamed.data["data"]
    assert "Torres" not in str(shown)
    assert "Scar" not in str(shown)


@pytest.mark.parametrize(
    ("display_name", "given_name", "short"),
    [("Jasmine Torres", "Jasmine", "Jasmine"), ("Cher", None, "C."), ("van der Berg Ltd", "", "V. D. B.")],
)
def test_names_are_shortened(display_name: str, given_name: str | None, short: str) -> None:
    """To the given name or initials."""
    assert short_name(display_name, given_name) == short


async def test_it_is_told_again_when_it_changes(url: str, api: Api, studio: Studio) -> None:
    """At once, and once for what changes together; holds of time change nothing."""
    client = await studio.client("Ada Quinn")
    async with connected(url, studio.token) as socket:
        id = await socket.ask(WATCH)
        (first,) = await socket.heard(id, 1)
        assert first["dashboard"]["appointments"] == []
        for number in range(1, 6):
            await studio.appointment(client, starts_at=NOW + timedelta(hours=number), deposit=None)
        told = 0
        async with asyncio.timeout(10):
            while True:
                (board,) = await socket.heard(id, 1)
                told += 1
                if len(board["dashboard"]["appointments"]) == 5:
                    break
        assert told <= 4
        assert board["dashboard"]["cursor"] == await latest(api)


async def test_an_unknown_location_is_refused(url: str, studio: Studio) -> None:
    """Before anything is told."""
    async with connected(url, studio.token) as socket:
        id = await socket.ask(WATCH, at="loc_garbage")
        assert await refused(socket, id) == {"code": "NOT_FOUND"}


async def test_an_appointment_is_watched(url: str, api: Api, studio: Studio, other_studio: Studio) -> None:
    """As it stands, again when it changed, and not when another did; a foreign one is not there."""
    client, other = await studio.client("Ada Quinn"), await studio.client("Ben Okafor")
    key = await studio.appointment(client, deposit=None)
    async with connected(url, studio.token) as socket:
        id = await socket.ask(CHANGED, which=gid("appointment", key))
        (first,) = await socket.heard(id, 1)
        shown = {"id": gid("appointment", key), "status": "CONFIRMED", "client": {"displayName": "Ada Quinn"}}
        assert first == {"appointmentChanged": shown}
        await studio.appointment(other, starts_at=NOW + timedelta(days=8))
        await update_client(studio.ctx, UpdateClient(client_id=client, display_name="Ada Byron"))
        (renamed,) = await socket.heard(id, 1)
        assert renamed["appointmentChanged"]["client"] == {"displayName": "Ada Byron"}
        await cancel(studio.ctx, CancelAppointment(appointment_id=key))
        (cancelled,) = await socket.heard(id, 1)
        assert cancelled["appointmentChanged"]["status"] == "CANCELLED"
    async with connected(url, other_studio.token) as socket:
        assert await refused(socket, await socket.ask(CHANGED, which=gid("appointment", key))) == {
            "code": "NOT_FOUND"
        }
