"""Release a hold before it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.appointments.hold import EXPIRED, RELEASED, Hold
from core.appointments.ledger import SEATS, Ledger
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.events import Event
from core.kernel.unit_of_work import UnitOfWork
from core.kernel.use_case import use_case


@dataclass(kw_only=True)
class ReleaseHold:
    """The hold that is needed no longer."""

    hold_id: int
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class ReleasedHold:
    """The key of the hold."""

    hold_id: int


@dataclass(frozen=True, kw_only=True)
class HoldReleased(Event):
    """A hold was given back before it ran out."""

    type: ClassVar[str] = "hold.released"
    noun: ClassVar[str] = "hold"
    key_field: ClassVar[str] = "hold_id"
    changes_taken: ClassVar[bool] = True

    hold_id: int


@dataclass(frozen=True, kw_only=True)
class HoldRanOut(Event):
    """A hold ran out before anybody booked it."""

    type: ClassVar[str] = "hold.expired"
    noun: ClassVar[str] = "hold"
    key_field: ClassVar[str] = "hold_id"
    changes_taken: ClassVar[bool] = True

    hold_id: int


@use_case("hold.release", raises=(NotFound, IdempotencyMismatch))
async def release_hold(ctx: Context, command: ReleaseHold) -> ReleasedHold:
    """Give the time back. One that has run out or was released already stays so, without a new event.

    Raises NotFound where there never was such a hold.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("hold.release", command, ReleasedHold):
            return earlier
        hold = await uow.get(Hold, command.hold_id, lock=True)
        if hold is None:
            raise NotFound("hold")
        if hold.is_live(uow.now):
            await let_go(uow, hold, RELEASED)
            uow.cancel_job(f"hold:{hold.id}")
            uow.emit(HoldReleased(hold_id=hold.id))
        return uow.answer(ReleasedHold(hold_id=hold.id))


async def expire_hold(ctx: Context, hold_id: int) -> None:
    """Report that a hold has run out, where it has and nobody did; a second time changes nothing."""
    async with ctx.unit_of_work() as uow:
        hold = await uow.get(Hold, hold_id, lock=True)
        if hold is None or hold.ended_at is not None or hold.is_live(uow.now):
            return
        await let_go(uow, hold, EXPIRED)
        uow.emit(HoldRanOut(hold_id=hold.id))


async def let_go(uow: UnitOfWork, hold: Hold, how: str) -> None:
    """End a locked hold and give back what it keeps; an empty group session ends with it."""
    ledger = uow.ask(Ledger)
    locked = await ledger.lock([], hold_ids=[hold.id])
    uow.touch(await ledger.free_hold(hold.id))
    if any(row.kind == SEATS for row in locked):
        uow.touch(await ledger.end_empty_sessions([row.resource_id for row in locked], uow.now))
    hold.end(uow.now, how)
