"""Changes of time, told at once or held: a calendar is dragged about before it is right.

Bookings' document: "to prevent duplicate emails during drag-and-drop adjustments" a change is told 30
minutes later; a further change within them begins the delay anew. It is counted from the latest change,
also where the worker hears of an earlier one after it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from core.appointments.life import OCCUPYING
from core.kernel.context import Context
from core.messaging.occasions import CHANNELS, RESCHEDULED
from core.messaging.questions import MessagingQuestions
from core.messaging.said import appointment_row, say, told_of
from core.messaging.sending import Saying, key_by

TELL_CHANGE = "tell_change"
"""The kind of job."""


async def tell_or_hold(ctx: Context, appointment_id: int, changed_at: datetime, key: str) -> None:
    """Tell the client of a change, or hold it for as long as the business wants changes held."""
    telling = await ctx.ask(MessagingQuestions).telling()
    if telling.changes_held_minutes == 0:
        for channel in telling.channels:
            await say(ctx, _saying(appointment_id, channel, key))
        return
    run_at = changed_at + timedelta(minutes=telling.changes_held_minutes)
    async with ctx.unit_of_work() as uow:
        facts = {"appointment_id": appointment_id, "key": key}
        uow.schedule(
            TELL_CHANGE, facts, run_at=run_at, dedupe_key=f"change:{appointment_id}", unless_later=True
        )


async def tell_change(ctx: Context, facts: Mapping[str, Any]) -> None:
    """Tell how the appointment stands after the changes that were held.

    Nothing is said where it is off or over, or where it is back at what the client was told last.
    """
    row = await appointment_row(ctx, facts["appointment_id"])
    if row is None or row["status"] not in OCCUPYING:
        return
    questions = ctx.ask(MessagingQuestions)
    # What an earlier try of this telling noted does not count: by some way it may not have gone out.
    own = [key_by(facts["key"], channel) for channel in CHANNELS]
    if await questions.last_told(facts["appointment_id"], but=own) == told_of(row):
        return
    for channel in (await questions.telling()).channels:
        await say(ctx, _saying(facts["appointment_id"], channel, facts["key"]), row)


def _saying(appointment_id: int, channel: str, key: str) -> Saying:
    return Saying(
        occasion=RESCHEDULED, channel=channel, appointment_id=appointment_id, key=key_by(key, channel)
    )
