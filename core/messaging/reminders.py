"""Reminders: planned whenever an appointment or the settings change, looked at anew when they come due."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from core.appointments.appointment import Appointment
from core.appointments.life import OCCUPYING
from core.kernel.clock import instant_of, minute_of
from core.kernel.context import Context
from core.kernel.unit_of_work import UnitOfWork
from core.messaging.occasions import REMINDER
from core.messaging.questions import MessagingQuestions
from core.messaging.said import appointment_row, say
from core.messaging.sending import Saying
from core.messaging.settings import Reminder

REMIND, REPLAN = "remind", "replan_reminders"
"""The kinds of job."""

REPLANNED_AT_ONCE = 200


async def plan_reminders(ctx: Context, appointment_id: int) -> None:
    """Bring the reminders of an appointment in line with how it stands now.

    Done again it changes nothing; done late, or out of order, it ends in the same state.
    """
    async with ctx.unit_of_work() as uow:
        appointment = await uow.get(Appointment, appointment_id, lock=True)
        if appointment is None:
            return
        telling = await uow.ask(MessagingQuestions).telling()
        starts_at = appointment.starts_at if appointment.status in OCCUPYING else None
        for reminder in telling.reminders:
            # Not as of now: a worker that hears of the booking late still reminds of it.
            _plan(uow, reminder, appointment_id, starts_at, as_of=appointment.updated_at)


def _plan(
    uow: UnitOfWork, reminder: Reminder, appointment_id: int, starts_at: datetime | None, *, as_of: datetime
) -> None:
    """One reminder; none where the appointment is off, or its time had come when it was asked for."""
    key = f"remind:{appointment_id}:{reminder.minutes_before}:{reminder.channel}"
    if starts_at is None or starts_at - reminder.before <= as_of:
        uow.cancel_job(key)
        return
    facts = {
        "appointment_id": appointment_id,
        "starts_minute": minute_of(starts_at),
        "minutes_before": reminder.minutes_before,
        "channel": reminder.channel,
    }
    uow.schedule(REMIND, facts, run_at=starts_at - reminder.before, dedupe_key=key)


async def remind(ctx: Context, facts: Mapping[str, Any]) -> None:
    """Remind the client, unless the appointment moved, is off or has begun, or reminders were changed."""
    starts_at = instant_of(facts["starts_minute"])
    reminder = Reminder(minutes_before=facts["minutes_before"], channel=facts["channel"])
    now = ctx.clock.now()
    if not starts_at - reminder.before <= now < starts_at:
        return
    row = await appointment_row(ctx, facts["appointment_id"])
    if row is None or row["status"] not in OCCUPYING or row["starts_at"] != starts_at:
        return
    if reminder not in (await ctx.ask(MessagingQuestions).telling()).reminders:
        return
    saying = Saying(
        occasion=REMINDER,
        channel=reminder.channel,
        appointment_id=facts["appointment_id"],
        key=f"{ctx.business_id}.remind.{facts['appointment_id']}.{reminder.minutes_before}"
        f".{reminder.channel}.{facts['starts_minute']}",
    )
    await say(ctx, saying, row)


def plan_all_anew(uow: UnitOfWork) -> None:
    """Have the reminders of every appointment to come planned anew, a few hundred at a time."""
    uow.schedule(REPLAN, {"after_id": 0}, run_at=uow.now, dedupe_key=REPLAN)


async def replan_reminders(ctx: Context, facts: Mapping[str, Any]) -> None:
    """Plan the reminders of the next few hundred appointments, and schedule the rest."""
    async with ctx.unit_of_work() as uow:
        questions = uow.ask(MessagingQuestions)
        telling = await questions.telling()
        upcoming = await questions.lock_upcoming(facts["after_id"], uow.now, REPLANNED_AT_ONCE)
        for appointment_id, starts_at in upcoming:
            for reminder in telling.reminders:
                _plan(uow, reminder, appointment_id, starts_at, as_of=uow.now)
        if len(upcoming) == REPLANNED_AT_ONCE:
            rest = {"after_id": upcoming[-1][0]}
            uow.schedule(REPLAN, rest, run_at=uow.now, dedupe_key=REPLAN)
