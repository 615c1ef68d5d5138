"""Bad input at each door of ServaloDesk: the documented refusal, nothing echoed, and state unchanged."""

from __future__ import annotations

import base64
from typing import Any

import httpx
import pytest

from core.kernel.ids import spell
from tests.kit.houses import Studio
from tests.rest_compat.conftest import Rest

NO_ARTIST = b'{"error":"not_found","message":"No such artist."}'
NO_CLIENT = b'{"error":"not_found","message":"No such client."}'
NO_APPOINTMENT = b'{"error":"not_found","message":"No such appointment."}'
PERSON = {"first_name": "Jasmine", "last_name": "Torres", "email": "jasmine@example.com"}


def unknown_ids(prefix: str, foreign: str) -> list[str]:
    """An id that nothing has, another studio's, one of another noun, and texts that are no ids."""
    own_kind = spell(prefix, 2**53 - 1)
    return [
        own_kind,
        foreign,
        f"usr_{own_kind[4:]}",
        own_kind.upper(),
        f"{prefix}_1",
        "1",
        "%00",
        "..%2F..",
        "ü",
    ]


async def test_unknown_and_foreign_ids_in_paths(rest: Rest, other_studio: Studio) -> None:
    """Whatever is wrong with an id, the answer is the same to the byte."""
    foreign_client = spell("cli", await other_studio.client())
    foreign_artist = spell("art", other_studio.provider_id)
    key = await other_studio.appointment(await other_studio.client())
    for path, prefix, foreign, body in (
        ("/v1/artists/{}", "art", foreign_artist, NO_ARTIST),
        ("/v1/artists/{}/profile", "art", foreign_artist, NO_ARTIST),
        (
            "/v1/artists/{}/availability?start_date=2027-03-08&end_date=2027-03-08",
            "art",
            foreign_artist,
            NO_ARTIST,
        ),
        ("/v1/clients/{}", "cli", foreign_client, NO_CLIENT),
        ("/v1/appointments/{}", "apt", spell("apt", key), NO_APPOINTMENT),
    ):
        for one in unknown_ids(prefix, foreign):
            answer = await rest("GET", path.format(one))
            assert (answer.status_code, answer.content) == (404, body), (path, one)


async def test_unknown_and_foreign_ids_in_bodies(rest: Rest, other_studio: Studio) -> None:
    """Booking with an unknown or a foreign client or artist answers 404 alike, and books nothing."""
    client = await rest.client()
    foreign_client = spell("cli", await other_studio.client())
    before = await rest.studio.state(), await other_studio.state()
    booking = {"start_time": "2027-03-08T12:00:00Z", "duration_minutes": 60}
    for one in unknown_ids("art", spell("art", other_studio.provider_id)):
        answer = await rest(
            "POST", "/v1/appointments", json={**booking, "client_id": client, "artist_id": one}
        )
        assert (answer.status_code, answer.content) == (404, NO_ARTIST), one
    for one in unknown_ids("cli", foreign_client):
        answer = await rest(
            "POST", "/v1/appointments", json={**booking, "client_id": one, "artist_id": rest.artist}
        )
        assert (answer.status_code, answer.content) == (404, NO_CLIENT), one
    refusals = set()
    for one in unknown_ids("art", spell("art", other_studio.provider_id)):
        answer = await rest("POST", "/v1/clients", json={**PERSON, "preferred_artist_id": one})
        refusals.add((answer.status_code, answer.content))
    ((status, body),) = refusals
    assert status == 422
    assert b'"field":"preferred_artist_id"' in body
    assert (await rest.studio.state(), await other_studio.state()) == before


async def test_unknown_and_foreign_ids_in_filters(rest: Rest, other_studio: Studio) -> None:
    """A filter by an id that names nobody here finds nothing."""
    await rest.studio.appointment(await rest.studio.client())
    await other_studio.appointment(foreign := await other_studio.client())
    for one in unknown_ids("cli", spell("cli", foreign)):
        answer = await rest("GET", f"/v1/appointments?client_id={one}")
        if one == "%00":
            assert answer.status_code == 400
        else:
            assert answer.content == b'{"data":[],"next_cursor":null,"has_more":false,"total":0}', one


