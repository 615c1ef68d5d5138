"""Access tokens: JSON Web Tokens (HS256) that name a person, their session, a business, and epochs."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Any

import jwt

from auth.secret_key import SecretKey
from core.kernel.clock import Clock
from core.kernel.errors import Unauthenticated
from core.kernel.ids import MAX_KEY

LIFETIME_SECONDS = 3_600
MAX_TOKEN_CHARACTERS = 4_096

_ISSUER = "daybook"
_AUDIENCE = "daybook"
_ALGORITHM = "HS256"
_HEADERS = {"typ": "at+jwt"}  # RFC 9068: no other kind of token can pass for an access token
_SKEW_SECONDS = 60  # how far the clocks of two of our machines may differ; never granted to `exp`
_CLAIMS = frozenset(
    {"iss", "aud", "sub", "sid", "jti", "iat", "exp", "business", "identity_epoch", "membership_epoch"}
)
_SUBJECT = re.compile(r"user:([1-9][0-9]{0,15})")
_JTI = re.compile(r"[A-Za-z0-9_-]{22}")
# The last character of a 256-bit signature has two spare bits; only one spelling of them is ours.
_SHAPE = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claims:
    """What a verified token says; instants in seconds since 1970. No business, no membership epoch."""

    identity_id: int
    session_id: int
    business_id: int | None
    identity_epoch: int
    membership_epoch: int | None
    jti: str
    issued_at: int
    expires_at: int


class Tokens:
    """Issues and verifies access tokens with a key derived from the installation's secret."""

    def __init__(self, secret: SecretKey, clock: Clock) -> None:
        self._key = secret.derive("daybook/access-token/v1")
        self._clock = clock
        self._first_segment = self._sign({}).split(".")[0] + "."

    def issue(
        self,
        *,
        identity_id: int,
        session_id: int,
        identity_epoch: int,
        business_id: int | None = None,
        membership_epoch: int | None = None,
    ) -> str:
        """A token for one hour from now."""
        now = int(self._clock.now().timestamp())
        return self._sign(
            {
                "iss": _ISSUER,
                "aud": _AUDIENCE,
                "sub": f"user:{identity_id}",
                "sid": session_id,
                "jti": secrets.token_urlsafe(16),
                "iat": now,
                "exp": now + LIFETIME_SECONDS,
                "business": business_id,
                "identity_epoch": identity_epoch,
                "membership_epoch": membership_epoch,
            }
        )

    def verify(self, token: str) -> Claims:
        """What a token says. Raises Unauthenticated for any token that `issue` did not make, or an old one.

        The first segment must be the very text that we write, so an attacker's header is never parsed:
        no other algorithm, type, key or extension can be asked for.
        """
        if len(token) > MAX_TOKEN_CHARACTERS or not token.startswith(self._first_segment):
            raise Unauthenticated()
        if not _SHAPE.fullmatch(token):
            raise Unauthenticated()
        try:
            payload = jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=_AUDIENCE,
                issuer=_ISSUER,
                # Time is judged by the injected clock, in `check_time`.
                options={
                    "require": ["iss", "aud", "sub", "jti", "iat", "exp"],
                    "strict_aud": True,
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise Unauthenticated() from None
        claims = _claims_in(payload)
        self.check_time(claims)
        return claims

    def check_time(self, claims: Claims) -> None:
        """Raise Unauthenticated from the second of expiry on, without leeway, or for a future token."""
        now = self._clock.now().timestamp()
        if now >= claims.expires_at or claims.issued_at > now + _SKEW_SECONDS:
            raise Unauthenticated()

    def _sign(self, payload: dict[str, Any]) -> str:
        return jwt.encode(payload, self._key, algorithm=_ALGORITHM, headers=_HEADERS)


def _claims_in(payload: dict[str, Any]) -> Claims:
    """The claims of a signed payload. Raises Unauthenticated where one is missing, extra or mistyped."""
    if payload.keys() != _CLAIMS:
        raise Unauthenticated()
    subject, jti = payload["sub"], payload["jti"]
    if not isinstance(subject, str) or not isinstance(jti, str):
        raise Unauthenticated()
    named = _SUBJECT.fullmatch(subject)
    if named is None or not _JTI.fullmatch(jti):
        raise Unauthenticated()
    business_id, membership_epoch = payload["business"], payload["membership_epoch"]
    numbers = [] if business_id is None and membership_epoch is None else [business_id, membership_epoch]
    numbers += [payload[name] for name in ("sid", "identity_epoch", "iat", "exp")] + [int(named[1])]
    if not all(type(number) is int and 0 < number <= MAX_KEY for number in numbers):
        raise Unauthenticated()
    if not 0 < payload["exp"] - payload["iat"] <= LIFETIME_SECONDS:
        raise Unauthenticated()
    return Claims(
        identity_id=int(named[1]),
        session_id=payload["sid"],
        business_id=business_id,
        identity_epoch=payload["identity_epoch"],
        membership_epoch=membership_epoch,
        jti=jti,
        issued_at=payload["iat"],
        expires_at=payload["exp"],
    )
