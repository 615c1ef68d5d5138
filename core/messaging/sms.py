"""SMS as the core knows it: a number, a text, and how many segments it takes; who carries it is an adapter's."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Protocol

E164 = re.compile(r"\+[1-9][0-9]{6,14}")

# GSM 03.38: the basic character set, and the extension whose characters take two places.
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("\f^{}\\[~]|€")


@dataclass(frozen=True, slots=True, kw_only=True)
class TextMessage:
    """An SMS to send; `to` is in E.164. `message_key` is the same for every try of one message.

    `status_path` is where the carrier tells what became of it.
    """

    message_key: str
    to: str
    text: str
    status_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenSms:
    """What the carrier answered: its id of the message."""

    sid: str | None


class SmsSender(Protocol):
    """Sends SMS."""

    async def send(self, message: TextMessage, *, again: bool) -> TakenSms:
        """Hand the message on; with `again` it may have been handed on before, and is not sent twice.

        Raises SmsNotSent where it should be tried again, SmsRefused where that would be pointless.
        """
        ...


class SmsNotSent(RuntimeError):
    """The carrier did not take the message; try again later."""


class SmsRefused(RuntimeError):
    """The carrier will never take the message; `code` is its reason."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


OPTED_OUT = 21610
"""Twilio's code for a recipient who answered STOP."""


def segments_of(text: str) -> int:
    """How many segments a text takes: 160 places of GSM-7 in one, 153 in each of several; 70 and 67
    UTF-16 units where a character is outside that alphabet. No character is cut in two."""
    if all(letter in _BASIC or letter in _EXTENDED for letter in text):
        sizes = [2 if letter in _EXTENDED else 1 for letter in text]
        alone, of_several = 160, 153
    else:
        sizes = [2 if ord(letter) > 0xFFFF else 1 for letter in text]
        alone, of_several = 70, 67
    if sum(sizes) <= alone:
        return 1
    segments, left = 1, of_several
    for size in sizes:
        if size > left:
            segments, left = segments + 1, of_several
        left -= size
    return segments
