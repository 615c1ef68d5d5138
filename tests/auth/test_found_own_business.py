"""Founding a business after signing up without one."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import update

from adapters.sql import tables
from app.house import House
from auth.allow import check, may
from auth.found_own_business import FoundedOwnBusiness, FoundOwnBusiness, found_own_business
from auth.gate import Caller
from auth.identity import AlreadyInBusiness
from auth.permissions import Permission
from auth.refresh import Refresh, refresh
from core.kernel.context import Actor
from core.kernel.errors import Forbidden, Invalid, Unauthenticated
from tests.auth.people import change, its_rows, person, signed_in, signed_up, stranger, totals
from tests.kit.houses import NOW, Studio


@pytest.fixture
def email(house: House, fresh_number: int) -> str:
    """An address that nobody has."""
    return f"founder{fresh_number}.{id(house)}@studio.example"


async def found(house: House, identity_id: int, **more: str) -> FoundedOwnBusiness:
    """Found a business as that person."""
    async with person(house, identity_id) as ctx:
        return await found_own_business(ctx, FoundOwnBusiness(**{"name": "Late Bloom", **more}))


async def test_the_same_token_stands_in_the_new_business(house: House, email: str) -> None:
    """Contract: tenant-scoped calls answer 403 until POST /v1/studio, and then they work at once."""
    made = await signed_up(house, email)
    tokens = await signed_in(house, made)
    async with stranger(house) as ctx:
        before = await house.gate.actor_of(f"Bearer {tokens.access_token}", ctx.asker)
        with pytest.raises(Forbidden):
            check(may(Permission.BUSINESS_READ), before)
        founded = await found(house, made.identity_id, time_zone="America/Chicago")
        after = await house.gate.actor_of(f"Bearer {tokens.access_token}", ctx.asker)
        renewed = await refresh(ctx, house.gate, Refresh(refresh_token=tokens.refresh_token))
    check(may(Permission.BUSINESS_WRITE), after)
    assert isinstance(after, Caller)
    assert (after.business_id, after.provider_id, after.role, after.plan) == (
        founded.business_id,
        founded.provider_id,
        "owner",
        "starter",
    )
    assert renewed.business_id == founded.business_id
    (business,) = await its_rows(house, tables.businesses, founded.business_id)
    assert (business["name"], business["time_zone"], business["currency"]) == (
        "Late Bloom",
        "America/Chicago",
        "USD",
    )
    (provider,) = await its_rows(house, tables.providers, founded.business_id)
    assert (provider["display_name"], provider["email"]) == ("Mara Voss", email)


async def test_an_owner_founds_no_second_one(house: House, studio: Studio) -> None:
    """Refused, and nothing is founded."""
    before = await totals(house)
    with pytest.raises(AlreadyInBusiness) as refused:
        await found_own_business(studio.ctx, FoundOwnBusiness(name="Second"))
    assert refused.value.code == "ALREADY_IN_BUSINESS"
    assert await totals(house) == before


async def test_of_many_at_once_one_is_founded(house: House, email: str) -> None:
    """The person's row is locked: the others see the first one's business."""
    made = await signed_up(house, email)
    before = await totals(house)
    answers = await asyncio.gather(
        *(found(house, made.identity_id) for _ in range(5)), return_exceptions=True
    )
    assert sorted(type(answer).__name__ for answer in answers) == [
        *["AlreadyInBusiness"] * 4,
        "FoundedOwnBusiness",
    ]
    assert (await totals(house))["tenants"] == before["tenants"] + 1


async def test_a_repeat_is_answered_alike(house: House, email: str) -> None:
    """Whether the repeat comes with the token from before or with one that names the business."""
    made = await signed_up(house, email)
    first = await found(house, made.identity_id, idempotency_key="found-1")
    assert await found(house, made.identity_id, idempotency_key="found-1") == first
    actor = Actor(
        name=f"user:{made.identity_id}", identity_id=made.identity_id, business_id=first.business_id
    )
    async with house.context(actor, "test") as ctx:
        command = FoundOwnBusiness(name="Late Bloom", idempotency_key="found-1")
        assert await found_own_business(ctx, command) == first


async def test_after_a_closed_business_another_may_be_founded(house: House, studio: Studio) -> None:
    """Somebody whose business was closed begins anew."""
    mine = tables.tenants.c.id == studio.business_id
    await change(house, update(tables.tenants).where(mine).values(closed_at=NOW))
    founded = await found(house, studio.identity_id)
    assert founded.business_id != studio.business_id


async def test_every_issue_is_named_and_nothing_founded(house: House, email: str) -> None:
    """Name, zone and currency are judged in one go."""
    made = await signed_up(house, email)
    before = await totals(house)
    with pytest.raises(Invalid) as refused:
        await found(house, made.identity_id, name=" ", time_zone="Nowhere", currency="dollars")
    assert [issue.path for issue in refused.value.issues] == ["name", "time_zone", "currency"]
    assert await totals(house) == before


async def test_strangers_and_programs_found_nothing(house: House) -> None:
    """It takes a person."""
    before = await totals(house)
    for actor in (
        Actor(name="anonymous"),
        Actor(name="key:3", business_id=1),
        Actor(name="user:0", identity_id=2**52),
    ):
        async with house.context(actor, "test") as ctx:
            with pytest.raises(Unauthenticated):
                await found_own_business(ctx, FoundOwnBusiness(name="Nobody's"))
    assert await totals(house) == before
