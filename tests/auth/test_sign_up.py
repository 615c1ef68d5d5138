"""Signing up: an identity, perhaps a business, or nothing at all."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import select, update

from adapters.sql import tables
from app.house import House
from auth.open_session import SignedIn
from auth.sign_up import PER_NETWORK, SignedUp, SignUp, issue, sign_up
from core.directory.client import EmailTaken
from core.kernel.errors import IdempotencyMismatch, Invalid, RateLimited, Unauthenticated
from core.kernel.unit_of_work import NO_BUSINESS
from tests.auth.people import (
    IP,
    audited,
    change,
    its_rows,
    limiting_gate,
    rows,
    sessions_of,
    signed_in,
    signed_up,
    stranger,
    totals,
)
from tests.kit.houses import NOW, PASSWORD


@pytest.fixture
def email(house: House, fresh_number: int) -> str:
    """An address that nobody has."""
    return f"Mara{fresh_number}.{id(house)}@studio.example"


async def identity_row(house: House, email: str) -> dict[str, object]:
    """The one row of an address."""
    kept = tables.identities
    (row,) = await rows(house, select(kept).where(kept.c.email_key == email.lower()))
    return row


async def test_a_person_with_a_business(house: House, email: str) -> None:
    """Becomes its owner and first provider, in the zone and currency asked for."""
    made = await signed_up(
        house,
        email,
        full_name=" Mara Voss ",
        business_name="Inkwell & Sons",
        time_zone="Europe/Berlin",
        currency="EUR",
    )
    assert made.business_id is not None
    identity = await identity_row(house, email)
    assert (identity["id"], identity["email"], identity["full_name"]) == (
        made.identity_id,
        email,
        "Mara Voss",
    )
    assert (identity["epoch"], identity["created_at"]) == (1, NOW)
    assert str(identity["password_hash"]).startswith("$argon2id$")
    (membership,) = await rows(
        house, select(tables.memberships).where(tables.memberships.c.identity_id == made.identity_id)
    )
    del membership["id"]
    assert membership == {
        "identity_id": made.identity_id,
        "business_id": made.business_id,
        "role": "owner",
        "provider_id": made.provider_id,
        "epoch": 1,
        "created_at": NOW,
        "ended_at": None,
    }
    (business,) = await its_rows(house, tables.businesses, made.business_id)
    assert (business["name"], business["time_zone"], business["currency"]) == (
        "Inkwell & Sons",
        "Europe/Berlin",
        "EUR",
    )
    (provider,) = await its_rows(house, tables.providers, made.business_id)
    assert (provider["id"], provider["display_name"], provider["email"], provider["role"]) == (
        made.provider_id,
        "Mara Voss",
        email,
        "owner",
    )
    pseudonym = house.gate.secret.pseudonym(email.lower())
    assert ("identity.signed_up", made.identity_id) in await audited(
        house, f"email:{pseudonym}", made.business_id
    )


async def test_a_person_without_a_business(house: House, email: str) -> None:
    """Is known, and belongs nowhere."""
    before = await totals(house)
    made = await signed_up(house, email)
    assert made == SignedUp(identity_id=made.identity_id, business_id=None, provider_id=None)
    assert await totals(house) == {**before, "identities": before["identities"] + 1}
    pseudonym = house.gate.secret.pseudonym(email.lower())
    assert await audited(house, f"email:{pseudonym}") == [("identity.signed_up", made.identity_id)]


async def test_an_address_serves_once(house: House, email: str) -> None:
    """However it is spelled; the first account keeps its password, and no business is founded."""
    await signed_up(house, email)
    before, identity = await totals(house), await identity_row(house, email)
    for again in (email, email.upper(), f"  {email.lower()} "):
        with pytest.raises(EmailTaken):
            await signed_up(house, again, password="another password", business_name="Other")
    assert await totals(house) == before
    assert await identity_row(house, email) == identity


async def test_of_two_who_race_one_signs_up(house: House, email: str) -> None:
    """The database has the last word; the loser leaves no business behind."""
    before = await totals(house)
    answers = await asyncio.gather(
        *(signed_up(house, email, business_name=f"Race {number}") for number in range(5)),
        return_exceptions=True,
    )
    won = [answer for answer in answers if isinstance(answer, SignedUp)]
    assert len(won) == 1
    assert [type(answer) for answer in answers if answer not in won] == [EmailTaken] * 4
    after = await totals(house)
    assert {name: after[name] - before[name] for name in after} == {
        **dict.fromkeys(after, 0),
        **{"tenants": 1, "identities": 1, "memberships": 1, "public_slugs": 2},
    }


async def test_every_issue_is_named_and_nothing_kept(house: House, email: str) -> None:
    """All fields are judged in one go."""
    before = await totals(house)
    with pytest.raises(Invalid) as refused:
        await signed_up(
            house,
            "nobody",
            password="1234567",
            full_name=" ",
            business_name="\x00",
            time_zone="Mars/Olympus",
            currency="usd",
        )
    assert {(issue.path, issue.code) for issue in refused.value.issues} == {
        ("email", "BAD_EMAIL"),
        ("password", "TOO_SHORT"),
        ("full_name", "REQUIRED"),
        ("business_name", "BAD_CHARACTER"),
        ("time_zone", "UNKNOWN_TIME_ZONE"),
        ("currency", "BAD_CURRENCY"),
    }
    assert await totals(house) == before


async def test_a_repeat_is_answered_alike(house: House, email: str) -> None:
    """One identity, one business, however often the same command arrives, even at once."""
    before = await totals(house)
    more = {"business_name": "Twice", "idempotency_key": "sign-up-1"}
    first = await signed_up(house, email, **more)
    again = await asyncio.gather(*(signed_up(house, email, **more) for _ in range(3)))
    assert again == [first] * 3
    after = await totals(house)
    assert (after["identities"], after["tenants"]) == (before["identities"] + 1, before["tenants"] + 1)


async def test_a_key_used_for_something_else_is_refused(house: House, email: str) -> None:
    """Another password is another command."""
    await signed_up(house, email, idempotency_key="sign-up-1")
    before = await totals(house)
    with pytest.raises(IdempotencyMismatch):
        await signed_up(house, email, idempotency_key="sign-up-1", password="another password")
    assert await totals(house) == before


async def test_strangers_may_use_the_same_key(house: House, email: str) -> None:
    """Keys are remembered per address: nobody gets somebody else's answer."""
    first = await signed_up(house, email, idempotency_key="sign-up-1")
    second = await signed_up(house, f"b.{email}", idempotency_key="sign-up-1")
    assert first.identity_id != second.identity_id


