"""Booking for somebody who may be new: found by their address or added, and only together with the booking."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from adapters.sql.questions.directory import SqlDirectoryQuestions
from core.appointments.appointment import HoldExpired, OutsidePolicy, SlotTaken, TooManyAhead
from core.appointments.book import BookAppointment, Booked, book
from core.appointments.series import Repeats
from core.availability.recurrence import Recurrence
from core.directory.archive_client import ArchiveClient, archive_client
from core.directory.client import EmailTaken
from core.directory.create_client import NewClient
from core.kernel.errors import DomainError, IdempotencyMismatch, NotFound
from tests.core.appointments.shop import TEN, offered
from tests.kit.houses import NOW, Studio, counted
from tests.kit.rules import FAR, issues, refused

HOUR = timedelta(hours=1)
WHO: dict[str, Any] = {"display_name": "Ana Lima", "email": "ana@example.com"}
COST = [
    "SELECT",  # the terms
    "SELECT",  # the ledger: resources
    "UPDATE",
    "SELECT",
    "INSERT",  # appointment
    "INSERT",  # what it takes
    "UPDATE",
    "INSERT",
    "UPDATE",
    "INSERT",
    "INSERT",
]


def wanted(studio: Studio, who: dict[str, Any] | None = None, **more: Any) -> BookAppointment:
    """An hour from ten with the owner, for somebody who is described."""
    client = NewClient(**(WHO if who is None else who))
    given: dict[str, Any] = {"client": client, "starts_at": TEN, "duration_minutes": 60}
    return BookAppointment(**{**given, "provider_id": studio.provider_id, **more})


async def clients(studio: Studio) -> list[tuple[str, str | None]]:
    """Names and addresses of all clients, in order."""
    rows = sorted(await studio.table("clients"), key=lambda row: row["id"])
    return [(row["display_name"], row["email"]) for row in rows]


async def owners(studio: Studio) -> list[int]:
    """Whose each appointment is, in order."""
    rows = sorted(await studio.table("appointments"), key=lambda row: row["id"])
    return [row["client_id"] for row in rows]


async def test_somebody_new_is_added_with_the_booking(studio: Studio) -> None:
    """One client, as `create_client` would keep them, and one appointment, which is theirs; in that order."""
    who = {**WHO, "phone": "+1 512 555 0100", "language": "es", "allergies": "Latex", "medical_notes": "None"}
    made = await book(studio.ctx, wanted(studio, who))
    (client,) = await studio.table("clients")
    (appointment,) = await studio.table("appointments")
    assert (appointment["id"], appointment["client_id"]) == (made.appointment_id, client["id"])
    assert (client["display_name"], client["given_name"], client["family_name"]) == (
        "Ana Lima",
        "Ana",
        "Lima",
    )
    assert (client["email_key"], client["phone_e164"]) == ("ana@example.com", "+15125550100")
    assert (client["language"], client["preferred_provider_id"]) == ("es", None)
    assert b"Latex" not in bytes(client["allergies"])
    types = [row["type"] for row in await studio.table("events")]
    assert types[-2:] == ["client.created", "appointment.booked"]
    assert await studio.payloads("client.created") == [{"client_id": client["id"]}]
    (told,) = await studio.payloads("appointment.booked")
    assert told["client_id"] == client["id"]


async def test_the_statements_of_a_booking_for_somebody(studio: Studio) -> None:
    """Looking for an address is one more, adding somebody another; without an address nobody is looked for."""
    await book(studio.ctx, wanted(studio, {"display_name": "First"}))
    for hours, who, before, after in (
        (1, WHO, ["SELECT"], ["INSERT"]),
        (2, WHO, ["SELECT"], []),
        (3, {"display_name": "Ben"}, [], ["INSERT"]),
    ):
        with counted(studio.house) as statements:
            await book(studio.ctx, wanted(studio, who, starts_at=TEN + hours * HOUR))
        expected = [*before, *COST[:4], *after, *COST[4:]]
        assert [statement.split()[0] for statement in statements] == expected, hours
    assert await clients(studio) == [("First", None), ("Ana Lima", "ana@example.com"), ("Ben", None)]


async def test_whoever_has_the_address_is_meant_and_stays_as_they_are(
    studio: Studio, other_studio: Studio
) -> None:
    """Whatever its case; an archived client has it no longer, and another business's never had."""
    await other_studio.client("Their Ana", email="ana@example.com")
    theirs = await other_studio.state()
    known = await studio.client("Ana", email="Ana@Example.com", phone="+15125550100")
    (kept,) = await studio.table("clients")
    for hours, email in ((0, "ana@example.com"), (1, "ANA@EXAMPLE.COM")):
        who = {"display_name": "Somebody Else", "email": email, "phone": "1", "allergies": "All"}
        await book(studio.ctx, wanted(studio, who, starts_at=TEN + hours * HOUR))
    assert await studio.table("clients") == [kept]
    assert await owners(studio) == [known, known]
    assert len(await studio.payloads("client.created")) == 1
    await archive_client(studio.ctx, ArchiveClient(client_id=known))
    await book(studio.ctx, wanted(studio, starts_at=TEN + 2 * HOUR))
    assert [name for name, _ in await clients(studio)] == ["Ana", "Ana Lima"]
    assert len(set(await owners(studio))) == 2
    assert await other_studio.state() == theirs


