"""Access tokens: what we issue is understood, and nothing else is."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auth.secret_key import SecretKey
from auth.tokens import Claims, Tokens
from core.kernel.clock import FixedClock
from core.kernel.errors import Unauthenticated
from tests.auth.conftest import SECRET
from tests.auth.forgery import HEADER, b64, forge, packed, unb64


@dataclass(frozen=True, kw_only=True)
class Case:
    """A good token with everything an attacker could wish for."""

    token: str
    payload: dict[str, Any]
    key: bytes

    def signed(self, *, header: Any = None, hash_name: str = "HS256", **changed: Any) -> str:
        """The good token, changed and signed with the true key; `...` leaves a claim out."""
        payload = {name: value for name, value in {**self.payload, **changed}.items() if value is not ...}
        return forge(payload, self.key, header=header, hash_name=hash_name)

    def headed(self, **more: Any) -> str:
        """The good payload under a changed header, signed with the true key."""
        header = {name: value for name, value in {**HEADER, **more}.items() if value is not ...}
        return self.signed(header=header)

    def unsigned(self, header: Any, signature: str = "") -> str:
        """The good payload under a header, with a signature as given."""
        return f"{packed(header)}.{self.token.split('.')[1]}.{signature}"

    @property
    def segments(self) -> list[str]:
        """Header, payload, signature."""
        return self.token.split(".")


@pytest.fixture
def tokens(secret: SecretKey, clock: FixedClock) -> Tokens:
    """The issuer."""
    return Tokens(secret, clock)


@pytest.fixture
def case(tokens: Tokens, secret: SecretKey) -> Case:
    """A token of identity 7 in business 12."""
    token = tokens.issue(identity_id=7, session_id=5, identity_epoch=2, business_id=12, membership_epoch=3)
    payload = json.loads(unb64(token.split(".")[1]))
    return Case(token=token, payload=payload, key=secret.derive("daybook/access-token/v1"))


def test_a_token_says_what_was_put_in(tokens: Tokens, case: Case, clock: FixedClock) -> None:
    """Identity, session, business, both epochs and one hour."""
    now = int(clock.now().timestamp())
    assert tokens.verify(case.token) == Claims(
        identity_id=7,
        session_id=5,
        business_id=12,
        identity_epoch=2,
        membership_epoch=3,
        jti=case.payload["jti"],
        issued_at=now,
        expires_at=now + 3600,
    )


def test_a_token_may_name_no_business(tokens: Tokens) -> None:
    """Somebody who signed up without one has a token as well."""
    claims = tokens.verify(tokens.issue(identity_id=7, session_id=5, identity_epoch=1))
    assert (claims.business_id, claims.membership_epoch) == (None, None)


def test_the_forger_can_make_a_good_token(tokens: Tokens, case: Case) -> None:
    """The workshop signs as we do: what it makes below is refused for the stated fault alone."""
    assert tokens.verify(case.signed()) == tokens.verify(case.token)
    assert case.headed() == case.signed()


def test_no_two_tokens_are_the_same(tokens: Tokens) -> None:
    """Every token has its own id."""
    assert (
        len(
            {
                tokens.verify(tokens.issue(identity_id=7, session_id=5, identity_epoch=1)).jti
                for _ in range(50)
            }
        )
        == 50
    )


def test_a_token_ends_on_the_second(tokens: Tokens, case: Case, clock: FixedClock) -> None:
    """Good in the last microsecond of its hour, refused at the hour: there is no leeway."""
    clock.advance(timedelta(hours=1) - timedelta(microseconds=1))
    tokens.verify(case.token)
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(Unauthenticated):
        tokens.verify(case.token)


def test_a_clock_a_little_behind_accepts_a_new_token(tokens: Tokens, case: Case, clock: FixedClock) -> None:
    """Two machines may differ by a minute and no more."""
    clock.advance(timedelta(seconds=-60))
    tokens.verify(case.token)
    clock.advance(timedelta(seconds=-1))
    with pytest.raises(Unauthenticated):
        tokens.verify(case.token)


def test_another_secret_refuses(case: Case, clock: FixedClock) -> None:
    """Changing the secret ends every token."""
    with pytest.raises(Unauthenticated):
        Tokens(SecretKey(SECRET + "!"), clock).verify(case.token)


def _spare_bits(case: Case) -> str:
    """The same signature in another base64 spelling: its last character has two spare bits."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    last = case.token[-1]
    return case.token[:-1] + alphabet[alphabet.index(last) + 1]


