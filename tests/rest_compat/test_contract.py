"""A walk along ServaloDesk's contract: every operation at its method and path, with its auth, status and fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import httpx
import pytest
import yaml
from sqlalchemy import text

from auth.create_api_key import CreateApiKey, create_api_key
from auth.permissions import Permission
from bootstrap import ROOT
from core.appointments.confirm import ConfirmAppointment, confirm
from core.kernel.context import Actor
from core.kernel.ids import spell
from core.kernel.money import Money
from core.waitlist.join import JoinWaitlist, join_waitlist
from core.waitlist.offer_slot import OfferWaitlistSlot, offer_waitlist_slot
from core.webhooks.create_endpoint import CreateWebhookEndpoint, create_webhook_endpoint
from rest_compat.engine.reading import read_one
from rest_compat.engine.understand import page_rows
from rest_compat.servalodesk.answers import CLIENT
from rest_compat.servalodesk.dialect import SERVALODESK
from tests.kit.houses import NOW
from tests.rest_compat.conftest import Rest

CONTRACT: dict[str, Any] = yaml.safe_load(SERVALODESK.contract.read_text())
OPERATIONS = {row["id"]: row for row in CONTRACT["operations"]}
SERVED = {(route.method, route.path) for route in SERVALODESK.routes}
PENDING = [row["id"] for row in CONTRACT["operations"] if (row["method"], row["path"]) not in SERVED]
ISSUE_2 = """
    auth.register auth.login auth.refresh studio.get artists.list artists.create artists.get artists.availability
    artists.profile clients.list clients.create clients.get appointments.create appointments.list appointments.get
