"""Pages: sizes, places, totals, orders and filters."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core.kernel.money import Money
from graphql_api.declare.ids import spell_cursor
from tests.graphql_api.conftest import Api, gid
from tests.kit.houses import NOW, Studio

NAMES = ("Ada Quinn", "Ben Okafor", "Cleo Marsh", "Dov Levi", "Eva Lund")

CLIENTS = """
query($first: Int, $after: Cursor, $last: Int, $before: Cursor, $orderBy: ClientOrder, $search: String) {
  clients(first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, search: $search) {
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    edges { cursor node { displayName } }
  }
}
"""


def names(data: dict[str, Any]) -> list[str]:
    """The names on a page of clients."""
    return [edge["node"]["displayName"] for edge in data["clients"]["edges"]]


async def five(studio: Studio) -> None:
    """Five clients, added in an order that is not the alphabet's."""
    for name in sorted(NAMES, key=lambda name: name[-1]):
        await studio.client(name)


async def test_a_list_is_walked_forwards_and_backwards(api: Api, studio: Studio) -> None:
    """Two by two, nothing is missed and nothing comes twice; the total stays."""
    await five(studio)
    by_name = {"field": "DISPLAY_NAME"}
    forwards: list[str] = []
    after, more = None, True
    while more:
        data = await api.data(CLIENTS, first=2, after=after, orderBy=by_name)
        forwards += names(data)
        info = data["clients"]["pageInfo"]
        after, more = info["endCursor"], info["hasNextPage"]
        assert data["clients"]["totalCount"] == 5
    assert forwards == list(NAMES)

    backwards: list[str] = []
    before, more = None, True
    while more:
        data = await api.data(CLIENTS, last=2, before=before, orderBy=by_name)
        backwards = names(data) + backwards
        info = data["clients"]["pageInfo"]
        before, more = info["startCursor"], info["hasPreviousPage"]
    assert backwards == list(NAMES)


async def test_the_order_can_be_turned_round(api: Api, studio: Studio) -> None:
    """Descending is ascending reversed, also from a place in the middle."""
    await five(studio)
    order = {"field": "DISPLAY_NAME", "direction": "DESC"}
    data = await api.data(CLIENTS, first=3, orderBy=order)
    assert names(data) == ["Eva Lund", "Dov Levi", "Cleo Marsh"]
    rest = await api.data(CLIENTS, first=3, orderBy=order, after=data["clients"]["pageInfo"]["endCursor"])
    assert names(rest) == ["Ben Okafor", "Ada Quinn"]
    assert rest["clients"]["pageInfo"]["hasPreviousPage"] is True


@pytest.mark.parametrize(
    ("given", "issue"),
    [
        ({"first": 0}, {"path": "first", "code": "OUT_OF_RANGE", "message": "must be 1 to 100 rows"}),
        ({"first": -1}, {"path": "first", "code": "OUT_OF_RANGE", "message": "must be 1 to 100 rows"}),
        ({"first": 101}, {"path": "first", "code": "OUT_OF_RANGE", "message": "must be 1 to 100 rows"}),
        ({"last": 101}, {"path": "last", "code": "OUT_OF_RANGE", "message": "must be 1 to 100 rows"}),
        (
            {"first": 1, "last": 1},
            {"path": "last", "code": "NOT_WITH_FIRST", "message": "must not be given together with first"},
        ),
        (
            {"search": "x" * 201},
            {"path": "search", "code": "TOO_LONG", "message": "must not be longer than 200 characters"},
        ),
    ],
)
async def test_sizes_out_of_range_are_refused(api: Api, given: dict[str, Any], issue: dict[str, str]) -> None:
    """The field says which argument is wrong."""
    error = await api.refused(CLIENTS, **given)
    assert error["extensions"] == {"code": "VALIDATION_FAILED", "issues": [issue]}
    assert error["path"] == ["clients"]


