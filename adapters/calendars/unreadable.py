"""Why a calendar could not be read."""

from __future__ import annotations

from core.calendars.busy import Unreadable

NOT_A_CALENDAR = "NOT_A_CALENDAR"
TRUNCATED = "TRUNCATED"
MALFORMED = "MALFORMED"
UNKNOWN_TIME_ZONE = "UNKNOWN_TIME_ZONE"
TOO_MANY_EVENTS = "TOO_MANY_EVENTS"
TOO_COMPLEX = "TOO_COMPLEX"


class Budget:
    """How much work one calendar may make. Raises Unreadable (TOO_COMPLEX) when it is used up."""

    def __init__(self, steps: int) -> None:
        self._left = steps

    def spend(self, steps: int = 1) -> None:
        """Count some steps."""
        self._left -= steps
        if self._left < 0:
            raise Unreadable(TOO_COMPLEX)
