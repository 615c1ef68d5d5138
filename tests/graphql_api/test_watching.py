"""Display credentials and stream tickets: what they open, how often, and what they never show."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import httpx
import pytest

from app.duties import forget_tickets
from app.house import House
from auth.opaque_tokens import new_ticket
from auth.rate_limit import take_from_network
from auth.redeem_stream_ticket import MOST_USES
from auth.throttle import MemoryThrottle
from core.billing.plans import STARTER, request_limit
from core.kernel.clock import FixedClock
from graphql_api.declare.places import spell_place
from tests.graphql_api.conftest import Api, ask_as
from tests.graphql_api.event_source import listening, refusal
from tests.graphql_api.sockets import EVENTS, connected, latest
from tests.kit.houses import NOW, Studio, counted

CREATE = """
mutation($name: String!, $key: String) {
  createDisplayCredential(input: {name: $name, idempotencyKey: $key}) {
    __typename
    ... on CreateDisplayCredentialPayload { displayCredential { id name prefix createdAt } secret }
    ... on Error { code }
  }
}
"""
REVOKE = """
mutation($id: ID!) {
  revokeDisplayCredential(input: {displayCredentialId: $id}) {
    __typename
    ... on RevokeDisplayCredentialPayload { displayCredentialId } ... on Error { code }
  }
}
"""
LIST = "{ displayCredentials { id name prefix createdAt } }"
TICKET = """
mutation($key: String) {
  createStreamTicket(input: {idempotencyKey: $key}) {
    __typename ... on CreateStreamTicketPayload { ticket path expiresAt } ... on Error { code }
  }
}
"""


async def display(api: Api, name: str = "Front window") -> tuple[str, str]:
    """A new display's id and secret."""
    made = (await api.data(CREATE, name=name))["createDisplayCredential"]
    return made["displayCredential"]["id"], made["secret"]


async def ticket(api: Api) -> str:
    """A new ticket."""
    made: str = (await api.data(TICKET))["createStreamTicket"]["ticket"]
    return made


async def test_a_display_is_made_listed_and_revoked(api: Api, studio: Studio, other_api: Api) -> None:
    """The secret is shown once and kept as a hash; another business's id is an id that is not there."""
    first = (await api.data(CREATE, name="Front window", key="a"))["createDisplayCredential"]
    again = (await api.data(CREATE, name="Front window", key="a"))["createDisplayCredential"]
    shown = first["displayCredential"]
    assert again == {**first, "secret": None}
    assert first["secret"].startswith("dsp_live_")
    assert shown == {
        "id": shown["id"],
        "name": "Front window",
        "prefix": first["secret"][:13],
        "createdAt": "2027-03-01T09:00:00Z",
    }
    assert (await api.data(LIST))["displayCredentials"] == [shown]
    assert (await other_api.data(LIST))["displayCredentials"] == []
    foreign = (await other_api.data(REVOKE, id=shown["id"]))["revokeDisplayCredential"]
    assert foreign == {"__typename": "NotFound", "code": "NOT_FOUND"}
    done = (await api.data(REVOKE, id=shown["id"]))["revokeDisplayCredential"]
    assert done == {"__typename": "RevokeDisplayCredentialPayload", "displayCredentialId": shown["id"]}
    assert (await api.data(LIST))["displayCredentials"] == []
    assert (await api.data(REVOKE, id=shown["id"]))["revokeDisplayCredential"]["code"] == "NOT_FOUND"
    audit = [row["action"] for row in await studio.table("audit") if "display" in row["action"]]
    assert audit == ["display_credential.created", "display_credential.revoked"]


async def test_only_owners_make_displays(studio: Studio, api: Api) -> None:
    """Not staff, not a key, not a display; a name of nothing or with NUL is refused."""
    body = await ask_as(studio, "staff", CREATE, name="x")
    assert body["data"]["createDisplayCredential"]["__typename"] == "PermissionDenied"
    _, secret = await display(api)
    as_display = Api(http=api.http, headers={"Authorization": f"Bearer {secret}"})
    made = (await as_display.data(CREATE, name="x"))["createDisplayCredential"]
    assert made["__typename"] == "PermissionDenied"
    for name in (" ", "a\x07b", "x" * 101):
        assert (await api.data(CREATE, name=name))["createDisplayCredential"]["code"] == "VALIDATION_FAILED"


