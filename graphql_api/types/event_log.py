"""The log of events as a page: replayable from any place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.events.catalogue import may_hear
from core.kernel.log import Log
from core.kernel.text import Check
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.connections import MOST, USUAL, PageInfo
from graphql_api.declare.events import shown_event
from graphql_api.declare.fields import COST, answered_by, fact
from graphql_api.declare.places import require_next, sequence_at, spell_place
from graphql_api.declare.scalars import Cursor
from graphql_api.declare.types import object_type
from graphql_api.types.event_types import EventType
from graphql_api.types.events import BookingEvent
from graphql_api.visit import Visit

EVENTS_READ = may(Permission.EVENTS_READ)

_AT_ONCE = 256
_MOST_LOOKED_AT = 10 * _AT_ONCE


@object_type(allow=INHERITED)
class EventEdge:
    """One place in the log, and what happened there."""

    cursor: Cursor = fact("This place: give it as `after`.")
    node: BookingEvent = fact("What happened.")


@object_type(allow=INHERITED)
class EventConnection:
    """A stretch of the log, oldest first."""

    edges: list[EventEdge] = strawberry.field(description="The events, in order.", metadata={COST: 0})
    page_info: PageInfo = fact(
        "Where the stretch stands: go on with `endCursor` while `hasNextPage`, even after a page without "
        "edges: a search for rare types looks at a bounded stretch at a time.",
        cost=0,
    )
    latest_cursor: Cursor | None = fact(
        "The newest place of the whole log: subscribe with it to hear of what follows this answer."
    )


@dataclass(slots=True)
class _Stretch:
    """What was found after a place, and up to where the log was looked at."""

    looked_at: int
    found: list[Any] = field(default_factory=list)


async def _events(info: Any, **given: Any) -> EventConnection:
    visit: Visit = info.context
    most = given.get("first")
    check = Check()
    most = USUAL if most is None else check.whole("first", most, least=1, most=MOST, unit="events")
    check.done()
    business_id, log = visit.ctx.business_id, visit.door.log
    reach = await log.reach(business_id)
    newest = reach.newest
    after = sequence_at(business_id, given.get("after"), reach)
    types = given.get("types")
    wanted = None if types is None else {one.value for one in types}
    permissions = visit.ctx.actor.permissions

    def hears(event_type: str) -> bool:
        return may_hear(event_type, permissions) and (wanted is None or event_type in wanted)

    stretch = await _look(log, business_id, after, most, hears, at_once=most if wanted is None else _AT_ONCE)
    edges = [EventEdge(cursor=event.cursor, node=event) for event in stretch.found]
    return EventConnection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=stretch.looked_at < newest,
            has_previous_page=after >= reach.oldest,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=spell_place(business_id, stretch.looked_at),
        ),
        latest_cursor=spell_place(business_id, max(newest, stretch.looked_at)),
    )


async def _look(
    log: Log, business_id: int, after: int, most: int, hears: Callable[[str], bool], *, at_once: int
) -> _Stretch:
    """The first events after a place that are heard. Raises CursorExpired where the log has a gap there."""
    stretch = _Stretch(looked_at=after)
    while len(stretch.found) < most and stretch.looked_at - after < _MOST_LOOKED_AT:
        batch = await log.after(business_id, stretch.looked_at, most=at_once)
        for event in batch:
            require_next(event.sequence, stretch.looked_at)
            shown = shown_event(event) if hears(event.type) else None
            if shown is not None:
                stretch.found.append(shown)
            stretch.looked_at = event.sequence
            if len(stretch.found) == most:
                break
        if len(batch) < at_once:
            break
    return stretch


def events() -> Any:
    """The root field that reads the log."""
    arguments = (
        Argument(
            "after",
            Cursor,
            "Only what happened after this place; from the oldest that is kept where not given.",
        ),
        Argument("first", int, f"How many at most: 1 to {MOST}; {USUAL} where not given."),
        Argument("types", list[EventType], "Only events of these types."),
    )
    return answered_by(
        with_arguments(_events, arguments),
        "The log of everything that happened in the business, to be replayed from any place.",
        allow=EVENTS_READ,
        gives=EventConnection,
    )