BAD_BOOKINGS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing": ({"client_id": None, "artist_id": None, "start_time": None, "duration_minutes": None}, []),
    "malformed start": ({"start_time": "tomorrow"}, ["start_time"]),
    "a date only": ({"start_time": "2027-03-08"}, ["start_time"]),
    "an impossible date": ({"start_time": "2027-02-30T12:00:00Z"}, ["start_time"]),
    "an epoch": ({"start_time": 1804593600}, ["start_time"]),
    "past start": ({"start_time": "2027-02-28T12:00:00Z"}, ["start_time"]),
    "now": ({"start_time": "2027-03-01T09:00:00Z"}, ["start_time"]),
    "not on a minute": ({"start_time": "2027-03-08T12:00:30Z"}, ["start_time"]),
    "beyond the calendar": ({"start_time": "9999-12-31T23:59:00-23:00"}, ["start_time"]),
    "six years ahead": ({"start_time": "2033-03-08T12:00:00Z"}, ["start_time"]),
    "duration 0": ({"duration_minutes": 0}, ["duration_minutes"]),
    "negative duration": ({"duration_minutes": -60}, ["duration_minutes"]),
    "a year": ({"duration_minutes": 525600}, ["duration_minutes"]),
    "half a minute": ({"duration_minutes": 60.5}, ["duration_minutes"]),
    "duration as text": ({"duration_minutes": "60"}, ["duration_minutes"]),
    "duration as truth": ({"duration_minutes": True}, ["duration_minutes"]),
    "a list for an id": ({"client_id": []}, ["client_id"]),
    "a number for an id": ({"artist_id": 7}, ["artist_id"]),
    "negative price": ({"quoted_price": -1}, ["quoted_price"]),
    "a fraction of a cent": ({"quoted_price": 1.005}, ["quoted_price"]),
    "a price beyond measure": ({"quoted_price": 10**12}, ["quoted_price"]),
    "text for money": ({"deposit_amount": "120"}, ["deposit_amount"]),
    "a long style": ({"style": "x" * 101}, ["style"]),
    "a long description": ({"tattoo_description": "x" * 10_001}, ["tattoo_description"]),
    "several at once": (
        {"start_time": "soon", "duration_minutes": 0, "style": 5},
        ["start_time", "duration_minutes", "style"],
    ),
}


@pytest.mark.parametrize("case", BAD_BOOKINGS)
async def test_bad_bookings(case: str, rest: Rest) -> None:
    """422 names each field that is wrong, by the wire's names; nothing is booked."""
    changed, fields = BAD_BOOKINGS[case]
    booking = {
        "client_id": await rest.client(),
        "artist_id": rest.artist,
        "start_time": "2027-03-08T12:00:00Z",
        "duration_minutes": 60,
        **changed,
    }
    before = await rest.studio.state()
    answer = await rest("POST", "/v1/appointments", json=booking)
    told = answer.json()
    assert (answer.status_code, told["error"]) == (422, "validation_failed")
    assert [one["field"] for one in told["details"]] == (fields or list(changed))
    assert await rest.studio.state() == before


NOBODY = {"client_id": "cli_zzzzzzzzzzzz", "artist_id": "art_zzzzzzzzzzzz"}


async def test_a_booking_is_checked_in_order(rest: Rest) -> None:
    """A past start first, like any value that is wrong by itself; then what is not there, then what is taken."""
    kept = {
        "client_id": await rest.client(),
        "artist_id": rest.artist,
        "start_time": "2027-03-08T12:00:00Z",
        "duration_minutes": 60,
    }
    assert (await rest("POST", "/v1/appointments", json=kept)).status_code == 201
    before = await rest.studio.state()
    past = {"start_time": "2027-02-28T12:00:00Z"}
    for changed, status in (
        ({**NOBODY, **past}, 422),
        ({"client_id": NOBODY["client_id"], **past}, 422),
        ({"artist_id": NOBODY["artist_id"], **past}, 422),
        (past, 422),
        (NOBODY, 404),
        ({}, 409),
    ):
        answer = await rest("POST", "/v1/appointments", json={**kept, **changed})
        assert answer.status_code == status, changed
        if status == 422:
            assert answer.json()["details"] == [
                {"field": "start_time", "code": "IN_THE_PAST", "message": "must be in the future"}
            ]
    assert await rest.studio.state() == before


