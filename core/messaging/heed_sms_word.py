"""What people answer to SMS: STOP ends them, START brings them back."""

from __future__ import annotations

from core.directory.client import Client, ClientUpdated
from core.kernel.context import Context
from core.messaging.questions import MessagingQuestions

STOP, START = "STOP", "START"

_STOPS = frozenset(
    "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT OPTOUT REVOKE STOPP ARRET ARRÊT ALTO BAJA ABMELDEN".split()
)
_STARTS = frozenset("START UNSTOP YES".split())
"""Twilio's words (Support for Opt-out Keywords), and how the shipped languages say STOP."""


def sms_word(text: str) -> str | None:
    """STOP, START, or None where a text is neither: a word counts where it stands alone."""
    word = text.strip().strip(".!\"'").upper()
    if word in _STOPS:
        return STOP
    return START if word in _STARTS else None


async def heed_sms_word(ctx: Context, number: str, word: str) -> int:
    """Keep that whoever has this number (E.164) wants no SMS any more, or wants them again.

    It goes for every client of the business with that number; answers for how many it was news.
    """
    wants = word == START
    if not await ctx.ask(MessagingQuestions).clients_reached_at(number, opted_out=wants):
        return 0
    changed = 0
    async with ctx.unit_of_work() as uow:
        for key in await uow.ask(MessagingQuestions).clients_reached_at(number, opted_out=wants):
            client = await uow.get(Client, key, lock=True)
            if client is None or client.phone_e164 != number or (client.sms_opted_out_at is None) == wants:
                continue
            client.sms_opted_out_at = None if wants else uow.now
            uow.emit(ClientUpdated(client_id=client.id))
            changed += 1
    return changed
