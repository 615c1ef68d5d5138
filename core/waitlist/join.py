"""Join the waitlist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from core.directory.client import Client
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.use_case import use_case
from core.waitlist.entry import WAITING, WaitlistEntry, WaitlistJoined, plan_lapse
from core.waitlist.wish import Wish, kept_wish


@dataclass(kw_only=True)
class JoinWaitlist:
    """A client, and what they wait for; what is None is wanted of any kind: see WaitlistEntry."""

    client_id: int
    service_id: int | None = None
    provider_id: int | None = None
    location_id: int | None = None
    first_day: date | None = None
    last_day: date | None = None
    days: Sequence[date] | None = None
    weekdays: Sequence[str] | None = None
    times: Sequence[Sequence[int]] | None = None
    duration_minutes: int | None = None
    seats: int = 1
    description: str | None = None
    style: str | None = None
    notes: str | None = None
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class JoinedWaitlist:
    """The key of the new entry."""

    waitlist_entry_id: int


@use_case("waitlist.join", raises=(NotFound, Invalid, IdempotencyMismatch))
async def join_waitlist(ctx: Context, command: JoinWaitlist) -> JoinedWaitlist:
    """Have a client wait, behind everybody who waits already.

    Raises NotFound for an unknown client, service, provider or location, and Invalid with every issue
    found; days that are all past or never come among them, and more seats than a start has.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("waitlist.join", command, JoinedWaitlist):
            return earlier
        wish = Wish(**{name: getattr(command, name) for name in Wish.__dataclass_fields__})
        values = await kept_wish(uow, wish)
        client = await uow.get(Client, command.client_id)
        if client is None or client.archived_at is not None:
            raise NotFound("client")
        entry = WaitlistEntry(
            client_id=client.id, status=WAITING, joined_at=uow.now, updated_at=uow.now, **values
        )
        uow.add(entry)
        await uow.flush()
        if entry.lapses_at is not None:
            plan_lapse(uow, entry)
        uow.emit(WaitlistJoined(entry_id=entry.id, client_id=entry.client_id))
        return uow.answer(JoinedWaitlist(waitlist_entry_id=entry.id))
