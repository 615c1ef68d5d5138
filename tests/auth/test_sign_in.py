"""Signing in: the right password opens, and everything else looks the same."""

from __future__ import annotations

from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from sqlalchemy import select, update

from adapters.sql import tables
from app.house import House
from auth.gate import Gate
from auth.identity import InvalidCredentials
from auth.open_session import SignedIn
from auth.sign_in import PER_ADDRESS, PER_NETWORK, SignIn, sign_in
from auth.sign_up import SignedUp
from core.kernel.errors import NotFound, RateLimited, Unauthenticated
from core.kernel.unit_of_work import NO_BUSINESS
from tests.auth.people import (
    IP,
    audited,
    change,
    limiting_gate,
    rows,
    sessions_of,
    signed_up,
    stranger,
    totals,
)
from tests.kit.houses import PASSWORD, Studio, counted


async def enter(
    house: House,
    email: str,
    password: str = PASSWORD,
    *,
    business_id: int | None = None,
    gate: Gate | None = None,
    client_ip: str = IP,
) -> SignedIn:
    """Sign in."""
    command = SignIn(email=email, password=password, business_id=business_id)
    async with stranger(house) as ctx:
        return await sign_in(ctx, gate or house.gate, command, client_ip=client_ip)


async def test_the_right_password_opens_a_session(house: House, studio: Studio) -> None:
    """In the person's oldest business, however the address is spelled; the act is audited."""
    for email in (studio.email, studio.email.upper(), f" {studio.email} "):
        entered = await enter(house, email)
        assert (entered.identity_id, entered.email, entered.full_name) == (
            studio.identity_id,
            studio.email,
            "Kai Rodriguez",
        )
        assert (entered.business_id, entered.role, entered.provider_id) == (
            studio.business_id,
            "owner",
            studio.provider_id,
        )
        assert entered.expires_in_seconds == 3600
        actor = await house.gate.actor_of(f"Bearer {entered.access_token}", studio.ctx.asker)
        assert (actor.identity_id, actor.business_id) == (studio.identity_id, studio.business_id)
    assert (
        await audited(house, f"user:{studio.identity_id}") == [("identity.signed_in", studio.identity_id)] * 3
    )


@pytest.mark.parametrize(
    "password", ["wrong horse battery", PASSWORD.upper(), PASSWORD + " ", "", "x" * 5_000, "\ud800" * 8]
)
async def test_a_wrong_password_opens_nothing(house: House, studio: Studio, password: str) -> None:
    """No session is kept; the failure is audited under a pseudonym and nowhere else."""
    before, sessions = await totals(house), await sessions_of(house, studio.identity_id)
    with pytest.raises(InvalidCredentials) as refused:
        await enter(house, studio.email, password)
    assert refused.value.code == "INVALID_CREDENTIALS"
    assert isinstance(refused.value, Unauthenticated)
    assert await totals(house) == before
    assert await sessions_of(house, studio.identity_id) == sessions
    pseudonym = house.gate.secret.pseudonym(studio.email)
    actor = f"email:{pseudonym}"
    kept = tables.audit
    refusals = select(kept.c.action, kept.c.key, kept.c.facts).where(
        kept.c.actor == actor, kept.c.business_id == NO_BUSINESS
    )
    written = await rows(house, refusals)
    assert written == [{"action": "identity.sign_in_refused", "key": None, "facts": {"email": pseudonym}}]


async def test_an_unknown_address_is_refused_by_the_same_steps(house: House, studio: Studio) -> None:
    """The same error, the same statements, the same audit: nobody learns who has an account."""
    seen = []
    for email in (studio.email, f"nobody.{studio.email}"):
        with counted(house) as statements, pytest.raises(InvalidCredentials) as refused:
            await enter(house, email, "wrong horse battery")
        seen.append((list(statements), refused.value.message))
        assert await audited(house, f"email:{house.gate.secret.pseudonym(email)}") == [
            ("identity.sign_in_refused", None)
        ]
    assert seen[0] == seen[1]


@pytest.mark.parametrize("email", ["", "nobody", "a@b", "kai@\x00.example", "\ud800@x.example", "a" * 5_000])
async def test_what_is_no_address_is_refused_alike(house: House, email: str) -> None:
    """It is wrong, and nothing breaks."""
    before = await totals(house)
    with pytest.raises(InvalidCredentials):
        await enter(house, email)
    assert await totals(house) == before


