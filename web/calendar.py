"""Calendar feeds, at addresses that are secrets."""

from __future__ import annotations

import asyncio

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from auth.door import Door
from auth.rate_limit import network_of
from auth.throttle import demand
from core.billing.plans import RequestLimit
from core.calendars.addresses import FEEDS
from core.calendars.feed_token import business_of_feed_token, hash_of_feed_token
from core.calendars.read_feed import FeedWriter, ReadCalendarFeed, read_calendar_feed
from core.kernel.errors import NotFound, RateLimited, Unavailable

_HEADERS = {"X-Robots-Tag": "noindex, nofollow, noarchive", "Cache-Control": "private, no-cache"}

_OF_A_FEED = RequestLimit(per_minute=30, burst=60)
_OF_A_NETWORK = RequestLimit(per_minute=600, burst=1_200)
"""Programs ask four times an hour; many of them ask from the few networks of their makers."""


def calendar_routes(door: Door) -> list[Route]:
    """The address of every feed."""

    async def feed(request: Request) -> Response:
        token = request.path_params["token"]
        business_id = business_of_feed_token(token)
        if business_id is None:
            return _missing()
        client_ip = request.client.host if request.client else ""
        throttle = door.gate.throttle
        try:
            await demand(throttle, f"feeds:{network_of(client_ip)}", _OF_A_NETWORK)
            await demand(throttle, f"feed:{hash_of_feed_token(token)}", _OF_A_FEED)
        except RateLimited as refusal:
            headers = {**_HEADERS, "Retry-After": str(refusal.retry_after_seconds)}
            return PlainTextResponse(refusal.message, 429, headers)
        request_id = request.scope.get("state", {}).get("request_id", "")
        try:
            async with door.stranger_at(business_id, client_ip=client_ip, request_id=request_id) as ctx:
                found = await read_calendar_feed(ctx, ReadCalendarFeed(token=token))
                writer = ctx.reach(FeedWriter)
        except NotFound:
            return _missing()
        except Unavailable as refusal:
            headers = {**_HEADERS, "Retry-After": str(refusal.retry_after_seconds)}
            return PlainTextResponse(refusal.message, 503, headers)
        mark = f'"{writer.mark(found)}"'
        headers = {**_HEADERS, "ETag": mark}
        if _has(request.headers.get("if-none-match"), mark):
            return Response(status_code=304, headers=headers)
        # A full feed takes a second or so to write; other requests go on meanwhile.
        body = await asyncio.to_thread(writer.write, found)
        headers["Content-Disposition"] = 'inline; filename="calendar.ics"'
        return Response(body, headers=headers, media_type="text/calendar; charset=utf-8")

    return [Route(f"{FEEDS}/{{token}}.ics", feed, methods=["GET"])]


def _missing() -> Response:
    """The one answer for addresses that never were, were revoked, or whose owner left."""
    return PlainTextResponse("There is no such calendar.\n", 404, _HEADERS)


def _has(given: str | None, mark: str) -> bool:
    """Whether If-None-Match names the mark; weak comparison (RFC 9110, 13.1.2)."""
    if given is None:
        return False
    return any(one.strip().removeprefix("W/") in (mark, "*") for one in given.split(","))
