"""Replies: JSON, CSV, files and pages, redirects, streams."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from starlette.responses import Response, StreamingResponse

from rest_compat.engine.route import Content, Gives, Redirect, Stream, Table
from rest_compat.engine.shape import Shape, written

PRIVATE = {"Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True)
class Answered:
    """What a route came to: a value to send as its `gives` says, with headers beside it."""

    value: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def json_reply(value: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """A value as JSON."""
    return Response(orjson.dumps(value), status, {**PRIVATE, **(headers or {})}, "application/json")


def reply_of(gives: Gives, value: Any, status: int, headers: Mapping[str, str]) -> Response:
    """The reply that carries a route's value."""
    headers = {**PRIVATE, **headers}
    match gives:
        case None:
            return Response(status_code=status, headers=headers)
        case Redirect():
            return Response(status_code=status, headers={**headers, "Location": value})
        case Stream():
            return StreamingResponse(_events(value), status, headers, "text/event-stream")
        case Table(rows, file_name):
            headers |= _as_file(file_name)
            return Response(_csv(rows, value), status, headers, "text/csv; charset=utf-8")
        case Content(media_type, file_name):
            headers |= {} if file_name is None else _as_file(file_name)
            return Response(value, status, headers, media_type)
    return json_reply(value, status, headers)


def _as_file(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _csv(shape: Shape, rows: Iterable[Any]) -> str:
    """A line of names and a line a row (RFC 4180)."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([row.name for row in shape.rows])
    for row in rows:
        writer.writerow([_cell(value) for value in written(shape, row).values()])
    return text.getvalue()


def _cell(value: Any) -> Any:
    """A cell: what a spreadsheet would run as a formula is kept from it by an apostrophe."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return value


async def _events(pairs: AsyncIterator[tuple[str, Any]]) -> AsyncIterator[bytes]:
    """Server-sent events, data as JSON unless it is text."""
    async for name, data in pairs:
        text = data if isinstance(data, str) else orjson.dumps(data).decode()
        lines = "".join(f"data: {line}\n" for line in text.splitlines() or [""])
        yield f"event: {name}\n{lines}\n".encode()
