"""The plans: one per business, each with its request limit in every documented dialect."""

from __future__ import annotations

from dataclasses import dataclass

FREE, STARTER, PRO, STUDIO = "free", "starter", "pro", "studio"
PLANS = (FREE, STARTER, PRO, STUDIO)


@dataclass(frozen=True, slots=True)
class RequestLimit:
    """A token bucket: refilled with `per_minute` requests, never holding more than `burst`."""

    per_minute: int
    burst: int


_SERVALODESK = {
    # ServaloDesk, Rate Limits; the free plan counts as starter (contract: rate_limit_scope).
    FREE: RequestLimit(100, 200),
    STARTER: RequestLimit(100, 200),
    PRO: RequestLimit(500, 1_000),
    STUDIO: RequestLimit(2_000, 4_000),
}
_BY_DIALECT = {"servalodesk": _SERVALODESK}


def request_limit(dialect: str, plan: str) -> RequestLimit:
    """The limit of a plan in a dialect; dialects that document none use ServaloDesk's numbers."""
    return _BY_DIALECT.get(dialect, _SERVALODESK)[plan]
