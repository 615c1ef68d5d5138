"""What a client who waits is told: of a time that is kept for them, or of one that became free."""

from __future__ import annotations

from core.calendars.addresses import Addresses
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.reading import Selection
from core.kernel.text import zone_of
from core.messaging.mail import Letter
from core.waitlist.offer import OPEN, TOLD, WaitlistOffer
from core.waitlist.offer_token import OfferTokens
from core.waitlist.reads import WAITLIST_ENTRY, WAITLIST_OFFER

OFFER_TEMPLATE, OPENING_TEMPLATE = "waitlist_offer", "waitlist_opening"

_SELECTION = Selection(
    noun=WAITLIST_OFFER,
    fields={"status", "starts_at", "ends_at", "expires_at", "message"},
    relations={
        "entry": Selection(
            noun=WAITLIST_ENTRY,
            fields={"id"},
            relations={"client": Selection(noun=CLIENT, fields={"display_name", "email"})},
        ),
        "provider": Selection(noun=PROVIDER, fields={"display_name"}),
        "location": Selection(noun=LOCATION, fields={"time_zone", "address"}),
        "business": Selection(noun=BUSINESS, fields={"name"}),
    },
)


async def waitlist_letter(ctx: Context, offer_id: int, message_id: str) -> Letter | None:
    """The letter about an offer that still stands; None otherwise, and where no address is known.

    Times are in the zone of the location, and the letter names it.
    """
    row = await ctx.read.one(_SELECTION, offer_id)
    if row is None or row["status"] not in (OPEN, TOLD) or row["expires_at"] <= ctx.clock.now():
        return None
    client = row["entry"]["client"]
    if client["email"] is None:
        return None
    async with ctx.unit_of_work() as uow:
        offer = await uow.get(WaitlistOffer, offer_id)
        assert offer is not None
        token = ctx.reach(OfferTokens).token(ctx.business_id, offer.nonce)
    zone = row["location"]["time_zone"]
    return Letter(
        message_id=message_id,
        to=client["email"],
        template=OFFER_TEMPLATE if row["status"] == OPEN else OPENING_TEMPLATE,
        facts={
            "business": row["business"]["name"],
            "client": client["display_name"],
            "provider": row["provider"]["display_name"],
            "starts_at": row["starts_at"].astimezone(zone_of(zone)),
            "expires_at": row["expires_at"].astimezone(zone_of(zone)),
            "duration_minutes": minute_of(row["ends_at"]) - minute_of(row["starts_at"]),
            "time_zone": zone,
            "address": row["location"]["address"],
            "message": row["message"],
            "link": ctx.reach(Addresses).offer(token),
        },
    )
