"""Settle the waitlist: whoever booked what they waited for waits no longer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from core.appointments.life import OCCUPYING
from core.appointments.reads import APPOINTMENT
from core.appointments.reschedule import CompanyQuestions
from core.directory.reads import LOCATION
from core.kernel.context import Context
from core.kernel.reading import Selection
from core.kernel.text import zone_of
from core.waitlist.claim import withdraw_open
from core.waitlist.entry import BOOKED, OFFERED, WAITING, WaitlistBooked, WaitlistEntry
from core.waitlist.questions import Candidate, WaitlistQuestions
from core.waitlist.wish import suits

_SELECTION = Selection(
    noun=APPOINTMENT,
    fields={
        "client_id",
        "service_id",
        "provider_id",
        "location_id",
        "starts_at",
        "duration_minutes",
        "seats",
        "status",
        "created_at",
    },
    relations={"location": Selection(noun=LOCATION, fields={"time_zone"})},
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Had:
    """What a client has booked; with whom all, where, and for how many minutes."""

    service_id: int | None
    provider_ids: tuple[int, ...]
    location_id: int
    time_zone: str
    starts_at: datetime
    duration_minutes: int
    seats: int


def is_what_they_waited_for(wish: Candidate, had: Had) -> bool:
    """Whether an appointment is all that a wish names: service, provider, place, days and times, and
    neither shorter nor for fewer."""
    return (
        wish.service_id in (None, had.service_id)
        and (wish.provider_id is None or wish.provider_id in had.provider_ids)
        and wish.location_id in (None, had.location_id)
        and (wish.duration_minutes is None or wish.duration_minutes <= had.duration_minutes)
        and wish.seats <= had.seats
        and suits(wish, had.starts_at, had.duration_minutes, zone_of(had.time_zone))
    )


async def end_waits(ctx: Context, appointment_id: int) -> None:
    """Mark the entries of whoever booked an appointment as booked, where it is what they waited for.

    Entries that were joined since are left alone, and so is everything where the appointment is off
    again. What was kept for them goes to the next. A second time changes nothing.
    """
    row = await ctx.read.one(_SELECTION, appointment_id)
    if row is None or row["status"] not in OCCUPYING:
        await ctx.release()
        return
    wishes = await ctx.ask(WaitlistQuestions).entries_of(row["client_id"], row["created_at"])
    company = await ctx.ask(CompanyQuestions).company_of(appointment_id)
    await ctx.release()
    had = Had(
        service_id=row["service_id"],
        provider_ids=(row["provider_id"], *company),
        location_id=row["location_id"],
        time_zone=row["location"]["time_zone"],
        starts_at=row["starts_at"],
        duration_minutes=row["duration_minutes"],
        seats=row["seats"],
    )
    for wish in wishes:
        if is_what_they_waited_for(wish, had):
            await _end(ctx, wish.entry_id, appointment_id)


async def _end(ctx: Context, entry_id: int, appointment_id: int) -> None:
    async with ctx.unit_of_work() as uow:
        entry = await uow.get(WaitlistEntry, entry_id, lock=True)
        if entry is None or entry.status not in (WAITING, OFFERED):
            return
        if entry.status == OFFERED:
            await withdraw_open(uow, entry)
        entry.status, entry.updated_at = BOOKED, uow.now
        uow.cancel_job(f"waitlist:{entry.id}")
        uow.emit(WaitlistBooked(entry_id=entry.id, client_id=entry.client_id, appointment_id=appointment_id))
