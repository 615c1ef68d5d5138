"""Calendar feeds through GraphQL: the address once, then ids only."""

from __future__ import annotations

from typing import Any

import httpx

from core.calendars.feed_token import business_of_feed_token
from tests.graphql_api.conftest import Api, ask_as, gid
from tests.graphql_api.texts import mutation
from tests.kit.houses import Studio

CREATE = mutation("createCalendarFeed", "url calendarFeed { id createdAt }")
REVOKE = mutation("revokeCalendarFeed", "calendarFeedId")
CONNECT = mutation("connectCalendar", "calendarSource { id host state error fetchedAt createdAt }")
REFRESH = mutation("refreshCalendar", "calendarSource { id state }")
DISCONNECT = mutation("disconnectCalendar", "calendarSourceId")
SOURCES = "query($p: ID!) { calendarSources(providerId: $p) { id host state error fetchedAt createdAt } }"
FEEDS = "query($p: ID, $c: ID) { calendarFeeds(providerId: $p, clientId: $c) { id createdAt } }"


async def run(api: Api, query: str, **given: Any) -> dict[str, Any]:
    """The only field of a mutation's answer."""
    (answer,) = (await api.data(query, input=given)).values()
    found: dict[str, Any] = answer
    return found


async def test_a_feed_is_made_listed_and_revoked(api: Api, studio: Studio) -> None:
    """The address is below the public one and shown once."""
    kai = gid("provider", studio.provider_id)
    first = await run(api, CREATE, providerId=kai, idempotencyKey="f")
    url = httpx.URL(first["url"])
    assert str(url).startswith("http://daybook.test/calendar/feed_")
    assert (
        business_of_feed_token(url.path.removeprefix("/calendar/").removesuffix(".ics")) == studio.business_id
    )
    feed = first["calendarFeed"]
    assert feed["createdAt"] == "2027-03-01T09:00:00Z"
    assert (await run(api, CREATE, providerId=kai, idempotencyKey="f")) == {**first, "url": None}
    assert (await api.data(FEEDS, p=kai))["calendarFeeds"] == [feed]
    assert (await run(api, REVOKE, calendarFeedId=feed["id"]))["calendarFeedId"] == feed["id"]
    assert (await run(api, REVOKE, calendarFeedId=feed["id"]))["__typename"] == "NotFound"
    assert (await api.data(FEEDS, p=kai))["calendarFeeds"] == []


async def test_bad_asks_are_refused_as_data(
    api: Api, other_api: Api, studio: Studio, other_studio: Studio
) -> None:
    """Nothing is made, and nobody revokes another business's feed."""
    kai, ada = gid("provider", studio.provider_id), gid("client", await studio.client())
    id = (await run(api, CREATE, clientId=ada))["calendarFeed"]["id"]
    before = (await studio.table("calendar_feeds"), await other_studio.table("calendar_feeds"))
    for given, kind in (
        ({}, "ValidationFailed"),
        ({"providerId": None, "clientId": None}, "ValidationFailed"),
        ({"providerId": kai, "clientId": ada}, "ValidationFailed"),
        ({"providerId": gid("provider", other_studio.provider_id)}, "NotFound"),
        ({"clientId": "cli_nobody"}, "NotFound"),
        ({"clientId": kai}, "NotFound"),
    ):
        assert (await run(api, CREATE, **given))["__typename"] == kind, given
    answers = [await run(other_api, REVOKE, calendarFeedId=one) for one in (id, gid("calendar_feed", 9), "x")]
    assert (
        answers == [{"__typename": "NotFound", "code": "NOT_FOUND", "message": "No such calendar feed."}] * 3
    )
    assert (await studio.table("calendar_feeds"), await other_studio.table("calendar_feeds")) == before
    assert (await other_api.data(FEEDS, c=ada))["calendarFeeds"] == []
    assert (await api.refused(FEEDS))["extensions"]["code"] == "VALIDATION_FAILED"
    assert (await api.refused(FEEDS, p=kai, c=ada))["extensions"]["code"] == "VALIDATION_FAILED"


async def test_a_provider_is_shown_their_own_only(studio: Studio) -> None:
    """Without `providers:write` another provider's feeds are not listed; front desks see clients'."""
    refused = await ask_as(studio, "provider", FEEDS, p=gid("provider", studio.provider_id))
    assert refused["errors"][0]["extensions"] == {
        "code": "PERMISSION_DENIED",
        "permission": "providers:write",
    }
    seen = await ask_as(studio, "staff", FEEDS, c=gid("client", await studio.client()))
    assert seen["data"] == {"calendarFeeds": []}


async def test_a_calendar_is_connected_shown_and_forgotten(api: Api, other_api: Api, studio: Studio) -> None:
    """Its host is shown and its address never; another business cannot name it."""
    kai = gid("provider", studio.provider_id)
    url = "webcal://calendar.example/private-abc/basic.ics"
    made = (await run(api, CONNECT, providerId=kai, url=url))["calendarSource"]
    assert made == {
        "id": made["id"],
        "host": "calendar.example",
        "state": "NEW",
        "error": None,
        "fetchedAt": None,
        "createdAt": "2027-03-01T09:00:00Z",
    }
    assert (await api.data(SOURCES, p=kai))["calendarSources"] == [made]
    assert (await other_api.data(SOURCES, p=kai))["calendarSources"] == []
    again = await run(api, CONNECT, providerId=kai, url=url)
    assert (again["__typename"], again["issues"][0]["code"]) == ("ValidationFailed", "ALREADY_CONNECTED")
    inward = await run(api, CONNECT, providerId=kai, url="http://192.168.0.1/a.ics")
    assert (inward["__typename"], inward["issues"][0]["path"]) == ("ValidationFailed", "url")
    for query in (REFRESH, DISCONNECT):
        assert (await run(other_api, query, calendarSourceId=made["id"]))["__typename"] == "NotFound"
    refreshed = await run(api, REFRESH, calendarSourceId=made["id"])
    assert refreshed["calendarSource"] == {"id": made["id"], "state": "NEW"}
    assert (await run(api, DISCONNECT, calendarSourceId=made["id"]))["calendarSourceId"] == made["id"]
    assert (await api.data(SOURCES, p=kai))["calendarSources"] == []
    refused = await ask_as(studio, "provider", SOURCES, p=kai)
    assert refused["errors"][0]["extensions"]["permission"] == "providers:write"
