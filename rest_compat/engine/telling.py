"""Refusals in a dialect's own words."""

from __future__ import annotations

from starlette.responses import Response

from core.kernel.errors import DomainError, IdempotencyMismatch, Invalid, Issue, NotFound
from rest_compat.engine.dialect import Dialect, Wording
from rest_compat.engine.refusal import Kind, Refusal, refusal_of
from rest_compat.engine.reply import json_reply
from rest_compat.engine.route import Route
from rest_compat.engine.shape import written
from rest_compat.engine.understand import KEY_HEADER, refused, renamed


def told(dialect: Dialect, refusal: Refusal) -> Response:
    """The response that tells a refusal, with the dialect's status and envelope."""
    wording = wording_of(dialect, refusal)
    headers = dict(refusal.headers)
    if wording.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    facts = {
        "status": wording.status,
        "word": wording.word,
        "message": refusal.message,
        "issues": refusal.issues if refusal.kind is Kind.INVALID and refusal.issues else None,
    }
    return json_reply(written(dialect.error, facts), wording.status, headers)


def wording_of(dialect: Dialect, refusal: Refusal) -> Wording:
    """The status and word of a refusal: those of its code, else those of its kind."""
    if refusal.code is not None and refusal.code in dialect.refusals:
        return dialect.refusals[refusal.code]
    return dialect.refusals[refusal.kind]


def in_words_of(dialect: Dialect, route: Route, error: DomainError) -> Refusal:
    """One of the core's errors, with the dialect's nouns and the wire's names."""
    if isinstance(error, NotFound):
        noun = dialect.nouns.get(error.noun, error.noun).replace("_", " ")
        return Refusal(Kind.NOT_FOUND, dialect.missing.format(noun=noun), code=error.code)
    if isinstance(error, IdempotencyMismatch):
        issues = [Issue(KEY_HEADER, issue.code, issue.message) for issue in error.issues]
        refusal = refused(Kind.INVALID, issues)
    elif isinstance(error, Invalid):
        issues = renamed(route.takes, error.issues)
        in_body = {row.name for row in route.takes.rows if route.place_of(row.name, row.at) == "body"}
        all_in_body = all(issue.path.partition(".")[0] in in_body for issue in issues)
        refusal = refused(Kind.INVALID if all_in_body else dialect.bad_query, issues)
    else:
        return refusal_of(error)
    refusal.code = error.code
    return refusal
