"""From an Answer to an HTTP response, in the media type that the client prefers (GraphQL over HTTP)."""

from __future__ import annotations

import orjson
from starlette.responses import Response

from graphql_api.execution.engine import Answer

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENT_STREAM = "text/event-stream"
HTML = "text/html"

_OFFERED = (JSON, GRAPHQL, EVENT_STREAM)


def media_type_for(accept: str | None, offered: tuple[str, ...] = _OFFERED) -> str | None:
    """The offered media type that the client likes best, the first of them on a tie, or None."""
    if accept is None or not accept.strip():
        return offered[0]
    wishes = [_wish(part) for part in accept.split(",")[:50]]
    best, best_quality = None, 0.0
    for media_type in offered:
        kind = media_type.partition("/")[0]
        for pattern in (media_type, f"{kind}/*", "*/*"):
            named = [quality for wished, quality in wishes if wished == pattern]
            if named:
                if max(named) > best_quality:
                    best, best_quality = media_type, max(named)
                break
    return best


def respond(answer: Answer, media_type: str) -> Response:
    """The response. Where nothing was run, application/json says 200 unless HTTP itself was at fault.

    Whoever asked for an event stream and is refused one is told in JSON.
    """
    media_type = JSON if media_type == EVENT_STREAM else media_type
    status = 200
    if not answer.ran:
        status = answer.status or (400 if media_type == GRAPHQL else 200)
    return Response(
        orjson.dumps(answer.body),
        status_code=status,
        media_type=f"{media_type}; charset=utf-8",
        headers={"Cache-Control": "no-store", **answer.headers},
    )


def _wish(part: str) -> tuple[str, float]:
    media_type, *parameters = part.split(";")
    quality = 1.0
    for parameter in parameters:
        name, _, value = parameter.strip().partition("=")
        if name.strip().lower() == "q":
            try:
                quality = min(1.0, max(0.0, float(value)))
            except ValueError:
                quality = 0.0
    return media_type.strip().lower(), quality
