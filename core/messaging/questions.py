"""What is asked about messages; one statement each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from core.messaging.settings import Telling
from core.messaging.words import Words


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToSay:
    """The language to say it in, the business's own words for it, and what became of it already."""

    language: str
    own: Words | None
    status: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTemplate:
    """Words that a business wrote for itself."""

    occasion: str
    channel: str
    language: str
    words: Words
    updated_at: datetime


class MessagingQuestions(Protocol):
    """What is asked about messages."""

    async def telling(self) -> Telling:
        """The settings in force."""
        ...

    async def how_to_say(
        self, occasion: str, channel: str, client_language: str | None, message_key: str
    ) -> HowToSay:
        """How to say something: in the client's language where it is known, else in the business's."""
        ...

    async def message_id(self, message_key: str) -> int | None:
        """The message of this key, if it was begun."""
        ...

    async def last_told(self, appointment_id: int, *, but: Sequence[str]) -> dict[str, Any] | None:
        """The facts of the appointment's last message that told its time, or None where none did.

        Messages of the keys in `but` do not count.
        """
        ...

    async def clients_reached_at(self, number: str, *, opted_out: bool) -> list[int]:
        """The keys of the clients with this number in E.164 who did, or did not, opt out; archived ones too."""
        ...

    async def lock_upcoming(self, after_id: int, now: datetime, most: int) -> list[tuple[int, datetime]]:
        """Appointments to come by key, from beyond `after_id`, locked: (key, start)."""
        ...

    async def own_templates(self) -> list[OwnTemplate]:
        """All words that the business wrote."""
        ...

    async def own_words(self, occasion: str, channel: str, language: str) -> Words | None:
        """The business's own words for an occasion."""
        ...

    async def remove_template(self, occasion: str, channel: str, language: str) -> bool:
        """Forget them; False where there were none."""
        ...

    async def add_template(
        self, occasion: str, channel: str, language: str, words: Words, now: datetime
    ) -> None:
        """Keep words of its own where it has none."""
        ...
