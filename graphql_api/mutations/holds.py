"""Holding a time for a few minutes, and giving it back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.appointments.hold import DEFAULT_MINUTES, MOST_MINUTES, HoldSlot, hold_slot
from core.appointments.ledger import Allocation
from core.appointments.release_hold import ReleasedHold, release_hold
from core.catalog.reads import SERVICE
from core.kernel.reading import Selection
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.ids import spell_id
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.holds import Hold, HoldFacts
from graphql_api.visit import Visit


@input_type
class HoldSlotInput(MutationInput):
    """A provider's time; its length comes from the service unless given."""

    provider_id: strawberry.ID = required("Whose time is wanted.", of="provider")
    starts_at: datetime = required("When it starts: a whole minute in the future.")
    service_id: strawberry.ID | None = optional(
        "What is to be booked; its buffers are held, too.", of="service"
    )
    duration_minutes: int | None = optional("How long it takes; needed where no service is named.")
    for_minutes: int | None = optional(
        f"For how long it is held: 1 to {MOST_MINUTES} minutes; {DEFAULT_MINUTES} where not given."
    )


@dataclass(kw_only=True)
class _Held:
    hold: HoldFacts


@payload
class HoldSlotPayload:
    """The time is held: nobody else can take it until then."""

    hold: Hold = fact("The hold; give its id to `bookAppointment`.")


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


async def _hold(visit: Visit, command: HoldSlot) -> _Held:
    """Hold, and tell what is held: the ledger knows until when, the input and the service the rest."""
    held = await hold_slot(visit.ctx, command)
    async with visit.ctx.unit_of_work() as uow:
        kept = await uow.get(Allocation, held.hold_id)
        assert kept is not None
        expires_at = kept.expires_at
    assert expires_at is not None
    minutes = command.duration_minutes
    if not minutes:
        assert command.service_id is not None
        wanted = Selection(noun=SERVICE, fields={"duration_minutes"})
        service = await visit.ctx.read.one(wanted, command.service_id)
        assert service is not None
        minutes = service["duration_minutes"]
    return _Held(
        hold=HoldFacts(
            id=spell_id("hold", held.hold_id),
            provider_id=command.provider_id,
            starts_at=command.starts_at,
            ends_at=command.starts_at + timedelta(minutes=minutes),
            expires_at=expires_at,
        )
    )


@strawberry.type
class HoldMutations:
    """Keeping a time from others while somebody decides."""

    hold_slot = mutation(
        hold_slot,
        "Hold a time, so that nobody else takes it meanwhile. Booking it with `holdId` ends the hold.",
        takes=HoldSlotInput,
        gives=HoldSlotPayload,
        allow=may(Permission.APPOINTMENTS_WRITE),
        call=_hold,
    )
    release_hold = mutation(
        release_hold,
        "Give a held time back before it runs out.",
        takes=ReleaseHoldInput,
        gives=ReleaseHoldPayload,
        allow=may(Permission.APPOINTMENTS_WRITE),
    )
