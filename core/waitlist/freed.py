"""What becomes free by what happened: an event of the log as a freed time."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from core.appointments.appointment import (
    AppointmentCancelled,
    AppointmentCompleted,
    AppointmentMarkedNoShow,
    AppointmentRescheduled,
)
from core.appointments.decline import AppointmentDeclined
from core.appointments.hold import OFFER
from core.appointments.reads import APPOINTMENT, HOLD
from core.appointments.release_hold import HoldRanOut, HoldReleased
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.log import LoggedEvent
from core.kernel.reading import Selection
from core.waitlist.expire import withdraw_offer_of_hold
from core.waitlist.fill import fill_opening
from core.waitlist.matching import Freed
from core.waitlist.offer import (
    WaitlistOfferDeclined,
    WaitlistOfferExpired,
    WaitlistOfferWithdrawn,
)
from core.waitlist.questions import WaitlistQuestions
from core.waitlist.reads import WAITLIST_OFFER

_APPOINTMENT = Selection(noun=APPOINTMENT, fields={"starts_at", "ends_at", "provider_id", "client_id"})
_HOLD = Selection(noun=HOLD, fields={"kind", "starts_at", "ends_at", "provider_id"})
_OFFER = Selection(
    noun=WAITLIST_OFFER,
    fields={"opening", "starts_at", "ends_at", "provider_id", "status", "hold_id", "given_up_by"},
)

_OF_APPOINTMENTS = (
    AppointmentCancelled.type,
    AppointmentDeclined.type,
    AppointmentRescheduled.type,
    AppointmentMarkedNoShow.type,
    AppointmentCompleted.type,
)
FREEING = (
    *_OF_APPOINTMENTS,
    HoldReleased.type,
    HoldRanOut.type,
    WaitlistOfferDeclined.type,
    WaitlistOfferExpired.type,
    WaitlistOfferWithdrawn.type,
)
"""The events by which a time becomes free."""


async def offer_freed_time(ctx: Context, event: LoggedEvent) -> None:
    """Offer to those who wait what an event made free; a second time offers nothing twice."""
    freed = await _freed(ctx, event)
    await ctx.release()
    if freed is not None:
        await fill_opening(ctx, freed)


async def _freed(ctx: Context, event: LoggedEvent) -> Freed | None:
    name = f"event:{event.sequence}"
    if event.type in _OF_APPOINTMENTS:
        return await _of_appointment(ctx, name, event)
    if event.type in (HoldReleased.type, HoldRanOut.type):
        return await _of_hold(ctx, name, event.key)
    row = await ctx.read.one(_OFFER, event.key)
    if row is None or row["hold_id"] is None:
        return None  # nothing was kept for them, so nothing became free
    freed = _span(row["opening"], row, client_id=row["given_up_by"])
    return await _with_rooms(ctx, freed, hold_id=row["hold_id"])


async def _of_appointment(ctx: Context, name: str, event: LoggedEvent) -> Freed | None:
    row = await ctx.read.one(_APPOINTMENT, event.key)
    if row is None:
        return None
    freed = _span(name, row, client_id=row["client_id"])
    if event.type == AppointmentRescheduled.type:
        facts = event.payload
        freed = replace(
            freed,
            provider_ids=(facts["from_provider_id"],),
            starts_at=datetime.fromisoformat(facts["from_starts_at"]),
            ends_at=datetime.fromisoformat(facts["from_ends_at"]),
        )
    return await _with_rooms(ctx, freed, appointment_id=event.key)


async def _of_hold(ctx: Context, name: str, hold_id: int) -> Freed | None:
    row = await ctx.read.one(_HOLD, hold_id)
    if row is None:
        return None
    if row["kind"] == OFFER:
        await ctx.release()
        await withdraw_offer_of_hold(ctx, hold_id)
        return None  # the withdrawal is an event of its own, and goes on from there
    return await _with_rooms(ctx, _span(name, row), hold_id=hold_id)


async def _with_rooms(
    ctx: Context, freed: Freed, *, appointment_id: int | None = None, hold_id: int | None = None
) -> Freed | None:
    """The freed time with whoever else, and which rooms and kit, became free; None where it is over."""
    if freed.ends_at <= ctx.clock.now():
        return None
    found = await ctx.ask(WaitlistQuestions).given_back(
        appointment_id=appointment_id,
        hold_id=hold_id,
        starts_minute=minute_of(freed.starts_at),
        ends_minute=minute_of(freed.ends_at),
    )
    others = tuple(key for key in found.provider_ids if key not in freed.provider_ids)
    return replace(freed, provider_ids=(*freed.provider_ids, *others), resource_ids=found.resource_ids)


def _span(name: str, row: dict[str, Any], *, client_id: int | None = None) -> Freed:
    return Freed(
        name=name,
        provider_ids=(row["provider_id"],),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
        client_id=client_id,
    )
