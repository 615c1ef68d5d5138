"""Holding a time for a few minutes, and giving it back."""

from __future__ import annotations

from datetime import datetime

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments.hold import DEFAULT_MINUTES, MOST_MINUTES, hold_slot
from core.appointments.release_hold import ReleasedHold, release_hold
from graphql_api.declare.fields import answered_by, keyed
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.choosing import FOR_STAFF, ProviderSelectionInput, selection_of
from graphql_api.types.holds import Hold


@input_type
class HoldSlotInput(MutationInput):
    """The time of a provider, or of one who is chosen; its length comes from the service unless given."""

    provider_id: strawberry.ID | None = optional(
        "Whose time is wanted; leave out to have one chosen.", of="provider"
    )
    provider_selection: ProviderSelectionInput | None = optional(
        "How a provider is chosen, where none is named; one alone.", to="selection", through=selection_of
    )
    starts_at: datetime = required("When it starts: a whole minute in the future.")
    service_id: strawberry.ID | None = optional(
        "What is to be booked; its buffers, rooms and kit are held, too.", of="service"
    )
    location_id: strawberry.ID | None = optional("Where, if that matters.", of="location")
    duration_minutes: int | None = optional("How long it takes; needed where no service is named.")
    seats: int | None = optional("How many seats of a group; 1 where not given.")
    for_minutes: int | None = optional(
        f"For how long it is held: 1 to {MOST_MINUTES} minutes; what the service says, or "
        f"{DEFAULT_MINUTES}, where not given."
    )
    respect_policies: bool | None = optional(
        "Whether the business's rules may refuse; true where not given.", to="within_policies"
    )
    for_staff: bool | None = optional(FOR_STAFF)


@payload
class HoldSlotPayload:
    """The time is held: nobody else can take it until then."""

    hold: Hold | None = keyed("hold_id", "The hold; give its id to `bookAppointment`.")


@input_type
class ReleaseHoldInput(MutationInput):
    """The hold that is needed no longer."""

    hold_id: strawberry.ID = required("Which hold.", of="hold")


def _released_id(root: ReleasedHold) -> strawberry.ID:
    return spell_id("hold", root.hold_id)


@payload
class ReleaseHoldPayload:
    """The time is free again. A hold that had run out or was released before stays so."""

    hold_id: strawberry.ID = answered_by(_released_id, "Which hold.")


@strawberry.type
class HoldMutations:
    """Keeping a time from others while somebody decides."""

    hold_slot = mutation(
        hold_slot,
        "Hold a time, so that nobody else takes it meanwhile. Booking it with `holdId` ends the hold.",
        takes=HoldSlotInput,
        gives=HoldSlotPayload,
        allow=may(Permission.APPOINTMENTS_WRITE),
    )
    release_hold = mutation(
        release_hold,
        "Give a held time back before it runs out.",
        takes=ReleaseHoldInput,
        gives=ReleaseHoldPayload,
        allow=may(Permission.APPOINTMENTS_WRITE),
    )
