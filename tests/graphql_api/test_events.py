"""The log of events as a query: replayable, paged, filtered, and complete."""

from __future__ import annotations

import importlib
import pkgutil
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType

import core
from app.house import House
from core.appointments.cancel import CancelAppointment, cancel
from core.kernel.events import EVENT_TYPES, Event
from graphql_api.declare.events import SHOWN_EVENTS, event_type, shown_event
from graphql_api.declare.places import spell_place
from graphql_api.schema import core_schema, schema
from graphql_api.types import event_log
from graphql_api.types.event_types import EventType
from graphql_api.types.events import BookingEvent
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.kit.houses import NOW, Studio, counted

LOG = """
query($after: Cursor, $first: Int, $types: [EventType!]) {
  events(after: $after, first: $first, types: $types) {
    edges { cursor node { __typename cursor type appointment { id status } } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    latestCursor
  }
}
"""
GRAPHQL = core_schema(schema)


def declared_events() -> dict[str, type[Event]]:
    """Every type of event that the core declares, wherever that is."""
    for module in pkgutil.walk_packages(core.__path__, "core."):
        importlib.import_module(module.name)
    return {name: kind for name, kind in EVENT_TYPES.items() if kind.__module__.startswith("core.")}


def test_every_event_of_the_core_has_a_type_and_a_name() -> None:
    """Whoever declares another event has to say here how it is shown."""
    events = declared_events()
    assert len(events) >= 24
    assert SHOWN_EVENTS.keys() == events.keys() == {str(one.value) for one in EventType}
    assert {one.name for one in EventType} == {name.upper().replace(".", "_") for name in events}
    interface = GRAPHQL.type_map["BookingEvent"]
    assert isinstance(interface, GraphQLInterfaceType)
    assert {kind.name for kind in GRAPHQL.get_possible_types(interface)} == {
        kind.__name__ for kind in events.values()
    }


def test_facts_of_one_name_have_one_type() -> None:
    """So that a query may ask several types of event for them without aliases."""
    interface = GRAPHQL.type_map["BookingEvent"]
    assert isinstance(interface, GraphQLInterfaceType)
    types: dict[str, set[str]] = {}
    for kind in GRAPHQL.get_possible_types(interface):
        assert isinstance(kind, GraphQLObjectType)
        for name, field in kind.fields.items():
            types.setdefault(name, set()).add(str(field.type))
    assert {name: found for name, found in types.items() if len(found) > 1} == {}


def test_an_event_that_leaves_a_fact_out_does_not_start() -> None:
    """Every fact is a field."""
    with pytest.raises(TypeError, match=r"Silent does not tell appointment_id, client_is_told$"):

        @event_type(EVENT_TYPES["appointment.cancelled"])
        class Silent(BookingEvent):
            """Says nothing."""


async def test_the_log_is_read_page_by_page(api: Api, studio: Studio) -> None:
    """From the beginning, in order, each once; the last page's end is the newest place."""
    for number in range(5):
        await studio.client(f"Client {number}")
    seen: list[str] = []
    after = None
    for page_number in range(4):
        page = (await api.data(LOG, first=2, after=after))["events"]
        seen += [edge["node"]["type"] for edge in page["edges"]]
        assert [edge["cursor"] for edge in page["edges"]] == [
            edge["node"]["cursor"] for edge in page["edges"]
        ]
        newest = spell_place(studio.business_id, 7)
        assert page["latestCursor"] == newest
        assert page["pageInfo"]["hasNextPage"] is (page_number < 3)
        assert page["pageInfo"]["hasPreviousPage"] is (page_number > 0)
        after = page["pageInfo"]["endCursor"]
    assert seen == ["BUSINESS_FOUNDED", "PROVIDER_CREATED", *["CLIENT_CREATED"] * 5]
    assert after == newest
    end = (await api.data(LOG, after=after))["events"]
    assert end == {
        "edges": [],
        "pageInfo": {"hasNextPage": False, "hasPreviousPage": True, "startCursor": None, "endCursor": after},
        "latestCursor": after,
    }