""".split()

SERVED_IDS = [
    row["id"].removeprefix("servalodesk.")
    for row in CONTRACT["operations"]
    if (row["method"], row["path"]) in SERVED
]

OBJECTS = {
    "studio.get": "Studio",
    "studio.create": "Studio",
    "studio.update": "Studio",
    "artists.create": "Artist",
    "artists.get": "Artist",
    "artists.update": "Artist",
    "artists.profile": "ArtistProfile",
    "clients.create": "Client",
    "clients.get": "Client",
    "clients.update": "Client",
    "appointments.create": "Appointment",
    "appointments.get": "Appointment",
    "appointments.update": "Appointment",
    "waitlist.create": "WaitlistEntry",
    "waitlist.get": "WaitlistEntry",
    "waitlist.update": "WaitlistEntry",
}
MEMBERS = {
    "artists.list": ("data", "Artist"),
    "appointments.list": ("data", "Appointment"),
    "artists.availability": ("slots", "Slot"),
}

STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TYPES: dict[str, Any] = {
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: type(value) is int,
    "number": lambda value: type(value) in (int, float),
    "boolean": lambda value: type(value) is bool,
    "object": lambda value: isinstance(value, dict),
    "datetime": lambda value: isinstance(value, str) and STAMP.fullmatch(value) is not None,
    "array of date": lambda value: all(re.fullmatch(r"\d{4}-\d\d-\d\d", one) for one in value),
    "array of string": lambda value: isinstance(value, list) and all(isinstance(one, str) for one in value),
}


def test_the_contract_is_the_shared_one() -> None:
    """The copy in the project is the contract as it was handed over, where that can be seen."""
    shared = ROOT.parent / "shared" / "contracts" / "servalodesk.yaml"
    if not shared.exists():
        pytest.skip("the handed-over contracts are not on this machine")
    assert SERVALODESK.contract.read_bytes() == shared.read_bytes()


def test_what_is_served() -> None:
    """The operations of issue 2 are served, and no route is invented."""
    addresses = {
        (row["method"], row["path"]): row["id"].removeprefix("servalodesk.") for row in OPERATIONS.values()
    }
    served = {addresses[address] for address in SERVED}
    assert set(ISSUE_2) <= served


@pytest.mark.parametrize("operation_id", PENDING)
async def test_pending_operations(operation_id: str, http: httpx.AsyncClient) -> None:
    """A documented operation that is not served yet says so, with 501, to anybody."""
    operation = OPERATIONS[operation_id]
    path = re.sub(r"\{\w+\}", "x", operation["path"])
    answer = await http.request(operation["method"], path)
    assert (answer.status_code, answer.content) == (
        501,
        b'{"error":"not_implemented","message":"This documented operation is not served yet."}',
    )


BODIES: dict[str, Any] = {
    "auth.register": {"password": "hunter2hunter2", "full_name": "R"},
    "auth.login": {"password": "correct horse battery"},
    "studio.create": {"name": "Voss & Daughters"},
    "studio.update": {"name": "Inkwell & Sons"},
    "artists.create": {"full_name": "Mara"},
    "artists.update": {"styles": ["blackwork"]},
    "clients.create": {"first_name": "J", "last_name": "T"},
    "clients.update": {"phone": "+15125550142"},
    "appointments.create": {
        "start_time": "2027-03-08T12:00:00Z",
        "duration_minutes": 180,
        "quoted_price": 400,
    },
    "appointments.update": {"style": "blackwork"},
    "appointments.confirm": {"send_deposit_request": False},
    "appointments.cancel": {"reason": "flu"},
    "api_keys.create": {"name": "till"},
    "webhook_endpoints.create": {"url": "https://hooks.example/"},
    "webhook_endpoints.update": {"rotate_secret": True},
    "waitlist.update": {"notes": "mornings"},
    "waitlist.offer": {"available_date": "2027-03-08T12:00:00Z", "message": "It is yours"},
}


async def header_without_studio(rest: Rest, number: str) -> dict[str, str]:
    """The header of somebody who registered and has no studio."""
    person = {**BODIES["auth.register"], "email": f"nobody{number}@example.com"}
    registered = await rest.http.post("/v1/auth/register", json=person)
    return {"Authorization": f"Bearer {registered.json()['token']}"}


async def answer_to(operation_id: str, rest: Rest, headers: Mapping[str, str]) -> httpx.Response:
    """Call an operation with good input, on things made for it, with the headers given."""
    operation, studio = OPERATIONS[f"servalodesk.{operation_id}"], rest.studio
    number = f"{studio.business_id}{len(headers)}"
    noun = operation_id.partition(".")[0]
    body = dict(BODIES.get(operation_id, {}))
    client = await studio.client("Jasmine Torres", email="jasmine@example.com")
    artist = await studio.provider("Mara", slug=f"contract-{number}")
    ids = {"artists": spell("art", artist), "clients": spell("cli", client)}
    if noun == "appointments":
        key = await studio.appointment(client, price=Money(40_000, "USD"))
        ids["appointments"] = spell("apt", key)
        if operation_id.endswith("no_show"):
            await confirm(studio.ctx, ConfirmAppointment(appointment_id=key))
        body |= (
            {"client_id": ids["clients"], "artist_id": rest.artist} if operation_id.endswith("create") else {}
        )
    elif noun == "api_keys":
        ids["api_keys"] = spell("key", (await create_api_key(studio.ctx, CreateApiKey(name="old"))).key_id)
    elif noun == "webhook_endpoints":
        new = CreateWebhookEndpoint(url="https://hooks.example/", scheme="servalodesk")
        ids[noun] = spell("whk", (await create_webhook_endpoint(studio.ctx, new)).webhook_endpoint_id)
    elif operation_id == "waitlist.create":
        body |= {"client_id": ids["clients"], "preferred_dates": ["2027-03-08"]}
    elif noun == "waitlist":
        joining = JoinWaitlist(client_id=client, duration_minutes=120)
        waiting = (await join_waitlist(studio.ctx, joining)).waitlist_entry_id
        ids[noun] = spell("wl", waiting)
        if operation_id == "waitlist.claim":
            offering = OfferWaitlistSlot(
                waitlist_entry_id=waiting, starts_at=NOW + timedelta(days=2), provider_id=artist
            )
            ids["token"] = str((await offer_waitlist_slot(studio.ctx, offering)).claim_token)
    elif operation_id in ("auth.register", "auth.login", "clients.create"):
        body["email"] = studio.email if operation_id == "auth.login" else f"r{number}@example.com"
    elif operation_id == "auth.refresh":
        body["refresh_token"] = studio.refresh_token
    elif operation_id == "studio.create" and headers:
        headers = await header_without_studio(rest, number)
    path = operation["path"].format(id=ids.get(noun), slug=f"contract-{number}", token=ids.get("token"))
    if operation_id == "artists.availability":
        path += "?start_date=2027-03-08&end_date=2027-03-08"
    return await rest.http.request(operation["method"], path, json=body or None, headers=dict(headers))


@pytest.mark.parametrize("operation_id", SERVED_IDS)
async def test_statuses_and_fields(operation_id: str, rest: Rest) -> None:
    """With a credential where one is asked: the documented status, the example's fields and the object's types."""
    operation = OPERATIONS[f"servalodesk.{operation_id}"]
    headers = rest.studio.headers if operation["auth"] == "bearer" else {}
    answer = await answer_to(operation_id, rest, headers)
    assert answer.status_code == operation["response"]["status"]
    if answer.status_code == 204:
        assert (answer.content, answer.headers.get("content-type")) == (b"", None)
        return
    assert answer.headers["content-type"] == "application/json"
    told = answer.json()
    response = operation["response"]
    if (example := response["example"] or response.get("recommended_example")) is not None:
        assert_like(told, example, operation_id)
    if operation_id in OBJECTS:
        assert_object(told, OBJECTS[operation_id])
    if operation_id in MEMBERS:
        name, kind = MEMBERS[operation_id]
        assert told[name]
        for one in told[name]:
            assert_object(one, kind)


def assert_like(told: Any, example: Any, where: str) -> None:
    """Every field of the example is there, in the example's order, and of its type."""
    if isinstance(example, dict):
        assert [name for name in told if name in example] == list(example), where
        for name, value in example.items():
            assert_like(told[name], value, f"{where}.{name}")
    elif isinstance(example, list):
        assert isinstance(told, list), where
        if example:
            for one in told:
                assert_like(one, example[0], f"{where}[]")
    elif told is not None and example is not None:
        same = isinstance(told, int | float) if isinstance(example, int | float) else isinstance(told, str)
        assert same, (where, told, example)