async def test_a_business_may_be_named(house: House, studio: Studio, other_studio: Studio) -> None:
    """One's own opens; another's is not found, like one that does not exist, and no session is kept."""
    assert (
        await enter(house, studio.email, business_id=studio.business_id)
    ).business_id == studio.business_id
    sessions = await sessions_of(house, studio.identity_id)
    for business_id in (other_studio.business_id, 2**52):
        with pytest.raises(NotFound) as refused:
            await enter(house, studio.email, business_id=business_id)
        assert refused.value.noun == "business"
    assert await sessions_of(house, studio.identity_id) == sessions


@pytest.mark.parametrize("ending", ["membership", "business"])
async def test_who_left_is_nowhere(house: House, studio: Studio, ending: str) -> None:
    """Ended membership or closed business: the person is known still, and stands in no business."""
    if ending == "membership":
        kept = tables.memberships
        await change(
            house,
            update(kept).where(kept.c.identity_id == studio.identity_id).values(ended_at=house.clock.now()),
        )
    else:
        kept = tables.tenants
        await change(
            house, update(kept).where(kept.c.id == studio.business_id).values(closed_at=house.clock.now())
        )
    entered = await enter(house, studio.email)
    assert (entered.business_id, entered.role, entered.provider_id) == (None, None, None)
    with pytest.raises(NotFound):
        await enter(house, studio.email, business_id=studio.business_id)


async def test_an_address_is_tried_so_often(house: House, studio: Studio) -> None:
    """From however many networks: then even the right password has to wait, and other people do not."""
    seconds = [0.0]
    gate = limiting_gate(house, lambda: seconds[0])
    for number in range(PER_ADDRESS.burst):
        with pytest.raises(InvalidCredentials):
            await enter(house, studio.email, "wrong", gate=gate, client_ip=f"198.51.100.{number}")
    before = await totals(house)
    with pytest.raises(RateLimited) as refused:
        await enter(house, studio.email, gate=gate, client_ip="203.0.113.9")
    assert refused.value.retry_after_seconds == 12
    assert await totals(house) == before
    someone: SignedUp = await signed_up(house, f"b.{studio.email}")
    assert (await enter(house, f"b.{studio.email}", gate=gate)).identity_id == someone.identity_id
    seconds[0] = 12.0
    assert (await enter(house, studio.email, gate=gate)).identity_id == studio.identity_id


async def test_a_network_tries_so_often(house: House, studio: Studio) -> None:
    """Whatever addresses it names; having been refused, it does not use up anybody's tries."""
    gate = limiting_gate(house)
    for _ in range(PER_NETWORK.burst):
        await gate.throttle.take("sign-in:ip:2001:db8:1:2::/64", PER_NETWORK)
    for _ in range(PER_ADDRESS.burst + 1):
        with pytest.raises(RateLimited) as refused:
            await enter(house, studio.email, gate=gate, client_ip="2001:db8:1:2::99")
        assert refused.value.retry_after_seconds == 2
    assert (await enter(house, studio.email, gate=gate, client_ip="2001:db8:1:3::1")).role == "owner"


async def test_an_outdated_hash_is_replaced(house: House, studio: Studio) -> None:
    """By signing in with the right password, and by nothing else."""
    older = PasswordHasher.from_parameters(replace(CHEAPEST, time_cost=2)).hash(PASSWORD)
    kept = tables.identities
    mine = kept.c.id == studio.identity_id
    await change(house, update(kept).where(mine).values(password_hash=older))
    with pytest.raises(InvalidCredentials):
        await enter(house, studio.email, "wrong horse battery")
    (row,) = await rows(house, select(kept.c.password_hash, kept.c.epoch).where(mine))
    assert row == {"password_hash": older, "epoch": 1}
    await enter(house, studio.email)
    (row,) = await rows(house, select(kept.c.password_hash, kept.c.epoch).where(mine))
    assert row["password_hash"].startswith("$argon2id$v=19$m=8,t=1,p=1$")
    assert row["epoch"] == 1
    await enter(house, studio.email)


def test_the_password_is_not_shown() -> None:
    """Whoever prints the command prints no secret."""
    assert PASSWORD not in repr(SignIn(email="a@b.example", password=PASSWORD))
