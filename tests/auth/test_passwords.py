"""Passwords: hashed with Argon2id, compared at the same cost, few at a time."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.exceptions import VerifyMismatchError
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from auth.passwords import MAX_WAITING, Passwords, Verdict, check_password
from core.kernel.errors import RateLimited
from core.kernel.text import Check


async def test_the_right_password_matches_and_no_other(passwords: Passwords) -> None:
    """Each hash is Argon2id with its own salt."""
    kept = await passwords.hash("correct horse")
    assert kept.startswith("$argon2id$")
    assert kept != await passwords.hash("correct horse")
    assert await passwords.verify("correct horse", kept) == Verdict(True, False)
    assert await passwords.verify("correct horsf", kept) == Verdict(False)
    assert await passwords.verify("", kept) == Verdict(False)


@pytest.mark.parametrize(
    "password",
    ["with\x00nul!", "with\x00other"[:8] + "!", "пароль-длинный", "🐎🔋🪡🐎🔋🪡🐎🔋", "x" * 1_024, " " * 8],
)
async def test_any_characters_do(passwords: Passwords, password: str) -> None:
    """NUL does not cut a password short, and length is no matter up to 1,024 characters."""
    check = Check()
    check_password(check, "password", password)
    check.done()
    kept = await passwords.hash(password)
    assert (await passwords.verify(password, kept)).matches
    assert not (await passwords.verify(password[:-1], kept)).matches


async def test_an_accent_may_be_typed_either_way(passwords: Passwords) -> None:
    """One character or two, it is the same password."""
    kept = await passwords.hash("caf\u00e9-secret")
    assert (await passwords.verify("cafe\u0301-secret", kept)).matches


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("", "TOO_SHORT"),
        ("1234567", "TOO_SHORT"),
        ("x" * 1_025, "TOO_LONG"),
        ("12345678\ud800", "BAD_CHARACTER"),
    ],
)
async def test_an_unusable_password_is_refused_and_never_matches(
    passwords: Passwords, password: str, code: str
) -> None:
    """It is named by field and code when chosen, and is simply wrong when signing in."""
    check = Check()
    check_password(check, "password", password)
    assert [(issue.path, issue.code) for issue in check.issues] == [("password", code)]
    assert await passwords.verify(password, await passwords.hash("correct horse")) == Verdict(False)


async def test_a_hash_of_older_parameters_is_found_outdated(passwords: Passwords) -> None:
    """The password matches and is to be hashed anew; a wrong one is just wrong."""
    older = PasswordHasher.from_parameters(replace(CHEAPEST, time_cost=2)).hash("correct horse")
    assert await passwords.verify("correct horse", older) == Verdict(True, True)
    assert await passwords.verify("wrong horse", older) == Verdict(False)


async def test_a_hash_that_is_none_never_matches(passwords: Passwords) -> None:
    """A damaged row lets nobody in."""
    assert await passwords.verify("correct horse", "not a hash") == Verdict(False)
    assert await passwords.verify("correct horse", "") == Verdict(False)


class Watched:
    """An Argon2 that notes what it compares."""

    def __init__(self, inner: PasswordHasher) -> None:
        self.inner = inner
        self.compared: list[str] = []

    def verify(self, kept: str, password: bytes) -> bool:
        """Compare, and note the parameters."""
        self.compared.append(kept.rsplit("$", 2)[0])
        return self.inner.verify(kept, password)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


@pytest.mark.parametrize("password", ["correct horse", "x" * 5_000, "\ud800"])
async def test_an_unknown_account_costs_the_same_work(monkeypatch: pytest.MonkeyPatch, password: str) -> None:
    """One comparison with the same parameters, whether the account is there or not."""
    made = Passwords(CHEAPEST)
    kept = await made.hash("another horse")
    watched = Watched(made._hasher)
    monkeypatch.setattr(made, "_hasher", watched)
    assert await made.verify(password, kept) == Verdict(False)
    assert await made.verify(password, None) == Verdict(False)
    assert len(watched.compared) == 2
    assert watched.compared[0] == watched.compared[1]
    made.close()


async def test_the_pool_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two at a time work, 64 may wait or work, the next is asked to come back; later all is well."""
    made = Passwords(CHEAPEST)
    lid, lock = threading.Event(), threading.Lock()
    at_work: list[int] = []
    most = 0

    def slow(raw: bytes, kept: str | None) -> Verdict:
        nonlocal most
        with lock:
            at_work.append(1)
            most = max(most, len(at_work))
        lid.wait(10)
        with lock:
            at_work.pop()
        return Verdict(False)

    monkeypatch.setattr(made, "_judge", slow)
    async with asyncio.TaskGroup() as crowd:
        tasks = [crowd.create_task(made.verify("correct horse", None)) for _ in range(MAX_WAITING)]
        await asyncio.sleep(0)  # every task has run to its first wait
        try:
            with pytest.raises(RateLimited) as refused:
                await asyncio.wait_for(made.verify("correct horse", None), 5)
        finally:
            tasks[-1].cancel()
            lid.set()
    assert refused.value.retry_after_seconds == 1
    assert most == 2
    assert [task.cancelled() for task in tasks] == [False] * (MAX_WAITING - 1) + [True]
    assert await made.verify("correct horse", None) == Verdict(False)
    made.close()


def test_the_usual_profile_is_the_one_of_the_standard() -> None:
    """RFC 9106, second recommendation: Argon2id, 64 MiB, three passes."""
    made = Passwords()
    assert made._nobody.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    made.close()


def test_nobodys_hash_is_one_like_any_other() -> None:
    """Of the same costs and lengths, new for each process, and looked into to the end: it fits no password."""
    made = [Passwords(CHEAPEST), Passwords(CHEAPEST), Passwords()]
    for one, profile in zip(made, (CHEAPEST, CHEAPEST, RFC_9106_LOW_MEMORY), strict=True):
        assert extract_parameters(one._nobody) == profile
        assert len(one._nobody) == len(PasswordHasher.from_parameters(profile).hash("some other"))
        with pytest.raises(VerifyMismatchError):
            PasswordHasher().verify(one._nobody, "correct horse")
        one.close()
    assert made[0]._nobody != made[1]._nobody