async def test_a_change_is_checked_in_order(rest: Rest) -> None:
    """The appointment has to be there; what is wrong is told at once; then the artist, then the time."""
    when = {"start_time": "2027-03-08T12:00:00Z", "duration_minutes": 60, "artist_id": rest.artist}
    made = []
    for hour in (12, 14):
        start = {"start_time": f"2027-03-08T{hour}:00:00Z"}
        booking = {**when, **start, "client_id": await rest.client(), "quoted_price": 400}
        made.append((await rest("POST", "/v1/appointments", json=booking)).json()["id"])
    await rest("POST", f"/v1/appointments/{made[1]}/confirm")
    before = await rest.studio.state()
    past = {"start_time": "2027-02-28T12:00:00Z"}
    taken = {"start_time": "2027-03-08T12:00:00Z"}
    artist = {"artist_id": NOBODY["artist_id"]}
    for id, changed, status, fields in (
        ("apt_zzzzzzzzzzzz", past, 404, None),
        (made[1], {**past, **artist, "deposit_amount": 7}, 422, ["deposit_amount", "start_time"]),
        (made[1], {**taken, "deposit_amount": 7}, 422, ["deposit_amount"]),
        (made[1], {**taken, **artist}, 404, None),
        (made[1], taken, 409, None),
    ):
        answer = await rest("PATCH", f"/v1/appointments/{id}", json=changed)
        assert answer.status_code == status, changed
        if fields:
            assert [one["field"] for one in answer.json()["details"]] == fields
    assert await rest.studio.state() == before


BAD_CLIENTS: dict[str, tuple[dict[str, Any], list[str]]] = {
    "nothing at all": (
        {"first_name": ..., "last_name": ..., "email": ...},
        ["first_name", "last_name", "email"],
    ),
    "empty name": ({"first_name": "  "}, ["first_name"]),
    "null name": ({"last_name": None}, ["last_name"]),
    "a line break in a name": ({"first_name": "Jas\nmine"}, ["first_name"]),
    "no address": ({"email": "jasmine"}, ["email"]),
    "an address with a space": ({"email": "jas mine@example.com"}, ["email"]),
    "a long address": ({"email": f"{'x' * 300}@example.com"}, ["email"]),
    "a number for notes": ({"allergies": 1}, ["allergies"]),
    "long notes": ({"medical_notes": "x" * 10_001}, ["medical_notes"]),
}


@pytest.mark.parametrize("case", BAD_CLIENTS)
async def test_bad_clients(case: str, rest: Rest) -> None:
    """422 names the field, and nobody is added."""
    changed, fields = BAD_CLIENTS[case]
    person = {name: value for name, value in {**PERSON, **changed}.items() if value is not ...}
    before = await rest.studio.state()
    answer = await rest("POST", "/v1/clients", json=person)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["details"]] == fields
    assert await rest.studio.state() == before


BAD_ARTISTS: dict[str, tuple[dict[str, Any], str]] = {
    "unknown role": ({"role": "king"}, "role"),
    "null role": ({"role": None}, "role"),
    "styles as text": ({"styles": "blackwork"}, "styles"),
    "an empty style": ({"styles": ["blackwork", ""]}, "styles.1"),
    "too many styles": ({"styles": ["x"] * 51}, "styles"),
    "a slug in capitals": ({"booking_link_slug": "Kai"}, "booking_link_slug"),
    "truth as text": ({"is_accepting_bookings": "yes"}, "is_accepting_bookings"),
    "101 percent": ({"min_deposit_percent": 101}, "min_deposit_percent"),
    "no URL": ({"portfolio_images": ["ftp://x"]}, "portfolio_images.0"),
    "a script as URL": ({"portfolio_images": ["javascript:alert(1)"]}, "portfolio_images.0"),
    "an unknown weekday": ({"working_hours": {"funday": []}}, "working_hours.funday"),
    "hours as text": ({"working_hours": {"monday": "10-18"}}, "working_hours.monday"),
    "an impossible hour": (
        {"working_hours": {"monday": [{"start": "25:00", "end": "26:00"}]}},
        "working_hours.monday",
    ),
    "half a shift": ({"working_hours": {"monday": [{"start": "10:00"}]}}, "working_hours.monday"),
    "overlapping shifts": (
        {
            "working_hours": {
                "monday": [{"start": "10:00", "end": "14:00"}, {"start": "13:00", "end": "18:00"}]
            }
        },
        "working_hours.monday",
    ),
}


