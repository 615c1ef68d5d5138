"""Saying something to a client about an appointment: once, in their language, by mail or SMS."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.appointments.reads import APPOINTMENT
from core.catalog.reads import SERVICE
from core.deposits.reads import DEPOSIT
from core.directory.client import Client
from core.directory.reads import BUSINESS, CLIENT, LOCATION, PROVIDER
from core.kernel.clock import minute_of
from core.kernel.context import Context
from core.kernel.money import to_major
from core.kernel.reading import Row, Selection
from core.kernel.text import zone_of
from core.messaging.mail import Letter, MailDomain, Mailer
from core.messaging.message import OVER, REFUSED, SENDING, SENT, Message
from core.messaging.occasions import SMS
from core.messaging.questions import HowToSay, MessagingQuestions
from core.messaging.sms import OPTED_OUT, SmsRefused, SmsSender, TextMessage, segments_of
from core.messaging.words import Wording, Words

_SELECTION = Selection(
    noun=APPOINTMENT,
    fields={"starts_at", "duration_minutes", "client_id", "provider_id", "status"},
    relations={
        "client": Selection(
            noun=CLIENT, fields={"display_name", "email", "phone_e164", "language", "sms_opted_out_at"}
        ),
        "provider": Selection(noun=PROVIDER, fields={"display_name"}),
        "location": Selection(noun=LOCATION, fields={"time_zone", "address"}),
        "service": Selection(noun=SERVICE, fields={"name"}),
        "deposit": Selection(noun=DEPOSIT, fields={"amount_minor", "currency", "due_at"}),
        "business": Selection(noun=BUSINESS, fields={"name"}),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is to be said: the occasion, by which way, about which appointment.

    `key` is the same for every try of it, and no other saying of the business has it.
    """

    occasion: str
    channel: str
    appointment_id: int
    key: str


async def appointment_row(ctx: Context, appointment_id: int) -> Row | None:
    """All that can be said about an appointment, in one statement."""
    return await ctx.read.one(_SELECTION, appointment_id)


async def say(ctx: Context, saying: Saying, row: Row | None = None) -> bool:
    """Say it, unless it was said, or the client cannot be reached this way or opted out of it.

    Answers whether it was said now. Raises MailNotSent or SmsNotSent where it should be tried again.
    """
    row = row or await appointment_row(ctx, saying.appointment_id)
    if row is None or (to := _address(row, saying.channel)) is None:
        return False
    how = await ctx.ask(MessagingQuestions).how_to_say(
        saying.occasion, saying.channel, row["client"]["language"], saying.key
    )
    if how.status in OVER:
        return False
    facts = facts_of(row)
    wording = ctx.reach(Wording)
    template = how.own or wording.default(saying.occasion, saying.channel, how.language)
    words = wording.render(template, saying.channel, how.language, facts)
    await ctx.release()
    if saying.channel == SMS:
        return await _text(ctx, saying, row, how, to, words)
    domain = ctx.reach(MailDomain).name
    letter = Letter(
        message_id=f"{saying.key}@{domain}", to=to, template=saying.occasion, facts=facts, words=words
    )
    await ctx.reach(Mailer).send(letter)
    await _note(ctx, saying, row, how, status=SENT)
    return True


async def _text(ctx: Context, saying: Saying, row: Row, how: HowToSay, to: str, words: Words) -> bool:
    """Send an SMS. It is noted before it goes out, so that a second try asks the carrier first."""
    segments = segments_of(words.text)
    again = how.status == SENDING
    number = await _note(ctx, saying, row, how, status=SENDING, segments=segments)
    message = TextMessage(
        message_key=saying.key,
        to=to,
        text=words.text,
        status_path=f"/hooks/twilio/{ctx.business_id}/{number}",
    )
    try:
        taken = await ctx.reach(SmsSender).send(message, again=again)
    except SmsRefused as refusal:
        await _note(ctx, saying, row, how, status=REFUSED, error_code=refusal.code)
        if refusal.code == OPTED_OUT:
            await _opt_out(ctx, row["client_id"])
        return False
    await _note(ctx, saying, row, how, status=SENT, sid=taken.sid)
    return True


async def _note(ctx: Context, saying: Saying, row: Row, how: HowToSay, *, status: str, **more: Any) -> int:
    """Keep what became of a message; answers its number."""
    async with ctx.unit_of_work() as uow:
        known = await uow.ask(MessagingQuestions).message_id(saying.key)
        message = None if known is None else await uow.get(Message, known, lock=True)
        if message is None:
            message = Message(
                message_key=saying.key,
                channel=saying.channel,
                template=saying.occasion,
                language=how.language,
                client_id=row["client_id"],
                appointment_id=saying.appointment_id,
                facts=told_of(row),
                status=status,
                created_at=uow.now,
                updated_at=uow.now,
                **more,
            )
            uow.add(message)
        elif message.status == SENDING:  # the carrier's own word on it may have come first
            message.status = status
        for name, value in more.items():
            setattr(message, name, value)
        message.updated_at = uow.now
        await uow.flush()
        return message.id


async def _opt_out(ctx: Context, client_id: int) -> None:
    async with ctx.unit_of_work() as uow:
        client = await uow.get(Client, client_id, lock=True)
        if client is not None and client.sms_opted_out_at is None:
            client.sms_opted_out_at = uow.now


def told_of(row: Row) -> dict[str, Any]:
    """The time and the provider that a message tells: numbers only."""
    return {
        "starts_minute": minute_of(row["starts_at"]),
        "duration_minutes": row["duration_minutes"],
        "provider_id": row["provider_id"],
    }


def facts_of(row: Row) -> dict[str, Any]:
    """What words are filled with; times are in the zone of the location."""
    zone = row["location"]["time_zone"]
    deposit = row["deposit"]
    service = row["service"]
    return {
        "business": row["business"]["name"],
        "client": row["client"]["display_name"],
        "provider": row["provider"]["display_name"],
        "service": None if service is None else service["name"],
        "starts_at": _local(row["starts_at"], zone),
        "duration_minutes": row["duration_minutes"],
        "time_zone": zone,
        "address": row["location"]["address"],
        "deposit": None
        if deposit is None
        else f"{to_major(deposit['amount_minor'], deposit['currency'])} {deposit['currency']}",
        "deposit_due_at": None if deposit is None else _local(deposit["due_at"], zone),
    }


def _local(instant: datetime, zone: str) -> datetime:
    return instant.astimezone(zone_of(zone))


def _address(row: Row, channel: str) -> str | None:
    client = row["client"]
    if channel == SMS:
        number: str | None = client["phone_e164"]
        return number if client["sms_opted_out_at"] is None else None
    address: str | None = client["email"]
    return address
