"""What a session's end takes along: the access tokens that were handed out in it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from adapters.sql.tables import sessions
from app.duties import forget_sessions
from app.house import House
from auth.open_session import SignedIn
from auth.refresh import _exchanged
from auth.sign_out import SignOut, sign_out
from core.kernel.context import ANONYMOUS
from core.kernel.errors import Unauthenticated
from tests.auth.people import limiting_gate, sessions_of, signed_in, signed_up, stranger
from tests.auth.test_sessions import renew
from tests.auth.test_sign_in import enter
from tests.kit.houses import NOW, Studio, counted


async def works(house: House, token: str, studio: Studio) -> bool:
    """Whether an access token opens a gate that remembers nothing."""
    try:
        actor = await limiting_gate(house).actor_of(f"Bearer {token}", studio.ctx.asker)
    except Unauthenticated:
        return False
    assert actor.business_id == studio.business_id
    return True


async def leave(house: House, token: str) -> None:
    """Sign out."""
    async with stranger(house) as ctx:
        await sign_out(ctx, SignOut(refresh_token=token))


async def test_signing_out_ends_every_access_token_of_the_session(house: House, studio: Studio) -> None:
    """The first one and those of its refreshes; the person's other session goes on."""
    other = await enter(house, studio.email)
    renewed = await renew(house, studio.refresh_token)
    for token in (studio.token, renewed.access_token, other.access_token):
        assert await works(house, token, studio)
    await leave(house, renewed.refresh_token)
    assert not await works(house, studio.token, studio)
    assert not await works(house, renewed.access_token, studio)
    assert await works(house, other.access_token, studio)


async def test_a_copy_that_turns_up_ends_the_access_tokens_too(house: House, studio: Studio) -> None:
    """Whoever stole the refresh token holds access tokens of it."""
    stolen = await renew(house, studio.refresh_token)
    with pytest.raises(Unauthenticated):
        await renew(house, studio.refresh_token)
    assert not await works(house, stolen.access_token, studio)
    assert not await works(house, studio.token, studio)


async def test_somebody_without_a_business_signs_out(house: House, fresh_number: int) -> None:
    """Their token stands nowhere and ends all the same."""
    email = f"mara{fresh_number}.{id(house)}@example.com"
    entered = await signed_in(house, await signed_up(house, email))
    async with stranger(house) as ctx:
        gate = limiting_gate(house)
        assert (await gate.actor_of(f"Bearer {entered.access_token}", ctx.asker)).business_id is None
        await sign_out(ctx, SignOut(refresh_token=entered.refresh_token))
        with pytest.raises(Unauthenticated):
            await gate.actor_of(f"Bearer {entered.access_token}", ctx.asker)


async def test_recognising_somebody_is_one_statement(house: House, studio: Studio) -> None:
    """The session is looked at in the same one, and none is needed while the memory lasts."""
    gate = limiting_gate(house)
    with counted(house) as statements:
        for _ in range(3):
            await gate.actor_of(f"Bearer {studio.token}", studio.ctx.asker)
    assert len(statements) == 1
    assert "FROM sessions" in statements[0]


async def test_another_persons_session_is_worth_nothing(house: House, studio: Studio) -> None:
    """Nor one that there is not, though the signature is ours."""
    elsewhere = await signed_in(
        house, await signed_up(house, f"ben{studio.business_id}.{id(house)}@example.com")
    )
    (theirs,) = await sessions_of(house, elsewhere.identity_id)
    (own,) = await sessions_of(house, studio.identity_id)
    issue = house.gate.tokens.issue
    for session_id, expected in ((own["id"], True), (theirs["id"], False), (2**53 - 1, False)):
        token = issue(
            identity_id=studio.identity_id,
            session_id=session_id,
            identity_epoch=1,
            business_id=studio.business_id,
            membership_epoch=1,
        )
        assert await works(house, token, studio) is expected


async def test_a_refresh_under_way_does_not_outlive_the_signing_out(house: House, studio: Studio) -> None:
    """It is committed while signing out waits for it: its tokens are revoked as well."""
    token_hash = (await sessions_of(house, studio.identity_id))[0]["token_hash"]
    async with stranger(house) as ctx:
        async with ctx.open_unit_of_work(ANONYMOUS) as uow:
            renewed = await _exchanged(uow, house.gate, token_hash)
            leaving = asyncio.create_task(leave(house, studio.refresh_token))
            await asyncio.sleep(0.1)  # time to find the old token and to wait for it
        await leaving
    assert isinstance(renewed, SignedIn)
    assert not await works(house, renewed.access_token, studio)
    with pytest.raises(Unauthenticated):
        await renew(house, renewed.refresh_token)
    assert all(session["revoked_at"] is not None for session in await sessions_of(house, studio.identity_id))


async def test_what_ran_out_is_forgotten_after_an_hour(house: House, studio: Studio) -> None:
    """A session that ran out two hours ago is gone; one of half an hour ago and the living one are kept."""
    for _ in range(2):
        await enter(house, studio.email)
    first, second, third = (row["id"] for row in await sessions_of(house, studio.identity_id))
    async with house.database.connect(None, write=True) as connection:
        for key, ago in ((first, timedelta(hours=2)), (second, timedelta(minutes=30))):
            ran_out = sessions.update().where(sessions.c.id == key).values(expires_at=NOW - ago)
            await connection.execute(ran_out)
        await connection.commit()
    await forget_sessions(house)
    assert [row["id"] for row in await sessions_of(house, studio.identity_id)] == [second, third]
