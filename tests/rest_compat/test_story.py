"""The story of issue 2 through ServaloDesk's `/v1`, on both databases, to the byte where it can be told."""

from __future__ import annotations

import base64
import re

import httpx

from auth.create_api_key import CreateApiKey, create_api_key
from core.kernel.ids import spell
from tests.kit.houses import Studio
from tests.rest_compat.conftest import Rest

ID = re.compile(r"[a-z]{2,3}_[a-z0-9]{12}")


async def test_a_studio_signs_up_and_books(http: httpx.AsyncClient, fresh_number: int) -> None:
    """Register, artist, availability, client, appointment, list: each answer as the contract shows it."""
    email = f"kai{fresh_number}.{id(http)}@ink.example"
    registration = {
        "email": email,
        "password": "hunter2hunter2",
        "full_name": "Kai Rodriguez",
        "studio_name": f"Inkwell & Sons {id(http)}",
    }
    answer = await http.post("/v1/auth/register", json=registration)
    registered = answer.json()
    assert answer.status_code == 200
    assert list(registered) == ["user", "token", "tenant_id", "refresh_token", "expires_in"]
    assert registered["user"] == {
        "id": registered["user"]["id"],
        "email": email,
        "full_name": "Kai Rodriguez",
        "role": "owner",
    }
    assert registered["expires_in"] == 3600
    http.headers["Authorization"] = f"Bearer {registered['token']}"

    studio = (await http.get("/v1/studio")).json()
    assert studio["id"] == registered["tenant_id"]
    assert studio["slug"] == f"inkwell-sons-{id(http)}"
    assert (studio["plan"], studio["artists_count"], studio["timezone"]) == ("starter", 1, "UTC")
    assert (studio["created_at"], studio["trial_ends_at"]) == ("2027-03-01T09:00:00Z", "2027-03-15T09:00:00Z")

    answer = await http.post(
        "/v1/artists",
        json={
            "full_name": "Mara Voss",
            "styles": ["blackwork", "neo-traditional"],
            "min_deposit_percent": 25,
            "working_hours": {"monday": [{"start": "12:00", "end": "16:30"}]},
        },
    )
    artist = answer.json()
    assert answer.status_code == 201
    assert artist == {
        "id": artist["id"],
        "full_name": "Mara Voss",
        "role": "artist",
        "styles": ["blackwork", "neo-traditional"],
        "booking_link_slug": artist["booking_link_slug"],
        "is_accepting_bookings": True,
        "min_deposit_percent": 25,
        "instagram_handle": None,
        "availability_note": None,
        "portfolio_images": [],
        "working_hours": {"monday": [{"start": "12:00", "end": "16:30"}]},
    }
    assert ID.fullmatch(artist["id"])
    assert artist["booking_link_slug"].startswith("mara-voss")
    listed = (await http.get("/v1/artists")).json()
    assert [one["full_name"] for one in listed["data"]] == ["Kai Rodriguez", "Mara Voss"]
    assert listed["total"] == 2
    assert (await http.get(f"/v1/artists/{artist['id']}")).json() == artist

    days = {"start_date": "2027-03-08", "end_date": "2027-03-09"}
    slots = await http.get(f"/v1/artists/{artist['id']}/availability", params=days)
    assert slots.content == (
        b'{"slots":['
        b'{"start":"2027-03-08T12:00:00Z","end":"2027-03-08T14:00:00Z","available":true},'
        b'{"start":"2027-03-08T14:00:00Z","end":"2027-03-08T16:00:00Z","available":true}]}'
    )

    answer = await http.post(
        "/v1/clients",
        json={
            "first_name": "Jasmine",
            "last_name": "Torres",
            "email": "jasmine@example.com",
            "phone": "+15125550142",
            "allergies": "latex",
            "preferred_artist_id": artist["id"],
        },
    )
    client = answer.json()
    assert answer.status_code == 201
    assert client == {
        "id": client["id"],
        "first_name": "Jasmine",
        "last_name": "Torres",
        "email": "jasmine@example.com",
        "phone": "+15125550142",
        "total_spent": 0,
        "appointment_count": 0,
        "last_appointment_at": None,
        "preferred_artist_id": artist["id"],
        "created_at": "2027-03-01T09:00:00Z",
        "allergies": "latex",
        "medical_notes": None,
    }

    booking = {
        "client_id": client["id"],
        "artist_id": artist["id"],
        "start_time": "2027-03-08T12:00:00Z",
        "duration_minutes": 180,
        "quoted_price": 400.5,
        "style": "blackwork",
    }
    answer = await http.post("/v1/appointments", json=booking, headers={"Idempotency-Key": "once"})
    booked = answer.json()
    assert answer.status_code == 201
    assert booked == {
        "id": booked["id"],
        "status": "confirmed",
        "start_time": "2027-03-08T12:00:00Z",
        "end_time": "2027-03-08T15:00:00Z",
        "deposit_amount": 100.13,
        "deposit_paid": False,
        "client": {"id": client["id"], "full_name": "Jasmine Torres"},
        "artist": {"id": artist["id"], "full_name": "Mara Voss"},
        "duration_minutes": 180,
        "tattoo_description": None,
        "style": "blackwork",
        "quoted_price": 400.5,
        "created_at": "2027-03-01T09:00:00Z",
    }
    again = await http.post("/v1/appointments", json=booking, headers={"Idempotency-Key": "once"})
    assert (again.status_code, again.content) == (201, answer.content)
    assert (await http.get(f"/v1/appointments/{booked['id']}")).json() == booked
    listed = (await http.get("/v1/appointments", params={"artist_id": artist["id"]})).json()
    assert listed == {"data": [booked], "next_cursor": None, "has_more": False, "total": 1}
    assert (await http.get(f"/v1/artists/{artist['id']}/availability", params=days)).json() == {"slots": []}

    answer = await http.post("/v1/appointments", json=booking)
    assert (answer.status_code, answer.content) == (
        409,
        b'{"error":"conflict","message":"This time is taken: choose another."}',
    )


