"""Every way in which a request is refused, before a dialect gives it a status and words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.kernel.errors import (
    Conflict,
    DomainError,
    Forbidden,
    Invalid,
    Issue,
    NotFound,
    PaymentRequired,
    RateLimited,
    Unauthenticated,
    Unavailable,
)


class Kind(StrEnum):
    """The families of refusal: the core's, and those of HTTP itself."""

    BAD_REQUEST = "BAD_REQUEST"
    UNAUTHENTICATED = "UNAUTHENTICATED"
    PAYMENT_REQUIRED = "PAYMENT_REQUIRED"
    FORBIDDEN = "FORBIDDEN"
    NOT_FOUND = "NOT_FOUND"
    METHOD_NOT_ALLOWED = "METHOD_NOT_ALLOWED"
    CONFLICT = "CONFLICT"
    TOO_LARGE = "TOO_LARGE"
    UNSUPPORTED_MEDIA_TYPE = "UNSUPPORTED_MEDIA_TYPE"
    INVALID = "INVALID"
    RATE_LIMITED = "RATE_LIMITED"
    UNAVAILABLE = "UNAVAILABLE"
    SERVER_ERROR = "SERVER_ERROR"
    NOT_IMPLEMENTED = "NOT_IMPLEMENTED"


_FAMILIES: tuple[tuple[type[DomainError], Kind], ...] = (
    (Unauthenticated, Kind.UNAUTHENTICATED),
    (Forbidden, Kind.FORBIDDEN),
    (NotFound, Kind.NOT_FOUND),
    (Conflict, Kind.CONFLICT),
    (Invalid, Kind.INVALID),
    (PaymentRequired, Kind.PAYMENT_REQUIRED),
    (RateLimited, Kind.RATE_LIMITED),
    (Unavailable, Kind.UNAVAILABLE),
    (DomainError, Kind.CONFLICT),
)


@dataclass(eq=False)
class Refusal(Exception):
    """A request refused. `code` is the core's own, `issues` name fields as the wire does."""

    kind: Kind
    message: str
    issues: list[Issue] = field(default_factory=list)
    headers: Mapping[str, str] = field(default_factory=dict)
    code: str | None = None


def kind_of(error: type[DomainError]) -> Kind:
    """The family of one of the core's errors."""
    return next(kind for family, kind in _FAMILIES if issubclass(error, family))


def refusal_of(error: DomainError) -> Refusal:
    """The refusal that one of the core's errors is; its issues still bear the core's names."""
    kind = kind_of(type(error))
    headers: dict[str, str] = {}
    if isinstance(error, RateLimited | Unavailable):
        headers["Retry-After"] = str(error.retry_after_seconds)
    issues = list(error.issues) if isinstance(error, Invalid) else []
    return Refusal(kind, error.message, issues, headers, error.code)


def bad_request(message: str) -> Refusal:
    """A request that is not even read."""
    return Refusal(Kind.BAD_REQUEST, message)


def not_found() -> Refusal:
    """A path that leads nowhere."""
    return Refusal(Kind.NOT_FOUND, "There is nothing at this address.")
