"""The secret in an offer's link: it names its business, and 256 bits say that it is allowed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets

from core.kernel.ids import read, spell

_PREFIX = "wlo"
_TOKEN = re.compile(rf"({_PREFIX}_[0-9a-z]{{12}})[a-z2-7]{{52}}")


class OfferTokens:
    """Makes tokens from a secret of the program and a random word that is kept with the offer.

    So the letter, written later by a worker, holds the token, and nothing that is kept gives it away.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def token(self, business_id: int, nonce: str) -> str:
        """`wlo_`, twelve characters that spell the business, and 52 of lower-case base 32."""
        mac = hmac.new(self._secret, f"{business_id}:{nonce}".encode(), hashlib.sha256).digest()
        return spell(_PREFIX, business_id) + base64.b32encode(mac).decode().rstrip("=").lower()


def new_nonce() -> str:
    """128 random bits in hexadecimal."""
    return secrets.token_hex(16)


def business_of_offer_token(token: str) -> int | None:
    """The business that a token names, or None where the text is no token.

    It is no proof: whether there is such an offer, only the business's own table can tell.
    """
    found = _TOKEN.fullmatch(token)
    return None if found is None else read(_PREFIX, found[1])


def hash_of_offer_token(token: str) -> str:
    """The SHA-256 in hexadecimal: all that is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