async def test_a_display_sees_no_person_and_no_note(url: str, api: Api, studio: Studio) -> None:
    """It hears of appointments by id and time; clients, notes and money are not its business."""
    _, secret = await display(api)
    cursor = await latest(api)
    client = await studio.client("Ada Quinn", email="ada@example.com")
    await studio.appointment(client, internal_notes="allergic", notes="ring twice")
    wall = Api(http=api.http, headers={"Authorization": f"Bearer {secret}"})
    assert (await wall.data("{ viewer { role permissions } }"))["viewer"] == {
        "role": "DISPLAY",
        "permissions": ["events:read"],
    }
    for query in (
        "{ clients { edges { node { id } } } }",
        "{ appointments { edges { node { id notes } } } }",
        "{ business { name } }",
    ):
        assert (await wall.refused(query))["extensions"]["code"] == "PERMISSION_DENIED"
    async with connected(url, secret) as socket:
        id = await socket.ask(EVENTS, after=cursor)
        assert [event["type"] for event in await socket.events(id, 1)] == ["APPOINTMENT_BOOKED"]
        assert await socket.silent()
    events = url.replace("/graphql", "/events")
    async with listening(events, headers=wall.headers, after=cursor) as source:
        (heard,) = await source.some(1)
        assert heard.event == "appointment.booked"
        assert "Ada" not in str(heard.data)


async def test_a_revoked_display_falls_silent(url: str, house: House, api: Api) -> None:
    """Its open streams end within the interval of asking, with the usual code."""
    id, secret = await display(api)
    async with connected(url, secret) as socket:
        await socket.ask(EVENTS)
        await api.data(REVOKE, id=id)
        async with asyncio.timeout(5):
            assert (await socket.closed())[0] == 4403


async def test_a_ticket_opens_one_stream(url: str, api: Api, studio: Studio) -> None:
    """Once; a second reader with the same address is refused, and a repeat of the mutation shows nothing."""
    events = url.replace("/graphql", "/events")
    first = (await api.data(TICKET, key="t"))["createStreamTicket"]
    again = (await api.data(TICKET, key="t"))["createStreamTicket"]
    assert first["path"] == f"/events?ticket={first['ticket']}"
    assert first["expiresAt"] == "2027-03-01T09:01:00Z"
    assert (again["ticket"], again["path"], again["expiresAt"]) == (None, None, first["expiresAt"])
    async with listening(events, ticket=first["ticket"]) as source:
        await asyncio.sleep(0.1)
        await studio.client()
        (heard,) = await source.some(1)
        assert heard.event == "client.created"
        async with listening(events, ticket=first["ticket"]) as second:
            status, error = await refusal(second)
            assert (status, error["code"]) == (401, "TICKET_SPENT")
    for _ in range(MOST_USES - 1):
        async with listening(events, headers={"Last-Event-ID": str(heard.id)}, ticket=first["ticket"]) as on:
            assert on.response.status_code == 200
    async with listening(events, headers={"Last-Event-ID": str(heard.id)}, ticket=first["ticket"]) as on:
        assert (await refusal(on))[1]["code"] == "TICKET_SPENT"


async def uses_of_tickets(studio: Studio) -> list[int]:
    """How often each of the business's tickets was used."""
    async with studio.house.database.connect(None) as connection:
        rows = await connection.exec_driver_sql(
            f"SELECT uses FROM stream_tickets WHERE business_id = {studio.business_id} ORDER BY id"
        )
        return [row[0] for row in rows]


