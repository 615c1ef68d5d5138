"""Saying something to a client once: in their language, in the business's words, by mail or SMS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.directory.client import Client
from core.kernel.context import Context
from core.kernel.reading import Row
from core.messaging.mail import Letter, MailDomain, Mailer, MailNotSent, MailRefused
from core.messaging.message import OVER, REFUSED, SENDING, SENT, Message
from core.messaging.occasions import MAIL, SMS
from core.messaging.questions import HowToSay, MessagingQuestions
from core.messaging.sms import OPTED_OUT, SmsRefused, SmsSender, TextMessage, segments_of
from core.messaging.words import Wording, Words

CLIENT_FIELDS = frozenset({"id", "display_name", "email", "phone_e164", "language", "sms_opted_out_at"})
"""What is read of a client to whom something is said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matter:
    """What something is said about: the client (`CLIENT_FIELDS`), what fills the words, and what is kept of it.

    `told` are ids and minutes, `facts` may be personal and are kept nowhere.
    """

    client: Row
    facts: dict[str, Any]
    told: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """What is to be said: the occasion, by which way, about which appointment if it is about one.

    `key` is the same for every try of it, and no other saying of the business has it.
    """

    occasion: str
    channel: str
    key: str
    appointment_id: int | None = None


def key_by(key: str, channel: str) -> str:
    """The key of a saying by one of several ways; mail keeps the plain one."""
    return key if channel == MAIL else f"{key}.{channel}"


def address_of(client: Row, channel: str) -> str | None:
    """Where a client is reached by a way; None where they are not, or want nothing by it."""
    if channel == SMS:
        number: str | None = client["phone_e164"]
        return number if client["sms_opted_out_at"] is None else None
    address: str | None = client["email"]
    return address


async def send(ctx: Context, saying: Saying, matter: Matter) -> bool:
    """Say it, unless it was said, or the client cannot be reached this way or opted out of it.

    Answers whether it was said now. Raises MailNotSent or SmsNotSent where it should be tried again.
    """
    to = address_of(matter.client, saying.channel)
    if to is None:
        return False
    how = await ctx.ask(MessagingQuestions).how_to_say(
        saying.occasion, saying.channel, matter.client["language"], saying.key
    )
    if how.status in OVER:
        return False
    words = _words(ctx, saying, matter, how)
    await ctx.release()
    if saying.channel == SMS:
        return await _text(ctx, saying, matter, how, to, words)
    return await _mail(ctx, saying, matter, how, to, words)


def _words(ctx: Context, saying: Saying, matter: Matter, how: HowToSay) -> Words:
    """The business's own words, or those that are shipped where its own cannot be filled any more."""
    wording = ctx.reach(Wording)
    shipped = wording.default(saying.occasion, saying.channel, how.language)
    if how.own is not None:
        try:
            return wording.render(how.own, saying.channel, how.language, matter.facts)
        except ValueError:
            pass
    return wording.render(shipped, saying.channel, how.language, matter.facts)


async def _mail(ctx: Context, saying: Saying, matter: Matter, how: HowToSay, to: str, words: Words) -> bool:
    """Send a letter; one that was not taken is noted, so that it is seen."""
    letter = Letter(
        message_id=f"{saying.key}@{ctx.reach(MailDomain).name}",
        to=to,
        template=saying.occasion,
        facts=matter.facts,
        words=words,
    )
    try:
        await ctx.reach(Mailer).send(letter)
    except MailRefused as refusal:
        await _note(ctx, saying, matter, how, status=REFUSED, error_code=refusal.code)
        return False
    except MailNotSent:
        await _note(ctx, saying, matter, how, status=SENDING)
        raise
    await _note(ctx, saying, matter, how, status=SENT)
    return True


async def _text(ctx: Context, saying: Saying, matter: Matter, how: HowToSay, to: str, words: Words) -> bool:
    """Send an SMS. It is noted before it goes out, so that a second try asks the carrier first."""
    segments = segments_of(words.text)
    again = how.status == SENDING
    number = await _note(ctx, saying, matter, how, status=SENDING, segments=segments)
    message = TextMessage(
        message_key=saying.key,
        to=to,
        text=words.text,
        status_path=f"/hooks/twilio/{ctx.business_id}/{number}",
    )
    try:
        taken = await ctx.reach(SmsSender).send(message, again=again)
    except SmsRefused as refusal:
        await _note(ctx, saying, matter, how, status=REFUSED, error_code=refusal.code)
        if refusal.code == OPTED_OUT:
            await _opt_out(ctx, matter.client["id"])
        return False
    await _note(ctx, saying, matter, how, status=SENT, sid=taken.sid)
    return True


async def _note(
    ctx: Context, saying: Saying, matter: Matter, how: HowToSay, *, status: str, **more: Any
) -> int:
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
                client_id=matter.client["id"],
                appointment_id=saying.appointment_id,
                facts=matter.told,
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
