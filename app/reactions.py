"""What follows from what happened: event type → reactions, each done once per event by the worker.

A reaction is a plain function of a Context that stands in the event's business, the event and the
mailer; its letters carry an id made of event and reaction, so that a second try is no second mail.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from core.appointments.appointment import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentConfirmed,
    AppointmentMarkedNoShow,
    AppointmentRescheduled,
)
from core.appointments.decline import AppointmentDeclined
from core.deposits.deposit import DepositRequested
from core.directory.business import BusinessFounded
from core.kernel.context import Context
from core.kernel.log import LoggedEvent
from core.messaging.changes import tell_or_hold
from core.messaging.mail import Mailer, MailRefused
from core.messaging.occasions import BOOKING_CONFIRMATION, CANCELLED, DEPOSIT_REQUEST, NO_SHOW
from core.messaging.questions import MessagingQuestions
from core.messaging.reminders import plan_reminders
from core.messaging.said import say
from core.messaging.sending import Saying, key_by
from core.messaging.webhook_letter import webhook_letters
from core.messaging.welcome import welcome
from core.waitlist.freed import FREEING, offer_freed_time
from core.waitlist.gone import ARCHIVING, withdraw_offers_of_what_is_gone
from core.waitlist.letter import tell_of_offer
from core.waitlist.offer import WaitlistSlotOffered, WaitlistSlotTold
from core.webhooks.endpoint import WebhookEndpointDisabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What a reaction is given."""

    event: LoggedEvent
    mailer: Mailer
    message_id: str

    @property
    def key(self) -> str:
        """Business, event and reaction: the same for every try."""
        return self.message_id.partition("@")[0]


async def mail_welcome(ctx: Context, happened: Happened) -> None:
    """Greet the owner of a new business."""
    if letter := await welcome(ctx, happened.message_id):
        await happened.mailer.send(letter)


async def _tell(ctx: Context, happened: Happened, occasion: str, appointment_id: int) -> None:
    """Tell the client in each way the business wants, unless whoever acted promised silence."""
    if not happened.event.payload["client_is_told"]:
        return
    for channel in (await ctx.ask(MessagingQuestions).telling()).channels:
        key = key_by(happened.key, channel)
        await say(ctx, Saying(occasion=occasion, channel=channel, appointment_id=appointment_id, key=key))


async def mail_booking_confirmation(ctx: Context, happened: Happened) -> None:
    """Tell the client what was booked, or asked for."""
    await _tell(ctx, happened, BOOKING_CONFIRMATION, happened.event.key)


async def mail_confirmed(ctx: Context, happened: Happened) -> None:
    """Tell the client that what they asked for is booked."""
    await _tell(ctx, happened, BOOKING_CONFIRMATION, happened.event.key)


async def mail_rescheduled(ctx: Context, happened: Happened) -> None:
    """Tell the client the new time, at once or once no further change comes."""
    if happened.event.payload["client_is_told"]:
        event = happened.event
        await tell_or_hold(ctx, event.key, event.occurred_at, happened.key)


async def mail_cancelled(ctx: Context, happened: Happened) -> None:
    """Tell the client that it is off."""
    await _tell(ctx, happened, CANCELLED, happened.event.key)


async def mail_declined(ctx: Context, happened: Happened) -> None:
    """Tell the client that what they asked for will not take place."""
    await _tell(ctx, happened, CANCELLED, happened.event.key)


async def mail_no_show(ctx: Context, happened: Happened) -> None:
    """Tell the client that they were missed."""
    await _tell(ctx, happened, NO_SHOW, happened.event.key)


async def mail_deposit_request(ctx: Context, happened: Happened) -> None:
    """Ask the client for the deposit."""
    await _tell(ctx, happened, DEPOSIT_REQUEST, happened.event.payload["appointment_id"])


async def plan_reminders_of_booked(ctx: Context, happened: Happened) -> None:
    """Have the client reminded of what was booked."""
    await plan_reminders(ctx, happened.event.key)


async def plan_reminders_of_moved(ctx: Context, happened: Happened) -> None:
    """Move the reminders with the appointment."""
    await plan_reminders(ctx, happened.event.key)


async def drop_reminders(ctx: Context, happened: Happened) -> None:
    """Remind nobody of what is off."""
    await plan_reminders(ctx, happened.event.key)


async def mail_webhook_disabled(ctx: Context, happened: Happened) -> None:
    """Tell owners and managers that nothing is sent to an endpoint any more."""
    cause = happened.event.payload["cause"]
    letters = await webhook_letters(ctx, happened.event.key, cause, happened.message_id)
    await ctx.release()
    for letter in letters:
        try:
            await happened.mailer.send(letter)
        except MailRefused:  # the next one may still be reached
            continue


async def mail_waitlist_offer(ctx: Context, happened: Happened) -> None:
    """Tell a client who waits of the time that is kept for them, or that became free."""
    await tell_of_offer(ctx, happened.event.key, happened.key)


async def offer_to_those_who_wait(ctx: Context, happened: Happened) -> None:
    """Offer a time that became free to those who wait for one."""
    await offer_freed_time(ctx, happened.event)


async def withdraw_what_is_gone(ctx: Context, happened: Happened) -> None:
    """Take back the waitlist's offers of what was archived."""
    await withdraw_offers_of_what_is_gone(ctx, happened.event)


REACTIONS: dict[str, tuple[Callable[[Context, Happened], Awaitable[None]], ...]] = {
    BusinessFounded.type: (mail_welcome,),
    AppointmentBooked.type: (mail_booking_confirmation, plan_reminders_of_booked),
    AppointmentConfirmed.type: (mail_confirmed,),
    AppointmentRescheduled.type: (mail_rescheduled, plan_reminders_of_moved),
    AppointmentCancelled.type: (mail_cancelled, drop_reminders),
    AppointmentDeclined.type: (mail_declined, drop_reminders),
    AppointmentMarkedNoShow.type: (mail_no_show,),
    DepositRequested.type: (mail_deposit_request,),
    WebhookEndpointDisabled.type: (mail_webhook_disabled,),
    WaitlistSlotOffered.type: (mail_waitlist_offer,),
    WaitlistSlotTold.type: (mail_waitlist_offer,),
}
for _freeing in FREEING:
    REACTIONS[_freeing] = (*REACTIONS.get(_freeing, ()), offer_to_those_who_wait)
for _archiving in ARCHIVING:
    REACTIONS[_archiving] = (*REACTIONS.get(_archiving, ()), withdraw_what_is_gone)

BY_NAME = {reaction.__name__: reaction for several in REACTIONS.values() for reaction in several}


def reactions_to(event_type: str) -> tuple[str, ...]:
    """The names of the reactions to an event type: the jobs its transaction queues."""
    return tuple(reaction.__name__ for reaction in REACTIONS.get(event_type, ()))
