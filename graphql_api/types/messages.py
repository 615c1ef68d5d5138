"""What is said to clients: settings, templates, and what templates may name."""

from __future__ import annotations

from enum import Enum
from itertools import product

import strawberry

from auth.allow import INHERITED, may
from auth.permissions import Permission
from core.kernel.text import LANGUAGES
from core.messaging import occasions
from core.messaging.questions import MessagingQuestions
from core.messaging.settings import Telling
from core.messaging.words import Wording
from graphql_api.declare.fields import fact
from graphql_api.declare.types import enum_type, object_type
from graphql_api.visit import Visit


@enum_type
class MessageOccasion(Enum):
    """When a client is told something."""

    BOOKING_CONFIRMATION = strawberry.enum_value(
        occasions.BOOKING_CONFIRMATION, description="Time was sold to them."
    )
    RESCHEDULED = strawberry.enum_value(occasions.RESCHEDULED, description="Their appointment moved.")
    CANCELLED = strawberry.enum_value(occasions.CANCELLED, description="Their appointment is off.")
    REMINDER = strawberry.enum_value(occasions.REMINDER, description="Their appointment is near.")
    NO_SHOW = strawberry.enum_value(occasions.NO_SHOW, description="They did not come.")
    DEPOSIT_REQUEST = strawberry.enum_value(occasions.DEPOSIT_REQUEST, description="A deposit is asked for.")
    WAITLIST_OFFER = strawberry.enum_value(
        occasions.WAITLIST_OFFER, description="They wait, and a time is kept for them."
    )
    WAITLIST_OPENING = strawberry.enum_value(
        occasions.WAITLIST_OPENING,
        description="They wait, and a time became free; whoever books first has it.",
    )


@enum_type
class MessageChannel(Enum):
    """By which way a client is told."""

    MAIL = strawberry.enum_value(occasions.MAIL, description="By e-mail.")
    SMS = strawberry.enum_value(
        occasions.SMS, description="By SMS, where the number is in E.164 and they did not opt out."
    )


@enum_type
class MessageLanguage(Enum):
    """A language that words are shipped in."""

    EN = strawberry.enum_value("en", description="English.")
    DE = strawberry.enum_value("de", description="German.")
    FR = strawberry.enum_value("fr", description="French.")
    ES = strawberry.enum_value("es", description="Spanish.")


@object_type(allow=INHERITED)
class MessageReminder:
    """A reminder before every appointment."""

    minutes_before: int = fact("How long before the start, in minutes.")
    channel: MessageChannel = fact("By which way.")


@object_type(allow=may(Permission.MESSAGES_READ))
class MessageSettings:
    """How a business wants its clients to be told."""

    language: MessageLanguage = fact("The language of clients of whom none is known.")
    changes_held_minutes: int = fact(
        "How long a change of time is held before the client is told; each further change begins the time "
        "anew. 0 tells at once."
    )
    channels: list[MessageChannel] = fact("By which ways clients hear of bookings and changes.")
    reminders: list[MessageReminder] = fact("When clients are reminded.")


def settings_of(telling: Telling) -> MessageSettings:
    """Settings as they are shown."""
    return MessageSettings(
        language=MessageLanguage(telling.language),
        changes_held_minutes=telling.changes_held_minutes,
        channels=[MessageChannel(channel) for channel in telling.channels],
        reminders=[
            MessageReminder(minutes_before=one.minutes_before, channel=MessageChannel(one.channel))
            for one in telling.reminders
        ],
    )


async def message_settings(info: strawberry.Info) -> MessageSettings:
    """The settings in force."""
    visit: Visit = info.context
    return settings_of(await visit.ctx.ask(MessagingQuestions).telling())


@object_type(allow=may(Permission.MESSAGES_READ))
class MessageTemplate:
    """The words for an occasion, with facts in double braces, such as `{{ client }}`."""

    occasion: MessageOccasion = fact("When they are said.")
    channel: MessageChannel = fact("By which way.")
    language: MessageLanguage = fact("In which language.")
    subject: str | None = fact("The subject of a mail; null for SMS.")
    text: str = fact("The text.")
    html: str | None = fact("The HTML beside the text of a mail, where the business wrote some.")
    is_own: bool = fact("Whether the business wrote them; otherwise they are those that are shipped.")


async def message_templates(info: strawberry.Info) -> list[MessageTemplate]:
    """All templates in force, in one statement."""
    visit: Visit = info.context
    wording = visit.ctx.reach(Wording)
    own = {
        (one.occasion, one.channel, one.language): one.words
        for one in await visit.ctx.ask(MessagingQuestions).own_templates()
    }
    shown = []
    for key in product(occasions.OCCASIONS, occasions.CHANNELS, LANGUAGES):
        words = own.get(key) or wording.default(*key)
        shown.append(
            MessageTemplate(
                occasion=MessageOccasion(key[0]),
                channel=MessageChannel(key[1]),
                language=MessageLanguage(key[2]),
                subject=words.subject,
                text=words.text,
                html=words.html,
                is_own=key in own,
            )
        )
    return shown


@object_type(allow=may(Permission.MESSAGES_READ))
class MessageFact:
    """A name that templates may hold."""

    name: str = fact("The name.")
    meaning: str = fact("What it stands for.")
    example: str = fact("An example, as previews show it.")


async def message_facts() -> list[MessageFact]:
    """The list of facts."""
    return [MessageFact(name=one.name, meaning=one.meaning, example=one.example) for one in occasions.FACTS]
