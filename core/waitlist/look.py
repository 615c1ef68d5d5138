"""Look at an offer, as whoever has its link may."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from core.appointments.reads import APPOINTMENT
from core.directory.reads import BUSINESS, LOCATION, PROVIDER
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.errors import NotFound
from core.kernel.reading import Row, Selection
from core.kernel.use_case import use_case
from core.waitlist.offer import OPEN, TOLD
from core.waitlist.offer_token import hash_of_offer_token
from core.waitlist.questions import WaitlistQuestions
from core.waitlist.reads import WAITLIST_OFFER

_SELECTION = Selection(
    noun=WAITLIST_OFFER,
    fields={"status", "starts_at", "ends_at", "expires_at", "message"},
    relations={
        "provider": Selection(noun=PROVIDER, fields={"display_name"}),
        "location": Selection(noun=LOCATION, fields={"time_zone", "address"}),
        "business": Selection(noun=BUSINESS, fields={"name"}),
        "appointment": Selection(noun=APPOINTMENT, fields={"status", "starts_at"}),
    },
)


@dataclass(kw_only=True)
class LookAtWaitlistOffer:
    """The token of the letter."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferSeen:
    """What the link shows: the time and the business, and nothing about the client.

    Times are instants; `time_zone` is the place's. `stands` tells whether it can still be taken.
    `became` is the state of the appointment that was made of it, None without one or where it has moved.
    """

    business: str
    provider: str
    starts_at: datetime
    expires_at: datetime
    duration_minutes: int
    time_zone: str
    address: str | None
    message: str | None
    status: str
    stands: bool
    became: str | None


@use_case("waitlist.look", raises=(NotFound,))
async def look_at_waitlist_offer(ctx: Context, command: LookAtWaitlistOffer) -> OfferSeen:
    """The offer of a token, in two statements. Raises NotFound for an unknown one."""
    found = await ctx.ask(WaitlistQuestions).offer_of(hash_of_offer_token(command.token))
    row = None if found is None else await ctx.read.one(_SELECTION, found.offer_id)
    if row is None:
        raise NotFound("waitlist_offer")
    return OfferSeen(
        business=row["business"]["name"],
        provider=row["provider"]["display_name"],
        starts_at=row["starts_at"],
        expires_at=row["expires_at"],
        duration_minutes=minute_of(row["ends_at"]) - minute_of(row["starts_at"]),
        time_zone=row["location"]["time_zone"],
        address=row["location"]["address"],
        message=row["message"],
        status=row["status"],
        stands=row["status"] in (OPEN, TOLD) and ctx.clock.now() < row["expires_at"],
        became=_became(row),
    )


def _became(row: Row) -> str | None:
    appointment = row["appointment"]
    if appointment is None or appointment["starts_at"] != row["starts_at"]:
        return None
    status: str = appointment["status"]
    return status
