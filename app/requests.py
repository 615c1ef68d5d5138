"""What is done around every request: an id, a log line, figures, and headers that harden browsers."""

from __future__ import annotations

import re
import secrets
import time

import structlog
from prometheus_client import Counter, Histogram
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SECRET = re.compile(
    r"(feed|wlo|tkt|rt|sdk_live|dsp_live)_[0-9a-z]{8,}|(whsec)_[0-9a-z+/=]{8,}|eyJ[\w.-]{8,}|[^/\s]*(?:@|%40)[^/\s]*",
    re.IGNORECASE,
)
"""What lies in paths for good or by a careless client's mistake: tokens, and addresses of mail."""
_UNPRINTABLE = re.compile(r"[^\x21-\x7e]")
_QUIET = frozenset({"/livez", "/readyz", "/metrics"})

log = structlog.get_logger("daybook.request")
requests_counter = Counter("daybook_requests_total", "HTTP requests", ["method", "status"])
seconds_histogram = Histogram("daybook_request_seconds", "How long HTTP requests took", ["method"])


class AroundRequests:
    """ASGI middleware; the id is in `scope["state"]["request_id"]` and in the header X-Request-Id."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        given = next((value for name, value in scope["headers"] if name == b"x-request-id"), b"").decode(
            "latin-1"
        )
        request_id = given if _GIVEN.fullmatch(given) else secrets.token_hex(8)
        scope.setdefault("state", {})["request_id"] = request_id
        structlog.contextvars.bind_contextvars(request_id=request_id)
        started = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["X-Request-Id"] = request_id
                headers.setdefault("X-Content-Type-Options", "nosniff")
                headers.setdefault("Referrer-Policy", "no-referrer")
            await send(message)

        try:
            await self.app(scope, receive, watched)
        finally:
            if scope["type"] == "http":
                self._tell(scope, status, time.perf_counter() - started)
            structlog.contextvars.unbind_contextvars("request_id")

    def _tell(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else "OTHER"
        requests_counter.labels(method, status).inc()
        seconds_histogram.labels(method).observe(seconds)
        if scope["path"] not in _QUIET:
            # The path is logged without its query, which may hold what people typed.
            log.info("request", method=method, path=_shown(scope), status=status, ms=round(seconds * 1000, 1))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _shown(scope: Scope) -> str:
    """The path in printable ASCII, cut short, without tokens and addresses: who reads logs is not who holds them.

    A line feed in it would begin a line that looks like one of ours.
    """
    path = _SECRET.sub(_masked, scope["path"])
    return _UNPRINTABLE.sub("?", path)[:200]


def _masked(found: re.Match[str]) -> str:
    kind = found[1] or found[2]
    return f"{kind.lower()}_..." if kind else "..."
