"""Booking for somebody who is described: found or added, refused as data, and never added alone."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from auth.permissions import ROLE_PERMISSIONS, STAFF, Permission
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.test_booking import BOOK, booking, two_hours
from tests.kit.houses import Studio


def for_somebody(studio: Studio, **who: Any) -> dict[str, Any]:
    """The same for somebody who is described."""
    return {**two_hours(studio), "client": {"displayName": "Ana Lima", "email": "ana@example.com", **who}}


async def test_an_appointment_is_booked_for_somebody_new(api: Api, studio: Studio) -> None:
    """Added and booked in one; by the same address they are found, and a repeat is answered like the first."""
    given = {**for_somebody(studio, phone="512 555", language="de"), "idempotencyKey": "order-18"}
    before = len(await studio.table("clients"))
    booked = (await api.data(BOOK, input=given))["bookAppointment"]
    assert booked["__typename"] == "BookAppointmentPayload"
    assert booked["appointment"]["client"] == {"displayName": "Ana Lima"}
    after = await studio.state()
    assert (await api.data(BOOK, input=given))["bookAppointment"] == booked
    assert await studio.state() == after
    again = {**given, "startsAt": "2027-03-02T13:00:00Z", "idempotencyKey": None, "clientId": None}
    again["client"] = {"displayName": "A. Lima", "email": "ANA@example.com"}
    booked = (await api.data(BOOK, input=again))["bookAppointment"]
    assert booked["appointment"]["client"] == {"displayName": "Ana Lima"}
    assert len(await studio.table("clients")) == before + 1


BAD_PEOPLE: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no name": ({"displayName": None}, [("client.displayName", "REQUIRED")]),
    "controls": (
        {"displayName": "A\x01", "familyName": "\u202eamiL", "phone": "1\n2"},
        [
            ("client.familyName", "BAD_CHARACTER"),
            ("client.displayName", "BAD_CHARACTER"),
            ("client.phone", "BAD_CHARACTER"),
        ],
    ),
    "huge": (
        {"displayName": "x" * 50_000, "givenName": "x" * 50_000, "medicalNotes": "x" * 50_000},
        [
            ("client.givenName", "TOO_LONG"),
            ("client.displayName", "TOO_LONG"),
            ("client.medicalNotes", "TOO_LONG"),
        ],
    ),
    "no address": ({"email": "ana at example"}, [("client.email", "BAD_EMAIL")]),
    "two addresses": ({"email": "a@example.com,b@example.com"}, [("client.email", "BAD_EMAIL")]),
    "long number": ({"phone": "1" * 41}, [("client.phone", "TOO_LONG")]),
    "language": ({"language": "tlh"}, [("client.language", "UNKNOWN_LANGUAGE")]),
}


@pytest.mark.parametrize("case", BAD_PEOPLE)
async def test_bad_people_are_refused_as_data_and_nobody_is_added(
    api: Api, studio: Studio, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Every issue by the names of the input, those of the booking among them; no traceback is logged."""
    who, issues = BAD_PEOPLE[case]
    given = {**for_somebody(studio, **who), "notes": "x" * 10_001}
    before = await studio.state()
    with caplog.at_level(logging.INFO):
        refused = (await api.data(BOOK, input=given))["bookAppointment"]
    assert refused["__typename"] == "ValidationFailed"
    told = [(issue["path"], issue["code"]) for issue in refused["issues"]]
    assert told == [*issues, ("notes", "TOO_LONG")]
    assert await studio.state() == before
    assert [record for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize("field", ["displayName", "givenName", "email", "phone", "allergies", "language"])
async def test_nul_reaches_no_use_case(api: Api, studio: Studio, field: str) -> None:
    """A protocol fault, as are two lines of address, what is no text, and no such field; nobody is added."""
    before = await studio.state()
    for who in (
        {field: "a\x00b"},
        {"email": "a@example.com\nBcc: b@example.com"},
        {field: 7.5},
        {field: {"x": 1}},
        {"preferredProviderId": "prv_x"},
    ):
        answer = await api.ask(BOOK, input=for_somebody(studio, **who))
        (error,) = answer["errors"]
        assert ("data" in answer, error["extensions"]) == (False, {"code": "BAD_USER_INPUT"})
    assert await studio.state() == before


async def test_a_client_is_named_or_described(api: Api, studio: Studio, other_studio: Studio) -> None:
    """Both, and neither, are one issue, whosever the id is; nothing changes here or there."""
    given = for_somebody(studio)
    ids = [gid("client", await studio.client()), gid("client", await other_studio.client()), "garbage"]
    before = (await studio.state(), await other_studio.state())
    bare = {name: value for name, value in given.items() if name != "client"}
    for wrong in (
        bare,
        {**bare, "client": None, "clientId": None},
        *({**given, "clientId": id} for id in ids),
    ):
        refused = (await api.data(BOOK, input=wrong))["bookAppointment"]
        assert refused["__typename"] == "ValidationFailed"
        assert refused["issues"] == [
            {"path": "clientId", "code": "ONE_OF_TWO", "message": "give either a client's id or who it is"}
        ]
    assert (await studio.state(), await other_studio.state()) == before


async def test_ids_of_others_add_nobody(api: Api, studio: Studio, other_studio: Studio) -> None:
    """A foreign provider, service, place or hold is as one that is not there, and the newcomer is not kept."""
    given = for_somebody(studio)
    before = (await studio.state(), await other_studio.state())
    for field, noun, key in (
        ("providerId", "provider", other_studio.provider_id),
        ("serviceId", "service", 2**53 - 1),
        ("locationId", "location", 2**53 - 1),
        ("holdId", "hold", 2**53 - 1),
    ):
        answers = [
            (await api.data(BOOK, input={**given, field: one}))["bookAppointment"]
            for one in (gid(noun, key), gid(noun, 2**53 - 1), "garbage", "x" * 10_000)
        ]
        assert [answer["__typename"] for answer in answers] == [
            "HoldExpired" if noun == "hold" else "NotFound"
        ] * 4
        assert all(answer == answers[0] for answer in answers)
    assert (await studio.state(), await other_studio.state()) == before


async def test_whoever_may_not_add_clients_books_for_known_ones_alone(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the one who is described is known: nobody learns who is a client by trying addresses."""
    await studio.client("Ana", email="ana@example.com")
    given, known = for_somebody(studio), await booking(studio)
    front_desk = ROLE_PERMISSIONS[STAFF]
    monkeypatch.setitem(ROLE_PERMISSIONS, STAFF, front_desk - {Permission.CLIENTS_WRITE})
    before = await studio.state()
    for who in (given["client"], {**given["client"], "email": "new@example.com"}, {"displayName": ""}):
        answer = await ask_as(studio, STAFF, BOOK, input={**given, "client": who})
        refused = answer["data"]["bookAppointment"]
        assert (refused["__typename"], refused["code"]) == ("PermissionDenied", "PERMISSION_DENIED")
    assert await studio.state() == before
    answer = await ask_as(studio, STAFF, BOOK, input=known)
    assert answer["data"]["bookAppointment"]["__typename"] == "BookAppointmentPayload"
    monkeypatch.setitem(ROLE_PERMISSIONS, STAFF, front_desk)
    answer = await ask_as(studio, STAFF, BOOK, input={**given, "startsAt": "2027-03-02T13:00:00Z"})
    assert answer["data"]["bookAppointment"]["__typename"] == "BookAppointmentPayload"