@pytest.mark.parametrize("is_watched", [True, False])
async def test_of_all_who_take_up_a_ticket_one_goes_on(
    url: str, api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch, is_watched: bool
) -> None:
    """However many take it up at once: the others are told that it is spent. Negative control: unless their
    uses are looked at, all of them listen on."""
    if not is_watched:
        monkeypatch.setattr("auth.gate._TAKEN_UP_WITHIN", timedelta(minutes=-2))
    events, given, cursor = url.replace("/graphql", "/events"), await ticket(api), await latest(api)
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(listening(events, ticket=given))
        again = {"Last-Event-ID": cursor}
        others = await asyncio.gather(
            *(
                stack.enter_async_context(listening(events, ticket=given, headers=again))
                for _ in range(MOST_USES)
            )
        )
        opened = [first, *(one for one in others if one.response.status_code == 200)]
        assert len(opened) == MOST_USES or is_watched  # else some learn of another before they begin
        await asyncio.sleep(0.5)
        await studio.client()
        heard = [await one.next() for one in opened]
        told = sorted(str(one.data.get("code") or one.event) for one in heard if one)
        lone = ["TICKET_SPENT"] * (len(opened) - 1) + ["client.created"]
        assert told == (lone if is_watched else ["client.created"] * MOST_USES)
        if is_watched:
            ended = [one for one, told in zip(opened, heard, strict=True) if told and told.event == "refused"]
            assert [await one.next() for one in ended] == [None] * (len(opened) - 1)
    (uses,) = await uses_of_tickets(studio)
    assert len(opened) <= uses <= MOST_USES


async def test_a_page_with_a_ticket_hears_why_it_is_refused(
    url: str, house: House, api: Api, studio: Studio, other_studio: Studio
) -> None:
    """EventSource shows no status: what another ticket does not mend is an event. The ticket stays unused."""
    events, given = url.replace("/graphql", "/events"), await ticket(api)
    await studio.client()
    await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=2)
    expired, foreign = spell_place(studio.business_id, 1), spell_place(other_studio.business_id, 1)
    cases: list[tuple[dict[str, Any], str]] = [
        ({"after": str(expired)}, "CURSOR_EXPIRED"),
        ({"after": str(foreign)}, "CURSOR_INVALID"),
        ({"providerId": "prv_garbage"}, "NOT_FOUND"),
        ({"types": "nothing.happened"}, "BAD_USER_INPUT"),
    ]
    for params, code in cases:
        async with listening(events, ticket=given, **params) as source:
            assert source.response.status_code == 200
            assert source.response.headers["content-type"] == "text/event-stream; charset=utf-8"
            last = await source.next()
            assert last is not None
            assert (last.event, last.data["code"]) == ("refused", code)
            assert await source.next() is None
    assert await uses_of_tickets(studio) == [0]
    async with listening(events, ticket=given, after=await latest(api)) as source:
        await asyncio.sleep(0.1)
        await studio.client()
        assert [one.event for one in await source.some(1)] == ["client.created"]
    assert await uses_of_tickets(studio) == [1]


