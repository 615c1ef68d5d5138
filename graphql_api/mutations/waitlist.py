"""Waiting for a time, being offered one, and taking it."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from auth.allow import PUBLIC, may
from auth.permissions import Permission
from core.kernel.errors import NotFound
from core.waitlist.accept import accept_waitlist_offer
from core.waitlist.change import change_waitlist_entry
from core.waitlist.claim import ClaimedWaitlistOffer, ClaimWaitlistOffer, claim_waitlist_offer
from core.waitlist.decline import DeclinedWaitlistOffer, DeclineWaitlistOffer, decline_waitlist_offer
from core.waitlist.give import MOST_HOURS
from core.waitlist.join import join_waitlist
from core.waitlist.leave import leave_waitlist
from core.waitlist.offer_slot import offer_waitlist_slot
from core.waitlist.offer_token import business_of_offer_token
from graphql_api.declare.fields import answered_by, fact, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.appointments import Appointment
from graphql_api.types.hours import ShiftInput, Weekday, shifts_of
from graphql_api.types.waitlist import WaitlistEntry, WaitlistOffer
from graphql_api.visit import Visit

WRITE = may(Permission.APPOINTMENTS_WRITE)

_ANY = "any where not given."


def _words(given: list[Weekday]) -> list[str]:
    return [str(day.value) for day in given]


@input_type
class WishInput(MutationInput):
    """What somebody waits for; days and times are by the wall clock of the location."""

    service_id: strawberry.ID | None = optional(f"For what; {_ANY}", of="service")
    provider_id: strawberry.ID | None = optional(f"For whom; {_ANY}", of="provider")
    location_id: strawberry.ID | None = optional(f"Where; {_ANY}", of="location")
    first_day: date | None = optional("The first day that suits.")
    last_day: date | None = optional("The last day that suits, itself included.")
    days: list[date] | None = optional(f"The only days that suit; {_ANY}")
    weekdays: list[Weekday] | None = optional(f"The only weekdays that suit; {_ANY}", through=_words)
    times: list[ShiftInput] | None = optional(
        f"The times of day in which the whole appointment must lie; {_ANY}", through=shifts_of
    )
    duration_minutes: int | None = optional("How long it should take; needed where no service is named.")
    seats: int | None = optional("How many seats of a group; 1 where not given.")
    description: str | None = optional("What is to be done.")
    style: str | None = optional("In which style.")
    notes: str | None = optional("Notes that the client may see.")


@input_type
class JoinWaitlistInput(WishInput):
    """A client, and what they wait for; days and times are by the wall clock of the location."""

    client_id: strawberry.ID = required("Who waits.", of="client")


@payload
class JoinWaitlistPayload:
    """The client waits, behind everybody who waits already."""

    entry: WaitlistEntry | None = keyed("waitlist_entry_id", "The new entry.")


@input_type
class ChangeWaitlistEntryInput(WishInput):
    """What is left out stays as it is, null is any; the place in the list stays in any case."""

    entry_id: strawberry.ID = required("Which entry.", of="waitlist_entry", to="waitlist_entry_id")


@payload
class ChangeWaitlistEntryPayload:
    """The entry was changed. One that had expired waits again; an open offer stands."""

    entry: WaitlistEntry | None = keyed("waitlist_entry_id", "The entry.")


@input_type
class LeaveWaitlistInput(MutationInput):
    """Who waits no longer."""

    entry_id: strawberry.ID = required("Which entry.", of="waitlist_entry", to="waitlist_entry_id")


@payload
class LeaveWaitlistPayload:
    """They are off the list; what was kept for them goes to the next. Again changes nothing."""

    entry: WaitlistEntry | None = keyed("waitlist_entry_id", "The entry.")


@input_type
class OfferWaitlistSlotInput(MutationInput):
    """A time for somebody who waits. Of the business's rules only time that is taken refuses."""

    entry_id: strawberry.ID = required("Which entry.", of="waitlist_entry", to="waitlist_entry_id")
    starts_at: datetime = required("When it starts: a whole minute in the future.")
    provider_id: strawberry.ID | None = optional(
        "Whose time; the entry's provider where not given, or the first who is free.", of="provider"
    )
    duration_minutes: int | None = optional("How long it takes; as the entry says where not given.")
    message: str | None = optional("A note to the client, for the letter.")
    expires_in_hours: int | None = optional(
        f"For how long it is kept: 1 to {MOST_HOURS} hours, never beyond the start. Where not given a "
        "day, or until two hours before the start where that is sooner."
    )


