"""API keys and refresh tokens: 256 bits in the documented form, kept as SHA-256."""

from __future__ import annotations

import hashlib
import re

import pytest

from auth.opaque_tokens import hash_of_api_key, hash_of_refresh_token, new_api_key, new_refresh_token


def test_a_refresh_token_has_the_documented_form() -> None:
    """The contract's pattern for ids, with 256 bits behind the prefix, and never the same twice."""
    tokens = {new_refresh_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(re.fullmatch(r"^[a-z]{2,3}_[a-z0-9]{6,}$", token) for token in tokens)
    assert all(re.fullmatch(r"rt_[a-z2-7]{52}", token) for token in tokens)


def test_an_api_key_has_the_documented_form() -> None:
    """`sdk_live_` and at least 32 random characters; here 52, which are 256 bits."""
    keys = {new_api_key() for _ in range(100)}
    assert len(keys) == 100
    assert all(re.fullmatch(r"sdk_live_[a-z2-7]{52}", key) for key in keys)


def test_only_the_sha_256_is_kept() -> None:
    """The hash is plain SHA-256 of the whole text, which is enough for 256 random bits."""
    key, token = new_api_key(), new_refresh_token()
    assert hash_of_api_key(key) == hashlib.sha256(key.encode()).hexdigest()
    assert hash_of_refresh_token(token) == hashlib.sha256(token.encode()).hexdigest()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: "",
        lambda token: token[:-1],
        lambda token: token + "a",
        lambda token: token + "\n",
        lambda token: " " + token,
        lambda token: token.upper(),
        lambda token: token.replace("_", "-"),
        lambda token: token[:-1] + "1",
        lambda token: token[:-1] + "ａ",
        lambda token: token[:-1] + "\x00",
    ],
)
def test_other_texts_are_no_tokens(spoil: object) -> None:
    """Nothing else is looked up, and one kind never passes for the other."""
    assert callable(spoil)
    assert hash_of_api_key(spoil(new_api_key())) is None
    assert hash_of_refresh_token(spoil(new_refresh_token())) is None
    assert hash_of_api_key(new_refresh_token()) is None
    assert hash_of_refresh_token(new_api_key()) is None
