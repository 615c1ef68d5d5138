"""The gate: which header makes which actor, and how soon a change is felt."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from auth.gate import Caller, Gate
from auth.opaque_tokens import hash_of_api_key, new_api_key, new_refresh_token
from auth.passwords import Passwords
from auth.permissions import permissions_of, permissions_of_key
from auth.questions import KeyStanding
from auth.secret_key import SecretKey
from auth.throttle import Unlimited
from auth.tokens import Claims
from core.kernel.clock import FixedClock
from core.kernel.context import ANONYMOUS
from core.kernel.errors import Unauthenticated
from tests.auth.answers import Answers, owner_of


@pytest.fixture
def answers() -> Answers:
    """Identity 7 owns business 12."""
    made = Answers()
    made.standings[7, 12] = owner_of(12)
    return made


@pytest.fixture
def gate(secret: SecretKey, clock: FixedClock, passwords: Passwords) -> Gate:
    """A gate whose two clocks move together."""
    return Gate(
        secret=secret,
        clock=clock,
        passwords=passwords,
        throttle=Unlimited(clock),
        monotonic=lambda: clock.now().timestamp(),
        largest_memory=100,
    )


@pytest.fixture
def token(gate: Gate) -> str:
    """A token of identity 7 in business 12."""
    return gate.tokens.issue(
        identity_id=7, session_id=5, identity_epoch=1, business_id=12, membership_epoch=1
    )


def kept_key(answers: Answers, *, role: str = "owner") -> str:
    """A new API key of business 12 that the database knows."""
    key = new_api_key()
    key_hash = hash_of_api_key(key)
    assert key_hash is not None
    answers.keys[key_hash] = KeyStanding(key_id=3, business_id=12, role=role, plan="studio")
    return key


async def test_no_header_is_anonymous(gate: Gate, answers: Answers) -> None:
    """Nothing is asked."""
    assert await gate.actor_of(None, answers) == ANONYMOUS
    assert answers.asked == []


async def test_a_token_makes_a_person(gate: Gate, answers: Answers, token: str, clock: FixedClock) -> None:
    """With the role, place and plan of the database, which the token does not say."""
    assert await gate.actor_of(f"Bearer {token}", answers) == Caller(
        name="user:7",
        identity_id=7,
        business_id=12,
        role="owner",
        provider_id=3,
        permissions=permissions_of("owner"),
        plan="pro",
        session_id=5,
        expires_at=clock.now() + timedelta(hours=1),
    )


async def test_a_key_makes_a_program(gate: Gate, answers: Answers) -> None:
    """It acts for the business, is no person, and makes no keys."""
    key = kept_key(answers)
    assert await gate.actor_of(f"Bearer {key}", answers) == Caller(
        name="key:3",
        business_id=12,
        role="owner",
        permissions=permissions_of_key("owner"),
        plan="studio",
        expires_at=None,
    )


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER ", "Bearer   "])
async def test_the_scheme_may_be_spelled_freely(
    gate: Gate, answers: Answers, token: str, scheme: str
) -> None:
    """RFC 9110: schemes ignore case, one or more spaces follow."""
    assert (await gate.actor_of(scheme + token, answers)).name == "user:7"


@pytest.mark.parametrize(
    "form",
    [
        "",
        " ",
        "Bearer",
        "Bearer ",
        "{}",
        "Bearer{}",
        " Bearer {}",
        "Bearer {} ",
        "Bearer {}\n",
        "Bearer\t{}",
        "Bearer {},Bearer {}",
        "Bearer {} {}",
        'Bearer "{}"',
        "Basic {}",
        "Token {}",
        "Bearer {}=",
        "Bearer {}" + "A" * 5_000,
    ],
)
async def test_a_malformed_header_is_refused_unasked(
    gate: Gate, answers: Answers, token: str, form: str
) -> None:
    """A header that is there and wrong is never taken for no header."""
    for credential in (token, kept_key(answers)):
        with pytest.raises(Unauthenticated):
            await gate.actor_of(form.replace("{}", credential), answers)
    assert answers.asked == []


async def test_what_is_no_credential_is_refused(gate: Gate, answers: Answers) -> None:
    """Unknown keys, keys of another form, and refresh tokens."""
    for text in (new_api_key(), "sdk_live_short", "sdk_live_" + "A" * 52, new_refresh_token(), "e30.e30.e30"):
        with pytest.raises(Unauthenticated):
            await gate.actor_of(f"Bearer {text}", answers)
    assert len(answers.asked) == 1  # the well-formed key alone was looked up


async def test_the_database_is_asked_once_in_five_seconds(
    gate: Gate, answers: Answers, token: str, clock: FixedClock
) -> None:
    """For a session's tokens together, and for each key."""
    key = kept_key(answers)
    for _ in range(3):
        await gate.actor_of(f"Bearer {token}", answers)
        await gate.actor_of(f"Bearer {key}", answers)
        other = gate.tokens.issue(
            identity_id=7, session_id=5, identity_epoch=1, business_id=12, membership_epoch=1
        )
        await gate.actor_of(f"Bearer {other}", answers)
        clock.advance(timedelta(seconds=1.6))
    assert len(answers.asked) == 2
    clock.advance(timedelta(seconds=0.2))
    await gate.actor_of(f"Bearer {token}", answers)
    await gate.actor_of(f"Bearer {key}", answers)
    assert len(answers.asked) == 4


