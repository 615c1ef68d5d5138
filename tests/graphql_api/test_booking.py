"""Booking in GraphQL: what is sold, what it costs in SQL, and every refusal as data."""

from __future__ import annotations

import logging
import re
from datetime import date
from typing import Any

import pytest

from app.house import House
from core.holidays.create_holiday import CreateHoliday, create_holiday
from tests.graphql_api.conftest import Api, gid
from tests.graphql_api.texts import REFUSED
from tests.kit.houses import Studio, counted

BOOK = f"""
mutation Book($input: BookAppointmentInput!) {{
  bookAppointment(input: $input) {{
    __typename
    ... on BookAppointmentPayload {{
      appointment {{
        id startsAt endsAt status durationMinutes notes
        price {{ amountMinor currency }} depositDue {{ amountMinor currency }}
        client {{ displayName }} provider {{ displayName }} service {{ name }} location {{ name }} deposit {{ id }}
      }}
    }}
    ... on SlotTaken {{ providerId startsAt }}
    ... on OutsidePolicy {{ rule startsAt earliest }}
    ... on NotFound {{ noun }}
    {REFUSED}
  }}
}}
"""


def two_hours(studio: Studio) -> dict[str, Any]:
    """The input of a booking that is in order, but for who comes."""
    return {
        "providerId": gid("provider", studio.provider_id),
        "startsAt": "2027-03-02T11:00:00+01:00",
        "durationMinutes": 120,
        "quotedPrice": {"amountMinor": 40_000, "currency": "USD"},
    }


async def booking(studio: Studio, **more: Any) -> dict[str, Any]:
    """The input of a booking that is in order, for a client of its own."""
    return {"clientId": gid("client", await studio.client("Ada Quinn")), **two_hours(studio), **more}


async def test_an_appointment_is_booked(api: Api, studio: Studio) -> None:
    """The payload shows the appointment as it stands after the commit; 30 % of 400 is 120."""
    booked = (await api.data(BOOK, input=await booking(studio, notes="Bring sketches")))["bookAppointment"]
    (row,) = await studio.table("appointments")
    place = booked["appointment"]["location"]["name"]
    assert booked == {
        "__typename": "BookAppointmentPayload",
        "appointment": {
            "id": gid("appointment", row["id"]),
            "startsAt": "2027-03-02T10:00:00Z",
            "endsAt": "2027-03-02T12:00:00Z",
            "status": "CONFIRMED",
            "durationMinutes": 120,
            "notes": "Bring sketches",
            "price": {"amountMinor": 40_000, "currency": "USD"},
            "depositDue": {"amountMinor": 12_000, "currency": "USD"},
            "client": {"displayName": "Ada Quinn"},
            "provider": {"displayName": "Kai Rodriguez"},
            "service": None,
            "location": {"name": place},
            "deposit": None,
        },
    }


async def test_what_is_wrong_is_told_before_the_time(api: Api, studio: Studio) -> None:
    """Taken time and closed hours are told of once words and sums are in order."""
    await api.data(BOOK, input=await booking(studio))
    wrong = {"notes": "x" * 10_001, "quotedPrice": {"amountMinor": 1, "currency": "EUR"}}
    for starts_at, kind in (("2027-03-02T10:30:00Z", "SlotTaken"), ("2027-03-02T22:00:00Z", "OutsidePolicy")):
        given = await booking(studio, startsAt=starts_at)
        before = await studio.state()
        refused = (await api.data(BOOK, input={**given, **wrong}))["bookAppointment"]
        assert refused["__typename"] == "ValidationFailed"
        assert [(issue["path"], issue["code"]) for issue in refused["issues"]] == [
            ("notes", "TOO_LONG"),
            ("quotedPrice", "OTHER_CURRENCY"),
        ]
        assert (await api.data(BOOK, input=given))["bookAppointment"]["__typename"] == kind
        assert await studio.state() == before


def touched(statement: str) -> str:
    """The verb of a statement and the table it is about."""
    verb = statement.split()[0]
    found = re.search(r"(?:INTO|UPDATE|FROM) (\w+)", statement)
    return f"{verb} {found[1]}" if found else statement