@pytest.mark.parametrize("case", BAD_ARTISTS)
async def test_bad_artists(case: str, rest: Rest) -> None:
    """422 names the field, and nobody is added."""
    changed, field = BAD_ARTISTS[case]
    before = await rest.studio.state()
    answer = await rest("POST", "/v1/artists", json={"full_name": "Mara Voss", **changed})
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["details"]] == [field]
    assert await rest.studio.state() == before


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/v1/clients?limit=0", "limit"),
        ("/v1/clients?limit=-5", "limit"),
        ("/v1/clients?limit=ten", "limit"),
        ("/v1/clients?limit=", "limit"),
        ("/v1/clients?limit=1.5", "limit"),
        ("/v1/clients?cursor=nonsense", "cursor"),
        ("/v1/clients?cursor=eyJpZCI6ImNsaV94OXk4ejcifQ==", "cursor"),
        ("/v1/clients?cursor=e30=", "cursor"),
        ("/v1/clients?cursor=W10=", "cursor"),
        ("/v1/appointments?status=lost", "status"),
        ("/v1/appointments?start_date=8.3.2027", "start_date"),
        ("/v1/appointments?end_date=2027-02-29", "end_date"),
        ("/v1/artists/{artist}/availability?start_date=2027-03-08", "end_date"),
        ("/v1/artists/{artist}/availability?start_date=2027-03-08&end_date=2027-03-07", "end_date"),
        ("/v1/artists/{artist}/availability?start_date=2027-03-08&end_date=2027-06-08", "end_date"),
        ("/v1/artists/{artist}/availability?start_date=x&end_date=2027-03-08", "start_date"),
        (
            "/v1/artists/{artist}/availability?start_date=2027-03-08&end_date=2027-03-08&duration=0",
            "duration",
        ),
        (
            "/v1/artists/{artist}/availability?start_date=2027-03-08&end_date=2027-03-08&duration=x",
            "duration",
        ),
    ],
)
async def test_bad_query_parameters(path: str, field: str, rest: Rest) -> None:
    """400, without details, and the message begins with the parameter's name."""
    answer = await rest("GET", path.format(artist=rest.artist))
    told = answer.json()
    assert (answer.status_code, told["error"], list(told)) == (400, "bad_request", ["error", "message"])
    assert told["message"].startswith(f"{field}: ")


async def test_cursors_of_others(rest: Rest, other_studio: Studio) -> None:
    """A cursor that names another studio's client, or is written otherwise, is no cursor here."""
    own = await rest.studio.client()
    await rest.studio.client("Second")
    foreign = spell("cli", await other_studio.client())
    page = (await rest("GET", "/v1/clients", params={"limit": "1"})).json()
    assert page["next_cursor"] is not None
    for told in (
        f'{{"id":"{foreign}"}}',
        f'{{"id": "{spell("cli", own)}"}}',
        f'{{"id":"{spell("cli", own)}","a":1}}',
    ):
        cursor = base64.b64encode(told.encode()).decode()
        answer = await rest("GET", "/v1/clients", params={"cursor": cursor})
        assert (
            answer.content == b'{"error":"bad_request","message":"cursor: was not given out by this list."}'
        ), told


async def test_duplicate_addresses(rest: Rest, http: httpx.AsyncClient) -> None:
    """A second client, or a second person who signs in, with the same e-mail address: 409."""
    assert (await rest("POST", "/v1/clients", json=PERSON)).status_code == 201
    before = await rest.studio.state()
    again = await rest("POST", "/v1/clients", json={**PERSON, "email": "JASMINE@example.com"})
    taken = b'{"error":"conflict","message":"This e-mail address is in use already."}'
    assert (again.status_code, again.content) == (409, taken)
    assert await rest.studio.state() == before
    registration = {"email": rest.studio.email.upper(), "password": "hunter2hunter2", "full_name": "Eve"}
    again = await http.post("/v1/auth/register", json=registration)
    assert (again.status_code, again.content) == (409, taken)


async def test_a_slug_that_is_taken(rest: Rest) -> None:
    """409, and nobody is added."""
    mara = {"full_name": "Mara", "booking_link_slug": f"bad-input-{rest.studio.business_id}"}
    assert (await rest("POST", "/v1/artists", json=mara)).status_code == 201
    before = await rest.studio.state()
    answer = await rest("POST", "/v1/artists", json=mara)
    assert (answer.status_code, answer.json()["error"]) == (409, "conflict")
    assert await rest.studio.state() == before


@pytest.mark.parametrize(
    ("changed", "fields"),
    [
        ({"email": "x"}, ["email"]),
        ({"password": "1234567"}, ["password"]),
        ({"full_name": ""}, ["full_name"]),
        ({"studio_name": " "}, ["studio_name"]),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"email": None, "password": 12345678}, ["email", "password"]),
    ],
)
async def test_bad_registrations(changed: dict[str, Any], fields: list[str], http: httpx.AsyncClient) -> None:
    """422 names each field."""
    registration = {"email": "new@example.com", "password": "hunter2hunter2", "full_name": "New", **changed}
    answer = await http.post("/v1/auth/register", json=registration)
    assert answer.status_code == 422
    assert [one["field"] for one in answer.json()["details"]] == fields
