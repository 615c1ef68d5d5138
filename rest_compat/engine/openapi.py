"""OpenAPI 3.1, made from a dialect's routes, shapes and contract."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

import orjson

from auth.allow import PUBLIC
from rest_compat.engine.body import CSV, JSON
from rest_compat.engine.call import Mounted
from rest_compat.engine.contract import Operation, read_contract
from rest_compat.engine.dialect import Dialect
from rest_compat.engine.refusal import Kind, Refusal, kind_of
from rest_compat.engine.route import Content, Every, Json, Listed, One, Paged, Redirect, Route, Stream, Table
from rest_compat.engine.schemas import Components, asked_value
from rest_compat.engine.shape import Field, Shape
from rest_compat.engine.telling import wording_of
from rest_compat.engine.understand import KEY_HEADER, page_rows, rows_at, takes_body


@lru_cache(maxsize=64)
def openapi(dialect: Dialect, mount: Mounted) -> bytes:
    """The document of a dialect as it is mounted, in JSON."""
    return orjson.dumps(describe(dialect, mount))


def describe(dialect: Dialect, mount: Mounted) -> dict[str, Any]:
    """The document of a dialect as it is mounted. Raises NameTaken."""
    contract = read_contract(dialect.contract)
    components = Components()
    paths: dict[str, dict[str, Any]] = {}
    for route in dialect.routes:
        operation = contract.at(route.method, route.path)
        assert operation is not None  # checked when the dialect was made ready
        described = _operation(dialect, route, operation, components)
        there = paths.setdefault(route.path, {})
        there[route.method.lower()] = described
        for alias in dialect.aliases(route.method, route.path, route.allow == PUBLIC):
            if alias.path == route.path:
                verb = alias.method.lower()
                there[verb] = {**described, "operationId": f"{operation.id}.{verb}", "deprecated": True}
    return {
        "openapi": "3.1.0",
        "info": {"title": dialect.title, "version": dialect.version},
        "servers": [{"url": mount.url("") or "/"}],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "securitySchemes": dict(dialect.security),
        },
    }


def _operation(
    dialect: Dialect, route: Route, operation: Operation, components: Components
) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [operation.id.split(".")[1]],
        "parameters": [*_parameters(dialect, route, operation)],
        "responses": _responses(dialect, route, operation, components),
        "security": [] if route.allow == PUBLIC else [{name: []} for name in dialect.security],
    }
    body = rows_at(route, "body")
    if body:
        described["requestBody"] = _body(route, body, operation, components)
    return described


def _parameters(dialect: Dialect, route: Route, operation: Operation) -> Iterable[dict[str, Any]]:
    for row in route.takes.rows:
        place = route.place_of(row.name, row.at)
        if place != "body":
            yield _parameter(row, place, operation)
    for row in page_rows(dialect, route):
        yield _parameter(row, "query", operation)
    if route.changes:
        yield {
            "name": KEY_HEADER,
            "in": "header",
            "required": False,
            "description": "Sent again with the same key within 24 hours, a request is done once.",
            "schema": {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[ -~]+$"},
        }


def _parameter(row: Field, place: str, operation: Operation) -> dict[str, Any]:
    parameter: dict[str, Any] = {
        "name": row.name,
        "in": place,
        "required": row.required or place == "path",
        "schema": asked_value(row),
    }
    if row.codec.takes == "members":
        parameter |= {"style": "deepObject", "explode": True}
    elif row.codec.many:
        parameter["name"] = f"{row.name}[]"
    if remark := operation.notes.get(row.name):
        parameter["description"] = remark
    return parameter


def _body(
    route: Route, rows: tuple[Field, ...], operation: Operation, components: Components
) -> dict[str, Any]:
    reference = components.asked(route.takes, rows, operation.notes)
    content = {
        media_type: {"schema": {"type": "string"} if media_type == CSV else reference}
        for media_type in route.accepts
    }
    return {"required": any(row.required for row in rows), "content": content}


def _responses(
    dialect: Dialect, route: Route, operation: Operation, components: Components
) -> dict[str, Any]:
    responses: dict[str, Any] = {str(route.status): _success(dialect, route, operation, components)}
    for status, words in sorted(_refusals(dialect, route).items()):
        responses[str(status)] = {
            "description": " or ".join(sorted(words)),
            "content": {JSON: {"schema": components.shown(dialect.error)}},
        }
    return responses


def _refusals(dialect: Dialect, route: Route) -> dict[int, set[str]]:
    """Every status that a route may refuse with, and its words."""
    kinds = {
        Kind.BAD_REQUEST,
        Kind.SERVER_ERROR,
        Kind.RATE_LIMITED,
        Kind.UNAVAILABLE,
        Kind.METHOD_NOT_ALLOWED,
        dialect.bad_query,
    }
    if route.changes:
        kinds.add(Kind.TOO_LARGE)
    if takes_body(route):
        kinds |= {Kind.UNSUPPORTED_MEDIA_TYPE, Kind.INVALID}
    if rows_at(route, "path") or isinstance(route.does, One):
        kinds.add(Kind.NOT_FOUND)
    # A credential that does not hold is refused at public doors too.
    kinds.add(Kind.UNAUTHENTICATED)
    if route.allow != PUBLIC:
        kinds.add(Kind.FORBIDDEN)
    found: dict[int, set[str]] = {}
    refusals = [Refusal(kind, "") for kind in kinds]
    refusals += [Refusal(kind_of(error), "", code=error.code) for error in route.raises]
    for refusal in refusals:
        wording = wording_of(dialect, refusal)
        found.setdefault(wording.status, set()).add(wording.word or refusal.kind.lower())
    return found


def _success(dialect: Dialect, route: Route, operation: Operation, components: Components) -> dict[str, Any]:
    made: dict[str, Any] = {"description": operation.summary}
    match route.gives:
        case None:
            return made
        case Redirect():
            return {**made, "headers": {"Location": {"schema": {"type": "string"}, "required": True}}}
        case Stream():
            return {**made, "content": {"text/event-stream": {"schema": {"type": "string"}}}}
        case Table():
            return {**made, "content": {CSV: {"schema": {"type": "string"}}}}
        case Content(media_type):
            return {**made, "content": {media_type: {"schema": {"type": "string", "format": "binary"}}}}
        case Json(schema):
            pass
        case Listed(shape) | shape:
            schema = _answered(dialect, route, shape, components)
    content: dict[str, Any] = {"schema": schema}
    if operation.example is not None:
        content["example"] = operation.example
    return {**made, "content": {JSON: content}}


def _answered(dialect: Dialect, route: Route, shape: Shape, components: Components) -> dict[str, Any]:
    """The schema of an answer's body, in its envelope."""
    one = components.shown(shape)
    if isinstance(route.does, Paged):
        envelope, is_list = dialect.pages.envelope, True
    elif isinstance(route.does, Every) or isinstance(route.gives, Listed):
        envelope, is_list = dialect.whole, True
    else:
        envelope, is_list = (None if route.bare else dialect.wrapper), False
    many = {"type": "array", "items": one}
    if envelope is None:
        return many if is_list else one
    return components.enveloped(envelope, shape, {"one": one, "many": many})
