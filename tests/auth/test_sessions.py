"""Refresh tokens: each works once, and a copy that turns up ends them all."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from adapters.sql import tables
from app.house import House
from auth.opaque_tokens import new_refresh_token
from auth.open_session import REFRESH_LIFETIME, SignedIn
from auth.refresh import Refresh, refresh
from auth.sign_out import SignOut, sign_out
from core.kernel.errors import Unauthenticated
from tests.auth.people import audited, change, sessions_of, stranger, totals
from tests.auth.test_sign_in import enter
from tests.kit.houses import NOW, Studio, counted


async def renew(house: House, token: str, *, later: timedelta = timedelta()) -> SignedIn:
    """Refresh, perhaps some time after NOW."""
    async with stranger(house, later=later) as ctx:
        return await refresh(ctx, house.gate, Refresh(refresh_token=token))


async def test_a_token_is_exchanged_for_the_next_pair(house: House, studio: Studio) -> None:
    """The same person in the same business; the family goes on, and the new token lives thirty days."""
    renewed = await renew(house, studio.refresh_token, later=timedelta(days=1))
    assert (renewed.identity_id, renewed.business_id, renewed.role) == (
        studio.identity_id,
        studio.business_id,
        "owner",
    )
    assert renewed.refresh_token != studio.refresh_token
    actor = await house.gate.actor_of(f"Bearer {renewed.access_token}", studio.ctx.asker)
    assert actor.business_id == studio.business_id
    old, new = await sessions_of(house, studio.identity_id)
    assert old["family"] == new["family"]
    assert (old["used_at"], old["revoked_at"]) == (NOW + timedelta(days=1), None)
    assert (new["used_at"], new["revoked_at"]) == (None, None)
    assert new["expires_at"] == NOW + timedelta(days=31)


async def test_a_used_token_ends_the_family(house: House, studio: Studio) -> None:
    """The thief's copy and the owner's newest token both stop; other sessions of the person go on."""
    other = await enter(house, studio.email)
    renewed = await renew(house, studio.refresh_token)
    with pytest.raises(Unauthenticated):
        await renew(house, studio.refresh_token)
    first, elsewhere, newest = await sessions_of(house, studio.identity_id)
    assert (first["revoked_at"], newest["revoked_at"], elsewhere["revoked_at"]) == (NOW, NOW, None)
    for token in (renewed.refresh_token, studio.refresh_token):
        with pytest.raises(Unauthenticated):
            await renew(house, token)
    assert len(await sessions_of(house, studio.identity_id)) == 3
    assert (await renew(house, other.refresh_token)).identity_id == studio.identity_id
    assert ("session.reused", studio.identity_id) in await audited(house, "anonymous")


async def test_of_many_at_once_exactly_one_wins(house: House, studio: Studio) -> None:
    """And since two held the same token, the family has ended."""
    answers = await asyncio.gather(
        *(renew(house, studio.refresh_token) for _ in range(8)), return_exceptions=True
    )
    won = [answer for answer in answers if isinstance(answer, SignedIn)]
    assert len(won) == 1
    assert [type(answer) for answer in answers if answer not in won] == [Unauthenticated] * 7
    kept = await sessions_of(house, studio.identity_id)
    assert len(kept) == 2
    assert all(session["revoked_at"] is not None for session in kept)
    with pytest.raises(Unauthenticated):
        await renew(house, won[0].refresh_token)


async def test_a_token_ends_after_thirty_days(house: House, studio: Studio) -> None:
    """Good until the last microsecond; refused at thirty days, which is no theft."""
    with pytest.raises(Unauthenticated):
        await renew(house, studio.refresh_token, later=REFRESH_LIFETIME)
    (session,) = await sessions_of(house, studio.identity_id)
    assert (session["used_at"], session["revoked_at"]) == (None, None)
    await renew(house, studio.refresh_token, later=REFRESH_LIFETIME - timedelta(microseconds=1))


@pytest.mark.parametrize("ending", ["password", "membership", "business"])
async def test_what_moved_on_ends_the_session(house: House, studio: Studio, ending: str) -> None:
    """A new password, an ended membership, a closed business: refused, and the family ends."""
    if ending == "password":
        who = tables.identities.c.id == studio.identity_id
        await change(house, update(tables.identities).where(who).values(epoch=2))
    elif ending == "membership":
        who = tables.memberships.c.identity_id == studio.identity_id
        await change(house, update(tables.memberships).where(who).values(ended_at=NOW))
    else:
        who = tables.tenants.c.id == studio.business_id
        await change(house, update(tables.tenants).where(who).values(closed_at=NOW))
    with pytest.raises(Unauthenticated):
        await renew(house, studio.refresh_token)
    (session,) = await sessions_of(house, studio.identity_id)
    assert session["revoked_at"] == NOW


@pytest.mark.parametrize(
    "token", ["", "rt_a1b2c3d4e5f6", "sdk_live_" + "a" * 52, "rt_" + "A" * 52, "rt_\x00"]
)
async def test_what_is_no_token_is_refused_unasked(house: House, token: str) -> None:
    """The database is not troubled."""
    with counted(house) as statements:
        with pytest.raises(Unauthenticated):
            await renew(house, token)
        async with stranger(house) as ctx:
            await sign_out(ctx, SignOut(refresh_token=token))
    assert statements == []


async def test_an_unknown_token_is_refused(house: House) -> None:
    """And nothing is kept."""
    before = await totals(house)
    with pytest.raises(Unauthenticated):
        await renew(house, new_refresh_token())
    assert await totals(house) == before


async def test_signing_out_ends_one_session(house: House, studio: Studio) -> None:
    """All tokens of its family, by any of them; the person's other sessions go on."""
    other = await enter(house, studio.email)
    renewed = await renew(house, studio.refresh_token)
    async with stranger(house) as ctx:
        await sign_out(ctx, SignOut(refresh_token=studio.refresh_token))
    with pytest.raises(Unauthenticated):
        await renew(house, renewed.refresh_token)
    assert (await renew(house, other.refresh_token)).identity_id == studio.identity_id
    assert ("identity.signed_out", studio.identity_id) in await audited(house, "anonymous")


async def test_signing_out_twice_is_no_error(house: House, studio: Studio) -> None:
    """Nor is signing out with a token nobody knows; nothing more is audited."""
    for token in (studio.refresh_token, studio.refresh_token, new_refresh_token()):
        async with stranger(house) as ctx:
            await sign_out(ctx, SignOut(refresh_token=token))
    acts = [
        act for act in await audited(house, "anonymous") if act == ("identity.signed_out", studio.identity_id)
    ]
    assert len(acts) == 1


def test_tokens_are_not_shown() -> None:
    """Whoever prints a command prints no secret."""
    assert "rt_x" not in repr(Refresh(refresh_token="rt_x")) + repr(SignOut(refresh_token="rt_x"))
