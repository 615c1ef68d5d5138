"""Errors as GraphQL spells them: a message for people, `extensions.code` for programs."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from graphql import GraphQLError, Node

from core.kernel.errors import DomainError, Forbidden, Invalid, RateLimited, Unauthenticated
from graphql_api.declare.errors import on_the_wire

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
BAD_REQUEST = "BAD_REQUEST"
LIMIT_EXCEEDED = "LIMIT_EXCEEDED"
TOO_SLOW = "TOO_SLOW"
INTROSPECTION_DISABLED = "INTROSPECTION_DISABLED"
INTERNAL_ERROR = "INTERNAL_ERROR"

_LONGEST_MESSAGE = 500
_MASKED = "Something went wrong here, not with the request. It has been noted."

log = logging.getLogger("daybook.graphql")


class Refused(Exception):
    """Nothing was run. Carries the errors, and an HTTP status where the usual one is not right."""

    def __init__(
        self,
        errors: Sequence[GraphQLError],
        *,
        status: int | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(errors)
        self.errors = list(errors)
        self.status = status
        self.headers = headers or {}


def refuse(
    code: str,
    message: str,
    node: Node | None = None,
    *,
    status: int | None = None,
    headers: dict[str, str] | None = None,
) -> Refused:
    """A refusal with one error."""
    return Refused([GraphQLError(message, node, extensions={"code": code})], status=status, headers=headers)


def refuse_domain(
    error: DomainError, *, status: int | None = None, headers: dict[str, str] | None = None
) -> Refused:
    """A refusal of the whole request by what the domain says."""
    return Refused(
        [GraphQLError(error.message, extensions=_extensions_of(error))], status=status, headers=headers
    )


def with_code(errors: Sequence[GraphQLError], code: str) -> list[GraphQLError]:
    """Errors that graphql-core made before anything was run, with a code where they have none."""
    for error in errors:
        error.extensions = {"code": code, **(error.extensions or {})}
    return list(errors)


def shown_before_execution(errors: Sequence[GraphQLError]) -> list[dict[str, Any]]:
    """Errors of a request of which nothing was run."""
    return [_shown(error, error.message, error.extensions or {}) for error in errors]


def shown_in_execution(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """Errors of fields. What is nobody's business is logged with its traceback, and masked."""
    return [_shown_field_error(error, request_id) for error in errors]


def refuse_errors(errors: Sequence[GraphQLError], request_id: str) -> Refused:
    """A refusal with the errors that a field raised, as clients may read them."""
    told = [
        GraphQLError(one["message"], error.nodes, path=error.path, extensions=one["extensions"])
        for error, one in zip(errors, shown_in_execution(errors, request_id), strict=True)
    ]
    return Refused(told)


def _shown_field_error(error: GraphQLError, request_id: str) -> dict[str, Any]:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    if isinstance(cause, DomainError):
        told = on_the_wire(cause, {})
        return _shown(error, told.message, _extensions_of(told))
    if cause is None:
        return _shown(error, error.message, {"code": BAD_USER_INPUT, **(error.extensions or {})})
    return _shown(
        error, _MASKED, _noted("a field failed: %s", ".".join(map(str, error.path or ())), cause, request_id)
    )


def refuse_failure(error: Exception, request_id: str) -> Refused:
    """The refusal of an operation that failed as a whole: logged with its traceback, and masked."""
    extensions = _noted("an operation failed: %s", type(error).__name__, error, request_id)
    return Refused([GraphQLError(_MASKED, extensions=extensions)])


def _noted(what: str, where: str, cause: BaseException, request_id: str) -> dict[str, Any]:
    log.error(what, where, exc_info=(type(cause), cause, cause.__traceback__))
    return {"code": INTERNAL_ERROR, "requestId": request_id}


def _shown(error: GraphQLError, message: str, extensions: dict[str, Any]) -> dict[str, Any]:
    if len(message) > _LONGEST_MESSAGE:
        message = message[:_LONGEST_MESSAGE] + "…"
    shown: dict[str, Any] = {"message": message}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    shown["extensions"] = extensions
    return shown


def _extensions_of(error: DomainError) -> dict[str, Any]:
    """The code of a domain error and the facts that a program can act on."""
    match error:
        case Invalid():
            issues = [
                {"path": issue.path, "code": issue.code, "message": issue.message} for issue in error.issues
            ]
            return {"code": error.code, "issues": issues}
        case RateLimited():
            return {"code": error.code, "retryAfterSeconds": error.retry_after_seconds}
        case Unauthenticated():
            return {"code": error.code}
        case Forbidden():
            return {"code": error.code, "permission": error.permission}
        case _:
            return {"code": error.code}
