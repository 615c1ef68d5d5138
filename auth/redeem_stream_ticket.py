"""Redeem a ticket: open the one stream it is good for, or go on with it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from auth.opaque_tokens import hash_of_ticket
from auth.watch_questions import TicketFacts, WatchQuestions
from core.kernel.context import ANONYMOUS, Context
from core.kernel.errors import Unauthenticated
from core.kernel.use_case import use_case

MOST_USES = 10
"""How often the stream of one ticket may be taken up again, the first time included."""


@dataclass(kw_only=True)
class RedeemStreamTicket:
    """A ticket as it was handed out; `resuming` where its stream was open before and broke off."""

    ticket: str = field(repr=False)
    resuming: bool


@dataclass(eq=False)
class TicketSpent(Unauthenticated):
    """The ticket is unknown, was used already, or is older than 60 seconds; which is not said."""

    code: ClassVar[str] = "TICKET_SPENT"

    @property
    def message(self) -> str:
        """One sentence for people."""
        return "The ticket is unknown, spent or too old: make another."


async def facts_of_ticket(ctx: Context, ticket: str, *, resuming: bool) -> TicketFacts:
    """Whose a ticket is that could be redeemed now: a question, which uses nothing up. Raises TicketSpent."""
    found = await ctx.ask(WatchQuestions).ticket(
        _hash_of(ticket), ctx.clock.now(), resuming=resuming, most=MOST_USES
    )
    if found is None:
        raise TicketSpent()
    return found


@use_case("stream_ticket.redeem", raises=(TicketSpent,))
async def redeem_stream_ticket(ctx: Context, command: RedeemStreamTicket) -> TicketFacts:
    """Use up a ticket, and say whose it is. Raises TicketSpent.

    EventSource comes back with the same address when a connection breaks off, and says what it saw
    last: within the ticket's 60 seconds, and a few times, that goes on with the stream. Whichever stream
    was opened with it before ends then. After them the page makes another ticket.
    """
    ticket_hash = _hash_of(command.ticket)
    async with ctx.open_unit_of_work(ANONYMOUS) as uow:
        questions = uow.ask(WatchQuestions)
        found = await questions.redeem(ticket_hash, uow.now, resuming=command.resuming, most=MOST_USES)
    if found is None:
        raise TicketSpent()
    return found


def _hash_of(ticket: str) -> str:
    ticket_hash = hash_of_ticket(ticket)
    if ticket_hash is None:
        raise TicketSpent()
    return ticket_hash