async def test_without_an_address_everybody_is_new(studio: Studio) -> None:
    """Families share numbers: nobody is found by one."""
    who = {"given_name": "Ana", "phone": "+15125550100"}
    for hours in (0, 1):
        await book(studio.ctx, wanted(studio, who, starts_at=TEN + hours * HOUR))
    assert await clients(studio) == [("Ana", None), ("Ana", None)]


async def test_a_series_has_one_client(studio: Studio) -> None:
    """All of its appointments are of the one who was added, and so is the series."""
    repeats = Repeats(recurrence=Recurrence(frequency="DAILY", count=3))
    made = await book(studio.ctx, wanted(studio, repeats=repeats))
    (client,) = await studio.table("clients")
    (series,) = await studio.table("series")
    assert (len(made.appointment_ids), series["client_id"]) == (3, client["id"])
    assert await owners(studio) == [client["id"]] * 3


REFUSALS: dict[str, tuple[dict[str, Any], type[DomainError]]] = {
    "taken": ({}, SlotTaken),
    "at night": ({"starts_at": TEN - 7 * HOUR}, OutsidePolicy),
    "hold": ({"hold_id": FAR}, HoldExpired),
    "provider": ({"provider_id": FAR}, NotFound),
    "service": ({"service_id": FAR}, NotFound),
    "location": ({"location_id": FAR}, NotFound),
}


@pytest.mark.parametrize("case", REFUSALS)
@pytest.mark.parametrize("idempotency_key", [None, "k"])
async def test_a_refused_booking_adds_nobody(studio: Studio, case: str, idempotency_key: str | None) -> None:
    """With and without a key, which is free for the same person afterwards."""
    given, kind = REFUSALS[case]
    await book(studio.ctx, wanted(studio, {"display_name": "First"}))
    command = wanted(studio, **given, idempotency_key=idempotency_key)
    await refused(studio, book(studio.ctx, command), kind)
    await book(studio.ctx, wanted(studio, starts_at=TEN + HOUR, idempotency_key=idempotency_key))
    assert await clients(studio) == [("First", None), ("Ana Lima", "ana@example.com")]


async def test_a_limit_counts_for_newcomers_and_for_those_who_are_found(studio: Studio) -> None:
    """Two ahead: not a series of three for somebody new, and no third for who has two."""
    service_id = await offered(studio, 60, client_limit=2)
    three = Repeats(recurrence=Recurrence(frequency="DAILY", count=3))
    given: dict[str, Any] = {"service_id": service_id, "duration_minutes": None}
    await refused(studio, book(studio.ctx, wanted(studio, **given, repeats=three)), TooManyAhead)
    for hours in (0, 1):
        await book(studio.ctx, wanted(studio, **given, starts_at=TEN + hours * HOUR))
    third = wanted(studio, **given, starts_at=TEN + 2 * HOUR)
    await refused(studio, book(studio.ctx, third), TooManyAhead)
    assert len(await studio.table("clients")) == 1


async def test_a_repeated_key_adds_nobody_again(studio: Studio) -> None:
    """Answered as before, with or without an address; somebody else under the key is refused."""
    for hours, who in ((0, WHO), (1, {"display_name": "Ben"})):
        command = wanted(studio, who, starts_at=TEN + hours * HOUR, idempotency_key=f"k{hours}")
        first = await book(studio.ctx, command)
        before = await studio.state()
        assert await book(studio.ctx, command) == first
        other = wanted(
            studio, {"display_name": "Eve"}, starts_at=TEN + hours * HOUR, idempotency_key=f"k{hours}"
        )
        with pytest.raises(IdempotencyMismatch):
            await book(studio.ctx, other)
        assert await studio.state() == before
    assert await clients(studio) == [("Ana Lima", "ana@example.com"), ("Ben", None)]


