"""Passwords: Argon2id in a bounded pool of threads, and the same work for accounts that do not exist."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from core.kernel.errors import RateLimited
from core.kernel.text import Check

SHORTEST, LONGEST = 8, 1_024
MAX_WAITING = 64

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether the password is right, and whether its hash was made with parameters we no longer use."""

    matches: bool
    is_outdated: bool = False


class Passwords:
    """Hashes and verifies, at most `threads` at once; a profile of 64 MiB bounds memory to as many times that."""

    def __init__(
        self,
        profile: Parameters = RFC_9106_LOW_MEMORY,
        *,
        threads: int = 2,
        most_waiting: int = MAX_WAITING,
    ) -> None:
        self._most_waiting = most_waiting
        self._hasher = PasswordHasher.from_parameters(profile)
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="argon2")
        self._turns = asyncio.Semaphore(threads)
        self._waiting = 0
        self._nobody = _nobodys_hash(profile)

    async def hash(self, password: str) -> str:
        """The hash to keep of a password that `check_password` let pass. Raises RateLimited when overrun."""
        return await self._in_pool(lambda: self._hasher.hash(_bytes_of(password)))

    async def verify(self, password: str, kept_hash: str | None) -> Verdict:
        """Whether the password belongs to the hash; None, an account that is not there, takes as long.

        Raises RateLimited when overrun.
        """
        usable = len(password) <= LONGEST and not _has_surrogate(password)
        raw = _bytes_of(password) if usable else b""
        return await self._in_pool(lambda: self._judge(raw, kept_hash if usable else None))

    def close(self) -> None:
        """Stop the threads after the work in hand."""
        self._pool.shutdown(cancel_futures=True)

    def _judge(self, raw: bytes, kept_hash: str | None) -> Verdict:
        try:
            self._hasher.verify(kept_hash or self._nobody, raw)
        except (VerificationError, InvalidHashError):
            return Verdict(False)
        if kept_hash is None:
            return Verdict(False)
        return Verdict(True, self._hasher.check_needs_rehash(kept_hash))

    async def _in_pool(self, work: Callable[[], T]) -> T:
        if self._waiting >= self._most_waiting:
            raise RateLimited(1)
        self._waiting += 1
        try:
            async with self._turns:
                return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1


def _nobodys_hash(profile: Parameters) -> str:
    """A hash that no password has, in Argon2's form (the PHC string format), of random bytes: looking into it
    takes as long as into anybody's, and making it takes no time."""

    def some(count: int) -> str:
        return base64.b64encode(secrets.token_bytes(count)).decode().rstrip("=")

    costs = f"m={profile.memory_cost},t={profile.time_cost},p={profile.parallelism}"
    return f"$argon2id$v={profile.version}${costs}${some(profile.salt_len)}${some(profile.hash_len)}"


def check_password(check: Check, path: str, password: str) -> None:
    """Note an issue unless the password has 8 to 1,024 characters, any but lone surrogates."""
    if len(password) < SHORTEST:
        check.refuse(path, "TOO_SHORT", f"must have at least {SHORTEST} characters")
    elif len(password) > LONGEST:
        check.refuse(path, "TOO_LONG", f"must not be longer than {LONGEST} characters")
    elif _has_surrogate(password):
        check.refuse(path, "BAD_CHARACTER", "must not hold lone surrogates")


def _has_surrogate(text: str) -> bool:
    return any("\ud800" <= letter <= "\udfff" for letter in text)


def _bytes_of(password: str) -> bytes:
    """The bytes that are hashed; an accent typed as one character or as two is the same password."""
    return unicodedata.normalize("NFC", password).encode()
