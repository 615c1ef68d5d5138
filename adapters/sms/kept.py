"""SMS that go nowhere: kept beside kept mail, so that development can read what would have been sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.messaging.sms import TakenSms, TextMessage, segments_of


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptText:
    """An SMS as it is kept, in the form of a mail."""

    message_id: str
    to: str
    subject: str
    text: str


class KeptTexts:
    """Hands each text to `keep`; a repeat of a key is kept once."""

    def __init__(self, keep: Callable[[KeptText], Awaitable[None]]) -> None:
        self._keep = keep

    async def send(self, message: TextMessage, *, again: bool) -> TakenSms:
        """Keep the text."""
        segments = segments_of(message.text)
        await self._keep(
            KeptText(
                message_id=f"{message.message_key}@sms",
                to=message.to,
                subject=f"SMS of {segments} segment{'s' if segments > 1 else ''}",
                text=message.text,
            )
        )
        return TakenSms(sid=None)
