"""Every refusal, by family.

    DomainError
      NotFound            the thing is not there, or not yours: the two answer alike
      Conflict            the request is sound, the present state refuses it
      Invalid             a value breaks a rule; carries every issue found
      Forbidden           you are known, and may not
        Unauthenticated   you are not known
      PaymentRequired     something has to be paid first
      RateLimited         too often; carries when to come back
      Unavailable         a part of the program is out of reach; nothing was done, try again
        OutcomeUnknown    it was lost in the midst: done whole, or not at all

Each noun declares its own errors beside itself, below one of these families. An error carries facts
as attributes; `code` is stable and for programs, the message is one sentence for people.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(eq=False)
class DomainError(Exception):
    """A refusal that the caller can understand and act on."""

    code: ClassVar[str] = "ERROR"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "The request was refused."

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class NotFound(DomainError):
    """The named thing does not exist in the caller's business."""

    code: ClassVar[str] = "NOT_FOUND"

    noun: str

    @property
    def message(self) -> str:
        """One sentence for people; says the noun and never the id."""
        return f"No such {self.noun.replace('_', ' ')}."


@dataclass(eq=False)
class Conflict(DomainError):
    """The present state refuses the request."""

    code: ClassVar[str] = "CONFLICT"


@dataclass(frozen=True, slots=True)
class Issue:
    """One broken rule: where (`path`, in the command's own names), which (`code`), and in words."""

    path: str
    code: str
    message: str


@dataclass(eq=False)
class Invalid(DomainError):
    """One or more values break a rule."""

    code: ClassVar[str] = "VALIDATION_FAILED"

    issues: list[Issue]

    @property
    def message(self) -> str:
        """The issues, one after another."""
        return "; ".join(f"{issue.path}: {issue.message}" for issue in self.issues)


@dataclass(eq=False)
class Forbidden(DomainError):
    """The caller is known and may not do this."""

    code: ClassVar[str] = "PERMISSION_DENIED"

    permission: str = ""

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "You may not do this."


@dataclass(eq=False)
class Unauthenticated(Forbidden):
    """No valid credential came with the request."""

    code: ClassVar[str] = "UNAUTHENTICATED"

    @property
    def message(self) -> str:
        """One sentence for people; never says which part of a credential was wrong."""
        return "Sign in first: the credential is missing, wrong, expired or revoked."


@dataclass(eq=False)
class PaymentRequired(DomainError):
    """Something has to be paid first."""

    code: ClassVar[str] = "PAYMENT_REQUIRED"


@dataclass(eq=False)
class RateLimited(DomainError):
    """Too many requests; come back after `retry_after_seconds`."""

    code: ClassVar[str] = "RATE_LIMITED"

    retry_after_seconds: int

    @property
    def message(self) -> str:
        """One sentence for people."""
        return f"Too many requests: try again in {self.retry_after_seconds} seconds."


@dataclass(eq=False)
class Unavailable(DomainError):
    """The database is out of reach, overloaded or full: nothing was done, and a retry may work.

    OutcomeUnknown, which is one of these, does not promise that nothing was done.
    """

    code: ClassVar[str] = "UNAVAILABLE"

    retry_after_seconds: int = 1

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "This cannot be done right now: nothing was changed, try again in a moment."


@dataclass(eq=False)
class OutcomeUnknown(Unavailable):
    """The database was lost while it committed: it was done whole, or not at all. Who repeats it with the
    same idempotency key has it done once."""

    code: ClassVar[str] = "OUTCOME_UNKNOWN"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return (
            "The connection to the database was lost: this may have been done, so look before you repeat "
            "it, or repeat it with the same idempotency key."
        )


@dataclass(eq=False)
class IdempotencyMismatch(Invalid):
    """The idempotency key was used before with other input."""

    code: ClassVar[str] = "IDEMPOTENCY_MISMATCH"


def invalid(path: str, code: str, message: str) -> Invalid:
    """An Invalid with a single issue."""
    return Invalid([Issue(path, code, message)])
