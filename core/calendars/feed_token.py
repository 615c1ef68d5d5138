"""The secret in a feed's address: it names its business, and 256 random bits say that it is allowed."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

from core.kernel.ids import read, spell

_PREFIX = "feed"
_TOKEN = re.compile(rf"({_PREFIX}_[0-9a-z]{{12}})[a-z2-7]{{52}}")


def new_feed_token(business_id: int) -> str:
    """`feed_`, twelve characters that spell the business, and 52 of lower-case base 32."""
    tail = base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=").lower()
    return spell(_PREFIX, business_id) + tail


def business_of_feed_token(token: str) -> int | None:
    """The business that a token names, or None where the text is no token.

    It is no proof: whether there is such a feed, only the business's own table of feeds can tell.
    """
    found = _TOKEN.fullmatch(token)
    return None if found is None else read(_PREFIX, found[1])


def hash_of_feed_token(token: str) -> str:
    """The SHA-256 in hexadecimal: all that is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()
