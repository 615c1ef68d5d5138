"""What an attacker found once, so that it is not found again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import insert

from adapters.sql.database import Database
from adapters.sql.tables import memberships
from core.directory.update_business import UpdateBusiness, update_business
from core.kernel.errors import Unavailable
from core.kernel.ids import read
from tests.kit.houses import NOW
from tests.rest_compat.conftest import Rest


async def test_a_database_out_of_reach_is_503_with_a_time_to_come_back(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Typed, before and behind the credential, and nothing was done."""
    before = await rest.studio.state()

    def unreachable(*_: Any, **__: Any) -> Any:
        raise Unavailable()

    with monkeypatch.context() as patch:
        patch.setattr(Database, "connect", unreachable)
        answers = [
            await rest("GET", "/v1/clients"),
            await rest("POST", "/v1/clients", json={"first_name": "J", "last_name": "T", "email": "j@x.io"}),
            await rest.http.post("/v1/auth/login", json={"email": "a@example.com", "password": "12345678"}),
        ]
    for answer in answers:
        assert (answer.status_code, answer.json()["error"]) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert await rest.studio.state() == before


@pytest.mark.parametrize("time", ["9999-12-31T23:59", "9999-12-31T23:59:59", "0001-01-01T00:00"])
async def test_the_ends_of_the_calendar_are_no_fault_of_ours(rest: Rest, time: str) -> None:
    """A naive time that no instant stands for is 422 in every zone."""
    client = await rest.client()
    for zone in ("America/New_York", "Pacific/Auckland"):
        await update_business(rest.studio.ctx, UpdateBusiness(time_zone=zone))
        before = await rest.studio.state()
        body = {"client_id": client, "artist_id": rest.artist, "start_time": time, "duration_minutes": 60}
        assert (await rest("POST", "/v1/appointments", json=body)).status_code == 422
        assert await rest.studio.state() == before


async def test_a_start_is_a_whole_minute_to_the_last_digit(rest: Rest) -> None:
    """Nine hundred nanoseconds after ten is not ten."""
    body = {
        "client_id": await rest.client(),
        "artist_id": rest.artist,
        "start_time": "2027-03-02T10:00:00.0000009Z",
        "duration_minutes": 60,
    }
    assert (await rest("POST", "/v1/appointments", json=body)).status_code == 422
    assert await rest.studio.table("appointments") == []


async def test_a_key_that_was_revoked_is_still_answered_again(rest: Rest) -> None:
    """The same creation after the key is gone answers as before, without the secret."""
    headers = {"Idempotency-Key": "till-1"}
    first = (await rest("POST", "/v1/api-keys", json={"name": "till"}, headers=headers)).json()
    assert (await rest("DELETE", f"/v1/api-keys/{first['id']}")).status_code == 204
    again = await rest("POST", "/v1/api-keys", json={"name": "till"}, headers=headers)
    assert again.status_code == 201
    assert (again.json()["id"], again.json()["created_at"]) == (first["id"], first["created_at"])


async def test_what_was_asked_for_cannot_be_changed_behind_the_client(rest: Rest) -> None:
    """Once confirmed, another deposit amount is 422; the same amount, and other fields, are fine."""
    body = {
        "client_id": await rest.client(),
        "artist_id": rest.artist,
        "start_time": (NOW + timedelta(days=3)).isoformat(),
        "duration_minutes": 60,
        "deposit_amount": 50,
    }
    key = (await rest("POST", "/v1/appointments", json=body)).json()["id"]
    assert (await rest("POST", f"/v1/appointments/{key}/confirm")).status_code == 200
    before = await rest.studio.state()
    refused = await rest("PATCH", f"/v1/appointments/{key}", json={"deposit_amount": 999})
    assert refused.status_code == 422
    assert await rest.studio.state() == before
    fine = await rest("PATCH", f"/v1/appointments/{key}", json={"deposit_amount": 50, "style": "lettering"})
    assert (fine.status_code, fine.json()["style"]) == (200, "lettering")


async def test_a_wall_display_sees_no_client_in_this_voice(rest: Rest) -> None:
    """The role of a display may see the board; ServaloDesk's appointments show clients, and are refused."""
    house, studio = rest.studio.house, rest.studio
    await studio.appointment(await studio.client())
    person = {"email": f"wall{studio.business_id}@example.com", "password": "12345678", "full_name": "Wall"}
    told = (await rest.http.post("/v1/auth/register", json=person)).json()
    async with house.database.connect(None, write=True) as connection:
        await connection.execute(
            insert(memberships).values(
                identity_id=read("usr", told["user"]["id"]),
                business_id=studio.business_id,
                role="display",
                provider_id=None,
                epoch=1,
                created_at=datetime.fromisoformat("2027-03-01T00:00:00+00:00"),
            )
        )
        await connection.commit()
    login = await rest.http.post("/v1/auth/login", json={key: person[key] for key in ("email", "password")})
    headers = {"Authorization": f"Bearer {login.json()['token']}"}
    for path in ("/v1/appointments", "/v1/clients", f"/v1/artists/{rest.artist}/availability"):
        answer: httpx.Response = await rest.http.get(
            path, params={"start_date": "2027-03-08", "end_date": "2027-03-08"}, headers=headers
        )
        assert (answer.status_code, "Torres" in answer.text) == (403, False), path
