"""GraphQL over HTTP: what is accepted, in which form it is answered, and what is refused at the door."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest

from app.house import House
from graphql_api.endpoint import PATH
from tests.graphql_api.conftest import CLOSED, http_to
from tests.kit.houses import Studio

JSON = {"Content-Type": "application/json"}
TYPENAME = '{"query": "{ __typename }"}'


def refusal(response: httpx.Response) -> tuple[int, str, str]:
    """Status, code and message of a response with one error and no data."""
    body = response.json()
    (error,) = body["errors"]
    assert "data" not in body
    return response.status_code, error["extensions"]["code"], error["message"]


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json; charset=utf-8"),
        ("*/*", "application/json; charset=utf-8"),
        ("application/json", "application/json; charset=utf-8"),
        ("application/graphql-response+json", "application/graphql-response+json; charset=utf-8"),
        (
            "application/json;q=0.5, application/graphql-response+json",
            "application/graphql-response+json; charset=utf-8",
        ),
        (
            "application/graphql-response+json, */*;q=0.1",
            "application/graphql-response+json; charset=utf-8",
        ),
    ],
)
async def test_the_media_type_is_the_one_preferred(
    http: httpx.AsyncClient, accept: str | None, media_type: str
) -> None:
    """Both media types are spoken; application/json where the client does not mind."""
    http.headers.pop("accept")
    headers = {**JSON, **({"Accept": accept} if accept else {})}
    response = await http.post(PATH, content=TYPENAME, headers=headers)
    assert response.status_code == 200
    assert response.headers["content-type"] == media_type
    assert response.json()["data"] == {"__typename": "Query"}


async def test_a_media_type_that_is_not_spoken_is_406(http: httpx.AsyncClient) -> None:
    """Nothing is run for a client that could not read the answer."""
    response = await http.post(PATH, content=TYPENAME, headers={**JSON, "Accept": "text/csv"})
    assert refusal(response)[:2] == (406, "BAD_REQUEST")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
async def test_only_json_in_utf_8_is_read(http: httpx.AsyncClient, headers: dict[str, str]) -> None:
    """What a page could send without asking first is refused, and so is what we do not decode."""
    response = await http.post(PATH, content=TYPENAME, headers=headers)
    assert refusal(response)[:2] == (415, "BAD_REQUEST")


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_405(http: httpx.AsyncClient, method: str) -> None:
    """405 names the methods that there are."""
    response = await http.request(method, PATH)
    assert refusal(response)[:2] == (405, "BAD_REQUEST")
    assert response.headers["allow"] == "GET, POST"


async def test_there_is_nothing_below_the_endpoint(http: httpx.AsyncClient) -> None:
    """Only the endpoint itself speaks GraphQL."""
    response = await http.post(f"{PATH}/more", content=TYPENAME, headers=JSON)
    assert refusal(response)[:2] == (404, "BAD_REQUEST")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b'"text"',
        b"7",
        b'[{"query": "{ __typename }"}]',
        b"{}",
        b'{"qeury": "{ __typename }"}',
        b'{"query": ""}',
        b'{"query": null}',
        b'{"query": ["{ __typename }"]}',
        b'{"query": "{ __typename }", "query": "{ viewer { role } }"}',
        b'{"query": "{ __typename }", "variables": []}',
        b'{"query": "{ __typename }", "variables": {"a": 1, "a": 2}}',
        b'{"query": "{ __typename }", "variables": "{}"}',
        b'{"query": "{ __typename }", "operationName": 1}',
        b'{"query": "{ __typename }", "extensions": []}',
        b'{"query": "{ __typename }", "variables": {"a": NaN}}',
        b'{"query": "{ __typename }", "variables": {"a": Infinity}}',
        b'{"query": "{ __typename }", "variables": {"a": "\\ud800"}}',
        b'{"query": "{ __typename } \xff"}',
        b'{"query": "{ __typename } \\u0000"}',
        b'\xef\xbb\xbf{"query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": ' + b"9" * 5_000 + b"}}",
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    ],
)
async def test_bodies_that_are_no_request_are_400(http: httpx.AsyncClient, body: bytes) -> None:
    """Broken JSON, wrong types, keys given twice, batches, bad characters: 400, typed, in both media types."""
    for accept in ("application/json", "application/graphql-response+json"):
        response = await http.post(PATH, content=body, headers={**JSON, "Accept": accept})
        assert refusal(response)[:2] == (400, "BAD_REQUEST")


async def test_nul_in_variables_and_literals_is_refused(http: httpx.AsyncClient) -> None:
    """No text with NUL gets as far as the database."""
    for query, variables in (
        ("query($id: ID!) { node(id: $id) { id } }", {"id": "a\x00"}),
        ('{ node(id: "a\\u0000") { id } }', {}),
    ):
        response = await http.post(
            PATH,
            json={"query": query, "variables": variables},
            headers={"Accept": "application/graphql-response+json"},
        )
        assert refusal(response) == (400, "BAD_USER_INPUT", "Text must not hold NUL characters.")


async def test_bodies_over_256_kib_are_413(http: httpx.AsyncClient) -> None:
    """The limit holds whether the length was announced or not; one byte less is read."""
    wrapping = len(json.dumps({"query": "{ __typename }", "variables": {"a": ""}}, separators=(",", ":")))
    fitting = json.dumps(
        {"query": "{ __typename }", "variables": {"a": "x" * (262_144 - wrapping)}}, separators=(",", ":")
    ).encode()
    assert len(fitting) == 262_144

    async def in_pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(fitting), 65_536):
            yield fitting[start : start + 65_536]
        yield b" "

    assert (await http.post(PATH, content=fitting, headers=JSON)).status_code == 200
    assert refusal(await http.post(PATH, content=fitting + b" ", headers=JSON))[0] == 413
    assert refusal(await http.post(PATH, content=in_pieces(), headers=JSON))[0] == 413


async def test_get_runs_queries(http: httpx.AsyncClient) -> None:
    """Variables, operation name and extensions come URL-encoded."""
    asked = {
        "query": "query A { __typename } query B($id: ID!) { node(id: $id) { id } }",
        "operationName": "B",
        "variables": '{"id": "cli_nobody"}',
        "extensions": "{}",
    }
    response = await http.get(PATH, params=asked)
    assert (response.status_code, response.json()["data"]) == (200, {"node": None})


async def test_get_never_runs_mutations(http: httpx.AsyncClient, studio: Studio) -> None:
    """A mutation by GET is 405, and nothing has changed."""
    before = await studio.state()
    mutation = 'mutation { createLocation(input: {name: "Annex"}) { __typename } }'
    response = await http.get(PATH, params={"query": mutation}, headers=studio.headers)
    assert refusal(response)[:2] == (405, "BAD_REQUEST")
    assert response.headers["allow"] == "POST"
    assert await studio.state() == before


@pytest.mark.parametrize(
    "query_string",
    [
        "",
        "query=",
        "query=%7B__typename%7D&query=%7B__typename%7D",
        "query=%FF",
        "query=%7B__typename%7D&variables=nope",
        "query=%7B__typename%7D&variables=%5B%5D",
        "&".join(f"p{number}=1" for number in range(30)),
    ],
)
async def test_queries_in_urls_are_read_as_strictly(http: httpx.AsyncClient, query_string: str) -> None:
    """A GET that is no request is 400."""
    response = await http.get(f"{PATH}?{query_string}")
    assert refusal(response)[:2] == (400, "BAD_REQUEST")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: ID!) { node(id: $id) { id } }", "BAD_USER_INPUT"),
        ("query A { __typename } query B { __typename }", "BAD_REQUEST"),
    ],
)
async def test_the_status_of_what_never_ran_depends_on_the_media_type(
    http: httpx.AsyncClient, query: str, code: str
) -> None:
    """A document that cannot run is 400 for clients of the new media type and 200 for the old one; no data."""
    for accept, status in (("application/graphql-response+json", 400), ("application/json", 200)):
        response = await http.post(PATH, json={"query": query}, headers={"Accept": accept})
        assert refusal(response)[:2] == (status, code)


async def test_an_invalid_credential_is_401_whatever_is_asked(
    house: House, http: httpx.AsyncClient, studio: Studio
) -> None:
    """Wrong, tampered, expired: one answer, which does not say what was wrong, and no data."""
    old = house.gate.tokens
    late = old.issue(session_id=1, identity_id=studio.identity_id, identity_epoch=1)
    header, payload, signature = studio.token.split(".")
    tampered = f"{header}.{payload}.{signature[:-2]}{'A' if signature[-2] != 'A' else 'B'}{signature[-1]}"
    for credential in (
        "Bearer nonsense",
        "Basic dTpw",
        "Bearer ",
        f"Bearer {tampered}",
        f"Bearer {late}x",
        "",
    ):
        response = await http.post(
            PATH, json={"query": "{ __typename }"}, headers={"Authorization": credential}
        )
        assert refusal(response) == (
            401,
            "UNAUTHENTICATED",
            "Sign in first: the credential is missing, wrong, expired or revoked.",
        )
        assert response.headers["www-authenticate"] == 'Bearer error="invalid_token"'


async def test_a_token_works_to_the_last_second_of_its_hour(
    house: House, http: httpx.AsyncClient, studio: Studio
) -> None:
    """A token that has run out is refused like a wrong one."""
    clock = house.clock
    before = clock.now()
    try:
        clock.advance(timedelta(seconds=3_599))  # type: ignore[attr-defined]
        assert (
            await http.post(PATH, content=TYPENAME, headers={**JSON, **studio.headers})
        ).status_code == 200
        clock.advance(timedelta(seconds=1))  # type: ignore[attr-defined]
        assert (
            await http.post(PATH, content=TYPENAME, headers={**JSON, **studio.headers})
        ).status_code == 401
    finally:
        clock.instant = before  # type: ignore[attr-defined]


async def test_introspection_and_suggestions_can_be_off(house: House) -> None:
    """A closed server tells neither its schema nor names that somebody nearly guessed."""
    async with http_to(house, CLOSED) as closed:
        asked = await closed.post(PATH, json={"query": "{ __schema { queryType { name } } }"})
        assert refusal(asked)[1:] == ("INTROSPECTION_DISABLED", "This server does not tell its schema.")
        nearly = await closed.post(PATH, json={"query": "{ viewr { role } }"})
        assert refusal(nearly)[2] == "Cannot query field 'viewr' on type 'Query'."
        assert (await closed.post(PATH, content=TYPENAME, headers=JSON)).json()["data"] == {
            "__typename": "Query"
        }


async def test_introspection_and_suggestions_can_be_on(http: httpx.AsyncClient) -> None:
    """An open server tells strangers its schema, and helps with names."""
    asked = await http.post(PATH, json={"query": "{ __schema { queryType { name } } }"})
    assert asked.json()["data"] == {"__schema": {"queryType": {"name": "Query"}}}
    nearly = await http.post(PATH, json={"query": "{ viewr { role } }"})
    assert refusal(nearly)[2] == "Cannot query field 'viewr' on type 'Query'. Did you mean 'viewer'?"
