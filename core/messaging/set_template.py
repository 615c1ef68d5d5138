"""Write words of one's own for an occasion."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Business, BusinessUpdated
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.messaging.configure_messages import check_channel
from core.messaging.occasions import MAIL, OCCASIONS
from core.messaging.questions import MessagingQuestions
from core.messaging.words import MOST_HTML, MOST_SMS, MOST_SUBJECT, MOST_TEXT, Wording, Words


@dataclass(kw_only=True)
class SetTemplate:
    """A template for an occasion, a way and a language. SMS has a text alone; mail needs a subject."""

    occasion: str
    channel: str
    language: str
    text: str
    subject: str | None = None
    html: str | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class TemplateKept:
    """Which words were written."""

    occasion: str
    channel: str
    language: str


@use_case("template.set", raises=(Invalid, IdempotencyMismatch))
async def set_template(ctx: Context, command: SetTemplate) -> TemplateKept:
    """Keep the words; from now on they are said instead of those that are shipped.

    Raises Invalid with every issue found: bad syntax, facts that are not in the list, too long.
    """
    words = checked_words(ctx.reach(Wording), command)
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("template.set", command, TemplateKept):
            return earlier
        await uow.get(Business, uow.business_id, lock=True)  # one change at a time
        questions = uow.ask(MessagingQuestions)
        key = (command.occasion, command.channel, command.language)
        await questions.remove_template(*key)
        await questions.add_template(*key, words, uow.now)
        uow.emit(BusinessUpdated(updated_id=uow.business_id))
        return uow.answer(
            TemplateKept(occasion=command.occasion, channel=command.channel, language=command.language)
        )


def checked_words(wording: Wording, command: SetTemplate) -> Words:
    """The words of a command. Raises Invalid with every issue found."""
    check = Check()
    check_place(check, command.occasion, command.channel, command.language)
    text = check.note("text", command.text, longest=MOST_TEXT if command.channel == MAIL else MOST_SMS)
    if text is None:
        check.refuse("text", "REQUIRED", "must not be empty")
    subject: str | None = None
    html: str | None = None
    if command.channel == MAIL:
        subject = check.text("subject", command.subject or "", longest=MOST_SUBJECT)
        html = check.note("html", command.html, longest=MOST_HTML)
    else:
        for name in ("subject", "html"):
            if getattr(command, name) is not None:
                check.refuse(name, "NOT_ALLOWED", "is for mail only")
    check.done()
    assert text is not None
    words = Words(subject=subject, text=text, html=html)
    if issues := wording.issues(command.channel, words):
        raise Invalid(issues)
    return words


def check_place(check: Check, occasion: str, channel: str, language: str) -> None:
    """An occasion, a way and a language that there are."""
    if occasion not in OCCASIONS:
        check.refuse("occasion", "UNKNOWN_OCCASION", f"must be one of {', '.join(OCCASIONS)}")
    check_channel(check, "channel", channel)
    check.language("language", language)
