"""Jobs as the core knows them: something to do at a time, kept in the transaction that asks for it.

A job has a kind, which names its function in `app/timers.py`, and facts: ids, instants and words. It may
be done twice where a worker died over it, and late: whoever does it looks at the state anew, drops what
has become pointless, and makes a second time harmless.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

LONGEST_KEY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledJob:
    """A job of one business that is done once `run_at` has come, never before.

    `dedupe_key` is unique within the business. Scheduling a key again moves its job and gives it the
    newer facts, whether it still waits, is being done, or was done, dropped or given up. With
    `unless_later` a job that nobody has begun stays as it is where it waits for a later time: what is
    asked for out of order brings nothing forward.
    """

    kind: str
    facts: dict[str, Any]
    run_at: datetime
    dedupe_key: str
    unless_later: bool = False

    def __post_init__(self) -> None:
        if self.run_at.tzinfo is None:
            raise TypeError("run_at needs its offset from UTC")
        if not 0 < len(self.dedupe_key) <= LONGEST_KEY:
            raise ValueError(f"a dedupe key has 1 to {LONGEST_KEY} characters")
