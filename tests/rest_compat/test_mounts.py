"""Where dialects stand: by name, at the root, at hosts; and what is refused at the start."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import httpx
import pytest

from app.house import House
from rest_compat.mounts import Found, MountClash, RestSettings, mount_table, rest_app
from rest_compat.servalodesk.dialect import SERVALODESK
from tests.rest_compat.samples.backing import OpenDoor, filled
from tests.rest_compat.samples.schedly import SCHEDLY
from tests.rest_compat.samples.test_bookings import BOOKINGS
from tests.rest_compat.samples.test_calendesk import CALENDESK
from tests.rest_compat.samples.test_savvycal import SAVVYCAL
from tests.rest_compat.samples.test_servalodesk import SAMPLE

FIVE = (SAMPLE, SCHEDLY, BOOKINGS, SAVVYCAL, CALENDESK)
OWNER = {"Authorization": "Bearer owner"}


def everywhere(**settings: Any) -> httpx.AsyncClient:
    """All five samples in one application, with ServaloDesk at the root unless said otherwise."""
    app = rest_app(
        OpenDoor(filled()),  # type: ignore[arg-type]  # a gate of its throttle alone
        RestSettings(public_url="https://day.example", rate_limits=False, dialects=FIVE, **settings),
    )
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://day.example")


async def test_by_name_before_the_documented_path() -> None:
    """17 addresses are the same in several dialects: the name keeps them apart."""
    async with everywhere() as http:
        answers = {
            path: (
                await http.get(path, headers={**OWNER, "cal-api-key": "owner", "X-Api-Key": "owner"})
            ).json()
            for path in (
                "/servalodesk/v1/clients",
                "/savvycal/v1/clients",
                "/bookings/api/bookings",
                "/schedly/api/services/customers",
                "/calendesk/api/admin/users",
            )
        }
        assert answers["/servalodesk/v1/clients"]["data"][0]["last_name"] == "Chen"
        assert answers["/savvycal/v1/clients"]["data"][0]["object"] == "client"
        assert answers["/bookings/api/bookings"][0]["client_name"] == "John Smith"
        assert answers["/schedly/api/services/customers"][0]["fullName"] == "Emily Chen"
        assert answers["/calendesk/api/admin/users"]["data"][0]["surname"] == "Chen"
        assert (await http.get("/v1/clients", headers=OWNER)).json() == answers["/servalodesk/v1/clients"]


async def test_the_mount_decides_the_envelope() -> None:
    """404, 405, 413 and 415 speak as the dialect does whose address it is."""
    hosts = {"api.salon.example": "bookings"}
    async with everywhere(dialect_hosts=hosts) as http:
        salon = {"Host": "API.Salon.example:8443"}
        assert (await http.get("/nowhere")).json()["error"] == "not_found"
        assert (await http.get("/schedly/nowhere")).json()["status"] == "error"
        assert (await http.get("/nowhere", headers=salon)).json() == {
            "error": "There is nothing at this address."
        }
        assert (await http.get("/savvycal/x")).json() == {
            "errors": [{"detail": "There is nothing at this address.", "status": "404"}]
        }
        assert (await http.get("/bookings")).json() == {"error": "There is nothing at this address."}
        answer = await http.delete("/api/bookings", headers=salon)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
        assert answer.json() == {"error": "Use one of GET, HEAD, OPTIONS, POST here."}
        answer = await http.post("/schedly/api/services/customers", content=b"x" * 1_000_001)
        assert (answer.status_code, answer.json()["error"]) == (413, "PAYLOAD_TOO_LARGE")
        answer = await http.post(
            "/calendesk/api/bookings", content=b"x", headers={"Content-Type": "text/plain"}
        )
        assert (answer.status_code, answer.json()["errors"]) == (415, {})


async def test_hosts() -> None:
    """A host's root speaks its dialect, with or without a port; names work everywhere; addresses follow."""
    async with everywhere(root_dialect="savvycal", dialect_hosts={"desk.example": "servalodesk"}) as http:
        assert "meta" in (await http.get("/v1/clients", headers=OWNER)).json()
        desk = {**OWNER, "Host": "desk.example:8443"}
        assert "has_more" in (await http.get("/v1/clients", headers=desk)).json()
        assert "meta" in (await http.get("/savvycal/v1/clients", headers=desk)).json()
        document = (await http.get("/v1/openapi.json", headers=desk)).json()
        assert document["servers"] == [{"url": "https://desk.example:8443"}]
        document = (await http.get("/schedly/api/openapi.json")).json()
        assert document["servers"] == [{"url": "https://day.example/schedly"}]


def test_the_table() -> None:
    """The finding itself: path in segments, the prefix before it, the business's slug where one stands."""
    table = mount_table("servalodesk", {"Desk.Example": "savvycal"}, FIVE)
    assert table.find("x", ("v1", "clients")) == Found("servalodesk", "", ("v1", "clients"))
    assert table.find("desk.example", ("v1",)) == Found("savvycal", "", ("v1",))
    assert table.find("x", ("schedly", "auth")) == Found("schedly", "/schedly", ("auth",))
    assert table.find("x", ("bookings", "api")) == Found("bookings", "/bookings", ("api",))
    assert table.find("x", ("bookings", "lumi", "api")) == Found(
        "bookings", "/bookings/lumi", ("api",), "lumi"
    )
    assert table.find("x", ("bookings",)) == Found("bookings", "/bookings", ())


@pytest.mark.parametrize(
    ("root", "hosts", "complaint"),
    [
        ("nobody", {}, "'nobody' at the root is no dialect: there are bookings, calendesk"),
        ("servalodesk", {"a.example": "nobody"}, "'nobody' at the root of a.example is no dialect"),
        (
            "servalodesk",
            {"a.example": "schedly", "A.example": "bookings"},
            "the host a.example cannot speak both schedly and bookings",
        ),
    ],
)
def test_settings_that_do_not_add_up(root: str, hosts: dict[str, str], complaint: str) -> None:
    """Unknown names and two dialects at one root stop the start."""
    with pytest.raises(MountClash, match=complaint):
        mount_table(root, hosts, FIVE)


def test_addresses_of_our_own() -> None:
    """A dialect whose documented addresses are Daybook's own, or another dialect's name, cannot be at a root."""
    for base in ("/graphql", "/mcp/v1", "/readyz", "/schedly"):
        greedy = replace(SERVALODESK, base_path=base)
        with pytest.raises(
            MountClash, match=f"servalodesk at the root would stand at /{base.split('/')[1]}, "
        ):
            mount_table("servalodesk", {}, (greedy, SCHEDLY))
        mount_table("schedly", {}, (greedy, SCHEDLY))
    with pytest.raises(MountClash, match="no dialect can be named graphql"):
        mount_table("servalodesk", {}, (SERVALODESK, replace(SCHEDLY, name="graphql")))


async def test_other_protocols_are_closed(house: House) -> None:
    """A WebSocket that strays here is closed, not answered with a fault."""
    app = rest_app(house, RestSettings(public_url="http://x"))
    sent = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "websocket.connect"}

    await app({"type": "websocket", "path": "/", "headers": []}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]
