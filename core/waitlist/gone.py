"""What is gone is not on offer: open offers of an archived client, service, provider or location."""

from __future__ import annotations

from core.catalog.service import ServiceArchived
from core.directory.business import LocationArchived
from core.directory.client import ClientArchived
from core.directory.provider import ProviderArchived
from core.kernel.context import Context
from core.kernel.log import LoggedEvent
from core.waitlist.expire import withdraw_offer
from core.waitlist.questions import Gone, WaitlistQuestions

ARCHIVING: dict[str, Gone] = {
    ClientArchived.type: "client",
    ServiceArchived.type: "service",
    ProviderArchived.type: "provider",
    LocationArchived.type: "location",
}
"""The events after which an offer cannot be taken: of what."""


async def withdraw_offers_of_what_is_gone(ctx: Context, event: LoggedEvent) -> None:
    """Take back every offer that still stands of what was archived; held times go to the next.

    A second time changes nothing.
    """
    keys = await ctx.ask(WaitlistQuestions).standing(ARCHIVING[event.type], event.key, ctx.clock.now())
    await ctx.release()
    for key in keys:
        await withdraw_offer(ctx, key, told_too=True)
