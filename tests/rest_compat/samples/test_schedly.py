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
from tests.rest_compat.samples.backing import Rename, calling, filled, rename

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
KEY = {"cal-api-key": "owner"}
EMILY = b'{"id":1,"fullName":"Emily Chen","email":"emily@example.com","phone":null,"createdAt":"2027-03-01T09:00:00Z"}'
JOHN = EMILY.replace(b"1,", b"2,", 1).replace(b"Emily Chen", b"John Smith").replace(b"emily", b"john")


async def test_bare_lists_with_an_optional_page() -> None:
    """Without `limit` every row; with it a slice and X-Total-Count; a search narrows both."""
    async with calling(SCHEDLY, filled()) as http:
        answer = await http.get("/api/services/customers", headers=KEY)
        assert answer.content == b"[" + EMILY + b"," + JOHN + b"]"
        assert "X-Total-Count" not in answer.headers
        answer = await http.get("/api/services/customers?limit=1&page=2", headers=KEY)
        assert (answer.content, answer.headers["X-Total-Count"]) == (b"[" + JOHN + b"]", "2")
        answer = await http.get("/api/services/customers?search=EMILY", headers=KEY)
        assert answer.content == b"[" + EMILY + b"]"
        answer = await http.get("/api/services/customers?limit=x", headers=KEY)
        assert (answer.status_code, answer.content) == (
            400,
            b'{"status":"error","error":"BAD_REQUEST","message":"limit: must be a whole number."}',
        )


async def test_ids_in_the_query_and_absent_against_null() -> None:
    """PUT and PATCH with `?id=` are partial: what is absent stays, null clears."""
    rows = filled()
    async with calling(SCHEDLY, rows) as http:
        path = "/api/services/customers?id=1"
        answer = await http.put(path, headers=KEY, json={"phone": "+1-555-0102"})
        assert answer.content == EMILY.replace(b'"phone":null', b'"phone":"+1-555-0102"')
        answer = await http.patch(path, headers=KEY, json={"phone": None, "nickname": "ignored"})
        assert answer.content == EMILY
        assert [command.phone for command in rows.commands] == ["+1-555-0102", None]
        answer = await http.patch(path, headers=KEY, json={"fullName": None})
        assert (answer.status_code, answer.content) == (
            422,
            b'{"status":"error","error":"VALIDATION_ERROR","message":"fullName: must not be null.",'
            b'"details":[{"field":"fullName","message":"must not be null"}]}',
        )
        missing = b'{"status":"error","error":"NOT_FOUND","message":"No such customer."}'
        for key in ("99", "0", "-1", "abc", "9007199254740993", "99999999999999999999999"):
            answer = await http.put(f"/api/services/customers?id={key}", headers=KEY, json={})
            assert (answer.status_code, answer.content) == (404, missing), key
        answer = await http.put("/api/services/customers", headers=KEY, json={})
        assert (answer.status_code, answer.json()["message"]) == (400, "id: is required.")


async def test_acknowledgements_and_creation() -> None:
    """201 with the bare object; a deletion is acknowledged in an envelope of its own."""
    async with calling(SCHEDLY, filled()) as http:
        answer = await http.post("/api/services/customers", headers=KEY, json={"name": "Ann"})
        assert (answer.status_code, answer.json()["id"], answer.json()["fullName"]) == (201, 3, "Ann")
        answer = await http.delete("/api/services/customers?id=3", headers=KEY)
        assert answer.content == b'{"status":"success","data":{"id":3}}'
        answer = await http.delete("/api/services/customers?id=3", headers=KEY)
        assert answer.status_code == 404


async def test_files_out() -> None:
    """CSV with its names, formulas kept from spreadsheets; a PDF offered as a file; a page of HTML."""
    rows = filled()
    rows.kept["client"][0]["display_name"] = "=cmd()"
    async with calling(SCHEDLY, rows) as http:
        answer = await http.get("/api/services/customers/export", headers=KEY)
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Content-Disposition"] == 'attachment; filename="customers.csv"'
        assert answer.content == (
            b"id,fullName,email,phone,createdAt\r\n"
            b"1,'=cmd(),emily@example.com,,2027-03-01T09:00:00Z\r\n"
            b"2,John Smith,john@example.com,,2027-03-01T09:00:00Z\r\n"
        )
        answer = await http.get("/api/services/invoices/pdf", headers=KEY)
        assert (answer.headers["Content-Type"], answer.content) == ("application/pdf", b"%PDF-1.7 invoice")
        answer = await http.get("/api/services/portal/invoices", headers=KEY)
        assert answer.content == b'[{"id":1,"totalAmount":3500}]'
        answer = await http.get("/api/services/portal/invoices?format=html", headers=KEY)
        assert (answer.headers["Content-Type"], answer.content) == (
            "text/html; charset=utf-8",
            b"<h1>Invoice</h1>",
        )


