"""Adding a client: names, addresses, sealed notes, and one client per e-mail address."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from adapters.sql.questions.directory import SqlDirectoryQuestions
from core.directory.client import EmailTaken
from core.directory.create_client import CreateClient, CreatedClient, create_client
from core.directory.reads import CLIENT
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.reading import Selection
from tests.kit.houses import Studio

SHOWN = {"display_name", "given_name", "family_name", "email", "email_key", "phone", "phone_e164"}


async def shown(studio: Studio, key: int, *fields: str) -> dict[str, Any]:
    """A client as it reads back."""
    row = await studio.ctx.read.one(Selection(noun=CLIENT, fields=set(fields) or SHOWN), key)
    assert row is not None
    return row


async def test_a_client_is_kept_with_its_event_and_audit(studio: Studio) -> None:
    """Cleaned, with what searching needs worked out, and reported without a name."""
    key = await studio.client("  Jasmine Torres ", email=" Jasmine@Example.COM ", phone="+1 (212) 555-0100")
    assert await shown(studio, key) == {
        "display_name": "Jasmine Torres",
        "given_name": "Jasmine",
        "family_name": "Torres",
        "email": "Jasmine@Example.COM",
        "email_key": "jasmine@example.com",
        "phone": "+1 (212) 555-0100",
        "phone_e164": "+12125550100",
    }
    event, audit = (await studio.table("events"))[-1], (await studio.table("audit"))[-1]
    assert (event["type"], event["key"]) == ("client.created", key)
    assert (audit["action"], audit["key"]) == ("client.created", key)
    assert "Jasmine" not in repr((event, audit))


@pytest.mark.parametrize(
    ("given", "names"),
    [
        ({"display_name": "Cher"}, ("Cher", "Cher", None)),
        ({"given_name": "Ana", "family_name": "Lima"}, ("Ana Lima", "Ana", "Lima")),
        ({"given_name": "Ana"}, ("Ana", "Ana", None)),
        ({"family_name": "Lima"}, ("Lima", None, "Lima")),
        (
            {"display_name": "Dr. A. Lima", "given_name": "Ana", "family_name": "Lima"},
            ("Dr. A. Lima", "Ana", "Lima"),
        ),
    ],
)
async def test_names_are_kept_as_given_and_split_or_joined_where_not(
    studio: Studio, given: dict[str, Any], names: tuple[str, str | None, str | None]
) -> None:
    """A display name is split, given and family names are joined, and what is given in full is left alone."""
    made = await create_client(studio.ctx, CreateClient(**given))
    row = await shown(studio, made.client_id)
    assert (row["display_name"], row["given_name"], row["family_name"]) == names


async def test_notes_on_health_are_sealed_and_in_no_event_or_audit_row(studio: Studio) -> None:
    """They read back in clear and stand in the tables as ciphertext only."""
    notes = {"allergies": "CANARY latex", "medical_notes": "CANARY fainted", "internal_notes": "CANARY late"}
    key = await studio.client(**notes)
    assert await shown(studio, key, *notes) == notes
    (row,) = await studio.table("clients")
    assert all(b"CANARY" not in bytes(row[name]) for name in notes)
    assert "CANARY" not in repr(await studio.state())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"display_name": None}, [("display_name", "REQUIRED")]),
        ({"display_name": " "}, [("display_name", "REQUIRED")]),
        ({"display_name": "a\nb"}, [("display_name", "BAD_CHARACTER")]),
        ({"given_name": ""}, [("given_name", "REQUIRED")]),
        ({"family_name": "f" * 101}, [("family_name", "TOO_LONG")]),
        ({"email": "nobody"}, [("email", "BAD_EMAIL")]),
        ({"email": ""}, [("email", "BAD_EMAIL")]),
        ({"phone": " "}, [("phone", "REQUIRED")]),
        ({"phone": "5" * 41}, [("phone", "TOO_LONG")]),
        ({"allergies": "a\x00"}, [("allergies", "BAD_CHARACTER")]),
        ({"medical_notes": "m" * 10_001}, [("medical_notes", "TOO_LONG")]),
        ({"internal_notes": "\ud800"}, [("internal_notes", "BAD_CHARACTER")]),
        ({"preferred_provider_id": 2**53 - 1}, [("preferred_provider_id", "NOT_FOUND")]),
        (
            {"display_name": "", "email": "x", "phone": ""},
            [("display_name", "REQUIRED"), ("email", "BAD_EMAIL"), ("phone", "REQUIRED")],
        ),
    ],
)
@pytest.mark.parametrize("idempotency_key", [None, "k"])
async def test_bad_values_are_named_and_nothing_is_kept(
    studio: Studio, given: dict[str, Any], expected: list[tuple[str, str]], idempotency_key: str | None
) -> None:
    """Every broken rule is an issue, with and without an idempotency key, and the business is as before."""
    before = await studio.state()
    command = CreateClient(**{"display_name": "Ana", "idempotency_key": idempotency_key, **given})
    with pytest.raises(Invalid) as refused:
        await create_client(studio.ctx, command)
    assert [(issue.path, issue.code) for issue in refused.value.issues] == expected
    assert await studio.state() == before


async def test_a_preferred_provider_is_the_businesss_own(studio: Studio, other_studio: Studio) -> None:
    """One's own provider is kept; another business's is refused like one that never was."""
    key = await studio.client(preferred_provider_id=studio.provider_id)
    assert await shown(studio, key, "preferred_provider_id") == {"preferred_provider_id": studio.provider_id}
    before = await studio.state()
    with pytest.raises(Invalid) as refused:
        await studio.client(preferred_provider_id=other_studio.provider_id)
    assert [issue.code for issue in refused.value.issues] == ["NOT_FOUND"]
    assert await studio.state() == before


async def test_one_client_of_the_business_has_an_address(studio: Studio, other_studio: Studio) -> None:
    """Whatever its case; clients without one are many, and other businesses have their own."""
    await studio.client(email="ana@example.com")
    before = await studio.state()
    with pytest.raises(EmailTaken) as refused:
        await studio.client("Another", email="ANA@example.com")
    assert "ana" not in str(refused.value).lower()
    assert await studio.state() == before
    await other_studio.client(email="ana@example.com")
    await studio.client("One")
    await studio.client("Two")


async def test_of_many_who_race_for_an_address_one_has_it(studio: Studio) -> None:
    """Eight at once: one client, seven EmailTaken, and nothing of the seven is kept."""
    commands = [CreateClient(display_name=f"Racer {at}", email="race@example.com") for at in range(8)]
    answers = await asyncio.gather(
        *(create_client(studio.ctx, command) for command in commands), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == ["CreatedClient"] + ["EmailTaken"] * 7
    assert len(await studio.table("clients")) == 1
    assert [row["type"] for row in await studio.table("events")].count("client.created") == 1


async def test_the_databases_constraint_has_the_last_word(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the question before it saw nothing, the broken constraint is the same refusal."""

    async def nobody(_self: SqlDirectoryQuestions, _email_key: str) -> None:
        return None

    await studio.client(email="ana@example.com")
    before = await studio.state()
    monkeypatch.setattr(SqlDirectoryQuestions, "client_with_email", nobody)
    with pytest.raises(EmailTaken):
        await studio.client("Another", email="ana@example.com")
    assert await studio.state() == before


async def test_a_repeated_key_answers_as_before(studio: Studio) -> None:
    """One client per key, even with an address; other input under the key is refused."""
    command = CreateClient(display_name="Ana", email="ana@example.com", idempotency_key="k")
    first = await create_client(studio.ctx, command)
    before = await studio.state()
    assert await create_client(studio.ctx, command) == first == CreatedClient(client_id=first.client_id)
    with pytest.raises(IdempotencyMismatch):
        await create_client(studio.ctx, CreateClient(display_name="Bea", idempotency_key="k"))
    assert await studio.state() == before


async def test_many_at_once_with_one_key_make_one_client(studio: Studio) -> None:
    """Eight tries under one key: one client, and eight equal answers."""
    command = CreateClient(display_name="Ana", idempotency_key="once")
    answers = await asyncio.gather(*(create_client(studio.ctx, command) for _ in range(8)))
    assert answers == [answers[0]] * 8
    assert len(await studio.table("clients")) == 1
