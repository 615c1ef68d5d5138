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
    AppointmentMarkedNoShow,
    AppointmentRescheduled,
)
from core.deposits.deposit import DepositRequested
from core.directory.business import BusinessFounded
from core.kernel.context import Context
from core.kernel.log import LoggedEvent
from core.messaging.appointment_letter import appointment_letter
from core.messaging.mail import Mailer
from core.messaging.webhook_letter import webhook_letter
from core.messaging.welcome import welcome
from core.webhooks.endpoint import WebhookEndpointDisabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What a reaction is given."""

    event: LoggedEvent
    mailer: Mailer
    message_id: str


async def mail_welcome(ctx: Context, happened: Happened) -> None:
    """Greet the owner of a new business."""
    if letter := await welcome(ctx, happened.message_id):
        await happened.mailer.send(letter)


async def _mail(ctx: Context, happened: Happened, template: str, appointment_id: int) -> None:
    """Write to the client, unless whoever acted promised silence."""
    if not happened.event.payload["client_is_told"]:
        return
    if letter := await appointment_letter(ctx, template, appointment_id, happened.message_id):
        await happened.mailer.send(letter)


async def mail_booking_confirmation(ctx: Context, happened: Happened) -> None:
    """Tell the client what was booked."""
    await _mail(ctx, happened, "booking_confirmation", happened.event.key)


async def mail_rescheduled(ctx: Context, happened: Happened) -> None:
    """Tell the client the new time."""
    await _mail(ctx, happened, "rescheduled", happened.event.key)


async def mail_cancelled(ctx: Context, happened: Happened) -> None:
    """Tell the client that it is off."""
    await _mail(ctx, happened, "cancelled", happened.event.key)


async def mail_no_show(ctx: Context, happened: Happened) -> None:
    """Tell the client that they were missed."""
    await _mail(ctx, happened, "no_show", happened.event.key)


async def mail_deposit_request(ctx: Context, happened: Happened) -> None:
    """Ask the client for the deposit."""
    await _mail(ctx, happened, "deposit_request", happened.event.payload["appointment_id"])


async def mail_webhook_disabled(ctx: Context, happened: Happened) -> None:
    """Tell the owner that nothing is sent to an endpoint any more."""
    cause = happened.event.payload["cause"]
    if letter := await webhook_letter(ctx, happened.event.key, cause, happened.message_id):
        await happened.mailer.send(letter)


REACTIONS: dict[str, tuple[Callable[[Context, Happened], Awaitable[None]], ...]] = {
    BusinessFounded.type: (mail_welcome,),
    AppointmentBooked.type: (mail_booking_confirmation,),
    AppointmentRescheduled.type: (mail_rescheduled,),
    AppointmentCancelled.type: (mail_cancelled,),
    AppointmentMarkedNoShow.type: (mail_no_show,),
    DepositRequested.type: (mail_deposit_request,),
    WebhookEndpointDisabled.type: (mail_webhook_disabled,),
}

BY_NAME = {reaction.__name__: reaction for several in REACTIONS.values() for reaction in several}


def reactions_to(event_type: str) -> tuple[str, ...]:
    """The names of the reactions to an event type: the jobs its transaction queues."""
    return tuple(reaction.__name__ for reaction in REACTIONS.get(event_type, ()))