async def test_a_revoked_key_stops_within_five_seconds(
    gate: Gate, answers: Answers, clock: FixedClock
) -> None:
    """It may pass just before, and not at five seconds."""
    key = kept_key(answers)
    await gate.actor_of(f"Bearer {key}", answers)
    answers.keys.clear()
    clock.advance(timedelta(seconds=4.999))
    await gate.actor_of(f"Bearer {key}", answers)
    clock.advance(timedelta(seconds=0.001))
    with pytest.raises(Unauthenticated):
        await gate.actor_of(f"Bearer {key}", answers)


@pytest.mark.parametrize(
    "change",
    [
        {"identity_epoch": 2},
        {"membership_epoch": 2},
        {"business_id": None, "membership_epoch": None, "role": None, "plan": None, "provider_id": None},
        None,
    ],
    ids=["new password", "new role", "left, or business closed", "identity gone"],
)
async def test_a_token_stops_within_five_seconds(
    gate: Gate, answers: Answers, token: str, clock: FixedClock, change: dict[str, object] | None
) -> None:
    """Whatever moved on since it was issued."""
    await gate.actor_of(f"Bearer {token}", answers)
    if change is None:
        answers.standings.clear()
    else:
        answers.standings[7, 12] = replace(owner_of(12), **change)  # type: ignore[arg-type]
    clock.advance(timedelta(seconds=4.999))
    await gate.actor_of(f"Bearer {token}", answers)
    clock.advance(timedelta(seconds=0.001))
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await gate.actor_of(f"Bearer {token}", answers)


async def test_a_session_that_ended_takes_its_tokens_along(
    gate: Gate, answers: Answers, token: str, clock: FixedClock
) -> None:
    """Within five seconds; the same person's other session goes on."""
    other = gate.tokens.issue(
        identity_id=7, session_id=6, identity_epoch=1, business_id=12, membership_epoch=1
    )
    for text in (token, other):
        await gate.actor_of(f"Bearer {text}", answers)
    assert answers.asked == [(7, 12, 5), (7, 12, 6)]
    answers.ended.add(5)
    clock.advance(timedelta(seconds=4.999))
    await gate.actor_of(f"Bearer {token}", answers)
    clock.advance(timedelta(seconds=0.001))
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            await gate.actor_of(f"Bearer {token}", answers)
        assert (await gate.actor_of(f"Bearer {other}", answers)).name == "user:7"


async def test_whoever_asks_afresh_is_told_at_once_and_so_is_everybody_after(
    gate: Gate, answers: Answers, token: str, clock: FixedClock
) -> None:
    """A stream that finds its session ended leaves no memory of it for requests to pass by."""
    await gate.actor_of(f"Bearer {token}", answers)
    answers.ended.add(5)
    clock.advance(timedelta(seconds=0.5))
    await gate.actor_of(f"Bearer {token}", answers)
    with pytest.raises(Unauthenticated):
        await gate.actor_of(f"Bearer {token}", answers, fresh=True)
    with pytest.raises(Unauthenticated):
        await gate.actor_of(f"Bearer {token}", answers)