async def test_sessions(http: httpx.AsyncClient, studio: Studio) -> None:
    """Login answers both tokens; a refresh token works once, and its second use ends them all."""
    login = {"email": studio.email, "password": "correct horse battery"}
    session = (await http.post("/v1/auth/login", json=login)).json()
    assert list(session) == ["token", "refresh_token", "expires_in", "user"]
    assert session["user"] == {"id": spell("usr", studio.identity_id), "email": studio.email}

    first = {"refresh_token": session["refresh_token"]}
    refreshed = await http.post("/v1/auth/refresh", json=first)
    assert refreshed.status_code == 200
    assert list(refreshed.json()) == ["token", "refresh_token", "expires_in"]
    headers = {"Authorization": f"Bearer {refreshed.json()['token']}"}
    assert (await http.get("/v1/studio", headers=headers)).status_code == 200

    assert (await http.post("/v1/auth/refresh", json=first)).status_code == 401
    second = {"refresh_token": refreshed.json()["refresh_token"]}
    assert (await http.post("/v1/auth/refresh", json=second)).status_code == 401


async def test_somebody_without_a_studio(http: httpx.AsyncClient, fresh_number: int) -> None:
    """Registering without a studio is allowed; what belongs to a studio then answers 403."""
    email = f"alone{fresh_number}.{id(http)}@ink.example"
    registration = {"email": email, "password": "hunter2hunter2", "full_name": "A"}
    registered = (await http.post("/v1/auth/register", json=registration)).json()
    assert (registered["tenant_id"], registered["user"]["role"]) == (None, "artist")
    headers = {"Authorization": f"Bearer {registered['token']}"}
    answer = await http.get("/v1/artists", headers=headers)
    assert (answer.status_code, answer.content) == (
        403,
        b'{"error":"forbidden","message":"You may not do this."}',
    )


async def test_pages_of_clients(rest: Rest) -> None:
    """Newest first, by cursors of the documented form; every client once, the total on every page."""
    names = [f"Client {number}" for number in range(5)]
    ids = [spell("cli", await rest.studio.client(name)) for name in names]
    seen, cursor = [], None
    for size, has_more in ((2, True), (2, True), (1, False)):
        params = {"limit": "2", **({"cursor": cursor} if cursor else {})}
        page = (await rest("GET", "/v1/clients", params=params)).json()
        assert (len(page["data"]), page["has_more"], page["total"]) == (size, has_more, 5)
        seen += [one["id"] for one in page["data"]]
        cursor = page["next_cursor"]
        if cursor:
            assert base64.b64decode(cursor).decode() == f'{{"id":"{seen[-1]}"}}'
    assert seen == ids[::-1]
    assert cursor is None
    everyone = (await rest("GET", "/v1/clients", params={"limit": "1000"})).json()
    assert len(everyone["data"]) == 5


