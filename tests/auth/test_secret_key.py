"""The secret: strong or refused, one key for each purpose, never shown."""

from __future__ import annotations

import pytest

from auth.secret_key import SecretKey, WeakSecret
from tests.auth.conftest import SECRET


@pytest.mark.parametrize("weak", ["", "hunter2", "abcdefghijklmnopqrstuvwxyz01234", "a" * 64, "changeme" * 4])
def test_a_weak_secret_is_refused_with_advice(weak: str) -> None:
    """Short or repetitive secrets stop the program with a sentence that does not echo them."""
    with pytest.raises(WeakSecret) as refused:
        SecretKey(weak)
    assert "secret key" in str(refused.value)
    assert not weak or weak not in str(refused.value)


def test_the_shortest_secret_has_32_bytes() -> None:
    """Bytes count and not characters: sixteen of two bytes each are enough."""
    SecretKey("abcdefghijklmnopqrstuvwxyz012345")
    SecretKey("äöüßéèêëàâîïôùûç")


def test_each_purpose_has_its_own_key() -> None:
    """Keys are 256 bits, the same for a label each time, and tell nothing about one another."""
    secret = SecretKey(SECRET)
    assert len(secret.derive("one")) == 32
    assert secret.derive("one") == SecretKey(SECRET).derive("one")
    assert secret.derive("one") != secret.derive("two")
    assert secret.derive("one") != SecretKey(SECRET + "!").derive("one")


def test_a_pseudonym_is_stable_and_keyed() -> None:
    """The same text has the same pseudonym under one secret, and another under another."""
    secret = SecretKey(SECRET)
    assert secret.pseudonym("kai@example.com") == secret.pseudonym("kai@example.com")
    assert secret.pseudonym("kai@example.com") != SecretKey(SECRET + "!").pseudonym("kai@example.com")
    assert len(secret.pseudonym("\ud800")) == 32


def test_the_secret_is_not_shown() -> None:
    """Logs and tracebacks that print the object print nothing of it."""
    assert repr(SecretKey(SECRET)) == "SecretKey(…)"
