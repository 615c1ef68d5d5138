"""Requests that are broken, come without a valid credential, or by a method that is not there: ServaloDesk's answers."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.kit.houses import NOW
from tests.rest_compat.conftest import Rest

SIGN_IN = b'{"error":"unauthorized","message":"Sign in first: the credential is missing, wrong, expired or revoked."}'
PERSON = {"first_name": "Jasmine", "last_name": "Torres", "email": "jasmine@example.com"}


async def test_wrong_passwords(rest: Rest, http: httpx.AsyncClient) -> None:
    """An unknown address and a wrong password answer alike; so do refresh tokens that are not ours."""
    wrong = b'{"error":"unauthorized","message":"The e-mail address or the password is wrong."}'
    for login in (
        {"email": rest.studio.email, "password": "wrong"},
        {"email": "nobody@example.com", "password": "wrong"},
    ):
        answer = await http.post("/v1/auth/login", json=login)
        assert (answer.status_code, answer.content) == (401, wrong)
    for token in ("rt_a1b2c3d4e5f6", f"rt_{'a' * 52}", rest.studio.token):
        answer = await http.post("/v1/auth/refresh", json={"refresh_token": token})
        assert (answer.status_code, answer.content) == (401, SIGN_IN)


async def test_bad_credentials(rest: Rest, http: httpx.AsyncClient) -> None:
    """Missing, malformed, tampered and foreign credentials: one answer, also at public doors."""
    head, payload, signature = rest.studio.token.split(".")
    tampered = [
        "",
        "Bearer",
        "Bearer x",
        f"Basic {rest.studio.token}",
        f"Bearer {head}.{payload}.{signature[:-2]}AA",
        f"Bearer {head}.{payload[:-4]}AAAA.{signature}",
        f"Bearer eyJhbGciOiJub25lIn0.{payload}.",
        "Bearer sdk_live_" + "a" * 52,
        f"Bearer {'x' * 10_000}",
    ]
    for method, path in (
        ("GET", "/v1/studio"),
        ("GET", "/v1/artists"),
        ("GET", f"/v1/artists/{rest.artist}/availability?start_date=2027-03-08&end_date=2027-03-08"),
        ("GET", "/v1/clients"),
        ("GET", "/v1/appointments/apt_unknown"),
    ):
        answer = await http.request(method, path)
        assert (answer.status_code, answer.content) == (401, SIGN_IN), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        for authorization in tampered:
            answer = await http.request(method, path, headers={"Authorization": authorization})
            assert (answer.status_code, answer.content) == (401, SIGN_IN), (path, authorization[:60])


async def test_an_expired_token(rest: Rest) -> None:
    """A token lives for an hour and not a second longer."""
    clock = rest.studio.house.clock
    moved = clock.instant  # type: ignore[attr-defined]
    try:
        clock.advance(timedelta(minutes=59, seconds=59))  # type: ignore[attr-defined]
        assert (await rest("GET", "/v1/studio")).status_code == 200
        clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]
        answer = await rest("GET", "/v1/studio")
        assert (answer.status_code, answer.content) == (401, SIGN_IN)
    finally:
        clock.instant = moved  # type: ignore[attr-defined]
    assert moved == NOW


BROKEN_BODIES: dict[str, tuple[bytes, int, str]] = {
    "broken JSON": (b'{"first_name": ', 400, "The body is not JSON."),
    "no object": (b"[]", 400, "The body is not a JSON object."),
    "a text": (b'"x"', 400, "The body is not a JSON object."),
    "not UTF-8": (b'{"first_name":"\xff"}', 400, "The body is not UTF-8."),
    "a raw NUL": (b'{"first_name":"a\x00b"}', 400, "The body must not hold NUL."),
    "the same name twice": (
        b'{"email":"a@b.io","email":"c@d.io"}',
        400,
        "An object in the body has the same name twice.",
    ),
    "not a number": (b'{"first_name":NaN}', 400, "NaN is not JSON."),
    "infinity": (b'{"first_name":-Infinity}', 400, "-Infinity is not JSON."),
    "a huge number": (b'{"first_name":1' + b"0" * 5000 + b"}", 400, "A number in the body is too long."),
    "a huge exponent": (b'{"first_name":1e999999}', 400, "A number in the body is too long."),
    "deep nesting": (b'{"a":' + b"[" * 60 + b"]" * 60 + b"}", 400, "The body is nested too deeply."),
    "bottomless nesting": (b'{"a":' + b"[" * 200_000, 400, "The body is nested too deeply."),
    "1 MB and more": (b'{"a":"' + b"x" * 1_000_000 + b'"}', 413, "The body is longer than 1000000 bytes."),
}


@pytest.mark.parametrize("case", BROKEN_BODIES)
async def test_broken_bodies(case: str, rest: Rest, http: httpx.AsyncClient) -> None:
    """Refused before the credential is looked at, in the documented envelope; nothing is kept."""
    content, status, message = BROKEN_BODIES[case]
    word = {400: "bad_request", 413: "payload_too_large"}[status]
    before = await rest.studio.state()
    for headers in (rest.studio.headers, {}):
        for path in ("/v1/clients", "/v1/appointments", "/v1/artists", "/v1/auth/register", "/v1/auth/login"):
            answer = await http.post(
                path, content=content, headers={**headers, "Content-Type": "application/json"}
            )
            assert (answer.status_code, answer.json()) == (status, {"error": word, "message": message}), path
    assert await rest.studio.state() == before


async def test_text_that_no_database_keeps(rest: Rest) -> None:
    """NUL and half characters, also escaped, in any field that is known: 400; elsewhere they do not matter."""
    refused = {"error": "bad_request", "message": "Text in the body must not hold NUL or lone surrogates."}
    before = await rest.studio.state()
    for path, field in (
        ("/v1/clients", "allergies"),
        ("/v1/appointments", "tattoo_description"),
        ("/v1/artists", "working_hours"),
        ("/v1/auth/register", "password"),
        ("/v1/auth/refresh", "refresh_token"),
    ):
        for text in ("a\\u0000b", "a\\ud800b"):
            for value in (f'"{text}"', f'["{text}"]', f'{{"{text}": 1}}'):
                content = f'{{"{field}": {value}}}'.encode()
                answer = await rest("POST", path, content=content)
                assert (answer.status_code, answer.json()) == (400, refused), (path, content)
    assert await rest.studio.state() == before
    answer = await rest("POST", "/v1/clients", content=b'{"nickname": "a\\u0000b"}')
    assert answer.status_code == 422


async def test_bodies_of_another_kind(rest: Rest) -> None:
    """415 for what is not JSON in UTF-8; a suffix, a charset and no type at all are understood."""
    for content_type in (
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/json; charset=latin-1",
        "x",
    ):
        answer = await rest("POST", "/v1/clients", content=b"{}", headers={"Content-Type": content_type})
        assert (answer.status_code, answer.json()["error"]) == (415, "unsupported_media_type"), content_type
    for content_type in ("application/json", "Application/JSON; charset=UTF-8", "application/vnd.api+json"):
        answer = await rest("POST", "/v1/clients", content=b"{}", headers={"Content-Type": content_type})
        assert answer.status_code == 422, content_type


async def test_queries_that_are_broken(rest: Rest) -> None:
    """The same name twice, NUL, and text that is no UTF-8: 400."""
    for query, message in (
        ("limit=1&limit=2", "The query parameter 'limit' stands twice."),
        ("q=%00", "The query must not hold NUL."),
        ("q=%FF", "The query is not percent-encoded UTF-8."),
        ("&".join(f"a{number}=1" for number in range(201)), "The query holds too many parameters."),
    ):
        answer = await rest("GET", f"/v1/clients?{query}")
        assert (answer.status_code, answer.json()) == (400, {"error": "bad_request", "message": message})
    answer = await rest("GET", "/v1/clients?q[]=x")
    assert (answer.status_code, answer.json()["message"]) == (400, "q: is of the wrong kind.")


async def test_idempotency_keys(rest: Rest) -> None:
    """A key that came with other input answers 422; a key that is none answers 400; a refusal is forgotten."""
    person = {**PERSON, "email": "first@example.com"}
    headers = {"Idempotency-Key": "k1"}
    first = await rest("POST", "/v1/clients", json=person, headers=headers)
    again = await rest("POST", "/v1/clients", json=person, headers=headers)
    assert (again.status_code, again.content) == (201, first.content)
    other = await rest("POST", "/v1/clients", json={**person, "last_name": "Else"}, headers=headers)
    assert (other.status_code, other.json()["details"]) == (
        422,
        [
            {
                "field": "Idempotency-Key",
                "code": "IDEMPOTENCY_MISMATCH",
                "message": "was used before with other input",
            }
        ],
    )
    for key in ("", "x" * 201, "\x7f", "\x01"):
        answer = await rest("POST", "/v1/clients", json=person, headers={"Idempotency-Key": key})
        assert answer.status_code == 400, key
    refused = await rest("POST", "/v1/clients", json={**person}, headers={"Idempotency-Key": "k2"})
    assert refused.status_code == 409
    mended = await rest(
        "POST",
        "/v1/clients",
        json={**person, "email": "second@example.com"},
        headers={"Idempotency-Key": "k2"},
    )
    assert mended.status_code == 201


async def test_methods_that_are_not_there(rest: Rest) -> None:
    """405 tells what is allowed, HEAD answers like GET without a body, OPTIONS lists; 404 elsewhere."""
    answer = await rest("DELETE", "/v1/clients")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, POST")
    assert answer.json() == {
        "error": "method_not_allowed",
        "message": "Use one of GET, HEAD, OPTIONS, POST here.",
    }
    answer = await rest("GET", "/v1/auth/login")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "OPTIONS, POST")
    head, get = await rest("HEAD", "/v1/studio"), await rest("GET", "/v1/studio")
    assert (head.status_code, head.content, head.headers) == (200, b"", get.headers)
    options = await rest("OPTIONS", "/v1/artists/x")
    assert (options.status_code, options.headers["Allow"]) == (204, "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
    for path in ("/", "/v1", "/v1/", "/v1/nothing", "/v1/clients/", "/v2/clients", "//v1/clients"):
        answer = await rest("GET", path)
        assert answer.json() == {"error": "not_found", "message": "There is nothing at this address."}, path