LONG = "x" * 10_001
BAD: list[tuple[dict[str, Any], list[tuple[str, str]]]] = [
    ({}, [("client.display_name", "REQUIRED")]),
    ({"display_name": " "}, [("client.display_name", "REQUIRED")]),
    ({"display_name": "A\x00"}, [("client.display_name", "BAD_CHARACTER")]),
    ({"display_name": "\u202eAna"}, [("client.display_name", "BAD_CHARACTER")]),
    ({"given_name": "x" * 101}, [("client.given_name", "TOO_LONG")]),
    ({"display_name": "Ana", "email": "ana"}, [("client.email", "BAD_EMAIL")]),
    ({"display_name": "Ana", "email": "a\x00@example.com"}, [("client.email", "BAD_EMAIL")]),
    ({"display_name": "Ana", "email": ""}, [("client.email", "BAD_EMAIL")]),
    ({"display_name": "Ana", "email": f"{LONG}@example.com"}, [("client.email", "BAD_EMAIL")]),
    ({"display_name": "Ana", "phone": "5\x00"}, [("client.phone", "BAD_CHARACTER")]),
    ({"display_name": "Ana", "phone": "5" * 41}, [("client.phone", "TOO_LONG")]),
    (
        {"display_name": LONG, "allergies": "\x00", "medical_notes": LONG, "internal_notes": "\ud800"},
        [
            ("client.display_name", "TOO_LONG"),
            ("client.allergies", "BAD_CHARACTER"),
            ("client.medical_notes", "TOO_LONG"),
            ("client.internal_notes", "BAD_CHARACTER"),
        ],
    ),
    ({"display_name": "Ana", "language": "xx"}, [("client.language", "UNKNOWN_LANGUAGE")]),
]


@pytest.mark.parametrize(("who", "expected"), BAD)
async def test_bad_newcomers_are_named_and_nothing_is_kept(
    studio: Studio, who: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    """Each issue under `client`, beside those of the booking."""
    assert await issues(studio, book(studio.ctx, wanted(studio, who))) == expected
    both = wanted(studio, who, starts_at=NOW, style="s" * 101)
    more = [("starts_at", "IN_THE_PAST"), ("style", "TOO_LONG")]
    assert await issues(studio, book(studio.ctx, both)) == expected + more


async def test_a_client_is_named_or_described_and_never_both(studio: Studio) -> None:
    """Both and neither are refused alike, whether or not the one that is named is there."""
    known = await studio.client()
    one_of_two = [("client_id", "ONE_OF_TWO")]
    for more in ({"client_id": known}, {"client_id": FAR}, {"client": None}):
        assert await issues(studio, book(studio.ctx, wanted(studio, **more))) == one_of_two
    only_named = wanted(studio, client=None, client_id=known)
    assert isinstance(await book(studio.ctx, only_named), Booked)


async def test_of_many_who_book_for_one_newcomer_one_adds_them(studio: Studio) -> None:
    """Eight at once at eight times: eight appointments of one client."""
    commands = [wanted(studio, starts_at=TEN + hour * HOUR, within_policies=False) for hour in range(8)]
    await asyncio.gather(*(book(studio.ctx, command) for command in commands))
    (client,) = await studio.table("clients")
    assert await owners(studio) == [client["id"]] * 8
    assert len(await studio.payloads("client.created")) == 1


@pytest.mark.parametrize(("blind", "is_booked"), [(1, True), (2, False)])
async def test_whoever_was_added_meanwhile_is_found_the_second_time(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, blind: int, is_booked: bool
) -> None:
    """The broken constraint has the booking done anew, once; whoever is overlooked again is EmailTaken."""
    known = await studio.client(email="ana@example.com")
    looks = SqlDirectoryQuestions.client_with_email
    overlooked: list[str] = []

    async def sees(self: SqlDirectoryQuestions, email_key: str) -> int | None:
        if len(overlooked) < blind:
            overlooked.append(email_key)
            return None
        return await looks(self, email_key)

    monkeypatch.setattr(SqlDirectoryQuestions, "client_with_email", sees)
    if is_booked:
        await book(studio.ctx, wanted(studio))
        assert await owners(studio) == [known]
    else:
        await refused(studio, book(studio.ctx, wanted(studio)), EmailTaken)
    assert len(await studio.table("clients")) == 1
    assert overlooked == ["ana@example.com"] * blind
