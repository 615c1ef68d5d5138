"""What a broken constraint means: the database's last word, said as a typed refusal."""

from __future__ import annotations

from sqlalchemy.exc import DBAPIError

from adapters.sql.database import violated
from core.appointments.ledger import NoRoom
from core.directory.client import EmailTaken
from core.kernel.errors import DomainError


def refusal_of(error: DBAPIError) -> DomainError | None:
    """The refusal behind a constraint that two writers raced for, or None for any other fault."""
    words = violated(error)
    if "ex_allocations_exclusive" in words:
        return NoRoom()
    if "email_key" in words:
        return EmailTaken()
    return None
