"""What a database error means to a caller: its last word, said as a typed refusal."""

from __future__ import annotations

import re
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError

from core.appointments.ledger import NoRoom
from core.directory.client import EmailTaken
from core.kernel.errors import DomainError, Unavailable

_LOST = re.compile("57P0[1-3]|08...")
"""SQLSTATEs (PostgreSQL, Appendix A) of a server that shuts down, has crashed or starts, and of a connection that
is no more."""
_TRY_AGAIN = re.compile(
    "40001|40P01|55P03|57014|53[123]00|SQLITE_(BUSY|LOCKED|NOMEM|IOERR|FULL|CANTOPEN)(_.*)?"
)
"""SQLSTATEs, and SQLite's names of codes, that say: not now. Among them deadlock, lock timeout, full disk."""

log = structlog.get_logger("daybook.sql")


def refusal_of(error: DBAPIError) -> DomainError | None:
    """The refusal behind a database error, or None where it is a fault of the program."""
    words = violated(error)
    if "ex_allocations_exclusive" in words or "ex_allocations_room" in words:
        return NoRoom()
    if "email_key" in words:
        return EmailTaken()
    return unavailable(error)


def unavailable(error: DBAPIError | ConnectionError) -> Unavailable | None:
    """The refusal behind an error that will pass, or None for any other."""
    if is_lost(error):
        cause = error.orig if isinstance(error, DBAPIError) else error
        log.warning("sql.lost_connection", error=type(cause).__name__)
        return Unavailable()
    assert isinstance(error, DBAPIError)
    code = _sqlstate(error) or _sqlite_code(error)
    if code is None or not _TRY_AGAIN.fullmatch(code):
        return None
    log.warning("sql.unavailable", error=type(error.orig).__name__, code=code)
    return Unavailable()


def is_lost(error: DBAPIError | ConnectionError) -> bool:
    """Whether the connection is no more; of a commit it is not known then whether it was done.

    A driver whose server dies in the midst of an answer raises a bare ConnectionError.
    """
    if (
        isinstance(error, ConnectionError)
        or error.connection_invalidated
        or isinstance(error, InterfaceError)
    ):
        return True
    return _LOST.fullmatch(_sqlstate(error) or "") is not None


def violated(error: DBAPIError) -> str:
    """The name of the constraint that a statement broke, or the words the database said about it."""
    return str(_fact(error, "constraint_name") or error.orig)


def _sqlstate(error: DBAPIError) -> str | None:
    state = _fact(error, "sqlstate")
    return None if state is None else str(state)


def _sqlite_code(error: DBAPIError) -> str | None:
    name = getattr(error.orig, "sqlite_errorname", None)
    return None if name is None else str(name)


def _fact(error: DBAPIError, name: str) -> Any:
    cause: Any = error.orig
    while cause is not None:
        if found := getattr(cause, name, None):
            return found
        cause = cause.__cause__
    return None
