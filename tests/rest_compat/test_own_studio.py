"""Registering without a studio, and founding one afterwards."""

from __future__ import annotations

from typing import Any

import pytest

from tests.rest_compat.conftest import Rest

PERSON = {"password": "correct horse battery", "full_name": "Mara Voss"}


async def registered(rest: Rest) -> tuple[dict[str, Any], dict[str, str]]:
    """A person without a studio, and their header."""
    email = f"mara{rest.studio.business_id}@example.com"
    answer = await rest.http.post("/v1/auth/register", json={**PERSON, "email": email})
    assert answer.status_code == 200
    return answer.json(), {"Authorization": f"Bearer {answer.json()['token']}"}


async def test_without_a_studio_its_doors_are_shut_until_one_is_founded(rest: Rest) -> None:
    """403 first; 201 with the studio; then the same token stands in it, and a second one is 409."""
    person, headers = await registered(rest)
    assert person["tenant_id"] is None
    assert (await rest.http.get("/v1/studio", headers=headers)).status_code == 403
    slug = f"voss-{rest.studio.business_id}"
    body = {"name": "Voss & Daughters", "slug": slug, "timezone": "Europe/Berlin"}
    founded = await rest.http.post("/v1/studio", json=body, headers=headers)
    assert founded.status_code == 201
    shown = founded.json()
    assert (shown["name"], shown["slug"], shown["timezone"]) == ("Voss & Daughters", slug, "Europe/Berlin")
    assert (await rest.http.get("/v1/studio", headers=headers)).json() == shown
    again = await rest.http.post("/v1/studio", json={"name": "Another"}, headers=headers)
    assert (again.status_code, again.json()["error"]) == (409, "conflict")


@pytest.mark.parametrize(
    ("body", "status"), [({}, 422), ({"name": " "}, 422), ({"name": "X", "slug": "No Slug"}, 422)]
)
async def test_a_bad_studio_is_not_founded(rest: Rest, body: dict[str, Any], status: int) -> None:
    """422, and the person still has no studio."""
    _, headers = await registered(rest)
    assert (await rest.http.post("/v1/studio", json=body, headers=headers)).status_code == status
    assert (await rest.http.get("/v1/studio", headers=headers)).status_code == 403


async def test_a_taken_address_is_refused(rest: Rest) -> None:
    """409, and nothing is founded."""
    _, headers = await registered(rest)
    taken = (await rest.http.get("/v1/studio", headers=rest.studio.headers)).json()["slug"]
    refused = await rest.http.post("/v1/studio", json={"name": "X", "slug": taken}, headers=headers)
    assert refused.status_code == 409
    assert (await rest.http.get("/v1/studio", headers=headers)).status_code == 403


async def test_a_stranger_founds_nothing(rest: Rest) -> None:
    """401 without a credential."""
    assert (await rest.http.post("/v1/studio", json={"name": "X"})).status_code == 401