async def test_a_new_token_works_at_once_after_an_epoch(gate: Gate, answers: Answers, token: str) -> None:
    """The memory of the old epoch does not refuse it, and the old token is refused from then on."""
    await gate.actor_of(f"Bearer {token}", answers)
    answers.standings[7, 12] = owner_of(12, identity_epoch=2, membership_epoch=4)
    newer = gate.tokens.issue(
        identity_id=7, session_id=5, identity_epoch=2, business_id=12, membership_epoch=4
    )
    assert (await gate.actor_of(f"Bearer {newer}", answers)).name == "user:7"
    with pytest.raises(Unauthenticated):
        await gate.actor_of(f"Bearer {token}", answers)


async def test_a_remembered_token_still_ends_on_the_second(
    gate: Gate, answers: Answers, token: str, clock: FixedClock
) -> None:
    """Having been verified a second ago does not make it younger."""
    clock.advance(timedelta(minutes=59, seconds=59))
    await gate.actor_of(f"Bearer {token}", answers)
    clock.advance(timedelta(seconds=1))
    with pytest.raises(Unauthenticated):
        await gate.actor_of(f"Bearer {token}", answers)


async def test_the_signature_is_checked_once_in_a_while(
    gate: Gate, answers: Answers, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cryptography is not repeated for a token that was just verified."""
    verified: list[str] = []
    verify = gate.tokens.verify

    def noting(text: str) -> Claims:
        verified.append(text)
        return verify(text)

    monkeypatch.setattr(gate.tokens, "verify", noting)
    for _ in range(5):
        await gate.actor_of(f"Bearer {token}", answers)
    assert verified == [token]


async def test_a_token_without_a_business_stands_in_none(gate: Gate, answers: Answers) -> None:
    """Somebody who signed up without one is known and may do nothing in any."""
    answers.standings[7, None] = owner_of(None)
    token = gate.tokens.issue(identity_id=7, session_id=5, identity_epoch=1)
    actor = await gate.actor_of(f"Bearer {token}", answers)
    assert (actor.identity_id, actor.business_id, actor.role, actor.permissions) == (
        7,
        None,
        None,
        frozenset(),
    )


async def test_a_token_without_a_business_follows_its_holder_into_one(gate: Gate, answers: Answers) -> None:
    """Contract: tenant-scoped calls answer 403 until POST /v1/studio, with the same token, at once."""
    answers.standings[7, None] = owner_of(None)
    token = gate.tokens.issue(identity_id=7, session_id=5, identity_epoch=1)
    await gate.actor_of(f"Bearer {token}", answers)
    answers.standings[7, None] = owner_of(12)
    actor = await gate.actor_of(f"Bearer {token}", answers)
    assert (actor.business_id, actor.role) == (12, "owner")


async def test_a_token_never_stands_in_another_business(gate: Gate, answers: Answers) -> None:
    """Even where the database should answer with one."""
    answers.standings[7, 13] = owner_of(12)
    token = gate.tokens.issue(
        identity_id=7, session_id=5, identity_epoch=1, business_id=13, membership_epoch=1
    )
    with pytest.raises(Unauthenticated):
        await gate.actor_of(f"Bearer {token}", answers)


async def test_an_unknown_role_opens_nothing(gate: Gate, answers: Answers) -> None:
    """A word in the database that is not in the table grants nothing."""
    answers.standings[7, 12] = replace(owner_of(12), role="superuser")
    token = gate.tokens.issue(
        identity_id=7, session_id=5, identity_epoch=1, business_id=12, membership_epoch=1
    )
    assert (await gate.actor_of(f"Bearer {token}", answers)).permissions == frozenset()
    key = kept_key(answers, role="superuser")
    assert (await gate.actor_of(f"Bearer {key}", answers)).permissions == frozenset()


async def test_refusals_do_not_fill_the_memory(gate: Gate, answers: Answers, token: str) -> None:
    """An attacker's thousand keys push nobody out."""
    await gate.actor_of(f"Bearer {token}", answers)
    for _ in range(1_000):
        with pytest.raises(Unauthenticated):
            await gate.actor_of(f"Bearer {new_api_key()}", answers)
    answers.asked.clear()
    await gate.actor_of(f"Bearer {token}", answers)
    assert answers.asked == []
