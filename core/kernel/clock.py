"""The clock is passed in: nothing in the core asks the machine what time it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


class Clock(Protocol):
    """Tells the present instant."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present instant, in UTC."""
        return datetime.now(UTC)


class FixedClock:
    """A clock that stands still until it is moved: for tests and for seeding."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant.astimezone(UTC)

    def now(self) -> datetime:
        """The instant it was set to."""
        return self.instant

    def advance(self, by: timedelta) -> None:
        """Move the clock forward."""
        self.instant += by


def minute_of(instant: datetime) -> int:
    """The whole minutes from 1970-01-01T00:00Z to an instant, rounded down."""
    return (instant - _EPOCH) // _MINUTE


def instant_of(minute: int) -> datetime:
    """The instant, in UTC, at so many minutes after 1970-01-01T00:00Z."""
    return _EPOCH + minute * _MINUTE


def is_whole_minute(instant: datetime) -> bool:
    """Whether an instant falls exactly on a minute."""
    return instant.second == 0 and instant.microsecond == 0
