"""The secret of an installation, and the keys that are derived from it, each for one purpose."""

from __future__ import annotations

import hashlib
import hmac

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

LEAST_BYTES = 32
LEAST_DISTINCT = 8


class WeakSecret(ValueError):
    """The secret could be guessed; the program must not start with it."""


class SecretKey:
    """The secret. Raises WeakSecret below 32 bytes of UTF-8, or with fewer than 8 different ones."""

    def __init__(self, secret: str) -> None:
        raw = secret.encode()
        if len(raw) < LEAST_BYTES:
            raise WeakSecret(
                f"The secret key has {len(raw)} bytes and needs at least {LEAST_BYTES}: "
                "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`."
            )
        if len(set(raw)) < LEAST_DISTINCT:
            raise WeakSecret(
                f"The secret key repeats fewer than {LEAST_DISTINCT} characters: make a random one."
            )
        self._raw = raw
        self._pseudonyms = self.derive("daybook/pseudonyms/v1")

    def __repr__(self) -> str:
        return "SecretKey(…)"

    def derive(self, label: str) -> bytes:
        """A key of 256 bits for the purpose that the label names (HKDF-SHA-256)."""
        return HKDF(algorithm=SHA256(), length=32, salt=None, info=label.encode()).derive(self._raw)

    def pseudonym(self, text: str) -> str:
        """32 hexadecimal digits that stand for a text, such as an address, where it must not be written."""
        return hmac.new(self._pseudonyms, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[
            :32
        ]
