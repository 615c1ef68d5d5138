"""Cursors of the event log: each names a business and a place in its log, and is good there only."""

from __future__ import annotations

from core.kernel.errors import Invalid, Issue
from core.kernel.ids import read, spell
from core.kernel.log import Reach
from graphql_api.declare.ids import BadCursor
from graphql_api.declare.scalars import Cursor

_PREFIX = "cur_evt"
_LETTERS = 12


class CursorExpired(Invalid):
    """The log no longer reaches back to the cursor's place."""

    code = "CURSOR_EXPIRED"


def spell_place(business_id: int, sequence: int) -> Cursor | None:
    """The cursor of an event; None for the place before the first one."""
    if sequence == 0:
        return None
    number = spell("", sequence).removeprefix("_")
    return Cursor(f"{spell(_PREFIX, business_id)}{number}")


def sequence_at(business_id: int, cursor: str | None, reach: Reach) -> int:
    """The number of the event that a cursor names; where there is none, the place before all that is kept.

    Raises BadCursor for text that is no cursor, another business's, or one that lies in the future, and
    CursorExpired where something after it is kept no longer.
    """
    if cursor is None:
        return reach.oldest - 1
    business, number = cursor[:-_LETTERS], cursor[-_LETTERS:]
    sequence = read("", f"_{number}")
    if read(_PREFIX, business) != business_id or sequence is None or sequence > reach.newest:
        raise BadCursor([Issue("after", "CURSOR_INVALID", "must be a cursor of this business's log")])
    if not reach.goes_on_after(sequence):
        raise expired()
    return sequence


def require_next(sequence: int, after: int) -> None:
    """Raise CursorExpired where the log goes on later than right after a place."""
    if sequence != after + 1:
        raise expired()


def expired() -> CursorExpired:
    """The refusal of a cursor that is older than what is kept."""
    words = "is too old: the log no longer reaches back so far; take a snapshot, and go on from its cursor"
    return CursorExpired([Issue("after", "CURSOR_EXPIRED", words)])
