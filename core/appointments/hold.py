"""Hold a time for a few minutes, so that nobody else takes it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar

from core.appointments.appointment import OutsidePolicy, SlotTaken
from core.appointments.book import BookingQuestions, check_start
from core.appointments.ledger import HOLD, NoRoom, take, want_of
from core.availability.hours import DAY_MINUTES
from core.kernel.context import Context
from core.kernel.errors import IdempotencyMismatch, Invalid, NotFound
from core.kernel.events import Event
from core.kernel.text import Check
from core.kernel.use_case import use_case

DEFAULT_MINUTES, MOST_MINUTES = 10, 60


@dataclass(kw_only=True)
class HoldSlot:
    """A provider's time; the length comes from the service unless given. Held for `for_minutes`."""

    provider_id: int
    starts_at: datetime
    service_id: int | None = None
    duration_minutes: int | None = None
    for_minutes: int = DEFAULT_MINUTES
    idempotency_key: str | None = None


@dataclass(kw_only=True)
class HeldSlot:
    """The hold's key; it runs out `for_minutes` after it was made."""

    hold_id: int


@dataclass(frozen=True, kw_only=True)
class SlotHeld(Event):
    """A time is held until `expires_at`."""

    type: ClassVar[str] = "slot.held"
    noun: ClassVar[str] = "hold"
    key_field: ClassVar[str] = "hold_id"

    hold_id: int
    provider_id: int
    starts_at: datetime
    expires_at: datetime


@use_case("slot.hold", raises=(SlotTaken, OutsidePolicy, NotFound, Invalid, IdempotencyMismatch))
async def hold_slot(ctx: Context, command: HoldSlot) -> HeldSlot:
    """Hold the time, buffers of the service included.

    Raises NotFound for an unknown provider or service, Invalid, and SlotTaken where it is not free.
    """
    async with ctx.unit_of_work() as uow:
        if earlier := await uow.earlier_answer("slot.hold", command, HeldSlot):
            return earlier
        facts = await uow.ask(BookingQuestions).booking_facts(command.provider_id, 0, command.service_id)
        if facts.resource_id is None:
            raise NotFound("provider")
        if command.service_id is not None and facts.service is None:
            raise NotFound("service")
        service = facts.service
        duration = command.duration_minutes
        if duration is None:
            duration = service.duration_minutes if service else 0
        check = Check()
        check.whole("duration_minutes", duration, least=1, most=DAY_MINUTES, unit="minutes")
        check.whole("for_minutes", command.for_minutes, least=1, most=MOST_MINUTES, unit="minutes")
        check_start(check, command.starts_at, uow.now)
        check.done()
        expires_at = uow.now + timedelta(minutes=command.for_minutes)
        want = want_of(
            facts.resource_id,
            command.starts_at,
            duration,
            service.buffer_before_minutes if service else 0,
            service.buffer_after_minutes if service else 0,
        )
        try:
            (held,) = await take(uow, [want], kind=HOLD, expires_at=expires_at)
        except NoRoom:
            raise SlotTaken(command.provider_id, command.starts_at) from None
        uow.emit(
            SlotHeld(
                hold_id=held.id,
                provider_id=command.provider_id,
                starts_at=command.starts_at,
                expires_at=expires_at,
            )
        )
        return uow.answer(HeldSlot(hold_id=held.id))
