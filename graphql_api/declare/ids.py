"""Global ids and cursors: one table from noun to prefix, and both ways of reading it.

Text that spells no key of the noun is read as NO_KEY, which nothing ever has: whatever is asked for
with it is answered as for any other id that is not there.
"""

from __future__ import annotations

import strawberry

from core.kernel.errors import Invalid, Issue
from core.kernel.ids import read, spell
from graphql_api.declare.scalars import Cursor

PREFIXES = {
    "api_key": "key",
    "appointment": "apt",
    "block": "blk",
    "business": "biz",
    "calendar_feed": "fed",
    "calendar_source": "cal",
    "client": "cli",
    "date_override": "ovr",
    "deposit": "dep",
    "group_session": "grp",
    "display_credential": "dsp",
    "hold": "hld",
    "holiday": "hol",
    "holiday_calendar": "hcl",
    "location": "loc",
    "message": "mes",
    "provider": "prv",
    "resource": "rsc",
    "schedule": "sch",
    "provider_choice": "chc",
    "series": "ser",
    "service": "srv",
    "user": "usr",
    "waitlist_entry": "wle",
    "waitlist_offer": "wof",
    "webhook_attempt": "wha",
    "webhook_delivery": "whd",
    "webhook_endpoint": "whk",
}
_NOUNS = {prefix: noun for noun, prefix in PREFIXES.items()}

NO_KEY = 0


class BadCursor(Invalid):
    """A cursor that this list never gave."""

    code = "CURSOR_INVALID"


def spell_id(noun: str, key: int) -> strawberry.ID:
    """The global id of a noun's key: `apt_…` for an appointment."""
    return strawberry.ID(spell(PREFIXES[noun], key))


def key_of(noun: str, spelling: str) -> int:
    """The key that a global id of the noun spells, else NO_KEY."""
    return read(PREFIXES[noun], spelling) or NO_KEY


def noun_and_key_of(spelling: str) -> tuple[str, int] | None:
    """The noun and key that any global id spells."""
    noun = _NOUNS.get(spelling.partition("_")[0])
    key = key_of(noun, spelling) if noun else NO_KEY
    return (noun, key) if noun and key else None


def spell_cursor(noun: str, key: int) -> Cursor:
    """The cursor at a noun's row."""
    return Cursor(spell(f"cur_{PREFIXES[noun]}", key))


def row_at(noun: str, argument: str, cursor: str) -> int:
    """The key of the row that a cursor stands at. Raises BadCursor."""
    key = read(f"cur_{PREFIXES[noun]}", cursor)
    if key is None:
        raise bad_cursor(argument)
    return key


def bad_cursor(argument: str) -> BadCursor:
    """The refusal of a cursor that came in an argument."""
    return BadCursor([Issue(argument, "CURSOR_INVALID", "must be a cursor that this list gave")])