async def test_guessing_tickets_is_throttled_and_writes_nothing(
    house: House, http: httpx.AsyncClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network's bucket empties by a look at the database each, which is not written; a made-up Authorization
    header empties the same bucket. Whoever has a good credential or ticket there has a bucket of their own."""
    good = {"ticket": await ticket(Api(http=http, headers=studio.headers)), "providerId": "prv_x"}
    throttle = MemoryThrottle(FixedClock(NOW), monotonic=lambda: 0.0)
    monkeypatch.setattr(house.gate, "throttle", throttle)
    before = await uses_of_tickets(studio)
    burst = request_limit("graphql", STARTER).burst
    guess = {"ticket": new_ticket()}
    with counted(house) as statements:
        answers = [await http.get("/events", params=guess) for _ in range(burst + 5)]
    assert [one.status_code for one in answers] == [401] * burst + [429] * 5
    assert answers[-1].json()["error"]["code"] == "RATE_LIMITED"
    assert int(answers[-1].headers["Retry-After"]) >= 1
    assert len(statements) == burst + 5
    assert all(one.startswith("SELECT stream_tickets.id") for one in statements)
    wrong = {"Authorization": "Bearer nonsense"}
    assert (await http.get("/events", headers=wrong)).status_code == 429
    assert "NOT_FOUND" in (await http.get("/events", params=good)).text
    throttle._buckets.clear()
    answers = [await http.get("/events", headers=wrong) for _ in range(burst + 5)]
    assert [one.status_code for one in answers] == [401] * burst + [429] * 5
    assert (await http.get("/events?providerId=prv_x", headers=studio.headers)).status_code == 404
    assert await uses_of_tickets(studio) == before == [0]


async def test_tickets_are_paid_for_by_whoever_made_them(
    house: House, http: httpx.AsyncClient, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 openings behind one address, which guesses have emptied, are all let in; a credential of which there
    is nothing left waits, and the other goes on."""
    api = Api(http=http, headers=studio.headers)
    _, secret = await display(api)
    window = Api(http=http, headers={"Authorization": f"Bearer {secret}"})
    mine, theirs = await ticket(api), await ticket(window)
    throttle = MemoryThrottle(FixedClock(NOW), monotonic=lambda: 0.0)
    monkeypatch.setattr(house.gate, "throttle", throttle)
    burst = request_limit("graphql", STARTER).burst
    await take_from_network(throttle, client_ip="127.0.0.1", dialect="graphql", cost=burst)
    assert (await http.get("/events", params={"ticket": new_ticket()})).status_code == 429

    async def opened(given: str) -> str:
        answer = await http.get("/events", params={"ticket": given, "providerId": "prv_x"})
        return "let in" if "NOT_FOUND" in answer.text else str(answer.status_code)

    openings = [await opened(given) for _ in range(150) for given in (mine, theirs)]
    assert openings == ["let in"] * 300
    assert [await opened(mine) for _ in range(51)] == ["let in"] * 50 + ["429"]
    assert await opened(theirs) == "let in"


async def test_of_many_who_race_with_a_ticket_one_gets_in(url: str, api: Api) -> None:
    """The database decides."""
    events, given = url.replace("/graphql", "/events"), await ticket(api)

    async def one() -> int:
        async with listening(events, ticket=given) as source:
            return source.response.status_code

    statuses = await asyncio.gather(*(one() for _ in range(8)))
    assert sorted(statuses) == [200] + [401] * 7


async def test_a_ticket_runs_out(
    url: str, house: House, api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After 60 seconds it opens nothing and resumes nothing; an hour later it is forgotten."""
    events = url.replace("/graphql", "/events")
    fresh, used = await ticket(api), await ticket(api)
    async with listening(events, ticket=used) as source:
        await asyncio.sleep(0.2)
        last = source.last_id
        await source.silent(0.1)
        last = source.last_id
    clock = FixedClock(NOW + timedelta(seconds=60))
    monkeypatch.setattr(house, "clock", clock)
    for given, headers in ((fresh, {}), (used, {"Last-Event-ID": str(last)})):
        async with listening(events, ticket=given, headers=headers) as source:
            assert (await refusal(source))[1]["code"] == "TICKET_SPENT"
    clock.advance(timedelta(hours=2))
    await forget_tickets(house)
    async with house.database.connect(None) as connection:
        rows = await connection.exec_driver_sql(
            f"SELECT count(*) FROM stream_tickets WHERE business_id = {studio.business_id}"
        )
        assert rows.scalar() == 0


async def test_a_ticket_is_worth_what_its_maker_is(url: str, house: House, api: Api) -> None:
    """A display's ticket shows what the display sees, and ends with it; it opens no other door."""
    events = url.replace("/graphql", "/events")
    id, secret = await display(api)
    wall = Api(http=api.http, headers={"Authorization": f"Bearer {secret}"})
    given, unused = await ticket(wall), await ticket(wall)
    async with listening(events, ticket=given) as source:
        await api.data(REVOKE, id=id)
        last = await source.next(5)
        assert last is not None
        assert (last.event, last.data["code"]) == ("refused", "UNAUTHENTICATED")
    async with listening(events, ticket=unused) as source:
        assert (await refusal(source))[0] == 401
    mine = await ticket(api)
    as_bearer = Api(http=api.http, headers={"Authorization": f"Bearer {mine}"})
    assert (await as_bearer.ask("{ viewer { role } }"))["errors"][0]["extensions"][
        "code"
    ] == "UNAUTHENTICATED"


async def test_strangers_get_no_ticket(stranger: Api) -> None:
    """Nor does anybody without events:read."""
    made = (await stranger.data(TICKET))["createStreamTicket"]
    assert made == {"__typename": "Unauthenticated", "code": "UNAUTHENTICATED"}