@payload
class OfferWaitlistSlotPayload:
    """The time is kept for the client, who is written to where they have an address."""

    entry: WaitlistEntry | None = keyed("waitlist_entry_id", "The entry.")
    offer: WaitlistOffer | None = keyed("waitlist_offer_id", "The offer.")
    claim_token: str | None = fact(
        "What `claimWaitlistOffer` takes. Shown once: a repeat answers null. The letter holds it too."
    )


@input_type
class WaitlistTokenInput(MutationInput):
    """The token of an offer; it works once, whatever the idempotency key."""

    token: str = required("The token from the letter's link.")


@input_type
class ClaimWaitlistOfferInput(WaitlistTokenInput):
    """The token of an offer. The same token again is answered the same, whatever the idempotency key."""


def _entry_id(root: ClaimedWaitlistOffer | DeclinedWaitlistOffer) -> strawberry.ID:
    return spell_id("waitlist_entry", root.waitlist_entry_id)


def _appointment_id(root: ClaimedWaitlistOffer) -> strawberry.ID:
    return spell_id("appointment", root.appointment_id)


@payload
class ClaimWaitlistOfferPayload:
    """The time is booked."""

    entry_id: strawberry.ID = answered_by(_entry_id, "The entry, which is booked.")
    appointment_id: strawberry.ID = answered_by(_appointment_id, "The appointment that it became.")


@input_type
class AcceptWaitlistOfferInput(MutationInput):
    """The offer that its client takes."""

    offer_id: strawberry.ID = required("Which offer.", of="waitlist_offer", to="waitlist_offer_id")


@payload
class AcceptWaitlistOfferPayload:
    """The time is booked. An offer that was taken already is answered the same."""

    entry: WaitlistEntry | None = keyed("waitlist_entry_id", "The entry, which is booked.")
    appointment: Appointment | None = keyed("appointment_id", "The appointment that it became.")


@input_type
class DeclineWaitlistOfferInput(WaitlistTokenInput):
    """The token of an offer. Again changes nothing, whatever the idempotency key."""


@payload
class DeclineWaitlistOfferPayload:
    """The time goes to the next; the client waits on."""

    entry_id: strawberry.ID = answered_by(_entry_id, "The entry, which waits on.")


def _business_of(token: str) -> int:
    business_id = business_of_offer_token(token)
    if business_id is None:
        raise NotFound("waitlist_offer")
    return business_id


async def _claim(visit: Visit, command: ClaimWaitlistOffer) -> ClaimedWaitlistOffer:
    async with visit.stranger_at(_business_of(command.token)) as ctx:
        return await claim_waitlist_offer(ctx, command)


async def _decline(visit: Visit, command: DeclineWaitlistOffer) -> DeclinedWaitlistOffer:
    async with visit.stranger_at(_business_of(command.token)) as ctx:
        return await decline_waitlist_offer(ctx, command)


@strawberry.type
class WaitlistMutations:
    """Who waits for a time, and what they are offered."""

    join_waitlist = mutation(
        join_waitlist,
        "Put a client on the waitlist. When a time becomes free that suits, it is kept for them or they "
        "are told of it, as the business's waitlist mode says.",
        takes=JoinWaitlistInput,
        gives=JoinWaitlistPayload,
        allow=WRITE,
    )
    change_waitlist_entry = mutation(
        change_waitlist_entry,
        "Change what somebody waits for.",
        takes=ChangeWaitlistEntryInput,
        gives=ChangeWaitlistEntryPayload,
        allow=WRITE,
    )
    leave_waitlist = mutation(
        leave_waitlist,
        "Take somebody off the waitlist.",
        takes=LeaveWaitlistInput,
        gives=LeaveWaitlistPayload,
        allow=WRITE,
    )
    offer_waitlist_slot = mutation(
        offer_waitlist_slot,
        "Keep a time for somebody who waits, and write to them.",
        takes=OfferWaitlistSlotInput,
        gives=OfferWaitlistSlotPayload,
        allow=WRITE,
    )
    claim_waitlist_offer = mutation(
        claim_waitlist_offer,
        "Take the time that was offered, by the token of the letter; no credential is needed.",
        takes=ClaimWaitlistOfferInput,
        gives=ClaimWaitlistOfferPayload,
        allow=PUBLIC,
        call=_claim,
    )
    accept_waitlist_offer = mutation(
        accept_waitlist_offer,
        "Take the time that was offered for a client who said yes, without the letter's token.",
        takes=AcceptWaitlistOfferInput,
        gives=AcceptWaitlistOfferPayload,
        allow=WRITE,
    )
    decline_waitlist_offer = mutation(
        decline_waitlist_offer,
        "Let an offered time go to the next, by the token of the letter; no credential is needed.",
        takes=DeclineWaitlistOfferInput,
        gives=DeclineWaitlistOfferPayload,
        allow=PUBLIC,
        call=_decline,
    )
