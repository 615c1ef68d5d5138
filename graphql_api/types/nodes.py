"""`node` and `nodes`: anything with a global id, found again."""

from __future__ import annotations

from typing import Any

import strawberry

from auth.allow import PUBLIC
from core.kernel.errors import Forbidden
from core.kernel.reading import Row
from graphql_api.declare.arguments import Argument, with_arguments
from graphql_api.declare.fields import answered_by
from graphql_api.declare.ids import noun_and_key_of
from graphql_api.declare.types import Node
from graphql_api.reading.plan import ReadPlan
from graphql_api.visit import asked


async def _nodes(info: Any, **given: Any) -> list[Row | Forbidden | None]:
    visit, raw = asked(info)
    keys = [_type_and_key(visit.plan, spelling) for spelling in given["ids"]]
    wanted: dict[str, list[int]] = {}
    for found in keys:
        if found is not None:
            wanted.setdefault(found[0], []).append(found[1])
    rows: dict[tuple[str, int], Row | Forbidden] = {}
    for type_name, those in wanted.items():
        try:
            visit.require(visit.plan[type_name].allow)
        except Forbidden as refusal:
            rows |= {(type_name, key): refusal for key in those}
            continue
        selection = visit.lookahead(raw).row(type_name, raw.field_nodes)
        read = await visit.ctx.read.grouped(selection, selection.noun.key, those)
        rows |= {(type_name, key): {**row, "__typename": type_name} for key, (row,) in read.items()}
    return [None if found is None else rows.get(found) for found in keys]


async def _node(info: Any, **given: Any) -> Row | Forbidden | None:
    (found,) = await _nodes(info, ids=[given["id"]])
    return found


def _type_and_key(plan: ReadPlan, spelling: str) -> tuple[str, int] | None:
    """The type and key that a global id names, where rows of its noun are shown at all."""
    found = noun_and_key_of(spelling)
    if found is None:
        return None
    noun, key = found
    shown = next((name for name, kind in plan.items() if kind.noun.name == noun), None)
    return None if shown is None else (shown, key)


def node() -> Any:
    """The root field that finds one thing."""
    arguments = (Argument("id", strawberry.ID, "Its global id.", optional=False),)
    return answered_by(
        with_arguments(_node, arguments),
        "Anything by its global id; null for an id that is not there, in this business or at all.",
        # Each type has its own door, which is asked once the id has said which type it is.
        allow=PUBLIC,
        gives=Node | None,
    )


def nodes() -> Any:
    """The root field that finds several things, in one statement per type."""
    arguments = (Argument("ids", list[strawberry.ID], "Their global ids.", optional=False),)
    return answered_by(
        with_arguments(_nodes, arguments),
        "Several things by their global ids, in the order asked; null where `node` would answer null.",
        allow=PUBLIC,
        gives=list[Node | None],
    )