def assert_object(told: dict[str, Any], kind: str) -> None:
    """Every field of the contract's object is there, of its type, null only where it may be."""
    for name, rule in CONTRACT["objects"][kind].items():
        assert name in told, (kind, name)
        if told[name] is None:
            assert rule["nullable"], (kind, name)
        else:
            assert TYPES[rule["type"]](told[name]), (kind, name, told[name])
            assert not rule["enum"] or told[name] in rule["enum"], (kind, name, told[name])
        if name == "id":
            assert re.fullmatch(CONTRACT["conventions"]["id_regex"], told[name]), (kind, told[name])


@pytest.mark.parametrize("operation_id", SERVED_IDS)
async def test_who_may_call(operation_id: str, rest: Rest) -> None:
    """Without a credential: 401 where the contract asks for one, the documented status where it is public."""
    operation = OPERATIONS[f"servalodesk.{operation_id}"]
    answer = await answer_to(operation_id, rest, {})
    assert answer.status_code == (401 if operation["auth"] == "bearer" else operation["response"]["status"])


@pytest.mark.parametrize("operation_id", SERVED_IDS)
def test_every_documented_parameter_is_taken(operation_id: str) -> None:
    """Each parameter of the contract stands in the route's shape, at its place, required as documented."""
    operation = OPERATIONS[f"servalodesk.{operation_id}"]
    (route,) = [
        one
        for one in SERVALODESK.routes
        if (one.method, one.path) == (operation["method"], operation["path"])
    ]
    rows = {row.name: (route.place_of(row.name, row.at), row.required) for row in route.takes.rows}
    rows |= {row.name: ("query", row.required) for row in page_rows(SERVALODESK, route)}
    for parameter in operation["params"]:
        if parameter["name"] == "*":  # any subset of the create body
            created = OPERATIONS[f"servalodesk.{operation_id.replace('.update', '.create')}"]
            left_out = {"client_id"} if "except client_id" in (parameter["note"] or "") else set()
            assert {one["name"] for one in created["params"]} - left_out <= rows.keys()
            continue
        place, required = rows[parameter["name"]]
        assert place == parameter["in"], parameter
        assert required == (parameter["required"] and place != "path"), parameter


