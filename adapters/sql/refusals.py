"""What a database error means to a caller: its last word, said as a typed refusal."""

from __future__ import annotations

import re
from typing import Any

import structlog
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from core.appointments.ledger import NoRoom
from core.directory.client import EmailTaken
from core.kernel.errors import DomainError, Unavailable

_TRY_AGAIN = re.compile("40001|40P01|55P03|57014|57P0[1-3]|53[123]00|08...")
"""SQLSTATEs (PostgreSQL, Appendix A) that say: not now. Among them deadlock, lock timeout, shutdown and crash,
full disk, and a connection that is no more."""

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
    """The refusal behind an error that will pass, or None for any other.

    A driver whose server dies in the midst of an answer raises a bare ConnectionError.
    """
    state = None
    if isinstance(error, DBAPIError):
        state = _sqlstate(error)
        is_out_of_reach = error.connection_invalidated or isinstance(error, InterfaceError)
        is_busy = isinstance(error, OperationalError) and state is None  # SQLite gives no codes
        if not (is_out_of_reach or is_busy or (state is not None and _TRY_AGAIN.fullmatch(state))):
            return None
    cause = error.orig if isinstance(error, DBAPIError) else error
    log.warning("sql.unavailable", error=type(cause).__name__, sqlstate=state)
    return Unavailable()


def violated(error: DBAPIError) -> str:
    """The name of the constraint that a statement broke, or the words the database said about it."""
    return str(_fact(error, "constraint_name") or error.orig)


def _sqlstate(error: DBAPIError) -> str | None:
    state = _fact(error, "sqlstate")
    return None if state is None else str(state)


def _fact(error: DBAPIError, name: str) -> Any:
    cause: Any = error.orig
    while cause is not None:
        if found := getattr(cause, name, None):
            return found
        cause = cause.__cause__
    return None
