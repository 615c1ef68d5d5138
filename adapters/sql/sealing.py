"""Sealing: encryption of single values, so that a stolen database tells nobody's health.

A sealed value is a version byte, the key's number (two bytes), a nonce and the AES-256-GCM
ciphertext; the column's name is the associated data, so that a value moved to another column does
not open. The keys are derived from DAYBOOK_SECRET_KEY when the program starts.
"""

from __future__ import annotations

import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION = 1
_NONCE = 12
_keys: dict[int, AESGCM] = {}


class NotSealedByUs(RuntimeError):
    """A stored value does not open with the keys at hand: DAYBOOK_SECRET_KEY was changed."""


def use_key(key: bytes) -> None:
    """Seal with this key of 256 bits from now on; called once when the program starts."""
    _keys[1] = AESGCM(key)


def seal(text: str, column: str) -> bytes:
    """The sealed form of a text for one column."""
    if not _keys:
        raise NotSealedByUs("no sealing key: call use_key when the program starts")
    number = max(_keys)
    nonce = os.urandom(_NONCE)
    head = bytes([_VERSION]) + number.to_bytes(2, "big")
    return head + nonce + _keys[number].encrypt(nonce, text.encode(), column.encode())


def unseal(sealed: bytes, column: str) -> str:
    """The text of a sealed value. Raises NotSealedByUs where it does not open."""
    number = int.from_bytes(sealed[1:3], "big") if sealed[:1] == bytes([_VERSION]) else 0
    nonce, body = sealed[3 : 3 + _NONCE], sealed[3 + _NONCE :]
    try:
        return _keys[number].decrypt(nonce, body, column.encode()).decode()
    except (KeyError, InvalidTag, ValueError):
        raise NotSealedByUs(f"{column} does not open: was DAYBOOK_SECRET_KEY changed?") from None
