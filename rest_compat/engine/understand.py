"""From the parts of a request to the domain's values, and to the command they make."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.datastructures import Headers

from core.kernel.errors import Issue
from rest_compat.engine.body import Read, check_text
from rest_compat.engine.call import Call
from rest_compat.engine.codec import Unfit, settle, under, waits
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.refusal import Kind, Refusal, bad_request, not_found
from rest_compat.engine.route import Paged, Route
from rest_compat.engine.shape import Field, Place, Shape, read_fields

_KEY = re.compile(r"[\x20-\x7e]{1,200}")
KEY_HEADER = "Idempotency-Key"


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What came, by place; nothing of it is understood yet."""

    path: Mapping[str, str]
    query: Mapping[str, Any]
    headers: Headers
    body: Read


@dataclass(frozen=True, kw_only=True)
class Understood:
    """The values of `takes` and of the paging parameters, by path."""

    values: dict[str, Any] = field(default_factory=dict)
    page_values: dict[str, Any] = field(default_factory=dict)


def rows_at(route: Route, place: Place) -> tuple[Field, ...]:
    """The fields of a route's request that stand at a place."""
    return tuple(row for row in route.takes.rows if route.place_of(row.name, row.at) == place)


def takes_body(route: Route) -> bool:
    """Whether a body is looked at; elsewhere whatever comes as one is left alone."""
    return bool(rows_at(route, "body"))


def page_rows(dialect: Dialect, route: Route) -> tuple[Field, ...]:
    """The paging parameters of a route, if it pages."""
    return dialect.pages.rows if isinstance(route.does, Paged) else ()


def understand(dialect: Dialect, route: Route, parts: Parts) -> Understood:
    """The values of a request. Raises Refusal with every issue found."""
    path_values, astray = read_fields(rows_at(route, "path"), parts.path, is_text=True)
    if astray:
        raise not_found()
    queried = rows_at(route, "query")
    query_values, query_issues = read_fields(queried, parts.query, is_text=True)
    page_values, page_issues = read_fields(page_rows(dialect, route), parts.query, is_text=True)
    header_values, header_issues = read_fields(rows_at(route, "header"), parts.headers, is_text=True)
    body_rows = rows_at(route, "body")
    for row in body_rows:
        check_text(parts.body.values.get(row.name))
    body_values, body_issues = read_fields(
        body_rows,
        parts.body.values,
        is_text=parts.body.is_text,
        null_is_absent=dialect.null_is_absent,
    )
    query_issues += page_issues + header_issues
    if dialect.unknown_fields == "refused":
        query_issues += _unknown((*queried, *page_rows(dialect, route)), parts.query)
        body_issues += _unknown(body_rows, parts.body.values)
    if query_issues:
        raise refused(dialect.bad_query, query_issues)
    if body_issues:
        raise refused(Kind.INVALID, body_issues)
    values = {**path_values, **query_values, **header_values, **body_values}
    return Understood(values=values, page_values=page_values)


def refused(kind: Kind, issues: list[Issue]) -> Refusal:
    """A refusal that tells every issue."""
    return Refusal(kind, " ".join(f"{issue.path}: {issue.message}." for issue in issues), issues)


def renamed(takes: Shape, issues: list[Issue]) -> list[Issue]:
    """Issues that bear the core's names, by those of the wire."""
    return [Issue(takes.wire_name(issue.path), issue.code, issue.message) for issue in issues]


def _unknown(rows: tuple[Field, ...], raw: Mapping[str, Any]) -> list[Issue]:
    known = {row.name for row in rows}
    return [Issue(name[:100], "UNKNOWN_FIELD", "is not known here") for name in raw if name not in known]


def key_in(headers: Headers) -> str | None:
    """The idempotency key, if one came. Raises Refusal for one that is not 1 to 200 printable ASCII characters."""
    key = headers.get(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise bad_request(f"The header {KEY_HEADER} must be 1 to 200 printable ASCII characters.")
    return key


async def command_of(dialect: Dialect, call: Call) -> Any:
    """Settle the call's values in its business, and make the command of them. Raises Refusal."""
    route = call.route
    takes = route.takes
    if takes.finish is not None or waits(call.values):
        around = await call.surroundings()
        values, issues, kind = {}, [], Kind.INVALID
        for row in takes.rows:
            if row.path not in call.values:
                continue
            try:
                values[row.path] = settle(call.values[row.path], around)
            except Unfit as found:
                issues += under(row.name, found)
                if route.place_of(row.name, row.at) != "body":
                    kind = dialect.bad_query
        if issues:
            raise refused(kind, issues)
        try:
            call.values = takes.finish(values, around) if takes.finish is not None else values
        except Unfit as found:
            raise refused(Kind.INVALID, renamed(takes, found.issues)) from None
    if takes.makes is None:
        return None
    given = {**takes.always, **call.values}
    if _has_key(takes.makes):
        given["idempotency_key"] = call.idempotency_key
    return takes.makes(**given)


def _has_key(makes: Any) -> bool:
    return dataclasses.is_dataclass(makes) and any(
        one.name == "idempotency_key" for one in dataclasses.fields(makes)
    )
