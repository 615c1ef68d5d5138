"""When a delivery is tried again, and when an endpoint is given up: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

WAITS = tuple(
    timedelta(seconds=seconds)
    for seconds in (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
)
"""The pause before each try, counted from the end of the one before (Standard Webhooks): 75 hours in all."""

JITTER = 0.2
"""Up to so much of a pause is added, so that what failed together does not come back together."""

LONGEST_RETRY_AFTER = timedelta(hours=24)
PATIENCE = timedelta(days=5)
"""An endpoint that has not taken anything for so long, and let a delivery run out of tries, is disabled."""


def next_try(
    waits: tuple[timedelta, ...], tries: int, now: datetime, *, chance: float, retry_after: timedelta | None
) -> datetime | None:
    """When to try again after so many failed tries, or None where that was the last.

    `chance` is 0 to 1; what the receiver asked for (Retry-After) is waited for, up to 24 hours.
    """
    if tries >= len(waits):
        return None
    wait = waits[tries] * (1 + JITTER * chance)
    if retry_after is not None:
        wait = max(wait, min(retry_after, LONGEST_RETRY_AFTER))
    return now + wait


def retry_after_of(header: str | None, now: datetime) -> timedelta | None:
    """What a Retry-After header asks for, in seconds or as a date (RFC 9110); None where it means nothing."""
    if header is None:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), 10**8))
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(until - now, timedelta(0))


def is_given_up(failing_since: datetime | None, now: datetime) -> bool:
    """Whether an endpoint whose delivery has just run out of tries has failed for too long."""
    return failing_since is not None and now - failing_since >= PATIENCE
