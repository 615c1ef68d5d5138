"""Set the hours of one day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from core.availability.hours import WEEKDAYS, issues_in
from core.directory.known import require_known
from core.kernel.context import Context
from core.kernel.errors import Forbidden, IdempotencyMismatch, Invalid, Issue, NotFound
from core.kernel.text import Check
from core.kernel.use_case import use_case
from core.schedules.date_override import DateOverrideSet, OverrideQuestions
from core.schedules.own import require_hours_of

LONGEST_NOTE = 500


@dataclass(kw_only=True)
class SetDateOverride:
    """The shifts of a day, in minutes after its midnight, instead of what its subject has that day.

    The subject is the provider, else the location, else the business. A provider's may say at which
    location they work that day; their home where it does not. No shifts: closed.
    """

    day: date
    shifts: list[list[int]]
    provider_id: int | None = None
    location_id: int | None = None
    note: str | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class SetDateOverrideResult:
    """The key of the override."""

    date_override_id: int


@use_case("date_override.set", raises=(NotFound, Forbidden, Invalid, IdempotencyMismatch))
async def set_date_override(ctx: Context, command: SetDateOverride) -> SetDateOverrideResult:
    """Set the hours of one day, whatever was set for it before.

    Raises NotFound for an unknown provider or location, Forbidden for others' days where the caller may
    set only their own, and Invalid with every issue found.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("date_override.set", command, SetDateOverrideResult):
            return earlier
        require_hours_of(ctx.actor, [command.provider_id])
        check = Check()
        check.day("day", command.day)
        hours = {WEEKDAYS[command.day.weekday()]: command.shifts}
        check.issues += [Issue("shifts", one.code, one.message) for one in issues_in(hours, "shifts")]
        note = check.note("note", command.note, longest=LONGEST_NOTE)
        check.done()
        await require_known(uow, provider_ids=[command.provider_id], location_ids=[command.location_id])
        key = await uow.ask(OverrideQuestions).put(
            command.provider_id, command.location_id, command.day, sorted(command.shifts), note, uow.now
        )
        uow.emit(
            DateOverrideSet(
                date_override_id=key,
                provider_id=command.provider_id,
                location_id=command.location_id,
                day=command.day.isoformat(),
            )
        )
        return uow.answer(SetDateOverrideResult(date_override_id=key))
