"""Release a hold before it runs out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from core.appointments.ledger import HOLD, Allocation, Ledger
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, NotFound
from core.kernel.events import Event
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

    hold_id: int


@use_case("hold.release", raises=(NotFound, IdempotencyMismatch))
async def release_hold(ctx: Context, command: ReleaseHold) -> ReleasedHold:
    """Give the time back. One that has run out or was released already stays so, without a new event.

    Raises NotFound where there never was such a hold.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("hold.release", command, ReleasedHold):
            return earlier
        held = await uow.get(Allocation, command.hold_id)
        if held is None or held.kind != HOLD:
            raise NotFound("hold")
        # The resource first, as whoever takes time does: two orders of locking would be a deadlock.
        await uow.ask(Ledger).lock([held.resource_id])
        held = await uow.get(Allocation, command.hold_id, lock=True)
        assert held is not None
        if held.is_active:
            held.is_active = False
            await uow.flush()
            uow.touch([held.resource_id])
            uow.emit(HoldReleased(hold_id=held.id))
        return uow.answer(ReleasedHold(hold_id=held.id))
