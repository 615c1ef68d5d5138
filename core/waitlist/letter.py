"""What a client who waits is told: of a time that is kept for them, or of one that became free."""

from __future__ import annotations

from collections.abc import Collection

from core.calendars.addresses import Addresses
from core.catalog.reads import SERVICE
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.reading import Row, Selection
from core.kernel.text import zone_of
from core.messaging.occasions import WAITLIST_OFFER as OFFERED
from core.messaging.occasions import WAITLIST_OPENING
from core.messaging.questions import MessagingQuestions
from core.messaging.sending import CLIENT_FIELDS, Matter, Saying, address_of, key_by, send
from core.waitlist.offer import OPEN, TOLD, WaitlistOffer
from core.waitlist.offer_token import OfferTokens
from core.waitlist.reads import WAITLIST_ENTRY, WAITLIST_OFFER

_SELECTION = Selection(
    noun=WAITLIST_OFFER,
    fields={"id", "status", "provider_id", "starts_at", "ends_at", "expires_at", "message"},
    relations={
        "entry": Selection(
            noun=WAITLIST_ENTRY,
            fields={"id"},
            relations={"client": Selection(noun=CLIENT, fields=set(CLIENT_FIELDS))},
        ),
        "provider": Selection(noun=PROVIDER, fields={"display_name"}),
        "service": Selection(noun=SERVICE, fields={"name"}),
        "location": Selection(noun=LOCATION, fields={"time_zone", "address"}),
        "business": Selection(noun=BUSINESS, fields={"name"}),
    },
)


async def tell_of_offer(ctx: Context, offer_id: int, key: str) -> None:
    """Tell the client of an offer that still stands, in each way that the business wants.

    Times are in the zone of the location, and the words name it. Raises MailNotSent or SmsNotSent where
    it should be tried again.
    """
    row = await ctx.read.one(_SELECTION, offer_id)
    if row is None or row["status"] not in (OPEN, TOLD) or row["expires_at"] <= ctx.clock.now():
        return
    channels = (await ctx.ask(MessagingQuestions).telling()).channels
    if not is_reached(row["entry"]["client"], channels):
        return
    matter = await _matter(ctx, row)
    occasion = OFFERED if row["status"] == OPEN else WAITLIST_OPENING
    for channel in channels:
        await send(ctx, Saying(occasion=occasion, channel=channel, key=key_by(key, channel)), matter)


def is_reached(client: Row, channels: Collection[str]) -> bool:
    """Whether a client, read with `CLIENT_FIELDS`, hears of anything by one of these ways."""
    return any(address_of(client, channel) is not None for channel in channels)


async def _matter(ctx: Context, row: Row) -> Matter:
    async with ctx.unit_of_work() as uow:
        offer = await uow.get(WaitlistOffer, row["id"])
        assert offer is not None
        token = ctx.reach(OfferTokens).token(ctx.business_id, offer.nonce)
    zone = zone_of(row["location"]["time_zone"])
    minutes = minute_of(row["ends_at"]) - minute_of(row["starts_at"])
    service = row["service"]
    return Matter(
        client=row["entry"]["client"],
        facts={
            "business": row["business"]["name"],
            "client": row["entry"]["client"]["display_name"],
            "provider": row["provider"]["display_name"],
            "service": None if service is None else service["name"],
            "starts_at": row["starts_at"].astimezone(zone),
            "expires_at": row["expires_at"].astimezone(zone),
            "duration_minutes": minutes,
            "time_zone": row["location"]["time_zone"],
            "address": row["location"]["address"],
            "message": row["message"],
            "link": ctx.reach(Addresses).offer(token),
        },
        told={
            "waitlist_offer_id": row["id"],
            "starts_minute": minute_of(row["starts_at"]),
            "duration_minutes": minutes,
            "provider_id": row["provider_id"],
        },
    )
