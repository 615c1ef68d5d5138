"""What happens on the waitlist: one type for each type of event."""

from __future__ import annotations

from datetime import datetime

import strawberry

from core.waitlist import entry as entries
from core.waitlist import offer as offers
from graphql_api.declare.events import event_type, told
from graphql_api.types.events import BookingEvent

_ENTRY, _OFFER = "The entry.", "The offer."


@event_type(entries.WaitlistJoined)
class WaitlistJoined(BookingEvent):
    """A client waits for a time."""

    entry_id: strawberry.ID = told("The new entry.", of="waitlist_entry")
    client_id: strawberry.ID = told("Who waits.", of="client")


@event_type(entries.WaitlistChanged)
class WaitlistChanged(BookingEvent):
    """What a client waits for changed."""

    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")


@event_type(entries.WaitlistLeft)
class WaitlistLeft(BookingEvent):
    """A client was taken off the waitlist."""

    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who waits no longer.", of="client")


@event_type(entries.WaitlistBooked)
class WaitlistBooked(BookingEvent):
    """A client who waited booked what they waited for, otherwise than by an offer."""

    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who waits no longer.", of="client")
    appointment_id: strawberry.ID = told("What they booked.", of="appointment")


@event_type(entries.WaitlistExpired)
class WaitlistExpired(BookingEvent):
    """The last day that a client waited for is over."""

    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who waited.", of="client")


@event_type(offers.WaitlistSlotOffered)
class WaitlistSlotOffered(BookingEvent):
    """A time is kept for a client who waits."""

    offer_id: strawberry.ID = told(_OFFER, of="waitlist_offer")
    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("For whom it is kept.", of="client")
    provider_id: strawberry.ID = told("Whose time it is.", of="provider")
    starts_at: datetime = told("When the time starts.")
    ends_at: datetime = told("When it ends.")
    expires_at: datetime = told("Until when it is kept.")


@event_type(offers.WaitlistSlotTold)
class WaitlistSlotTold(BookingEvent):
    """A client who waits is told of a free time; nothing is kept for them."""

    offer_id: strawberry.ID = told(_OFFER, of="waitlist_offer")
    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who is told.", of="client")
    provider_id: strawberry.ID = told("Whose time it is.", of="provider")
    starts_at: datetime = told("When the time starts.")
    ends_at: datetime = told("When it ends.")


@event_type(offers.WaitlistClaimed)
class WaitlistClaimed(BookingEvent):
    """A client took the time that was offered."""

    offer_id: strawberry.ID = told(_OFFER, of="waitlist_offer")
    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who took it.", of="client")
    appointment_id: strawberry.ID = told("The appointment that it became.", of="appointment")


@event_type(offers.WaitlistOfferDeclined)
class WaitlistOfferDeclined(BookingEvent):
    """A client did not want the time that was offered; it goes to the next."""

    offer_id: strawberry.ID = told(_OFFER, of="waitlist_offer")
    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who declined.", of="client")


@event_type(offers.WaitlistOfferExpired)
class WaitlistOfferExpired(BookingEvent):
    """An offer ran out before anybody took it; it goes to the next."""

    offer_id: strawberry.ID = told(_OFFER, of="waitlist_offer")
    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("Who let it pass.", of="client")


@event_type(offers.WaitlistOfferWithdrawn)
class WaitlistOfferWithdrawn(BookingEvent):
    """An offer was taken back; its time goes to the next."""

    offer_id: strawberry.ID = told(_OFFER, of="waitlist_offer")
    entry_id: strawberry.ID = told(_ENTRY, of="waitlist_entry")
    client_id: strawberry.ID = told("To whom it was made.", of="client")
