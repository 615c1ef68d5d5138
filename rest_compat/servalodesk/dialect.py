"""ServaloDesk as a value: how it words refusals, and which other addresses it answers at."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from rest_compat.engine.dialect import Alias, Dialect, Wording
from rest_compat.engine.pages import ByCursor
from rest_compat.engine.refusal import Kind
from rest_compat.servalodesk.envelopes import ERROR, PAGE, WHOLE
from rest_compat.servalodesk.routes import ROUTES

REFUSALS: dict[Kind | str, Wording] = {
    Kind.BAD_REQUEST: Wording(400, "bad_request"),
    Kind.UNAUTHENTICATED: Wording(401, "unauthorized"),
    Kind.PAYMENT_REQUIRED: Wording(402, "payment_required"),
    Kind.FORBIDDEN: Wording(403, "forbidden"),
    Kind.NOT_FOUND: Wording(404, "not_found"),
    Kind.METHOD_NOT_ALLOWED: Wording(405, "method_not_allowed"),
    Kind.CONFLICT: Wording(409, "conflict"),
    Kind.TOO_LARGE: Wording(413, "payload_too_large"),
    Kind.UNSUPPORTED_MEDIA_TYPE: Wording(415, "unsupported_media_type"),
    Kind.INVALID: Wording(422, "validation_failed"),
    Kind.RATE_LIMITED: Wording(429, "rate_limited"),
    Kind.UNAVAILABLE: Wording(503, "unavailable"),
    Kind.SERVER_ERROR: Wording(500, "server_error"),
    Kind.NOT_IMPLEMENTED: Wording(501, "not_implemented"),
}


def aliases(method: str, path: str, is_public: bool) -> Iterable[Alias]:
    """The addresses that clients may guess instead (contract, open question `paths`)."""
    paths = {path, path.replace("-", "_")}
    if path == "/v1/studio" or path.startswith("/v1/studio/"):
        paths.add(path.replace("/v1/studio", "/v1/studios/me", 1))
    if is_public:
        paths |= {one.replace("/v1/", "/v1/public/", 1) for one in paths}
    methods = (method, "PUT") if method == "PATCH" else (method,)
    return [Alias(verb, one) for verb in methods for one in sorted(paths) if (verb, one) != (method, path)]


SERVALODESK = Dialect(
    name="servalodesk",
    title="ServaloDesk API",
    version="1.0.0",
    base_path="/v1",
    contract=Path(__file__).with_name("contract.yaml"),
    routes=ROUTES,
    refusals=REFUSALS,
    error=ERROR,
    pages=ByCursor(envelope=PAGE),
    whole=WHOLE,
    bad_query=Kind.BAD_REQUEST,
    nouns={"provider": "artist", "business": "studio"},
    security={"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT or API key"}},
    aliases=aliases,
)
