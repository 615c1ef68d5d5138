"""Openings, watched: the source of the subscription `availabilityChanged`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import strawberry

from core.kernel.events import EVENT_TYPES
from core.kernel.log import LoggedEvent
from graphql_api.declare.arguments import with_arguments
from graphql_api.declare.fields import streamed_by
from graphql_api.streaming.topics import Latest, Shown
from graphql_api.types.availability import LISTED, MOST_WATCHED, READ, Availability, list_openings
from graphql_api.visit import Visit


@dataclass(frozen=True, slots=True)
class _Openings(Latest):
    first: date
    last: date
    asked: tuple[tuple[str, Any], ...]

    def changes_with(self, event: LoggedEvent) -> bool:
        """Whether it is about taken time, or about a rule."""
        kind = EVENT_TYPES.get(event.type)
        return kind is not None and (kind.changes_taken or kind.changes_rules)

    async def shown(self, visit: Visit) -> Shown:
        """The openings now, until the notice takes the first of them or the horizon brings another."""
        given = {"first": self.first, "last": self.last, **dict(self.asked)}
        found = await list_openings(visit, given, with_scores=True, with_until=True)
        return Shown(found, found.until)


async def _changes(info: Any, **given: Any) -> _Openings:
    """Whatever `availability` would refuse is refused before anything is told."""
    await list_openings(info.context, given, with_scores=False)
    asked = {name: value for name, value in given.items() if name not in ("first", "last")}
    kept = tuple(
        (name, tuple(value) if isinstance(value, list) else value)
        for name, value in sorted(asked.items())
        if value is not strawberry.UNSET
    )
    return _Openings(given["first"], given["last"], kept)


def availability_changed() -> Any:
    """The root field of Subscription that watches openings."""
    return streamed_by(
        with_arguments(_changes, LISTED),
        "The openings as they stand, at once and again whenever more or less time is taken or a rule changes: "
        "whoever comes back needs no cursor. What changes together is told once. "
        f"At most {MOST_WATCHED} starts of single providers are watched at once.",
        allow=READ,
        gives=Availability,
        cost=10,
    )