async def test_cursors_that_this_list_never_gave_are_refused(
    api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Tampered, of another list, of a row that is not there, of another business: one answer."""
    await five(studio)
    good = (await api.data(CLIENTS, first=1))["clients"]["pageInfo"]["endCursor"]
    foreign = spell_cursor("client", await other_studio.client())
    bad = [
        good[:-1] + ("0" if good[-1] != "0" else "1"),
        good.upper(),
        "nonsense",
        "",
        gid("client", 1),
        spell_cursor("appointment", 1),
        spell_cursor("client", 2**53 - 1),
        foreign,
    ]
    for argument in ("after", "before"):
        for cursor in bad:
            error = await api.refused(CLIENTS, **{argument: cursor})
            assert error["extensions"] == {
                "code": "CURSOR_INVALID",
                "issues": [
                    {
                        "path": argument,
                        "code": "CURSOR_INVALID",
                        "message": "must be a cursor that this list gave",
                    }
                ],
            }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("qUINN", ["Ada Quinn"]),
        ("okafor@", ["Ben Okafor"]),
        ("(030) 12", ["Cleo Marsh"]),
        ("  ", ["Ada Quinn", "Ben Okafor", "Cleo Marsh"]),
        ("%", []),
        ("_", []),
        ("nobody", []),
    ],
)
async def test_clients_are_searched(api: Api, studio: Studio, text: str, expected: list[str]) -> None:
    """Names and addresses in any case, phone numbers by their digits; nothing is a wildcard."""
    await studio.client("Ada Quinn", email="a@quinn.example")
    await studio.client("Ben Okafor", email="OKAFOR@ben.example")
    await studio.client("Cleo Marsh", phone="+49 30 12-34")
    data = await api.data(CLIENTS, search=text if text != "(030) 12" else "30 (12)")
    assert names(data) == expected
    assert data["clients"]["totalCount"] == len(expected)


async def test_every_filter_of_appointments_narrows(api: Api, studio: Studio) -> None:
    """Each condition alone finds what it should; together they all hold; an empty list finds nothing."""
    ada, ben = await studio.client("Ada Quinn"), await studio.client("Ben Okafor")
    mara = await studio.provider("Mara Voss")
    service = await studio.service()
    first = await studio.appointment(ada, starts_at=NOW + timedelta(days=1))
    second = await studio.appointment(ben, starts_at=NOW + timedelta(days=2), provider_id=mara)
    third = await studio.appointment(ada, starts_at=NOW + timedelta(days=3), service_id=service)
    (location,) = await studio.table("locations")

    async def found(**given: Any) -> list[int]:
        data = await api.data(
            "query($filter: AppointmentFilter) { appointments(filter: $filter) { totalCount edges { node { id } } } }",
            filter=given,
        )
        ids = [edge["node"]["id"] for edge in data["appointments"]["edges"]]
        assert data["appointments"]["totalCount"] == len(ids)
        by_id = {gid("appointment", key): key for key in (first, second, third)}
        return [by_id[spelled] for spelled in ids]

    assert await found() == [first, second, third]
    assert await found(clientId=gid("client", ada)) == [first, third]
    assert await found(providerId=gid("provider", mara)) == [second]
    assert await found(serviceId=gid("service", service)) == [third]
    assert await found(locationId=gid("location", location["id"])) == [first, second, third]
    assert await found(startsFrom="2027-03-03T09:00:00Z") == [second, third]
    assert await found(startsBefore="2027-03-03T10:00:00+01:00") == [first]
    assert await found(statuses=["CONFIRMED"]) == [first, second, third]
    assert await found(statuses=["CANCELLED", "NO_SHOW"]) == []
    assert await found(statuses=[]) == []
    assert await found(clientId=gid("client", ada), startsFrom="2027-03-03T09:00:00Z") == [third]
    assert await found(clientId="nobody") == []


async def test_the_other_lists_are_filtered_and_sorted(api: Api, studio: Studio) -> None:
    """Providers, services and locations by their own conditions and orders."""
    await studio.provider("Mara Voss", is_accepting_bookings=False)
    await studio.service("Small piece", 60, price=Money(10_000, "USD"))
    await studio.service("Touch-up", 30)
    data = await api.data(
        """{
          idle: providers(filter: {isAcceptingBookings: false}) { edges { node { displayName } } }
          owners: providers(filter: {role: OWNER}) { edges { node { displayName } } }
          short: services(filter: {durationAtMost: 45}) { edges { node { name price { amountMinor } } } }
          long: services(orderBy: {field: DURATION, direction: DESC}) { edges { node { name } } }
          places: locations(filter: {nameContains: "midnight"}) { totalCount }
        }"""
    )
    assert data["idle"]["edges"] == [{"node": {"displayName": "Mara Voss"}}]
    assert data["owners"]["edges"] == [{"node": {"displayName": "Kai Rodriguez"}}]
    assert data["short"]["edges"] == [{"node": {"name": "Touch-up", "price": None}}]
    assert [edge["node"]["name"] for edge in data["long"]["edges"]] == ["Small piece", "Touch-up"]
    assert data["places"] == {"totalCount": 1}


async def test_pages_below_a_parent_are_pages_too(api: Api, studio: Studio) -> None:
    """A client's appointments have sizes, places, orders and filters of their own."""
    ada = await studio.client("Ada Quinn")
    keys = [await studio.appointment(ada, starts_at=NOW + timedelta(days=day)) for day in range(1, 5)]
    query = """
    query($id: ID!, $first: Int, $after: Cursor, $last: Int, $orderBy: AppointmentOrder) {
      client(id: $id) {
        appointments(first: $first, after: $after, last: $last, orderBy: $orderBy) {
          totalCount pageInfo { hasNextPage hasPreviousPage endCursor } edges { node { id } }
        }
      }
    }
    """

    async def page(**given: Any) -> tuple[list[int], dict[str, Any]]:
        data = await api.data(query, id=gid("client", ada), **given)
        found = data["client"]["appointments"]
        by_id = {gid("appointment", key): key for key in keys}
        return [by_id[edge["node"]["id"]] for edge in found["edges"]], found

    shown, found = await page(first=2)
    assert (shown, found["totalCount"], found["pageInfo"]["hasNextPage"]) == (keys[:2], 4, True)
    shown, found = await page(first=5, after=found["pageInfo"]["endCursor"])
    assert (shown, found["pageInfo"]["hasNextPage"], found["pageInfo"]["hasPreviousPage"]) == (
        keys[2:],
        False,
        True,
    )
    shown, _ = await page(last=1)
    assert shown == keys[3:]
    shown, _ = await page(orderBy={"field": "STARTS_AT", "direction": "DESC"})
    assert shown == keys[::-1]
    error = await api.refused(query, id=gid("client", ada), first=0)
    assert error["path"] == ["client", "appointments"]
    error = await api.refused(query, id=gid("client", ada), after=spell_cursor("appointment", 2**53 - 1))
    assert error["extensions"]["code"] == "CURSOR_INVALID"


async def test_the_ends_of_time_are_dates_like_others(api: Api, studio: Studio) -> None:
    """Filters take every instant that the scalar takes."""
    await studio.appointment(await studio.client())
    query = "query($filter: AppointmentFilter) { appointments(filter: $filter) { totalCount } }"
    for given, total in (
        ({"startsFrom": "0001-01-01T00:00:00Z", "startsBefore": "9999-12-31T23:59:59.999999Z"}, 1),
        ({"startsBefore": "0001-01-01T00:00:00Z"}, 0),
        ({"startsFrom": "9999-12-31T23:59:59Z"}, 0),
    ):
        assert await api.data(query, filter=given) == {"appointments": {"totalCount": total}}
