"""Mail as the core knows it: who is written to, in which words; how it travels is an adapter's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from core.messaging.occasions import DEFAULT_LANGUAGE
from core.messaging.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail to send. `message_id` is the same for every try, so that a repeat can be told.

    `words` are what it says; where there are none, `template` names the words in `language`, and `facts`
    fills them in.
    """

    message_id: str
    to: str
    template: str
    facts: dict[str, Any]
    words: Words | None = None
    language: str = DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class MailDomain:
    """What message ids end in, after the @."""

    name: str


class Mailer(Protocol):
    """Sends letters."""

    async def send(self, letter: Letter) -> None:
        """Hand the letter on. Raises MailNotSent where it should be tried again, MailRefused where that is pointless."""
        ...


class MailNotSent(RuntimeError):
    """The mail system did not take the letter; try again later."""


class MailRefused(MailNotSent):
    """The mail system will never take this letter for this recipient; `code` is SMTP's."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code