async def test_types_narrow_the_log(api: Api, studio: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was looked at in vain is not looked at again: the page ends where the search did."""
    for number in range(4):
        await studio.client(f"Client {number}")
    key = await studio.appointment(await studio.client("Ada Quinn"))
    page = (await api.data(LOG, types=["APPOINTMENT_BOOKED", "BUSINESS_FOUNDED"]))["events"]
    assert [edge["node"]["__typename"] for edge in page["edges"]] == ["BusinessFounded", "AppointmentBooked"]
    assert page["edges"][1]["node"]["appointment"] == {"id": gid("appointment", key), "status": "CONFIRMED"}
    assert page["pageInfo"]["endCursor"] == page["latestCursor"]
    assert (await api.data(LOG, types=[]))["events"]["edges"] == []
    monkeypatch.setattr(event_log, "_AT_ONCE", 2)
    monkeypatch.setattr(event_log, "_MOST_LOOKED_AT", 4)
    empty = (await api.data(LOG, types=["APPOINTMENT_BOOKED"]))["events"]
    assert (empty["edges"], empty["pageInfo"]["hasNextPage"]) == ([], True)
    assert empty["pageInfo"]["endCursor"] == spell_place(studio.business_id, 4)
    rest = (await api.data(LOG, types=["APPOINTMENT_BOOKED"], after=empty["pageInfo"]["endCursor"]))["events"]
    assert len(rest["edges"]) == 1


async def test_a_page_with_appointments_is_three_statements(house: House, api: Api, studio: Studio) -> None:
    """The newest place, the events, and the appointments of all their types together."""
    client = await studio.client("Ada Quinn")
    keys = [await studio.appointment(client, provider_id=await studio.provider(f"P{n}")) for n in range(3)]
    await cancel(studio.ctx, CancelAppointment(appointment_id=keys[0]))
    await api.data("{ __typename }")
    with counted(house) as statements:
        data = await api.data(LOG, first=50)
    assert len(statements) == 3
    shown = [edge["node"]["appointment"] for edge in data["events"]["edges"] if edge["node"]["appointment"]]
    assert shown == [
        {"id": gid("appointment", key), "status": "CANCELLED" if key == keys[0] else "CONFIRMED"}
        for key in (*keys, keys[0])
    ]
    with counted(house) as statements:
        await api.data("{ events { edges { node { cursor appointment { id } } } } }")
    assert len(statements) == 2


@pytest.mark.parametrize("cursor", ["", "garbage", "cur_evt_000000000000000000000000", "é" * 32, "x" * 200])
async def test_bad_cursors_are_refused(api: Api, cursor: str) -> None:
    """By the argument's name."""
    error = await api.refused(LOG, after=cursor)
    assert error["extensions"] == {
        "code": "CURSOR_INVALID",
        "issues": [
            {"path": "after", "code": "CURSOR_INVALID", "message": "must be a cursor of this business's log"}
        ],
    }


async def test_cursors_are_good_in_their_business_and_up_to_now_only(
    api: Api, other_api: Api, studio: Studio
) -> None:
    """Another business's, and one that is still to come, are refused like garbage."""
    mine, future = spell_place(studio.business_id, 1), spell_place(studio.business_id, 1_000_000)
    assert (await other_api.refused(LOG, after=mine))["extensions"]["code"] == "CURSOR_INVALID"
    assert (await api.refused(LOG, after=future))["extensions"]["code"] == "CURSOR_INVALID"
    assert len((await api.data(LOG, after=mine))["events"]["edges"]) == 1


@pytest.mark.parametrize("first", [0, -1, 101, 2**31 - 1])
async def test_pages_have_a_size(api: Api, first: int) -> None:
    """1 to 100."""
    error = await api.refused(LOG, first=first)
    assert error["extensions"]["issues"][0]["path"] == "first"


async def test_who_may_not_read_events_reads_none(studio: Studio, stranger: Api) -> None:
    """Strangers; and health notes stay behind their own door in the log as well."""
    assert (await stranger.refused(LOG))["extensions"] == {"code": "UNAUTHENTICATED"}
    await studio.appointment(await studio.client("Ada Quinn"), internal_notes="allergic")
    query = """{ events(types: [APPOINTMENT_BOOKED]) { edges { node {
      appointment { startsAt internalNotes client { displayName } } } } } }"""
    answer = await ask_as(studio, "display", query)
    assert answer["data"]["events"]["edges"] == [
        {"node": {"appointment": {"startsAt": "2027-03-08T15:00:00Z", "internalNotes": None, "client": None}}}
    ]
    assert [error["extensions"]["permission"] for error in answer["errors"]] == [
        "clients:health",
        "clients:read",
    ]


async def test_a_type_that_is_not_known_is_left_out(house: House, studio: Studio) -> None:
    """An older program over a newer log goes on."""
    event = await house.log.at(studio.business_id, 1)
    assert event is not None
    assert shown_event(replace(event, type="moon.landed")) is None
    told: Any = shown_event(event)
    assert (told.business_id, told.type) == (gid("business", studio.business_id), "business.founded")


async def test_a_pruned_log_is_read_from_what_is_kept(house: House, api: Api, studio: Studio) -> None:
    """Without a cursor from the oldest that is kept; with one that is too old it is CURSOR_EXPIRED."""
    for number in range(3):
        await studio.client(f"Client {number}")
    whole = (await api.data("{ events { edges { cursor } } }"))["events"]["edges"]
    await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=len(whole) - 2)
    query = (
        "query($after: Cursor) { events(after: $after) { edges { cursor } pageInfo { hasPreviousPage } } }"
    )
    kept = (await api.data(query))["events"]
    assert kept == {"edges": whole[-2:], "pageInfo": {"hasPreviousPage": False}}
    error = await api.refused(query, after=whole[-4]["cursor"])
    assert error["extensions"]["code"] == "CURSOR_EXPIRED"
    assert (await api.data(query, after=whole[-3]["cursor"]))["events"]["edges"] == whole[-2:]
    while await house.event_log.prune(studio.business_id, NOW + timedelta(days=1), most=10):
        pass
    assert (await api.refused(query, after=whole[-2]["cursor"]))["extensions"]["code"] == "CURSOR_EXPIRED"
    assert (await api.data(query, after=whole[-1]["cursor"]))["events"]["edges"] == []


async def test_what_one_may_not_see_one_does_not_hear_of(studio: Studio) -> None:
    """A display hears of appointments, not of clients or money; the catalogue says so."""
    await studio.appointment(await studio.client())
    body = await ask_as(studio, "display", "{ events { edges { node { type } } } }")
    heard = [edge["node"]["type"] for edge in body["data"]["events"]["edges"]]
    assert "APPOINTMENT_BOOKED" in heard
    assert "CLIENT_CREATED" not in heard
    assert "CLIENT_CREATED" in str(await ask_as(studio, "staff", "{ events { edges { node { type } } } }"))
