"""From an HTTP request to a GraphQLRequest: what is read strictly here need not be doubted later."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request

from graphql_api.execution.engine import GraphQLRequest
from graphql_api.execution.refusals import BAD_REQUEST, Refused, refuse

LARGEST_BODY = 262_144
_MOST_PARAMETERS = 20


async def read_request(request: Request) -> GraphQLRequest:
    """The GraphQL request that a GET or POST carries. Raises Refused."""
    if request.method == "GET":
        return request_from(_from_url(request), queries_only=True)
    _require_json(request.headers)
    return request_from(read_json(await _body(request)), queries_only=False)


async def _body(request: Request) -> bytes:
    declared = request.headers.get("content-length", "0")
    if not declared.isdecimal() or int(declared) > LARGEST_BODY:
        raise _too_large()
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY:
                raise _too_large()
    except ClientDisconnect:
        raise bad_request("The body is not complete.") from None
    return bytes(body)


def _require_json(headers: Headers) -> None:
    media_type, _, parameters = headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() != "application/json" or charset not in (
        "",
        "charset=utf-8",
        "charset=utf8",
    ):
        raise bad_request("Send JSON in UTF-8, as Content-Type: application/json.", status=415)
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise bad_request("Send the body as it is, without Content-Encoding.", status=415)


def _from_url(request: Request) -> dict[str, Any]:
    raw = request.scope["query_string"]
    if len(raw) > LARGEST_BODY:
        raise _too_large()
    try:
        pairs = parse_qsl(
            raw.decode("ascii"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=_MOST_PARAMETERS,
        )
    except (UnicodeError, ValueError):
        raise bad_request("The query string is not URL-encoded UTF-8.") from None
    given: dict[str, Any] = dict(pairs)
    if len(given) < len(pairs):
        raise bad_request("A parameter is given more than once.")
    for name in ("variables", "extensions"):
        if given.get(name):
            given[name] = read_json(given[name].encode())
        else:
            given.pop(name, None)
    return given


def read_json(body: bytes) -> Any:
    """What the bytes say as JSON. Raises Refused for anything that two readers could read differently."""
    try:
        text = body.decode("utf-8")
        read = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(read, ensure_ascii=False).encode()  # fails for a surrogate without its other half
    except UnicodeError:
        raise bad_request("The body is not UTF-8, or holds a lone surrogate.") from None
    except (ValueError, RecursionError):
        raise bad_request("The body is not JSON, or names a key twice, or is nested too deeply.") from None
    return read


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key comes twice")
    return found


def _no_number(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def request_from(given: Any, *, queries_only: bool) -> GraphQLRequest:
    """The request that decoded JSON describes. Raises Refused where it has not the form of one."""
    if not isinstance(given, Mapping):
        raise bad_request("Send one JSON object; batches are not taken.")
    query, name = given.get("query"), given.get("operationName")
    variables, extensions = given.get("variables"), given.get("extensions")
    if not isinstance(query, str) or not query:
        raise bad_request("`query` must be the text of a GraphQL document.")
    if name is not None and not isinstance(name, str):
        raise bad_request("`operationName` must be text.")
    if variables is not None and not isinstance(variables, dict):
        raise bad_request("`variables` must be an object.")
    if extensions is not None and not isinstance(extensions, dict):
        raise bad_request("`extensions` must be an object.")
    if "\x00" in query:
        raise bad_request("The document must not hold NUL characters.")
    return GraphQLRequest(
        query=query, variables=variables or {}, operation_name=name or None, queries_only=queries_only
    )


def bad_request(message: str, *, status: int = 400, headers: dict[str, str] | None = None) -> Refused:
    """The refusal of a request that is not GraphQL over HTTP."""
    return refuse(BAD_REQUEST, message, status=status, headers=headers)


def _too_large() -> Refused:
    return bad_request(f"A request has at most {LARGEST_BODY} bytes.", status=413)