async def test_the_statements_of_a_booking(house: House, api: Api, studio: Studio) -> None:
    """What a booking costs in SQL, in order; the last one reads the payload, after the commit."""
    given = await booking(studio)
    await api.data(BOOK, input={**given, "startsAt": "2027-03-10T15:00:00Z"})  # reads the rules
    with counted(house) as statements:
        await api.data(BOOK, input=given)
    assert [touched(statement) for statement in statements] == [
        "SELECT waitlist_entries",  # whether the client waits; with business, provider, client and service
        "SELECT providers",  # their resources, locked
        "UPDATE allocations",  # holds that have run out
        "SELECT allocations",
        "INSERT appointments",
        "INSERT allocations",
        "UPDATE sequences",
        "INSERT events",
        "UPDATE resources",
        "INSERT jobs",
        "INSERT audit",
        "SELECT appointments",  # the payload
    ]


async def test_a_repeat_with_the_same_key_is_answered_like_the_first_time(api: Api, studio: Studio) -> None:
    """One appointment, one answer; the same key with other input is refused."""
    given = await booking(studio, idempotencyKey="order-17")
    first = await api.data(BOOK, input=given)
    before = await studio.state()
    assert await api.data(BOOK, input=given) == first
    assert await studio.state() == before
    other = (await api.data(BOOK, input={**given, "durationMinutes": 60}))["bookAppointment"]
    assert (other["__typename"], other["code"]) == ("IdempotencyMismatch", "IDEMPOTENCY_MISMATCH")
    assert await studio.state() == before


async def test_taken_time_is_refused_with_its_facts(api: Api, studio: Studio) -> None:
    """Half an hour of overlap is overlap; the refusal says whose time it was."""
    await api.data(BOOK, input=await booking(studio))
    late = await booking(studio, startsAt="2027-03-02T11:30:00Z", durationMinutes=60)
    before = await studio.state()
    refused = (await api.data(BOOK, input=late))["bookAppointment"]
    assert refused == {
        "__typename": "SlotTaken",
        "providerId": gid("provider", studio.provider_id),
        "startsAt": "2027-03-02T11:30:00Z",
        "code": "SLOT_TAKEN",
        "message": "This time is taken: choose another.",
    }
    assert await studio.state() == before


BAD_BOOKINGS: dict[str, tuple[dict[str, Any], str, list[tuple[str, str]]]] = {
    "past": ({"startsAt": "2027-03-01T08:00:00Z"}, "ValidationFailed", [("startsAt", "IN_THE_PAST")]),
    "far": ({"startsAt": "2040-01-01T10:00:00Z"}, "ValidationFailed", [("startsAt", "TOO_FAR_AHEAD")]),
    "seconds": (
        {"startsAt": "2027-03-02T10:00:01Z"},
        "ValidationFailed",
        [("startsAt", "NOT_A_WHOLE_MINUTE")],
    ),
    "zero": ({"durationMinutes": 0}, "ValidationFailed", [("durationMinutes", "OUT_OF_RANGE")]),
    "year": ({"durationMinutes": 525_600}, "ValidationFailed", [("durationMinutes", "OUT_OF_RANGE")]),
    "currency": (
        {"quotedPrice": {"amountMinor": 1, "currency": "EUR"}},
        "ValidationFailed",
        [("quotedPrice", "OTHER_CURRENCY")],
    ),
    "negative": (
        {"deposit": {"amountMinor": -1, "currency": "USD"}},
        "ValidationFailed",
        [("deposit", "OUT_OF_RANGE")],
    ),
    "long": ({"notes": "x" * 10_001}, "ValidationFailed", [("notes", "TOO_LONG")]),
    "key": ({"idempotencyKey": ""}, "ValidationFailed", [("idempotencyKey", "OUT_OF_RANGE")]),
    "long key": ({"idempotencyKey": "k" * 201}, "ValidationFailed", [("idempotencyKey", "OUT_OF_RANGE")]),
    "weekdays": (
        {"recurrence": {"recurrence": {"frequency": "MONTHLY", "weekdays": ["TUESDAY"], "count": 2}}},
        "ValidationFailed",
        [("recurrence.recurrence.weekdays", "NOT_ALLOWED")],
    ),
    "client": ({"clientId": gid("client", 2**53 - 1)}, "NotFound", []),
    "provider": ({"providerId": "garbage"}, "NotFound", []),
    "service": ({"serviceId": gid("client", 1)}, "NotFound", []),
    "night": ({"startsAt": "2027-03-02T22:00:00Z"}, "OutsidePolicy", []),
}


