"""See words as a client would, before they are kept."""

from __future__ import annotations

from dataclasses import dataclass

from core.kernel.context import Context
from core.kernel.errors import Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.messaging.occasions import SMS
from core.messaging.questions import MessagingQuestions
from core.messaging.set_template import SetTemplate, check_place, checked_words
from core.messaging.sms import segments_of
from core.messaging.words import Wording


@dataclass(kw_only=True)
class PreviewTemplate:
    """Words to try; without a text, those in force are shown."""

    occasion: str
    channel: str
    language: str
    text: str | None = None
    subject: str | None = None
    html: str | None = None


@dataclass(kw_only=True)
class Preview:
    """The words filled with examples; `segments` is how many SMS they take."""

    subject: str | None
    text: str
    html: str | None
    segments: int | None


@use_case("template.preview", raises=(Invalid,))
async def preview_template(ctx: Context, command: PreviewTemplate) -> Preview:
    """Fill words with the examples of every fact; nothing is kept. Raises Invalid as keeping them would."""
    if command.text is None:
        check = Check()
        check_place(check, command.occasion, command.channel, command.language)
        check.done()
        key = (command.occasion, command.channel, command.language)
        words = await ctx.ask(MessagingQuestions).own_words(*key) or ctx.reach(Wording).default(*key)
    else:
        words = checked_words(
            ctx.reach(Wording),
            SetTemplate(
                occasion=command.occasion,
                channel=command.channel,
                language=command.language,
                text=command.text,
                subject=command.subject,
                html=command.html,
            ),
        )
    shown = ctx.reach(Wording).example(words, command.channel, command.language)
    return Preview(
        subject=shown.subject,
        text=shown.text,
        html=shown.html,
        segments=segments_of(shown.text) if command.channel == SMS else None,
    )
