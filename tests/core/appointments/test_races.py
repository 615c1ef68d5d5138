"""Races that were lost once: verbs that take and give the same time at the same moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from core.appointments.appointment import HoldExpired, SlotTaken
from core.appointments.book import BookAppointment, book
from core.appointments.hold import HoldSlot, hold_slot
from core.appointments.release_hold import ReleaseHold, release_hold
from core.appointments.reschedule import RescheduleAppointment, reschedule
from core.directory.archive_provider import ArchiveProvider, archive_provider
from core.directory.provider import ProviderStillNeeded
from core.kernel.context import Context
from core.kernel.errors import NotFound
from tests.kit.houses import NOW, Studio

THREE = NOW.replace(hour=15) + timedelta(days=7)
REFUSALS = (HoldExpired, SlotTaken, NotFound, ProviderStillNeeded)


async def at_once(studio: Studio, *verbs: Callable[[Context], Awaitable[Any]]) -> list[Any]:
    """Each verb in a Context of its own, all at the same time; a refusal is an answer, a fault is raised."""

    async def one(verb: Callable[[Context], Awaitable[Any]]) -> Any:
        async with studio.house.context(studio.ctx.actor, "race") as ctx:
            try:
                return await verb(ctx)
            except REFUSALS as refusal:
                return refusal

    return list(await asyncio.gather(*(one(verb) for verb in verbs)))


async def test_releasing_and_booking_one_hold_never_deadlock(studio: Studio) -> None:
    """Three releases and three bookings with the hold: at most one booking, and nobody is told to wait."""
    client_id = await studio.client()
    for number in range(6):
        starts_at = THREE + timedelta(hours=number)
        held = await hold_slot(
            studio.ctx,
            HoldSlot(
                provider_id=studio.provider_id,
                starts_at=starts_at,
                duration_minutes=60,
                within_policies=False,
            ),
        )
        booking = BookAppointment(
            client_id=client_id,
            provider_id=studio.provider_id,
            starts_at=starts_at,
            duration_minutes=60,
            hold_id=held.hold_id,
            within_policies=False,
        )
        release = ReleaseHold(hold_id=held.hold_id)
        await at_once(
            studio,
            *[lambda ctx, command=release: release_hold(ctx, command) for _ in range(3)],
            *[lambda ctx, command=booking: book(ctx, command) for _ in range(3)],
        )
        active = [row for row in await studio.table("allocations") if row["is_active"]]
        assert len(active) == len(await studio.table("appointments"))


async def test_nobody_moves_to_a_provider_who_is_leaving(studio: Studio) -> None:
    """A move and an archiving at once: one of the two is refused, whichever comes second."""
    client_id = await studio.client()
    for number in range(4):
        leaving = await studio.provider(f"Leaving {number}")
        key = await studio.appointment(client_id, starts_at=THREE + timedelta(days=number))
        move = RescheduleAppointment(appointment_id=key, provider_id=leaving, within_policies=False)
        archive = ArchiveProvider(provider_id=leaving)
        moved, archived = await at_once(
            studio,
            lambda ctx, command=move: reschedule(ctx, command),  # type: ignore[misc]
            lambda ctx, command=archive: archive_provider(ctx, command),  # type: ignore[misc]
        )
        assert isinstance(moved, REFUSALS) != isinstance(archived, REFUSALS)