def _flipped(case: Case) -> str:
    header, payload, signature = case.segments
    raw = bytearray(unb64(signature))
    raw[0] ^= 1
    return f"{header}.{payload}.{b64(bytes(raw))}"


def _duplicate_algorithm(case: Case) -> str:
    return case.signed(header=b'{"alg":"none","alg":"HS256","typ":"at+jwt"}')


def _tampered(case: Case) -> str:
    header, _, signature = case.segments
    return f"{header}.{packed({**case.payload, 'sub': 'user:1'})}.{signature}"


NOW = 1719576000  # the fixed clock's noon

VECTORS: dict[str, Callable[[Case], str]] = {
    # shapes
    "empty": lambda c: "",
    "only dots": lambda c: "..",
    "one segment": lambda c: c.segments[0],
    "two segments": lambda c: ".".join(c.segments[:2]),
    "four segments": lambda c: c.token + ".AAAA",
    "five segments, encrypted": lambda c: f"{packed({'alg': 'dir', 'enc': 'A256GCM'})}..AAAA.AAAA.AAAA",
    "JSON serialisation": lambda c: json.dumps(
        {"protected": c.segments[0], "payload": c.segments[1], "signature": c.segments[2]}
    ),
    "leading space": lambda c: " " + c.token,
    "trailing newline": lambda c: c.token + "\n",
    "inner newline": lambda c: c.token.replace(".", "\n.", 1),
    "NUL": lambda c: c.token + "\x00",
    "lone surrogate": lambda c: c.token + "\ud800",
    "full-width dot": lambda c: c.token.replace(".", "．"),
    "scheme within": lambda c: "Bearer " + c.token,
    "oversize": lambda c: f"{c.segments[0]}.{'A' * 5_000}.{c.segments[2]}",
    "oversize and well signed": lambda c: c.signed(jti="A" * 5_000),
    # signatures
    "no signature": lambda c: ".".join([*c.segments[:2], ""]),
    "short signature": lambda c: c.token[:-1],
    "long signature": lambda c: c.token + "A",
    "signature of zeros": lambda c: ".".join([*c.segments[:2], "A" * 43]),
    "one bit flipped": _flipped,
    "another spelling of the signature": _spare_bits,
    "padded signature": lambda c: c.token + "=",
    "tampered payload": _tampered,
    "signed with the secret itself": lambda c: forge(c.payload, SECRET.encode()),
    "signed with the word secret": lambda c: forge(c.payload, b"secret"),
    "signed with an empty key": lambda c: forge(c.payload, b""),
    "signature of another token": lambda c: f"{c.segments[0]}.{packed({'sub': 'user:7'})}.{c.segments[2]}",
    # headers; all but the unsigned ones carry a true signature
    "alg none": lambda c: c.unsigned({"alg": "none", "typ": "at+jwt"}),
    "alg None": lambda c: c.unsigned({"alg": "None", "typ": "at+jwt"}),
    "alg nOnE with a signature": lambda c: c.unsigned({"alg": "nOnE"}, c.segments[2]),
    "alg empty": lambda c: c.headed(alg=""),
    "alg missing": lambda c: c.headed(alg=...),
    "alg null": lambda c: c.headed(alg=None),
    "alg a list": lambda c: c.headed(alg=["HS256"]),
    "alg in lower case": lambda c: c.headed(alg="hs256"),
    "alg HS384": lambda c: c.signed(header={**HEADER, "alg": "HS384"}, hash_name="HS384"),
    "alg HS512": lambda c: c.signed(header={**HEADER, "alg": "HS512"}, hash_name="HS512"),
    "alg RS256": lambda c: c.headed(alg="RS256"),
    "alg ES256, all-zero signature": lambda c: c.unsigned({**HEADER, "alg": "ES256"}, "A" * 86),
    "alg twice": _duplicate_algorithm,
    "typ JWT": lambda c: c.headed(typ="JWT"),
    "typ missing": lambda c: c.headed(typ=...),
    "typ of a refresh token": lambda c: c.headed(typ="rt+jwt"),
    "kid": lambda c: c.headed(kid="../../../../dev/null"),
    "kid with SQL": lambda c: c.headed(kid="' UNION SELECT 'key' --"),
    "jwk": lambda c: c.headed(jwk={"kty": "oct", "k": b64(b"attacker")}),
    "jku": lambda c: c.headed(jku="https://attacker.example/jwks.json"),
    "x5u": lambda c: c.headed(x5u="https://attacker.example/cert.pem"),
    "x5c": lambda c: c.headed(x5c=["MIIB"]),
    "crit": lambda c: c.headed(crit=["exp"]),
    "b64 false": lambda c: c.headed(b64=False, crit=["b64"]),
    "zip": lambda c: c.headed(zip="DEF"),
    "cty": lambda c: c.headed(cty="JWT"),
    "header in another order": lambda c: c.signed(header={"typ": "at+jwt", "alg": "HS256"}),
    "header with spaces": lambda c: c.signed(header=b'{"alg": "HS256", "typ": "at+jwt"}'),
    "header no JSON": lambda c: c.signed(header=b"HS256"),
    "header a list": lambda c: c.signed(header=[HEADER]),
    # payloads, all truly signed
    "payload no JSON": lambda c: forge(b"sub=user:7", c.key),
    "payload not UTF-8": lambda c: forge(b"\xff\xfe{}", c.key),
    "payload empty": lambda c: forge(b"", c.key),
    "payload a list": lambda c: forge([c.payload], c.key),
    "payload a string": lambda c: forge("user:7", c.key),
    "payload null": lambda c: forge(None, c.key),
    "payload nested deeply": lambda c: forge(b"[" * 2_000 + b"]" * 400, c.key),
    "payload with an endless number": lambda c: forge(b'{"exp":' + b"9" * 2_900 + b"}", c.key),
    "no claims": lambda c: forge({}, c.key),
    **{
        f"{claim} missing": lambda c, claim=claim: c.signed(**{claim: ...})  # type: ignore[misc]
        for claim in (
            "iss",
            "aud",
            "sub",
            "sid",
            "jti",
            "iat",
            "exp",
            "business",
            "identity_epoch",
            "membership_epoch",
        )
    },
    "expired now": lambda c: c.signed(iat=NOW - 3600, exp=NOW),
    "expired long ago": lambda c: c.signed(iat=3600, exp=7200),
    "longer than an hour": lambda c: c.signed(exp=NOW + 3601),
    "for ever": lambda c: c.signed(exp=2**53 - 1),
    "expires before it begins": lambda c: c.signed(iat=NOW + 30, exp=NOW + 10),
    "from the future": lambda c: c.signed(iat=NOW + 120, exp=NOW + 3600),
    "exp a string": lambda c: c.signed(exp=str(NOW + 60)),
    "exp a fraction": lambda c: c.signed(exp=NOW + 60.5),
    "exp true": lambda c: c.signed(exp=True),
    "exp null": lambda c: c.signed(exp=None),
    "exp infinite": lambda c: c.signed(exp=math.inf),
    "exp no number": lambda c: c.signed(exp=math.nan),
    "exp below zero": lambda c: c.signed(exp=-NOW),
    "iat a string": lambda c: c.signed(iat=str(NOW)),
    "iat a fraction": lambda c: c.signed(iat=NOW + 0.5),
    "iat zero": lambda c: c.signed(iat=0, exp=3600),
    "iss of another": lambda c: c.signed(iss="https://attacker.example"),
    "iss a list": lambda c: c.signed(iss=["daybook"]),
    "aud of another": lambda c: c.signed(aud="payments"),
    "aud a list with ours": lambda c: c.signed(aud=["daybook", "payments"]),
    "sub a number": lambda c: c.signed(sub=7),
    "sub zero": lambda c: c.signed(sub="user:0"),
    "sub below zero": lambda c: c.signed(sub="user:-7"),
    "sub with a leading zero": lambda c: c.signed(sub="user:07"),
    "sub with a newline": lambda c: c.signed(sub="user:7\n"),
    "sub in Arabic digits": lambda c: c.signed(sub="user:\u0667"),
    "sub too large": lambda c: c.signed(sub=f"user:{2**53}"),
    "sub of a key": lambda c: c.signed(sub="key:7"),
    "sub empty": lambda c: c.signed(sub=""),
    "sid a string": lambda c: c.signed(sid="5"),
    "sid null": lambda c: c.signed(sid=None),
    "sid true": lambda c: c.signed(sid=True),
    "sid zero": lambda c: c.signed(sid=0),
    "sid a fraction": lambda c: c.signed(sid=5.5),
    "sid too large": lambda c: c.signed(sid=2**53),
    "jti a number": lambda c: c.signed(jti=1),
    "jti short": lambda c: c.signed(jti="1"),
    "business a string": lambda c: c.signed(business="12"),
    "business true": lambda c: c.signed(business=True),
    "business zero": lambda c: c.signed(business=0),
    "business a list": lambda c: c.signed(business=[12, 13]),
    "business without its epoch": lambda c: c.signed(membership_epoch=None),
    "epoch without its business": lambda c: c.signed(business=None),
    "epoch a string": lambda c: c.signed(identity_epoch="2"),
    "epoch below zero": lambda c: c.signed(identity_epoch=-1),
    "nbf besides": lambda c: c.signed(nbf=NOW),
    "role besides": lambda c: c.signed(role="owner"),
}