async def test_neither_address_nor_password_is_written_elsewhere(house: House, email: str) -> None:
    """Audit and idempotency rows know a pseudonym only."""
    made = await signed_up(house, email, idempotency_key="sign-up-1", business_name="Quiet")
    assert made.business_id is not None
    for table in (tables.audit, tables.idempotency, tables.events):
        for business_id in (NO_BUSINESS, made.business_id):
            written = str(await its_rows(house, table, business_id)).lower()
            assert email.lower() not in written
            assert PASSWORD not in written


async def test_a_network_signs_up_so_often(house: House, email: str) -> None:
    """The burst passes, the next is told when to come back and leaves no trace; another network is not held up."""
    gate = limiting_gate(house)
    for _ in range(PER_NETWORK.burst):
        await gate.throttle.take(f"sign-up:ip:{IP}", PER_NETWORK)
    before = await totals(house)
    command = SignUp(email=email, password=PASSWORD, full_name="Mara Voss")
    async with stranger(house) as ctx:
        with pytest.raises(RateLimited) as refused:
            await sign_up(ctx, gate, command, client_ip=IP)
        assert refused.value.retry_after_seconds == 3
        assert await totals(house) == before
        await sign_up(ctx, gate, command, client_ip="192.0.2.2")


async def test_tokens_follow_in_a_transaction_of_their_own(house: House, email: str) -> None:
    """They name the new business, and only the refresh token's hash is kept, for thirty days."""
    made = await signed_up(house, email, business_name="Tokens")
    tokens = await signed_in(house, made)
    assert tokens == SignedIn(
        access_token=tokens.access_token,
        refresh_token=tokens.refresh_token,
        expires_in_seconds=3600,
        identity_id=made.identity_id,
        email=email,
        full_name="Mara Voss",
        business_id=made.business_id,
        role="owner",
        provider_id=made.provider_id,
    )
    async with stranger(house) as ctx:
        actor = await house.gate.actor_of(f"Bearer {tokens.access_token}", ctx.asker)
    assert (actor.name, actor.business_id, actor.role) == (
        f"user:{made.identity_id}",
        made.business_id,
        "owner",
    )
    (session,) = await sessions_of(house, made.identity_id)
    assert len(session["token_hash"]) == 64
    assert tokens.refresh_token not in str(session)
    assert (session["expires_at"] - session["created_at"]).days == 30


async def test_an_old_answer_gives_no_tokens_after_a_new_password(house: House, email: str) -> None:
    """Whoever replays a sign-up with the old password has no way in."""
    made = await signed_up(house, email)
    await change(
        house, update(tables.identities).where(tables.identities.c.id == made.identity_id).values(epoch=2)
    )
    with pytest.raises(Unauthenticated):
        await signed_in(house, made)
    assert await sessions_of(house, made.identity_id) == []


def test_secrets_are_not_shown() -> None:
    """Whoever prints a command or an answer prints no secret."""
    assert PASSWORD not in repr(SignUp(email="a@b.example", password=PASSWORD, full_name="A"))
    assert "secret-1" not in repr(
        SignedIn(
            access_token="secret-1",
            refresh_token="secret-1",
            identity_id=1,
            email="a@b.example",
            full_name="A",
            business_id=None,
            role=None,
            provider_id=None,
        )
    )


async def test_issue_is_no_way_into_another_business(house: House, email: str) -> None:
    """An answer that names a business the person is not in gives nothing."""
    made = await signed_up(house, email, business_name="Mine")
    other = await signed_up(house, f"b.{email}")
    async with stranger(house) as ctx:
        with pytest.raises(Unauthenticated):
            await issue(
                ctx,
                house.gate,
                SignedUp(identity_id=other.identity_id, business_id=made.business_id, provider_id=None),
            )
    assert await sessions_of(house, other.identity_id) == []
