"""What availability asks the database: two statements, whatever is listed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.availability.rulebook import Rulebook, Taken


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What is new since a business was last looked at.

    `last` is the number of its newest event and `rules_revision` of the newest that changed a rule;
    `rulebook` is None where the rules are as known. `touched` tells, per resource of which more or
    less is taken since, the number of the event that changed it.
    """

    last: int
    rules_revision: int
    rulebook: Rulebook | None
    touched: Mapping[int, int] = field(default_factory=dict)


class AvailabilityQuestions(Protocol):
    """One statement each."""

    async def changes(self, known_last: int | None, known_rules: int | None) -> Changes:
        """What is new since those event numbers; without the first nothing is told of resources,
        without the second the rulebook is always told."""
        ...

    async def taken(self, resource_ids: Sequence[int], start: int, end: int, now: datetime) -> list[Taken]:
        """What is taken of the resources between two UTC minutes, sorted by resource and start: no
        holds that have run out by `now`, no group session that nobody sits in."""
        ...