async def test_search(rest: Rest) -> None:
    """`q` finds parts of name, e-mail and telephone number, whatever their case; no one else's clients."""
    jasmine = spell(
        "cli",
        await rest.studio.client("Jasmine Torres", email="Jas@Example.com", phone="+1 (512) 555-0142"),
    )
    await rest.studio.client("Omar Reyes")

    async def found(words: str) -> list[str]:
        answer = await rest("GET", "/v1/clients", params={"q": words})
        return [one["id"] for one in answer.json()["data"]]

    for words in ("jasmine tor", "TORRES", "jas@example", "5125550142", "(512) 555"):
        assert await found(words) == [jasmine], words
    assert await found("nobody") == []
    assert await found("%") == []
    assert len(await found("")) == 2


async def test_what_is_read_in_the_studio_s_zone(http: httpx.AsyncClient, fresh_number: int) -> None:
    """A start without an offset, and the days of filters and availability, are the studio's."""
    registration = {
        "email": f"ny{fresh_number}.{id(http)}@ink.example",
        "password": "hunter2hunter2",
        "full_name": "Kai",
        "studio_name": "Empire",
        "timezone": "America/New_York",
    }
    registered = (await http.post("/v1/auth/register", json=registration)).json()
    http.headers["Authorization"] = f"Bearer {registered['token']}"
    (artist,) = (await http.get("/v1/artists")).json()["data"]
    person = {"first_name": "J", "last_name": "T", "email": "j@example.com"}
    client = (await http.post("/v1/clients", json=person)).json()
    booking = {"client_id": client["id"], "artist_id": artist["id"], "duration_minutes": 60}

    async def start(text: str) -> httpx.Response:
        return await http.post("/v1/appointments", json={**booking, "start_time": text})

    assert (await start("2027-03-13T23:00:00")).json()["start_time"] == "2027-03-14T04:00:00Z"
    gap = await start("2027-03-14T02:30:00")
    assert (gap.status_code, gap.json()["details"][0]["code"]) == (422, "NO_SUCH_TIME")
    # Clocks go back at 02:00 on 7 November: of 01:30, the first is meant.
    assert (await start("2027-11-07T01:30:00")).json()["start_time"] == "2027-11-07T05:30:00Z"

    async def on(day: str) -> int:
        answer = await http.get("/v1/appointments", params={"start_date": day, "end_date": day})
        return int(answer.json()["total"])

    assert [await on("2027-03-13"), await on("2027-03-14")] == [1, 0]
    params = {"start_date": "2027-03-14", "end_date": "2027-03-14", "duration": "480"}
    slots = (await http.get(f"/v1/artists/{artist['id']}/availability", params=params)).json()["slots"]
    assert slots == [{"start": "2027-03-14T14:00:00Z", "end": "2027-03-14T22:00:00Z", "available": True}]


async def test_the_public_profile(http: httpx.AsyncClient, rest: Rest) -> None:
    """Anybody reads an artist's profile by slug; the id works within the artist's own studio."""
    await rest.studio.provider("Mara Voss", slug=f"profile-{rest.studio.provider_id}", styles=["blackwork"])
    profile = await http.get(f"/v1/artists/profile-{rest.studio.provider_id}/profile")
    assert profile.content == (
        b'{"display_name":"Mara Voss","instagram_handle":null,"styles":["blackwork"],'
        b'"is_accepting_bookings":true,"availability_note":null,"min_deposit_percent":30,"portfolio_images":[]}'
    )
    public = await http.get(f"/v1/public/artists/profile-{rest.studio.provider_id}/profile")
    assert public.content == profile.content
    own = await rest("GET", f"/v1/artists/{rest.artist}/profile")
    assert own.json()["display_name"] == "Kai Rodriguez"
    assert (await http.get(f"/v1/artists/{rest.artist}/profile")).status_code == 404
    assert (await http.get("/v1/artists/nobody-here/profile")).status_code == 404


async def test_the_addresses_that_clients_guess(rest: Rest) -> None:
    """Aliases lead to the same operation (contract, open question `paths`)."""
    documented = await rest("GET", "/v1/studio")
    assert (await rest("GET", "/v1/studios/me")).content == documented.content
    assert (await rest("GET", "/servalodesk/v1/studio")).content == documented.content
    assert (await rest("GET", "/servalodesk/v1/studios/me")).content == documented.content
    put = await rest("PUT", "/v1/waitlist/wl_x", json={})
    assert put.content == (await rest("PATCH", "/v1/waitlist/wl_x", json={})).content
    assert put.json()["error"] == "not_found"


async def test_an_api_key(rest: Rest, http: httpx.AsyncClient) -> None:
    """An API key stands in the same header as a token, and may do what the owner may."""
    made = await create_api_key(rest.studio.ctx, CreateApiKey(name="till"))
    answer = await http.get("/v1/studio", headers={"Authorization": f"Bearer {made.secret}"})
    assert answer.content == (await rest("GET", "/v1/studio")).content
