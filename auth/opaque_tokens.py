"""Credentials that say nothing: 256 random bits behind a prefix. Only their SHA-256 is kept."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets

API_KEY_PREFIX = "sdk_live_"
REFRESH_PREFIX = "rt_"
DISPLAY_PREFIX = "dsp_live_"
TICKET_PREFIX = "tkt_"
SHOWN_LENGTH = len(API_KEY_PREFIX) + 4
"""How many first characters of a key or a display's token are kept, so that people can tell them apart."""

_TAIL = re.compile(r"[a-z2-7]{52}")


def new_refresh_token() -> str:
    """`rt_` and 52 lower-case base-32 characters."""
    return REFRESH_PREFIX + _random_tail()


def new_api_key() -> str:
    """`sdk_live_` and 52 lower-case base-32 characters."""
    return API_KEY_PREFIX + _random_tail()


def new_display_token() -> str:
    """`dsp_live_` and 52 lower-case base-32 characters."""
    return DISPLAY_PREFIX + _random_tail()


def new_ticket() -> str:
    """`tkt_` and 52 lower-case base-32 characters."""
    return TICKET_PREFIX + _random_tail()


def hash_of_display_token(token: str) -> str | None:
    """The SHA-256 in hexadecimal, or None where the text is no display's token."""
    return _hash_of(token, DISPLAY_PREFIX)


def hash_of_ticket(ticket: str) -> str | None:
    """The SHA-256 in hexadecimal, or None where the text is no ticket."""
    return _hash_of(ticket, TICKET_PREFIX)


def hash_of_refresh_token(token: str) -> str | None:
    """The SHA-256 in hexadecimal, or None where the text is no refresh token."""
    return _hash_of(token, REFRESH_PREFIX)


def hash_of_api_key(key: str) -> str | None:
    """The SHA-256 in hexadecimal, or None where the text is no API key."""
    return _hash_of(key, API_KEY_PREFIX)


def _hash_of(token: str, prefix: str) -> str | None:
    if not token.startswith(prefix) or not _TAIL.fullmatch(token, len(prefix)):
        return None
    return hashlib.sha256(token.encode()).hexdigest()


def _random_tail() -> str:
    return base64.b32encode(secrets.token_bytes(32)).decode().rstrip("=").lower()
