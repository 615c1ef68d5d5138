"""Fetch a calendar from its address, through the one safe way out."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.calendars.busy import Unreadable
from core.calendars.source import SourceToRead
from core.kernel.outbound import Outbound, OutboundFailure, OutboundRequest, OutboundResponse

MOST_BYTES = 10 * 1024 * 1024
_REDIRECTS = 3
_WHOLE_EVERY = timedelta(hours=20)
_MOVED = (301, 302, 303, 307, 308)
_LONGEST_MARK = 500
_ORIGIN = re.compile(r"https?://[^/?#]+", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A calendar as it was sent, and what its server says to tell a later one by; no body: unchanged."""

    body: bytes | None
    etag: str | None
    modified: str | None


async def fetch(outbound: Outbound, source: SourceToRead, now: datetime) -> Fetched:
    """The calendar, unless it is still the one read before.

    Once a day the whole is asked for, since its recurring events reach further each day. Follows three
    redirects to https, each looked at as the first address was. Raises Unreadable: DENIED, GONE, HTTP_ERROR, and
    the codes of OutboundFailure.
    """
    headers = {"Accept": "text/calendar, */*;q=0.1"}
    if source.read_at is not None and now - source.read_at < _WHOLE_EVERY:
        if source.etag is not None:
            headers["If-None-Match"] = source.etag
        elif source.modified is not None:
            headers["If-Modified-Since"] = source.modified
    url = source.url
    for moved in range(_REDIRECTS + 1):
        try:
            if moved:
                outbound.check(url, secure=True)
            answer = await outbound.send(
                OutboundRequest(url=url, headers=headers, most_bytes=MOST_BYTES, total_seconds=25.0)
            )
        except OutboundFailure as failure:
            raise Unreadable(failure.code) from None
        if answer.status not in _MOVED:
            return _read(answer)
        url = _moved_to(url, answer.headers.get("location", ""))
    raise Unreadable("HTTP_ERROR")


def _moved_to(url: str, location: str) -> str:
    """A whole address as it is, or a path on the same server. Raises Unreadable (HTTP_ERROR)."""
    if _ORIGIN.match(location):
        return location
    origin = _ORIGIN.match(url)
    if origin is None or not location.startswith("/") or location.startswith("//"):
        raise Unreadable("HTTP_ERROR")
    return origin[0] + location


def _read(answer: OutboundResponse) -> Fetched:
    if answer.status == 304:
        return Fetched(body=None, etag=None, modified=None)
    if answer.status in (401, 403, 407):
        raise Unreadable("DENIED")
    if answer.status in (404, 410):
        raise Unreadable("GONE")
    if answer.status != 200:
        raise Unreadable("HTTP_ERROR")
    return Fetched(
        body=answer.body,
        etag=_mark(answer.headers.get("etag")),
        modified=_mark(answer.headers.get("last-modified")),
    )


def _mark(given: str | None) -> str | None:
    """What can be sent back as it came."""
    fits = given is not None and len(given) <= _LONGEST_MARK and given.isascii() and given.isprintable()
    return given if fits else None
