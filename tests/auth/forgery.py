"""An attacker's workshop: tokens by hand, with whatever key, header and payload."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

HEADER = {"alg": "HS256", "typ": "at+jwt"}
HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}


def b64(raw: bytes) -> str:
    """Base64url without padding."""
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    """The bytes of base64url without padding."""
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def packed(value: Any) -> str:
    """JSON as PyJWT writes it; bytes as they are."""
    raw = value if isinstance(value, bytes) else json.dumps(value, separators=(",", ":")).encode()
    return b64(raw)


def forge(payload: Any, key: bytes, *, header: Any = None, hash_name: str = "HS256") -> str:
    """A token signed with a key; header and payload may be anything."""
    signed = f"{packed(HEADER if header is None else header)}.{packed(payload)}"
    signature = hmac.new(key, signed.encode(), HASHES[hash_name]).digest()
    return f"{signed}.{b64(signature)}"
