"""Schedly's style, to the byte."""

from __future__ import annotations

from rest_compat.engine.body import FORM
from tests.rest_compat.samples.backing import calling, filled
from tests.rest_compat.samples.schedly import SCHEDLY

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