@pytest.mark.parametrize("name", VECTORS)
def test_an_attack_is_refused(name: str, tokens: Tokens, case: Case) -> None:
    """Each is refused with the one sentence that says nothing about why."""
    with pytest.raises(Unauthenticated) as refused:
        tokens.verify(VECTORS[name](case))
    assert refused.value.code == "UNAUTHENTICATED"
    assert refused.value.__cause__ is None


def test_an_oversize_token_is_refused_unread(
    tokens: Tokens, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4,096 characters are read; from one more on, no parser and no signature is put to work."""
    read: list[int] = []

    def noting(token: str, *_: Any, **__: Any) -> dict[str, Any]:
        read.append(len(token))
        return case.payload

    monkeypatch.setattr("auth.tokens.jwt.decode", noting)
    header, _, signature = case.segments
    longest = 4_096 - len(header) - len(signature) - 2
    tokens.verify(f"{header}.{'A' * longest}.{signature}")
    with pytest.raises(Unauthenticated):
        tokens.verify(f"{header}.{'A' * (longest + 1)}.{signature}")
    assert read == [4_096]


_SECRET = SecretKey(SECRET)
_CLOCK = FixedClock(datetime.fromtimestamp(NOW, UTC))
_GOOD = Tokens(_SECRET, _CLOCK).issue(
    identity_id=7, session_id=5, identity_epoch=1, business_id=12, membership_epoch=1
)


@given(st.text(max_size=200))
def test_any_text_is_refused(text: str) -> None:
    """No text that we did not sign is understood, and none raises anything else."""
    tokens = Tokens(_SECRET, _CLOCK)
    with pytest.raises(Unauthenticated):
        tokens.verify(text)
    with pytest.raises(Unauthenticated):
        tokens.verify(_GOOD.rsplit(".", 1)[0] + "." + text)


@given(st.integers(min_value=0, max_value=10_000), st.characters())
def test_any_changed_character_is_refused(place: int, letter: str) -> None:
    """A good token with one character changed is no token."""
    at = place % len(_GOOD)
    changed = _GOOD[:at] + letter + _GOOD[at + 1 :]
    if changed != _GOOD:
        with pytest.raises(Unauthenticated):
            Tokens(_SECRET, _CLOCK).verify(changed)
