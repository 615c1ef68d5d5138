"""API keys: shown once, kept as a hash, revoked everywhere in five seconds."""

from __future__ import annotations

import hashlib

import pytest
from sqlalchemy import select

from adapters.sql import tables
from app.house import House
from auth.create_api_key import CreateApiKey, CreatedApiKey, create_api_key
from auth.gate import Caller
from auth.permissions import permissions_of_key
from auth.questions import IdentityQuestions, KeyFacts
from auth.revoke_api_key import RevokeApiKey, RevokedApiKey, revoke_api_key
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, NotFound, Unauthenticated
from tests.auth.people import audited, limiting_gate, rows, totals
from tests.kit.houses import NOW, Studio


async def keys_of(studio: Studio) -> list[KeyFacts]:
    """The list that an owner is shown."""
    return await studio.ctx.ask(IdentityQuestions).keys_of(studio.business_id)


async def test_a_key_acts_for_the_business(house: House, studio: Studio) -> None:
    """With an owner's permissions but for making keys, and as no person."""
    made = await create_api_key(studio.ctx, CreateApiKey(name=" Website "))
    assert made.secret is not None
    actor = await house.gate.actor_of(f"Bearer {made.secret}", studio.ctx.asker)
    assert actor == Caller(
        name=f"key:{made.key_id}",
        business_id=studio.business_id,
        role="owner",
        permissions=permissions_of_key("owner"),
        plan="starter",
    )
    assert await keys_of(studio) == [
        KeyFacts(
            key_id=made.key_id,
            name="Website",
            prefix=made.secret[:13],
            role="owner",
            created_by=studio.identity_id,
            created_at=NOW,
        )
    ]
    assert ("api_key.created", made.key_id) in await audited(
        house, f"user:{studio.identity_id}", studio.business_id
    )


async def test_only_its_hash_is_kept(house: House, studio: Studio) -> None:
    """Nowhere in the database is the secret, the memory of the command included."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="Website", idempotency_key="key-1"))
    assert made.secret is not None
    (row,) = await rows(house, select(tables.api_keys).where(tables.api_keys.c.id == made.key_id))
    assert row["key_hash"] == hashlib.sha256(made.secret.encode()).hexdigest()
    assert made.secret not in str(row)
    assert made.secret not in str(await studio.state())
    assert made.secret not in repr(made)


async def test_a_repeat_makes_no_second_key_and_shows_no_secret(house: House, studio: Studio) -> None:
    """The secret is shown once; other input under the same key is refused."""
    first = await create_api_key(studio.ctx, CreateApiKey(name="Website", idempotency_key="key-1"))
    again = await create_api_key(studio.ctx, CreateApiKey(name="Website", idempotency_key="key-1"))
    assert again == CreatedApiKey(key_id=first.key_id, created_at=first.created_at, secret=None)
    with pytest.raises(IdempotencyMismatch):
        await create_api_key(studio.ctx, CreateApiKey(name="Other", idempotency_key="key-1"))
    assert [key.key_id for key in await keys_of(studio)] == [first.key_id]


async def test_a_key_makes_no_keys(house: House, studio: Studio) -> None:
    """It takes a person, who can be asked later."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="Website"))
    actor = await house.gate.actor_of(f"Bearer {made.secret}", studio.ctx.asker)
    before = await totals(house)
    async with house.context(actor, "test") as ctx:
        with pytest.raises(Forbidden) as refused:
            await create_api_key(ctx, CreateApiKey(name="Child"))
    assert refused.value.permission == "api_keys:write"
    assert await totals(house) == before


@pytest.mark.parametrize("name", ["", " ", "x" * 101, "a\nb"])
async def test_a_key_needs_a_name(house: House, studio: Studio, name: str) -> None:
    """Refused, and none is made."""
    before = await totals(house)
    with pytest.raises(Invalid) as refused:
        await create_api_key(studio.ctx, CreateApiKey(name=name))
    assert [issue.path for issue in refused.value.issues] == ["name"]
    assert await totals(house) == before


async def test_a_revoked_key_stops_within_five_seconds(house: House, studio: Studio) -> None:
    """In a process that knew it, at five seconds; in one that did not, at once."""
    seconds = [0.0]
    knowing, fresh = limiting_gate(house, lambda: seconds[0]), limiting_gate(house)
    made = await create_api_key(studio.ctx, CreateApiKey(name="Website"))
    await knowing.actor_of(f"Bearer {made.secret}", studio.ctx.asker)
    assert await revoke_api_key(studio.ctx, RevokeApiKey(key_id=made.key_id)) == RevokedApiKey(
        key_id=made.key_id
    )
    with pytest.raises(Unauthenticated):
        await fresh.actor_of(f"Bearer {made.secret}", studio.ctx.asker)
    seconds[0] = 5.0
    with pytest.raises(Unauthenticated):
        await knowing.actor_of(f"Bearer {made.secret}", studio.ctx.asker)
    assert await keys_of(studio) == []
    assert ("api_key.revoked", made.key_id) in await audited(
        house, f"user:{studio.identity_id}", studio.business_id
    )


async def test_a_repeated_revocation(house: House, studio: Studio) -> None:
    """Is answered alike under its key, and otherwise there is no such key any more."""
    made = await create_api_key(studio.ctx, CreateApiKey(name="Website"))
    command = RevokeApiKey(key_id=made.key_id, idempotency_key="revoke-1")
    assert await revoke_api_key(studio.ctx, command) == await revoke_api_key(studio.ctx, command)
    with pytest.raises(NotFound):
        await revoke_api_key(studio.ctx, RevokeApiKey(key_id=made.key_id))


async def test_another_businesses_key_is_not_found(
    house: House, studio: Studio, other_studio: Studio
) -> None:
    """Nor listed; the same answer as for a key that never was, and it goes on working."""
    theirs = await create_api_key(other_studio.ctx, CreateApiKey(name="Theirs"))
    before = await studio.state()
    messages = set()
    for key_id in (theirs.key_id, 2**52):
        with pytest.raises(NotFound) as refused:
            await revoke_api_key(studio.ctx, RevokeApiKey(key_id=key_id))
        messages.add(refused.value.message)
    assert messages == {"No such api key."}
    assert await studio.state() == before
    assert await keys_of(studio) == []
    actor = await limiting_gate(house).actor_of(f"Bearer {theirs.secret}", studio.ctx.asker)
    assert actor.business_id == other_studio.business_id
