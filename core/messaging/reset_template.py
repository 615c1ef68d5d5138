"""Go back to the words that are shipped."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Business, BusinessUpdated
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.messaging.questions import MessagingQuestions
from core.messaging.set_template import check_place


@dataclass(kw_only=True)
class ResetTemplate:
    """The words to forget."""

    occasion: str
    channel: str
    language: str
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class TemplateReset:
    """Which words are those that are shipped again."""

    occasion: str
    channel: str
    language: str


@use_case("template.reset", raises=(Invalid, IdempotencyMismatch))
async def reset_template(ctx: Context, command: ResetTemplate) -> TemplateReset:
    """Forget the business's own words. Where there are none nothing changes.

    Raises Invalid for an occasion, channel or language that there is not.
    """
    check = Check()
    check_place(check, command.occasion, command.channel, command.language)
    check.done()
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("template.reset", command, TemplateReset):
            return earlier
        await uow.get(Business, uow.business_id, lock=True)  # one change at a time
        key = (command.occasion, command.channel, command.language)
        if await uow.ask(MessagingQuestions).remove_template(*key):
            uow.emit(BusinessUpdated(updated_id=uow.business_id))
        return uow.answer(
            TemplateReset(occasion=command.occasion, channel=command.channel, language=command.language)
        )