async def test_the_numbers_of_the_document(rest: Rest) -> None:
    """30 % of 400 is 120; 180 minutes from 14:00 end at 17:00; an explicit deposit replaces the share."""
    booking = {
        "client_id": await rest.client(),
        "artist_id": rest.artist,
        "start_time": "2027-06-28T14:00:00Z",
        "duration_minutes": 180,
        "quoted_price": 400,
    }
    booked = (await rest("POST", "/v1/appointments", json=booking)).json()
    assert (booked["end_time"], booked["deposit_amount"], booked["status"]) == (
        "2027-06-28T17:00:00Z",
        120,
        "confirmed",
    )
    explicit = {**booking, "start_time": "2027-06-29T14:00:00Z", "deposit_amount": 0}
    assert (await rest("POST", "/v1/appointments", json=explicit)).json()["deposit_amount"] == 0
    without = {**booking, "start_time": "2027-06-30T14:00:00Z", "quoted_price": None}
    assert (await rest("POST", "/v1/appointments", json=without)).json()["deposit_amount"] is None
    assert await rest.studio.table("deposits") == []
    assert {row["type"] for row in await rest.studio.table("events")} >= {"appointment.booked"}


async def test_a_staff_door(rest: Rest) -> None:
    """Nights, other lengths and artists who accept no bookings do not refuse; overlap does, to the minute."""
    artist = spell("art", await rest.studio.provider("Mara", is_accepting_bookings=False))
    client = await rest.client()

    async def book(start: str, minutes: int) -> int:
        booking = {"client_id": client, "artist_id": artist, "start_time": start, "duration_minutes": minutes}
        return (await rest("POST", "/v1/appointments", json=booking)).status_code

    assert await book("2027-03-01T09:01:00Z", 1) == 201
    assert await book("2027-03-08T03:17:00Z", 1440) == 201
    assert await book("2027-03-09T03:16:00Z", 1) == 409
    assert await book("2027-03-09T03:17:00Z", 1) == 201
    params = {"start_date": "2027-03-10", "end_date": "2027-03-10", "duration": "240"}
    slots = (await rest("GET", f"/v1/artists/{artist}/availability", params=params)).json()["slots"]
    assert [slot["start"] for slot in slots] == ["2027-03-10T10:00:00Z", "2027-03-10T14:00:00Z"]


async def test_health_notes_are_for_those_who_may(rest: Rest) -> None:
    """Somebody at the front desk sees the client and not the health notes, which no list shows."""
    key = await rest.studio.client(allergies="latex", medical_notes="asthma")
    shown = (await rest("GET", f"/v1/clients/{spell('cli', key)}")).json()
    assert (shown["allergies"], shown["medical_notes"]) == ("latex", "asthma")
    front_desk = Actor(
        name="user:0", business_id=rest.studio.business_id, permissions=frozenset({Permission.CLIENTS_READ})
    )
    async with rest.studio.house.context(front_desk, "test") as ctx:
        seen = await read_one(ctx, CLIENT, key)
    assert seen == {**shown, "allergies": None, "medical_notes": None}
    listed = (await rest("GET", "/v1/clients")).json()["data"][0]
    assert not {"allergies", "medical_notes"} & listed.keys()


async def test_every_state_has_its_word(rest: Rest) -> None:
    """The states of the core are shown and filtered by ServaloDesk's words."""
    words = {
        "PENDING": "pending",
        "CONFIRMED": "confirmed",
        "COMPLETED": "completed",
        "NO_SHOW": "no_show",
        "CANCELLED": "cancelled",
        "DECLINED": "cancelled",
    }
    key = await rest.studio.appointment(await rest.studio.client())
    for state, word in words.items():
        async with rest.studio.house.database.connect(rest.studio.business_id, write=True) as connection:
            await connection.execute(
                text("UPDATE appointments SET status = :state WHERE id = :key AND business_id = :business"),
                {"state": state, "key": key, "business": rest.studio.business_id},
            )
            await connection.commit()
        shown = (await rest("GET", f"/v1/appointments/{spell('apt', key)}")).json()
        assert shown["status"] == word
        found = (await rest("GET", f"/v1/appointments?status={word}")).json()
        assert found["data"] == [shown]
        others = [other for other in words.values() if other != word]
        assert (await rest("GET", f"/v1/appointments?status={others[0]}")).json()["total"] == 0
