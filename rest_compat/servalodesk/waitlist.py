"""ServaloDesk's waitlist: what it takes, what it answers, and what a route row cannot say."""

from __future__ import annotations

from typing import Any

from core.availability.hours import DAY_MINUTES
from core.kernel.errors import NotFound
from core.messaging.questions import MessagingQuestions
from core.waitlist import entry
from core.waitlist.change import ChangeWaitlistEntry
from core.waitlist.claim import ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.give import MOST_HOURS
from core.waitlist.join import JoinWaitlist
from core.waitlist.leave import LeaveWaitlist
from core.waitlist.letter import is_reached
from core.waitlist.offer_slot import LONGEST_MESSAGE, OfferWaitlistSlot, offer_waitlist_slot
from core.waitlist.offer_token import business_of_offer_token
from core.waitlist.reads import WAITLIST_ENTRY
from core.waitlist.wish import MOST_DAYS
from rest_compat.engine.call import Call
from rest_compat.engine.codec import from_text, listed
from rest_compat.engine.reading import read_row
from rest_compat.engine.route import calling
from rest_compat.engine.scalars import BOOLEAN, COUNT, TEXT, all_meant, note, whole, words
from rest_compat.engine.shape import Field, Shape, nested, optional
from rest_compat.engine.times import DATE, INSTANT
from rest_compat.servalodesk.answers import APPOINTMENT_ARTIST, APPOINTMENT_CLIENT, APPOINTMENT_STATE
from rest_compat.servalodesk.spellings import ARTIST_ID, CLIENT_ID, OR_EMPTY, WAITLIST_ENTRY_ID

STATUSES = {
    entry.WAITING: "waiting",
    entry.OFFERED: "offered",
    entry.BOOKED: "booked",
    entry.EXPIRED: "expired",
    entry.REMOVED: "cancelled",
}
"""The contract's recommended words."""

_KEPT_DAY = from_text(str, write=str, schema={"type": "string", "format": "date"})

ENTRY_BY_ID = Shape("WaitlistEntryById", rows=(Field("id", "waitlist_entry_id", WAITLIST_ENTRY_ID),))
ENTRY_FILTERS = Shape(
    "WaitlistFilters",
    rows=(
        Field("artist_id", "provider_id", ARTIST_ID),
        Field("status", "status", all_meant(STATUSES)),
    ),
)
NEW_ENTRY = Shape(
    "NewWaitlistEntry",
    makes=JoinWaitlist,
    rows=(
        Field("client_id", "client_id", CLIENT_ID, required=True),
        Field("artist_id", "provider_id", ARTIST_ID, nullable=True),
        Field("style", "style", note(100), nullable=True),
        Field("tattoo_description", "description", note(), nullable=True),
        Field("duration_minutes", "duration_minutes", whole(1, DAY_MINUTES), default=120),
        Field("preferred_dates", "days", listed(DATE, most=MOST_DAYS), nullable=True),
        Field("notes", "notes", note(), nullable=True),
    ),
)
CHANGED_ENTRY = Shape(
    "ChangedWaitlistEntry",
    makes=ChangeWaitlistEntry,
    rows=(*ENTRY_BY_ID.rows, *optional(NEW_ENTRY.rows, but="client_id")),
)
GONE_ENTRY = Shape("GoneWaitlistEntry", makes=LeaveWaitlist, rows=ENTRY_BY_ID.rows)
NEW_OFFER = Shape(
    "NewWaitlistOffer",
    makes=OfferWaitlistSlot,
    rows=(
        *ENTRY_BY_ID.rows,
        Field("available_date", "starts_at", INSTANT, required=True),
        Field("message", "message", note(LONGEST_MESSAGE), nullable=True),
        Field("expires_in_hours", "expires_in_hours", whole(1, MOST_HOURS)),
    ),
)
TOKEN = Shape("WaitlistOfferToken", makes=ClaimWaitlistOffer, rows=(Field("token", "token", TEXT),))

OPEN_OFFER = Shape(
    "WaitlistOffer",
    rows=(
        Field("available_date", "starts_at", INSTANT),
        Field("message", "message", TEXT, nullable=True),
        Field("expires_at", "expires_at", INSTANT),
    ),
)
ENTRY = Shape(
    "WaitlistEntry",
    of=WAITLIST_ENTRY,
    rows=(
        Field("id", "id", WAITLIST_ENTRY_ID),
        Field("status", "status", words(STATUSES)),
        Field("client", "client", nested(APPOINTMENT_CLIENT)),
        Field("artist", "provider", nested(APPOINTMENT_ARTIST), nullable=True),
        Field("duration_minutes", "duration_minutes", COUNT, nullable=True),
        Field("preferred_dates", "days", listed(_KEPT_DAY), nullable=True),
        Field("notes", "notes", TEXT, nullable=True),
        Field("offer", "offer", nested(OPEN_OFFER), nullable=True),
        Field("created_at", "joined_at", INSTANT),
    ),
)
ENTRY_STATE = Shape("WaitlistEntryState", of=WAITLIST_ENTRY, rows=ENTRY.rows[:2])
_OFFERED_ENTRY = Shape(
    "OfferedWaitlistEntry",
    of=WAITLIST_ENTRY,
    rows=(
        *ENTRY_STATE.rows,
        Field("offer", "offer", nested(OPEN_OFFER), nullable=True),
        Field("email", "client.email", OR_EMPTY),
        Field("phone", "client.phone_e164", OR_EMPTY),
        Field("opted_out_at", "client.sms_opted_out_at", INSTANT, nullable=True),
    ),
)
OFFERED = Shape(
    "OfferedWaitlistSlot",
    rows=(
        Field("waitlist_entry", "entry", nested(ENTRY_STATE)),
        Field("available_date", "starts_at", INSTANT),
        Field("expires_at", "expires_at", INSTANT, nullable=True),
        Field("notification_sent", "client_is_told", BOOLEAN),
    ),
)
CLAIMED = Shape(
    "ClaimedWaitlistOffer",
    rows=(
        Field("waitlist_entry", "entry", nested(ENTRY_STATE)),
        Field("appointment", "appointment", nested(APPOINTMENT_STATE)),
    ),
)


@calling(offer_waitlist_slot)
async def offer_slot(call: Call) -> dict[str, Any]:
    """Offer a time, and tell whether the client is written to."""
    offered = await offer_waitlist_slot(call.ctx, call.command)
    row = await read_row(call.ctx, _OFFERED_ENTRY, offered.waitlist_entry_id)
    telling = await call.ctx.ask(MessagingQuestions).telling()
    return {
        "entry": row,
        "starts_at": call.command.starts_at,
        "expires_at": None if row["offer"] is None else row["offer"]["expires_at"],
        "client_is_told": is_reached(row["client"], telling.channels),
    }


async def studio_of_offer(call: Call) -> int | None:
    """The studio that the token of an offer names."""
    business_id = business_of_offer_token(call.values["token"])
    if business_id is None:
        raise NotFound("waitlist_offer")
    return business_id


@calling(claim_waitlist_offer)
async def claim_offer(call: Call) -> dict[str, Any]:
    """Take the offered time; the same token again is answered the same."""
    claimed = await claim_waitlist_offer(call.ctx, call.command)
    return {
        "entry": await read_row(call.ctx, ENTRY_STATE, claimed.waitlist_entry_id),
        "appointment": await read_row(call.ctx, APPOINTMENT_STATE, claimed.appointment_id),
    }
