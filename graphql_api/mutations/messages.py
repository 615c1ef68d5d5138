"""Saying how clients are told, and in which words."""

from __future__ import annotations

from typing import Any

import strawberry

from auth.allow import may
from auth.permissions import Permission
from core.messaging.configure_messages import configure_messages
from core.messaging.preview_template import preview_template
from core.messaging.reset_template import TemplateReset, reset_template
from core.messaging.set_template import TemplateKept, set_template
from core.messaging.settings import Reminder
from graphql_api.declare.fields import answered_by, fact
from graphql_api.declare.inputs import MutationInput, optional, required
from graphql_api.declare.mutations import mutation
from graphql_api.declare.types import input_type, payload
from graphql_api.types.messages import (
    MessageChannel,
    MessageLanguage,
    MessageOccasion,
    MessageSettings,
    message_settings,
)

WRITE = may(Permission.MESSAGES_WRITE)


@input_type
class MessageReminderInput:
    """A reminder before every appointment."""

    minutes_before: int = required("How long before the start, in minutes: 5 to 43200.")
    channel: MessageChannel = required("By which way.")


def _values(given: list[MessageChannel]) -> list[str]:
    return [str(one.value) for one in given]


def _reminders(given: list[MessageReminderInput]) -> list[Reminder]:
    return [Reminder(minutes_before=one.minutes_before, channel=str(one.channel.value)) for one in given]


@input_type
class ConfigureMessagesInput(MutationInput):
    """What is left out stays as it is."""

    language: MessageLanguage | None = optional("The language of clients of whom none is known.")
    changes_held_minutes: int | None = optional(
        "How long a change of time is held before the client is told: 0 to 1440 minutes, 0 for not at all."
    )
    channels: list[MessageChannel] | None = optional(
        "By which ways clients hear of bookings and changes; an empty list tells them nothing.",
        through=_values,
    )
    reminders: list[MessageReminderInput] | None = optional(
        "When clients are reminded, at most five; an empty list for never. Appointments to come follow.",
        through=_reminders,
    )


async def _settings(root: Any, info: strawberry.Info) -> MessageSettings:
    return await message_settings(info)


@payload
class ConfigureMessagesPayload:
    """The settings were changed."""

    message_settings: MessageSettings = answered_by(_settings, "The settings in force.")


@input_type
class SetMessageTemplateInput(MutationInput):
    """Words for an occasion. They may name facts (`messageFacts`), ask `{% if … %}`, and no more."""

    occasion: MessageOccasion = required("When they are said.")
    channel: MessageChannel = required("By which way.")
    language: MessageLanguage = required("In which language.")
    subject: str | None = optional("The subject of a mail, at most 200 characters; mail needs one.")
    text: str = required("The text: at most 10000 characters, 1000 for SMS.")
    html: str | None = optional("HTML beside the text of a mail, at most 50000 characters.")


def _occasion(root: TemplateKept | TemplateReset) -> MessageOccasion:
    return MessageOccasion(root.occasion)


def _channel(root: TemplateKept | TemplateReset) -> MessageChannel:
    return MessageChannel(root.channel)


def _language(root: TemplateKept | TemplateReset) -> MessageLanguage:
    return MessageLanguage(root.language)


@payload
class SetMessageTemplatePayload:
    """The words are kept, and said from now on."""

    occasion: MessageOccasion = answered_by(_occasion, "When they are said.")
    channel: MessageChannel = answered_by(_channel, "By which way.")
    language: MessageLanguage = answered_by(_language, "In which language.")


@input_type
class ResetMessageTemplateInput(MutationInput):
    """The words to forget."""

    occasion: MessageOccasion = required("When they are said.")
    channel: MessageChannel = required("By which way.")
    language: MessageLanguage = required("In which language.")


@payload
class ResetMessageTemplatePayload:
    """The words that are shipped are said again."""

    occasion: MessageOccasion = answered_by(_occasion, "When they are said.")
    channel: MessageChannel = answered_by(_channel, "By which way.")
    language: MessageLanguage = answered_by(_language, "In which language.")


@input_type
class PreviewMessageTemplateInput(MutationInput):
    """Words to try. Without a text, those in force are shown; nothing is kept."""

    occasion: MessageOccasion = required("When they would be said.")
    channel: MessageChannel = required("By which way.")
    language: MessageLanguage = required("In which language.")
    subject: str | None = optional("The subject of a mail.")
    text: str | None = optional("The text.")
    html: str | None = optional("HTML beside the text of a mail.")


@payload
class PreviewMessageTemplatePayload:
    """The words as a client would read them, filled with examples."""

    subject: str | None = fact("The subject of a mail.")
    text: str = fact("The text.")
    html: str | None = fact("The HTML of a mail.")
    segments: int | None = fact("How many SMS it takes; null for mail.")


@strawberry.type
class MessageMutations:
    """What is said to clients."""

    configure_messages = mutation(
        configure_messages,
        "Say how clients are told: language, ways, reminders, and how long changes are held.",
        takes=ConfigureMessagesInput,
        gives=ConfigureMessagesPayload,
        allow=WRITE,
    )
    set_message_template = mutation(
        set_template,
        "Write words of one's own for an occasion.",
        takes=SetMessageTemplateInput,
        gives=SetMessageTemplatePayload,
        allow=WRITE,
    )
    reset_message_template = mutation(
        reset_template,
        "Go back to the words that are shipped.",
        takes=ResetMessageTemplateInput,
        gives=ResetMessageTemplatePayload,
        allow=WRITE,
    )
    preview_message_template = mutation(
        preview_template,
        "See words as a client would; nothing is kept.",
        takes=PreviewMessageTemplateInput,
        gives=PreviewMessageTemplatePayload,
        allow=WRITE,
    )
