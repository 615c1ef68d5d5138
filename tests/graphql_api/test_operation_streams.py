"""GraphQL over SSE, distinct connections: results as `next`, then `complete`; errors come the same way."""

from __future__ import annotations

import asyncio

import httpx

from tests.graphql_api.conftest import Api
from tests.graphql_api.event_source import listening
from tests.graphql_api.sockets import EVENTS, latest
from tests.kit.houses import Studio


async def test_a_subscription_is_heard_by_post_and_by_get(url: str, api: Api, studio: Studio) -> None:
    """With variables, from a cursor on, and live."""
    cursor = await latest(api)
    await studio.client("Ada Quinn")
    body = {"query": EVENTS, "variables": {"after": cursor}}
    async with listening(url, headers=studio.headers, json=body) as source:
        assert source.response.headers["content-type"].startswith("text/event-stream")
        await asyncio.sleep(0.2)
        await studio.client("Ben Okafor")
        heard = [one.data["data"]["bookingEvents"]["type"] for one in await source.some(2)]
        assert heard == ["CLIENT_CREATED", "CLIENT_CREATED"]
    params = {"query": EVENTS, "variables": f'{{"after": "{cursor}"}}'}
    async with listening(url, headers=studio.headers, **params) as source:
        assert [one.event for one in await source.some(2)] == ["next", "next"]


async def test_queries_and_mutations_are_answered_and_completed(url: str, studio: Studio) -> None:
    """Once; and a mutation is not to be had by GET."""
    async with listening(url, headers=studio.headers, json={"query": "{ viewer { role } }"}) as source:
        answer, complete = await source.some(2)
        assert (answer.event, answer.data["data"]) == ("next", {"viewer": {"role": "OWNER"}})
        assert (complete.event, complete.data) == ("complete", None)
        assert await source.next() is None
    query = 'mutation { createClient(input: {displayName: "x"}) { __typename } }'
    async with listening(url, headers=studio.headers, query=query) as source:
        refused, complete = await source.some(2)
        assert refused.data["errors"][0]["extensions"]["code"] == "BAD_REQUEST"
        assert complete.event == "complete"
    assert await studio.table("clients") == []


async def test_refusals_come_through_the_stream(url: str, studio: Studio) -> None:
    """As the protocol wants it: `next` with errors, then `complete`."""
    cases = [
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{"}, "GRAPHQL_PARSE_FAILED"),
        ({"query": EVENTS, "variables": {"after": "garbage"}}, "CURSOR_INVALID"),
        ({"query": EVENTS, "variables": {"after": 7}}, "BAD_USER_INPUT"),
    ]
    for body, code in cases:
        async with listening(url, headers=studio.headers, json=body) as source:
            refused, complete = await source.some(2)
            assert (refused.event, complete.event) == ("next", "complete")
            assert refused.data["errors"][0]["extensions"]["code"] == code
            assert await source.next() is None
    async with listening(url, json={"query": EVENTS}) as source:
        refused, complete = await source.some(2)
        assert refused.data["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"


async def test_what_is_no_request_at_all_is_refused_by_status(url: str, studio: Studio) -> None:
    """A list, no JSON, a bad credential, a foreign page."""
    evil = {**studio.headers, "Origin": "https://evil.example"}
    bad = {"Authorization": "Bearer nonsense"}
    for headers, body, status in (
        (studio.headers, [], 400),
        (bad, {"query": "{ viewer { role } }"}, 401),
        (evil, {"query": "{ viewer { role } }"}, 403),
    ):
        async with listening(url, headers=headers, json=body) as source:
            await source.response.aread()
            answer = source.response
            assert answer.status_code == status, answer.text
            assert "errors" in answer.json()


async def test_who_is_refused_a_stream_is_told_in_json(url: str, studio: Studio) -> None:
    """A body that is no JSON, and a credential that is not good: the type says what the body is."""
    accept = {"Accept": "text/event-stream", "Content-Type": "application/json"}
    refused = [
        ({**studio.headers, **accept}, b"{", 400, "BAD_REQUEST"),
        (
            {"Authorization": "Bearer garbage", **accept},
            b'{"query": "{ viewer { permissions } }"}',
            401,
            "UNAUTHENTICATED",
        ),
    ]
    async with httpx.AsyncClient(verify=False) as http:
        for headers, body, status, code in refused:
            answer = await http.post(url, content=body, headers=headers)
            assert (answer.status_code, answer.headers["content-type"]) == (
                status,
                "application/json; charset=utf-8",
            )
            assert answer.json()["errors"][0]["extensions"]["code"] == code
