"""Change what somebody waits for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.unset import UNSET, Maybe, given
from core.kernel.use_case import use_case
from core.waitlist.entry import (
    BOOKED,
    EXPIRED,
    REMOVED,
    WAITING,
    EntryNotWaiting,
    WaitlistChanged,
    WaitlistEntry,
    plan_lapse,
)
from core.waitlist.wish import Wish, kept_wish


@dataclass(kw_only=True)
class ChangeWaitlistEntry:
    """What is UNSET stays as it is; the place in the list stays in any case."""

    waitlist_entry_id: int
    service_id: Maybe[int | None] = UNSET
    provider_id: Maybe[int | None] = UNSET
    location_id: Maybe[int | None] = UNSET
    first_day: Maybe[date | None] = UNSET
    last_day: Maybe[date | None] = UNSET
    days: Maybe[Sequence[date] | None] = UNSET
    weekdays: Maybe[Sequence[str] | None] = UNSET
    times: Maybe[Sequence[Sequence[int]] | None] = UNSET
    duration_minutes: Maybe[int | None] = UNSET
    seats: Maybe[int] = UNSET
    description: Maybe[str | None] = UNSET
    style: Maybe[str | None] = UNSET
    notes: Maybe[str | None] = UNSET
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ChangedWaitlistEntry:
    """The key of the entry."""

    waitlist_entry_id: int


@use_case("waitlist.change", raises=(EntryNotWaiting, NotFound, Invalid, IdempotencyMismatch))
async def change_waitlist_entry(ctx: Context, command: ChangeWaitlistEntry) -> ChangedWaitlistEntry:
    """Change what is given, judged together with what stays. One that had expired waits again.

    An open offer stands. Raises NotFound, Invalid, and EntryNotWaiting for one that is booked or removed.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("waitlist.change", command, ChangedWaitlistEntry):
            return earlier
        entry = await uow.get(WaitlistEntry, command.waitlist_entry_id, lock=True)
        if entry is None:
            raise NotFound("waitlist_entry")
        if entry.status in (BOOKED, REMOVED):
            raise EntryNotWaiting(entry.status)
        values = await kept_wish(uow, _wanted(entry, command))
        for name, value in values.items():
            setattr(entry, name, value)
        if entry.status == EXPIRED:
            entry.status = WAITING
        entry.updated_at = uow.now
        plan_lapse(uow, entry)
        uow.emit(WaitlistChanged(entry_id=entry.id))
        return uow.answer(ChangedWaitlistEntry(waitlist_entry_id=entry.id))


def _wanted(entry: WaitlistEntry, command: ChangeWaitlistEntry) -> Wish:
    names = set(Wish.__dataclass_fields__) - {"days"}
    days = None if entry.days is None else [date.fromisoformat(day) for day in entry.days]
    values = {name: given(getattr(command, name), getattr(entry, name)) for name in names}
    return Wish(**values, days=given(command.days, days))
