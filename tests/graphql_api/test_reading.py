"""How queries are read: exact numbers of statements, and nothing that was not asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from app.house import House
from core.deposits.deposit import request_deposit
from core.kernel.money import Money
from tests.graphql_api.conftest import Api, gid
from tests.kit.houses import NOW, Studio, counted

PAGE = """
query Page($first: Int!) {
  appointments(first: $first, orderBy: {field: STARTS_AT}) {
    edges { node { startsAt client { displayName } provider { displayName } deposit { status } } }
  }
}
"""


async def booked(studio: Studio, count: int) -> list[int]:
    """So many appointments, an hour each, end to end, for two clients in turn; every other with a deposit."""
    clients = [await studio.client("Ada Quinn"), await studio.client("Ben Okafor")]
    keys = []
    for number in range(count):
        starts_at = NOW + timedelta(days=1, hours=number)
        keys.append(await studio.appointment(clients[number % 2], starts_at=starts_at))
    async with studio.ctx.unit_of_work() as uow:
        for number, key in enumerate(keys):
            if number % 2 == 0:
                await request_deposit(
                    uow,
                    appointment_id=key,
                    client_id=clients[0],
                    amount=Money(5_000, "USD"),
                    client_is_told=False,
                )
    return keys


async def test_a_page_of_50_with_client_provider_and_deposit_is_one_statement(
    house: House, api: Api, studio: Studio
) -> None:
    """To-one relations are joined into the statement of the page."""
    await booked(studio, 50)
    await api.data("{ __typename }")
    with counted(house) as statements:
        data = await api.data(PAGE, first=50)
    assert len(statements) == 1
    edges = data["appointments"]["edges"]
    assert len(edges) == 50
    assert edges[0]["node"] == {
        "startsAt": "2027-03-02T09:00:00Z",
        "client": {"displayName": "Ada Quinn"},
        "provider": {"displayName": "Kai Rodriguez"},
        "deposit": {"status": "PENDING"},
    }
    assert edges[1]["node"]["deposit"] is None


async def test_the_number_of_statements_does_not_depend_on_the_page(
    house: House, api: Api, studio: Studio
) -> None:
    """One row or ten: no N+1, with a to-many relation below either."""
    await booked(studio, 10)
    query = """
    query($first: Int!) {
      appointments(first: $first) {
        edges { node { client { appointments(first: 3) { totalCount edges { node { id provider { displayName } } } } } } }
      }
    }
    """
    await api.data("{ __typename }")
    numbers = []
    for first in (1, 10):
        with counted(house) as statements:
            data = await api.data(query, first=first)
        numbers.append(len(statements))
    assert numbers == [2, 2]
    below = [edge["node"]["client"]["appointments"] for edge in data["appointments"]["edges"]]
    assert {page["totalCount"] for page in below} == {5}
    assert {len(page["edges"]) for page in below} == {3}


async def test_availability_is_two_statements(house: House, api: Api, studio: Studio) -> None:
    """The rules, and what is taken; once known, one that finds nothing new. The providers' ids cost nothing,
    their names one statement more."""
    await studio.provider("Mara Voss")
    query = """
    {{ availability(from: "2027-03-02", to: "2027-03-02", durationMinutes: 240) {{
         timeZone durationMinutes days {{ date slots {{ startsAt endsAt providers {{ {asked} }} }} }} }} }}
    """
    await api.data("{ __typename }")
    for asked, expected in (("id", 2), ("id", 1), ("id displayName", 2)):
        with counted(house) as statements:
            data = await api.data(query.format(asked=asked))
        assert len(statements) == expected
    slots = data["availability"]["days"][0]["slots"]
    assert data["availability"]["timeZone"] == "UTC"
    assert [(slot["startsAt"], slot["endsAt"]) for slot in slots] == [
        ("2027-03-02T10:00:00Z", "2027-03-02T14:00:00Z"),
        ("2027-03-02T14:00:00Z", "2027-03-02T18:00:00Z"),
    ]
    assert [provider["displayName"] for provider in slots[0]["providers"]] == ["Kai Rodriguez", "Mara Voss"]


async def test_columns_that_are_not_asked_for_are_not_read(house: House, api: Api, studio: Studio) -> None:
    """The statement names what the query names; skipped fields are not read either."""
    await studio.client("Ada Quinn", allergies="latex")
    query = """
    query($health: Boolean!) { clients { edges { node { displayName ... @include(if: $health) { allergies } } } } }
    """
    for health in (False, True):
        with counted(house) as statements:
            data = await api.data(query, health=health)
        assert ("allergies" in statements[-1]) is health
        assert (data["clients"]["edges"][0]["node"].get("allergies") == "latex") is health


async def test_the_total_is_counted_only_when_asked_for(house: House, api: Api, studio: Studio) -> None:
    """Counting costs; nobody pays who does not ask."""
    await studio.client()
    for asked, expected in (("pageInfo { hasNextPage }", False), ("totalCount", True)):
        with counted(house) as statements:
            await api.data(f"{{ clients {{ {asked} }} }}")
        assert ("count(*)" in statements[-1]) is expected


async def test_fragments_aliases_and_directives_are_looked_through(
    house: House, api: Api, studio: Studio
) -> None:
    """However a query is written, its relations are joined: one statement, and every alias is answered."""
    client = await studio.client("Ada Quinn", email="ada@quinn.example")
    key = await studio.appointment(client, price=Money(40_000, "USD"))
    query = """
    query($id: ID!, $no: Boolean = false) {
      appointment(id: $id) {
        ...Times
        who: client { ...Name }
        ... on Appointment { client { email @skip(if: $no) phone @include(if: $no) } }
        ... on Node { id }
        price { amountMinor currency }
        again: price { amountMinor }
      }
    }
    fragment Times on Appointment { startsAt provider { ...Where displayName } }
    fragment Where on Provider { location { name } }
    fragment Name on Client { displayName }
    """
    await api.data("{ __typename }")
    with counted(house) as statements:
        data = await api.data(query, id=gid("appointment", key))
    assert len(statements) == 1
    assert data["appointment"] == {
        "startsAt": "2027-03-08T15:00:00Z",
        "provider": {
            "location": {"name": data["appointment"]["provider"]["location"]["name"]},
            "displayName": "Kai Rodriguez",
        },
        "who": {"displayName": "Ada Quinn"},
        "client": {"email": "ada@quinn.example"},
        "id": gid("appointment", key),
        "price": {"amountMinor": 40_000, "currency": "USD"},
        "again": {"amountMinor": 40_000},
    }


async def test_nodes_are_read_in_one_statement_per_type(house: House, api: Api, studio: Studio) -> None:
    """In the order asked; null for whatever is not there."""
    first, second = await studio.client("Ada Quinn"), await studio.client("Ben Okafor")
    ids = [
        gid("client", second),
        gid("provider", studio.provider_id),
        gid("client", first),
        gid("client", second),
        gid("business", studio.business_id),
        "cli_nothing",
        "",
        gid("user", studio.identity_id),
    ]
    query = """
    query($ids: [ID!]!) {
      nodes(ids: $ids) { __typename id ... on Client { displayName } ... on Provider { slug } ... on Business { currency } }
    }
    """
    await api.data("{ __typename }")
    with counted(house) as statements:
        data = await api.data(query, ids=ids)
    assert len(statements) == 3
    slug = data["nodes"][1]["slug"]
    assert data["nodes"] == [
        {"__typename": "Client", "id": ids[0], "displayName": "Ben Okafor"},
        {"__typename": "Provider", "id": ids[1], "slug": slug},
        {"__typename": "Client", "id": ids[2], "displayName": "Ada Quinn"},
        {"__typename": "Client", "id": ids[0], "displayName": "Ben Okafor"},
        {"__typename": "Business", "id": ids[4], "currency": "USD"},
        None,
        None,
        None,
    ]


SINGLES: dict[str, str] = {
    "appointment": "appointment",
    "client": "client",
    "provider": "provider",
    "service": "service",
    "location": "location",
    "node": "client",
}


@pytest.mark.parametrize("field", SINGLES)
async def test_foreign_unknown_and_malformed_ids_answer_alike(
    api: Api, other_studio: Studio, field: str
) -> None:
    """Null, and not a byte more, for another business's id, a key nobody has, another noun's id, and garbage."""
    client = await other_studio.client()
    (location,) = await other_studio.table("locations")
    theirs = {
        "client": client,
        "appointment": await other_studio.appointment(client),
        "provider": other_studio.provider_id,
        "service": await other_studio.service(),
        "location": location["id"],
    }
    noun = SINGLES[field]
    ids = [gid(noun, theirs[noun]), gid(noun, 2**53 - 1), "", "é" * 50, "1", f"{gid(noun, 1)}0"]
    if field != "node":
        ids.append(gid("deposit", 1))
    query = f"query($id: ID!) {{ {field}(id: $id) {{ id }} }}"
    answers = [await api.ask(query, id=spelled) for spelled in ids]
    assert [answer["data"] for answer in answers] == [{field: None}] * len(ids)
    assert all("errors" not in answer for answer in answers)


async def test_what_one_business_has_the_other_never_lists(api: Api, other_api: Api, studio: Studio) -> None:
    """Lists are fenced, and so are filters that name foreign ids."""
    client = await studio.client("Ada Quinn")
    await studio.appointment(client)
    query = """
    query($filter: AppointmentFilter) {
      clients { totalCount edges { node { id } } } appointments(filter: $filter) { totalCount }
    }
    """
    mine = await api.data(query, filter={"clientId": gid("client", client)})
    theirs = await other_api.data(query, filter={"clientId": gid("client", client)})
    assert (mine["clients"]["totalCount"], mine["appointments"]["totalCount"]) == (1, 1)
    assert theirs == {"clients": {"totalCount": 0, "edges": []}, "appointments": {"totalCount": 0}}


async def test_the_viewer_says_who_asks(api: Api, stranger: Api, studio: Studio) -> None:
    """A person with their business, role and permissions; a stranger with nothing."""
    query = """
    { viewer { user { id email fullName } business { id } provider { id displayName } role permissions } }
    """
    mine: dict[str, Any] = (await api.data(query))["viewer"]
    assert mine["user"] == {
        "id": gid("user", studio.identity_id),
        "email": studio.email,
        "fullName": "Kai Rodriguez",
    }
    assert mine["business"] == {"id": gid("business", studio.business_id)}
    assert mine["provider"] == {"id": gid("provider", studio.provider_id), "displayName": "Kai Rodriguez"}
    assert (mine["role"], len(mine["permissions"])) == ("OWNER", 30)
    assert (await stranger.data(query))["viewer"] == {
        "user": None,
        "business": None,
        "provider": None,
        "role": None,
        "permissions": [],
    }


async def test_hours_are_shown_by_weekday(api: Api, studio: Studio) -> None:
    """Seven days, Monday first; a shift past midnight ends on the next day."""
    hours = {"monday": [[600, 720], [1_320, 1_560]], "sunday": [[0, 1_440]]}
    key = await studio.provider("Nyx", weekly_hours=hours)
    data = await api.data(
        "query($id: ID!) { provider(id: $id) { weeklyHours { weekday shifts { opensAt closesAt minutes } } } }",
        id=gid("provider", key),
    )
    days = data["provider"]["weeklyHours"]
    assert [day["weekday"] for day in days] == [
        "MONDAY",
        "TUESDAY",
        "WEDNESDAY",
        "THURSDAY",
        "FRIDAY",
        "SATURDAY",
        "SUNDAY",
    ]
    assert days[0]["shifts"] == [
        {"opensAt": "10:00", "closesAt": "12:00", "minutes": 120},
        {"opensAt": "22:00", "closesAt": "02:00", "minutes": 240},
    ]
    assert days[1]["shifts"] == []
    assert days[6]["shifts"] == [{"opensAt": "00:00", "closesAt": "00:00", "minutes": 1_440}]
