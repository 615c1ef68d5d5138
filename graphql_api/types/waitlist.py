"""The waitlist: who waits for a time, and what they were offered."""

from __future__ import annotations

from datetime import date, datetime
from enum import Enum
from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.waitlist import entry as entries
from core.waitlist import offer as offers
from core.waitlist.entry import EntryNotWaiting
from core.waitlist.offer import OfferClosed
from core.waitlist.reads import WAITLIST_ENTRY, WAITLIST_OFFER
from graphql_api.declare.errors import Error, error_type
from graphql_api.declare.fields import column, fact, relation, worked_out
from graphql_api.declare.inputs import required
from graphql_api.declare.listings import OrderDirection, condition, direction, listing_below
from graphql_api.declare.types import Node, enum_type, input_type, shown
from graphql_api.types.appointments import Appointment
from graphql_api.types.business import Location
from graphql_api.types.clients import Client
from graphql_api.types.hours import Shift, Weekday, shown_shifts
from graphql_api.types.providers import Provider
from graphql_api.types.services import Service


@enum_type
class WaitlistStatus(Enum):
    """How an entry of the waitlist stands."""

    WAITING = strawberry.enum_value(entries.WAITING, description="It waits for a time.")
    OFFERED = strawberry.enum_value(entries.OFFERED, description="A time is kept for it.")
    BOOKED = strawberry.enum_value(entries.BOOKED, description="A time that was offered was taken.")
    EXPIRED = strawberry.enum_value(entries.EXPIRED, description="Its last wanted day is over.")
    REMOVED = strawberry.enum_value(entries.REMOVED, description="It was taken off the list.")


@enum_type
class WaitlistOfferStatus(Enum):
    """How an offer stands."""

    OPEN = strawberry.enum_value(offers.OPEN, description="The time is kept for the client.")
    TOLD = strawberry.enum_value(
        offers.TOLD, description="The client was told; nothing is kept, whoever books first has it."
    )
    CLAIMED = strawberry.enum_value(offers.CLAIMED, description="The client took it.")
    DECLINED = strawberry.enum_value(offers.DECLINED, description="The client did not want it.")
    EXPIRED = strawberry.enum_value(offers.EXPIRED, description="It ran out.")
    WITHDRAWN = strawberry.enum_value(offers.WITHDRAWN, description="It was taken back.")


def _days(kept: list[str] | None) -> list[date] | None:
    return None if kept is None else [date.fromisoformat(day) for day in kept]


def _weekdays(kept: list[str] | None) -> list[Weekday] | None:
    return None if kept is None else [Weekday(day) for day in kept]


def _times(kept: list[list[int]] | None) -> list[Shift] | None:
    return None if kept is None else shown_shifts(kept)


@shown(WAITLIST_OFFER, allow=may(Permission.CLIENTS_READ))
class WaitlistOffer(Node):
    """A time that is kept for somebody who waits, or that they were told of."""

    status: WaitlistOfferStatus = column("How it stands.")
    starts_at: datetime = column("When the time starts.")
    ends_at: datetime = column("When it ends.")
    expires_at: datetime = column("Until when it can be taken.")
    created_at: datetime = column("When it was made.")
    ended_at: datetime | None = column(
        "When it was taken, declined or taken back, or was found to have run out."
    )
    by_staff: bool = column("Whether it was made by hand.")
    message: str | None = column("What the business wrote to the client with it.")
    provider: Provider | None = relation("Whose time it is.")
    service: Service | None = relation("For what, if that was said.")
    location: Location | None = relation("Where.")
    appointment: Appointment | None = relation("The appointment that it became, if it was taken.")


@shown(WAITLIST_ENTRY, allow=may(Permission.CLIENTS_READ))
class WaitlistEntry(Node):
    """A client who waits for a time. What is null is wanted of any kind; days and times are by the wall
    clock of the location. Whoever joined first is asked first."""

    status: WaitlistStatus = column("How it stands.")
    client: Client | None = relation("Who waits.")
    service: Service | None = relation("For what.")
    provider: Provider | None = relation("For whom.")
    location: Location | None = relation("Where.")
    first_day: date | None = column("The first day that suits.")
    last_day: date | None = column("The last day that suits, itself included.")
    days: list[date] | None = worked_out("The only days that suit.", of=("days",), through=_days)
    weekdays: list[Weekday] | None = worked_out(
        "The only weekdays that suit.", of=("weekdays",), through=_weekdays
    )
    times: list[Shift] | None = worked_out(
        "The times of day in which the whole appointment must lie.", of=("times",), through=_times
    )
    duration_minutes: int | None = column("How long it should take; null is as long as the service says.")
    seats: int = column("How many seats of a group; 1 where it is no group.")
    description: str | None = column("What is to be done.")
    style: str | None = column("In which style.")
    notes: str | None = column("Notes that the client may see.")
    expired_offers: int = column("How many offers were left to run out.")
    joined_at: datetime = column("Since when they wait.")
    updated_at: datetime = column("When it last changed.")
    lapses_at: datetime | None = column("When the last wanted day is over; null where there is none.")
    offer: WaitlistOffer | None = relation("What is kept for them now.")
    offers: Any = listing_below("offers", "All that was offered to them.", of="waitlist.WaitlistOffer")


@input_type
class WaitlistOfferFilter:
    """Which offers: every condition that is given must hold."""

    status: WaitlistOfferStatus | None = condition("status", "eq", "They stand like this.")


@enum_type
class WaitlistOfferOrderField(Enum):
    """What offers can be sorted by."""

    CREATED_AT = strawberry.enum_value("created_at", description="By when they were made.")
    STARTS_AT = strawberry.enum_value("starts_at", description="By when the time starts.")


@input_type
class WaitlistOfferOrder:
    """How offers are sorted."""

    field: WaitlistOfferOrderField = required("By what.")
    direction: OrderDirection = direction()


@input_type
class WaitlistEntryFilter:
    """Which entries: every condition that is given must hold."""

    status: WaitlistStatus | None = condition("status", "eq", "They stand like this.")
    client_id: strawberry.ID | None = condition("client_id", "eq", "This client waits.", of="client")
    provider_id: strawberry.ID | None = condition("provider_id", "eq", "For this provider.", of="provider")
    service_id: strawberry.ID | None = condition("service_id", "eq", "For this service.", of="service")
    location_id: strawberry.ID | None = condition("location_id", "eq", "At this location.", of="location")


@enum_type
class WaitlistEntryOrderField(Enum):
    """What entries can be sorted by."""

    JOINED_AT = strawberry.enum_value("joined_at", description="By when they joined.")
    UPDATED_AT = strawberry.enum_value("updated_at", description="By when they last changed.")


@input_type
class WaitlistEntryOrder:
    """How entries are sorted."""

    field: WaitlistEntryOrderField = required("By what.")
    direction: OrderDirection = direction()


@error_type(EntryNotWaiting)
class EntryNotWaitingError(Error):
    """The entry of the waitlist is booked, expired or removed, or another offer to it is open."""

    status: WaitlistStatus = fact("How it stands.")


@error_type(OfferClosed)
class OfferClosedError(Error):
    """The offer was taken, declined or taken back, or has run out."""

    status: WaitlistOfferStatus = fact("How it stands.")
