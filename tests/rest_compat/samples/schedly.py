"""Schedly's style: camel case, integer ids in `?id=`, bare lists, files both ways, OAuth forms, streams."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import HTMLResponse, Response

from auth.allow import PUBLIC, may
from auth.permissions import Permission
from core.directory.reads import CLIENT
from core.kernel.errors import NotFound
from core.kernel.reading import Order
from rest_compat.engine.body import CSV, FORM, JSON, MULTIPART
from rest_compat.engine.call import Call
from rest_compat.engine.codec import constant, listed
from rest_compat.engine.conditions import containing
from rest_compat.engine.dialect import Alias, Dialect, Wording
from rest_compat.engine.files import table
from rest_compat.engine.ids import NUMBER_ID
from rest_compat.engine.pages import ByNumber
from rest_compat.engine.refusal import Kind
from rest_compat.engine.route import Content, Listed, Paged, Redirect, Route, Stream, Table
from rest_compat.engine.scalars import BOOLEAN, COUNT, EMAIL, TEXT, line, note, secret, words
from rest_compat.engine.shape import Field, Shape, nested
from rest_compat.engine.times import INSTANT
from tests.rest_compat.samples.backing import Rename, rename

DETAIL = Shape("Detail", rows=(Field("field", "path", TEXT), Field("message", "message", TEXT)))
ERROR = Shape(
    "Error",
    rows=(
        Field("status", "", constant("error", {"const": "error"})),
        Field("error", "word", TEXT),
        Field("message", "message", TEXT),
        Field("details", "issues", listed(nested(DETAIL)), sometimes=True),
    ),
)
CUSTOMER = Shape(
    "Customer",
    of=CLIENT,
    rows=(
        Field("id", "id", NUMBER_ID),
        Field("fullName", "display_name", TEXT),
        Field("email", "email", TEXT, nullable=True),
        Field("phone", "phone", TEXT, nullable=True),
        Field("createdAt", "created_at", INSTANT),
    ),
)
FOUND = Shape(
    "Found", rows=(Field("search", "search", line(), condition=containing("display_name", "email")),)
)
BY_ID = Shape("ById", rows=(Field("id", "client_id", NUMBER_ID, at="query", required=True),))
CHANGED = Shape(
    "ChangedCustomer",
    makes=Rename,
    rows=(
        *BY_ID.rows,
        Field("fullName", "display_name", line()),
        Field("phone", "phone", note(40), nullable=True),
    ),
)
DONE = Shape(
    "Done",
    rows=(
        Field("status", "", constant("success", {"const": "success"})),
        Field("data", ".", nested(Shape("Gone", rows=(Field("id", "id", COUNT),)))),
    ),
)
LINE = Shape(
    "Line", rows=(Field("name", "display_name", line(), required=True), Field("email", "email", EMAIL))
)
IMPORT = Shape(
    "Import",
    rows=(
        Field("file", "file", table(LINE)),
        Field("csv", "csv", table(LINE)),
        Field("dryRun", "dry_run", BOOLEAN, default=False),
    ),
)
PROBLEM = Shape("Problem", rows=(Field("row", "row", COUNT), Field("message", "message", TEXT)))
IMPORTED = Shape(
    "Imported",
    rows=(
        Field("imported", "imported", COUNT),
        Field("skipped", "skipped", COUNT),
        Field("errors", "errors", listed(nested(PROBLEM))),
    ),
)
GRANT = Shape(
    "Grant",
    rows=(
        Field("grant_type", "grant_type", words({"code": "authorization_code"}), required=True),
        Field("code", "code", secret(), required=True),
    ),
)
TOKEN = Shape(
    "Token", rows=(Field("access_token", "access_token", TEXT), Field("expires_in", "expires_in", COUNT))
)
AUTHORIZATION = Shape(
    "Authorization",
    rows=(
        Field("redirect_uri", "redirect_uri", secret(), required=True),
        Field("state", "state", secret(), required=True),
    ),
)
INVOICE = Shape("Invoice", rows=(Field("id", "id", COUNT), Field("totalAmount", "total", COUNT)))


async def create(call: Call) -> int:
    """Keep a customer."""
    return int(call.ctx.read.add("client", **call.values))  # type: ignore[attr-defined]


async def remove(call: Call) -> dict[str, int]:
    """Take a customer away."""
    kept = call.ctx.read.kept["client"]  # type: ignore[attr-defined]
    if call.values["client_id"] not in [row["id"] for row in kept]:
        raise NotFound("client")
    kept[:] = [row for row in kept if row["id"] != call.values["client_id"]]
    return {"id": call.values["client_id"]}


async def export(call: Call) -> list[dict[str, Any]]:
    """All customers."""
    return list(call.ctx.read.kept["client"])  # type: ignore[attr-defined]


async def bring_in(call: Call) -> dict[str, Any]:
    """Report good and bad lines."""
    lines = call.values.get("file") or call.values.get("csv") or []
    bad = [line for line in lines if line.issues]
    problems = [{"row": line.number, "message": line.issues[0].message} for line in bad]
    return {"imported": len(lines) - len(bad), "skipped": len(bad), "errors": problems}


async def token(call: Call) -> dict[str, Any]:
    """Swap the code."""
    return {"access_token": f"for {call.values['code']}", "expires_in": 1800}


async def authorize(call: Call) -> str:
    """Go back with a code."""
    return f"{call.values['redirect_uri']}?code=auth_code_1&state={call.values['state']}"


async def pdf(call: Call) -> bytes:
    """A PDF, more or less."""
    return b"%PDF-1.7 invoice"


async def invoices(call: Call) -> list[dict[str, int]] | Response:
    """A list, or a page where one is asked for: a response of its own."""
    if call.values.get("format") == "html":
        return HTMLResponse("<h1>Invoice</h1>")
    return [{"id": 1, "total": 3500}]


async def stream(call: Call) -> AsyncIterator[tuple[str, Any]]:
    """Two events."""

    async def events() -> AsyncIterator[tuple[str, Any]]:
        yield "endpoint", call.mount.url("/api/mcp/sse?sessionId=abc")
        yield "message", {"jsonrpc": "2.0", "id": 1}

    return events()


def other_verb(method: str, path: str, is_public: bool) -> Iterable[Alias]:
    """PUT and PATCH stand for each other."""
    other = {"PUT": "PATCH", "PATCH": "PUT"}.get(method)
    return [Alias(other, path)] if other else []


def key_or_bearer(headers: Headers) -> str | None:
    """The key in `cal-api-key`, else the Authorization header."""
    key = headers.get("cal-api-key")
    return headers.get("authorization") if key is None else f"Bearer {key}"


READ, WRITE = may(Permission.CLIENTS_READ), may(Permission.CLIENTS_WRITE)
SCHEDLY = Dialect(
    name="schedly",
    title="Schedly",
    version="1",
    base_path="/api",
    contract=Path(__file__).with_name("schedly.yaml"),
    routes=(
        Route(
            "GET",
            "/api/services/customers",
            Paged(Order("display_name")),
            takes=FOUND,
            gives=CUSTOMER,
            allow=READ,
        ),
        Route(
            "POST",
            "/api/services/customers",
            create,
            takes=Shape("NewCustomer", rows=LINE.rows),
            gives=CUSTOMER,
            status=201,
            allow=WRITE,
        ),
        Route("PUT", "/api/services/customers", rename, takes=CHANGED, gives=CUSTOMER, allow=WRITE),
        Route("DELETE", "/api/services/customers", remove, takes=BY_ID, gives=DONE, allow=WRITE),
        Route(
            "GET",
            "/api/services/customers/export",
            export,
            gives=Table(CUSTOMER, "customers.csv"),
            allow=READ,
        ),
        Route(
            "POST",
            "/api/services/customers/import",
            bring_in,
            takes=IMPORT,
            gives=IMPORTED,
            accepts=(MULTIPART, CSV, JSON),
            allow=WRITE,
        ),
        Route(
            "GET",
            "/api/services/invoices/pdf",
            pdf,
            gives=Content("application/pdf", "invoice.pdf"),
            allow=READ,
        ),
        Route(
            "GET",
            "/api/services/portal/invoices",
            invoices,
            takes=Shape("Shown", rows=(Field("format", "format", words({"html": "html"})),)),
            gives=Listed(INVOICE),
            allow=READ,
        ),
        Route(
            "GET",
            "/auth/oauth2/authorize",
            authorize,
            takes=AUTHORIZATION,
            gives=Redirect(),
            status=302,
            allow=PUBLIC,
        ),
        Route(
            "POST",
            "/api/auth/oauth/token",
            token,
            takes=GRANT,
            gives=TOKEN,
            accepts=(FORM, JSON),
            allow=PUBLIC,
        ),
        Route("GET", "/api/mcp/sse", stream, gives=Stream(), allow=READ),
    ),
    refusals={
        Kind.BAD_REQUEST: Wording(400, "BAD_REQUEST"),
        Kind.UNAUTHENTICATED: Wording(401, "UNAUTHORIZED"),
        Kind.PAYMENT_REQUIRED: Wording(402, "PAYMENT_REQUIRED"),
        Kind.FORBIDDEN: Wording(403, "FORBIDDEN"),
        Kind.NOT_FOUND: Wording(404, "NOT_FOUND"),
        Kind.METHOD_NOT_ALLOWED: Wording(405, "METHOD_NOT_ALLOWED"),
        Kind.CONFLICT: Wording(409, "CONFLICT"),
        Kind.TOO_LARGE: Wording(413, "PAYLOAD_TOO_LARGE"),
        Kind.UNSUPPORTED_MEDIA_TYPE: Wording(415, "UNSUPPORTED_MEDIA_TYPE"),
        Kind.INVALID: Wording(422, "VALIDATION_ERROR"),
        Kind.RATE_LIMITED: Wording(429, "RATE_LIMITED"),
        Kind.UNAVAILABLE: Wording(503, "UNAVAILABLE"),
        Kind.SERVER_ERROR: Wording(500, "INTERNAL_ERROR"),
        Kind.NOT_IMPLEMENTED: Wording(501, "NOT_IMPLEMENTED"),
    },
    error=ERROR,
    pages=ByNumber(envelope=None, size="limit", asked_by="size", total_header="X-Total-Count"),
    bad_query=Kind.BAD_REQUEST,
    nouns={"client": "customer"},
    security={"key": {"type": "apiKey", "in": "header", "name": "cal-api-key"}},
    credential=key_or_bearer,
    aliases=other_verb,
)
