"""Cursors of the event log: each names a business and a place in its log, and is good there only."""

from __future__ import annotations

from core.kernel.errors import Invalid, Issue
from core.kernel.ids import read, spell
from graphql_api.declare.ids import bad_cursor
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


def sequence_at(business_id: int, cursor: str | None, *, newest: int) -> int:
    """The number of the event that a cursor names; 0, the beginning, where there is none.

    Raises BadCursor for text that is no cursor, another business's, or one that lies in the future.
    """
    if cursor is None:
        return 0
    business, number = cursor[:-_LETTERS], cursor[-_LETTERS:]
    sequence = read("", f"_{number}")
    if read(_PREFIX, business) != business_id or sequence is None or sequence > newest:
        raise bad_cursor("after")
    return sequence


def require_next(sequence: int, after: int) -> None:
    """Raise CursorExpired where the log goes on later than right after a place."""
    if sequence != after + 1:
        raise CursorExpired(
            [Issue("after", "CURSOR_EXPIRED", "is too old: the log no longer reaches back so far")]
        )