async def test_a_table_in_by_three_ways() -> None:
    """Multipart, text/csv and a field of JSON bring the same; bad lines are told by number."""
    text = "name,email\r\nAnn,ann@example.com\r\n,x@example.com\r\nBob,nonsense\r\n"
    expected = (
        b'{"imported":1,"skipped":2,"errors":[{"row":3,"message":"is required"},'
        b'{"row":4,"message":"must be an e-mail address"}]}'
    )
    path = "/api/services/customers/import"
    async with calling(SCHEDLY, filled()) as http:
        file = {"file": ("customers.csv", text.encode("utf-8-sig"), "text/csv")}
        assert (await http.post(path, headers=KEY, files=file, data={"dryRun": "true"})).content == expected
        headers = {**KEY, "Content-Type": "text/csv"}
        assert (await http.post(path, headers=headers, content=text)).content == expected
        assert (await http.post(path, headers=KEY, json={"csv": text})).content == expected
        answer = await http.post(path, headers=KEY, json={"csv": "a,b\n1,2"})
        assert answer.json()["message"] == "csv: must begin with a line that names columns: email, name."
        answer = await http.post(path, headers={**KEY, "Content-Type": "multipart/form-data"}, content=b"x")
        assert (answer.status_code, answer.json()["error"]) == (400, "BAD_REQUEST")
        answer = await http.post(path, headers={**KEY, "Content-Type": "text/xml"}, content=b"<a/>")
        assert (answer.status_code, answer.json()["message"]) == (
            415,
            "Send the body as multipart/form-data or text/csv or application/json, in UTF-8, not otherwise.",
        )


async def test_a_form_or_json() -> None:
    """The token endpoint takes a form as OAuth has it, and JSON."""
    grant = {"grant_type": "authorization_code", "code": "c 1"}
    async with calling(SCHEDLY, filled()) as http:
        expected = b'{"access_token":"for c 1","expires_in":1800}'
        assert (await http.post("/api/auth/oauth/token", data=grant)).content == expected
        assert (await http.post("/api/auth/oauth/token", json=grant)).content == expected
        answer = await http.post(
            "/api/auth/oauth/token", content="code=1&code=2", headers={"Content-Type": FORM}
        )
        assert answer.status_code == 400


async def test_a_redirect() -> None:
    """302 with the address to go to, and no body."""
    async with calling(SCHEDLY, filled()) as http:
        answer = await http.get("/auth/oauth2/authorize?redirect_uri=https://a.example/cb&state=s")
        assert (answer.status_code, answer.content) == (302, b"")
        assert answer.headers["Location"] == "https://a.example/cb?code=auth_code_1&state=s"


async def test_a_stream() -> None:
    """Server-sent events: text as it is, anything else as JSON; generated addresses know their mount."""
    async with calling(SCHEDLY, filled()) as http:
        answer = await http.get("/schedly/api/mcp/sse", headers=KEY)
        assert answer.headers["Content-Type"] == "text/event-stream; charset=utf-8"
        assert answer.content == (
            b"event: endpoint\ndata: http://sample.test/schedly/api/mcp/sse?sessionId=abc\n\n"
            b'event: message\ndata: {"jsonrpc":"2.0","id":1}\n\n'
        )
        answer = await http.head("/api/mcp/sse", headers=KEY)
        assert (answer.status_code, answer.content) == (200, b"")


async def test_who_may() -> None:
    """A key in its own header or as bearer; 401 without, 403 without the permission, both in the envelope."""
    async with calling(SCHEDLY, filled()) as http:
        path = "/api/services/customers"
        assert (await http.get(path, headers={"Authorization": "Bearer owner"})).status_code == 200
        answer = await http.get(path)
        assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED")
        answer = await http.post(path, headers={"cal-api-key": "front-desk"}, json={"name": "Ann"})
        assert (answer.status_code, answer.content) == (
            403,
            b'{"status":"error","error":"FORBIDDEN","message":"You may not do this."}',
        )
        answer = await http.post(path, headers={"cal-api-key": "front-desk"}, json={})
        assert answer.status_code == 422
        answer = await http.request("PATCH", "/api/services/invoices/pdf", headers=KEY)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