@pytest.mark.parametrize("case", BAD_BOOKINGS)
async def test_bad_bookings_are_refused_as_data_and_change_nothing(
    api: Api, studio: Studio, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Typed, by the names of the input; no traceback is logged, and the business is as it was."""
    more, kind, issues = BAD_BOOKINGS[case]
    given = await booking(studio, **more)
    before = await studio.state()
    with caplog.at_level(logging.INFO):
        refused = (await api.data(BOOK, input=given))["bookAppointment"]
    assert refused["__typename"] == kind
    assert [(issue["path"], issue["code"]) for issue in refused.get("issues", [])] == issues
    assert await studio.state() == before
    assert [record for record in caplog.records if record.exc_info] == []


async def test_a_rule_that_refuses_names_the_start_and_the_earliest_instead(api: Api, studio: Studio) -> None:
    """Of three days the third is a holiday, and so are two weeks after it; what is named can be booked."""
    days = CreateHoliday(name="Away", first_day=date(2027, 3, 4), last_day=date(2027, 3, 18))
    await create_holiday(studio.ctx, days)
    daily = {"recurrence": {"frequency": "DAILY", "count": 3}}
    given = await booking(studio, recurrence=daily)
    before = await studio.state()
    refused = (await api.data(BOOK, input=given))["bookAppointment"]
    assert refused == {
        "__typename": "OutsidePolicy",
        "rule": "HOLIDAY",
        "startsAt": "2027-03-04T10:00:00Z",
        "earliest": "2027-03-19T10:00:00Z",
        "code": "OUTSIDE_POLICY",
        "message": "This day is a holiday.",
    }
    assert await studio.state() == before
    again = {**given, "startsAt": refused["earliest"], "recurrence": None}
    booked = (await api.data(BOOK, input=again))["bookAppointment"]
    assert booked["appointment"]["startsAt"] == "2027-03-19T10:00:00Z"


async def test_foreign_ids_are_refused_like_unknown_ones(
    api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Byte for byte the same answer, whichever noun is foreign; neither business changes."""
    before = (await studio.state(), await other_studio.state())
    foreign = {
        "clientId": ("client", await other_studio.client()),
        "providerId": ("provider", other_studio.provider_id),
        "serviceId": ("service", await other_studio.service()),
    }
    before = (before[0], await other_studio.state())
    given = await booking(studio)
    mine = await studio.state()
    for field, (noun, key) in foreign.items():
        answers = [
            await api.data(BOOK, input={**given, field: spelled})
            for spelled in (gid(noun, key), gid(noun, 2**53 - 1), "garbage")
        ]
        assert answers[0] == answers[1] == answers[2]
        assert answers[0]["bookAppointment"] == {
            "__typename": "NotFound",
            "noun": noun,
            "code": "NOT_FOUND",
            "message": f"No such {noun}.",
        }
    assert (await studio.state(), await other_studio.state()) == (mine, before[1])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"startsAt": "2027-03-02 10:00"}, "must be RFC 3339 with an offset from UTC"),
        ({"startsAt": "2027-03-02T10:00:00"}, "must be RFC 3339 with an offset from UTC"),
        ({"startsAt": 7}, "must be RFC 3339 with an offset from UTC"),
        ({"startsAt": None}, "startsAt"),
        ({"durationMinutes": "sixty"}, "Int cannot represent non-integer value"),
        ({"durationMinutes": 1.5}, "Int cannot represent non-integer value"),
        ({"durationMinutes": 2**31}, "Int cannot represent non 32-bit signed integer value"),
        ({"quotedPrice": {"amountMinor": 1.5, "currency": "USD"}}, "must be a whole number"),
        ({"quotedPrice": {"amountMinor": 2**53, "currency": "USD"}}, "must be a whole number"),
        ({"quotedPrice": {"amountMinor": 1}}, "currency"),
        ({"clientId": 1.5}, "ID cannot represent value"),
        ({"nonsense": True}, "nonsense"),
    ],
)
async def test_values_of_the_wrong_type_never_reach_a_use_case(
    api: Api, studio: Studio, given: dict[str, Any], told: str
) -> None:
    """A protocol fault: one error that names the value, no data, nothing changed."""
    good = await booking(studio)
    before = await studio.state()
    answer = await api.ask(BOOK, input={**good, **given})
    (error,) = answer["errors"]
    assert "data" not in answer
    assert error["extensions"] == {"code": "BAD_USER_INPUT"}
    assert told in error["message"]
    assert await studio.state() == before
