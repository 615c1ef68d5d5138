"""Say how clients are told: language, ways, reminders, and how long changes are held."""

from __future__ import annotations

from dataclasses import dataclass

from core.directory.business import Business, BusinessUpdated
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid
from core.kernel.text import Check
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case
from core.messaging.occasions import CHANNELS
from core.messaging.questions import MessagingQuestions
from core.messaging.reminders import plan_all_anew
from core.messaging.settings import MessageSettings, Reminder, Telling

MOST_REMINDERS = 5
LEAST_MINUTES, MOST_MINUTES = 5, 30 * 24 * 60
LONGEST_HELD_MINUTES = 24 * 60


@dataclass(kw_only=True)
class ConfigureMessages:
    """What is UNSET stays as it is. No reminders, or no channels, is an empty list."""

    language: Maybe[str] = UNSET
    changes_held_minutes: Maybe[int] = UNSET
    channels: Maybe[list[str]] = UNSET
    reminders: Maybe[list[Reminder]] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ConfiguredMessages:
    """The key of the business."""

    business_id: int


@use_case("messages.configure", raises=(Invalid, IdempotencyMismatch))
async def configure_messages(ctx: Context, command: ConfigureMessages) -> ConfiguredMessages:
    """Change what is given; reminders of appointments to come follow within seconds.

    Raises Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("messages.configure", command, ConfiguredMessages):
            return earlier
        await uow.get(Business, uow.business_id, lock=True)  # one change at a time
        before = await uow.ask(MessagingQuestions).telling()
        telling = _checked(command, before)
        await _keep(uow, telling)
        if telling.reminders != before.reminders:
            plan_all_anew(uow)
        uow.emit(BusinessUpdated(updated_id=uow.business_id))
        return uow.answer(ConfiguredMessages(business_id=uow.business_id))


def _checked(command: ConfigureMessages, before: Telling) -> Telling:
    check = Check()
    language = given(command.language, before.language)
    check.language("language", language)
    held = check.whole(
        "changes_held_minutes",
        given(command.changes_held_minutes, before.changes_held_minutes),
        least=0,
        most=LONGEST_HELD_MINUTES,
        unit="minutes",
    )
    channels = tuple(dict.fromkeys(given(command.channels, list(before.channels))))
    for at, channel in enumerate(channels):
        check_channel(check, f"channels.{at}", channel)
    reminders = tuple(dict.fromkeys(given(command.reminders, list(before.reminders))))
    if len(reminders) > MOST_REMINDERS:
        check.refuse("reminders", "TOO_MANY", f"must not hold more than {MOST_REMINDERS}")
    for at, reminder in enumerate(reminders):
        check_channel(check, f"reminders.{at}.channel", reminder.channel)
        check.whole(
            f"reminders.{at}.minutes_before",
            reminder.minutes_before,
            least=LEAST_MINUTES,
            most=MOST_MINUTES,
            unit="minutes",
        )
    check.done()
    return Telling(language=language, changes_held_minutes=held, channels=channels, reminders=reminders)


def check_channel(check: Check, path: str, channel: str) -> None:
    """A way in which clients are told."""
    if channel not in CHANNELS:
        check.refuse(path, "UNKNOWN_CHANNEL", f"must be one of {', '.join(CHANNELS)}")


async def _keep(uow: UnitOfWork, telling: Telling) -> None:
    values = {
        "language": telling.language,
        "changes_held_minutes": telling.changes_held_minutes,
        "channels": list(telling.channels),
        "reminders": [
            {"minutes_before": one.minutes_before, "channel": one.channel} for one in telling.reminders
        ],
        "updated_at": uow.now,
    }
    kept = await uow.get(MessageSettings, uow.business_id, lock=True)
    if kept is None:
        uow.add(MessageSettings(**values))  # type: ignore[arg-type]
        return
    for name, value in values.items():
        setattr(kept, name, value)
